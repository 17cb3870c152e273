"""What pages of other apps say about what went out."""

from datetime import datetime
from typing import Any

from django import template
from django.db.models import QuerySet

from content.models import Draft
from publishing.models import Delivery
from publishing.services import outlook, outlooks, rollouts
from publishing.services.account_board import as_value
from segmentation.models import Contact

register = template.Library()


register.filter("passport_value", as_value)


@register.inclusion_tag("publishing/_outlook.html", takes_context=True)
def outlook_of(context: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """Price, predicted finish and what stands against the accounts, for each format of a draft."""
    return {"outlooks": outlooks.of(draft), "request": context.get("request")}


@register.simple_tag
def deliveries_of(contact: Contact) -> QuerySet[Delivery]:
    """The last 50 deliveries to a contact, newest first."""
    rows = contact.deliveries.select_related("release__draft")
    return rows.order_by("-pk")[:50]


@register.inclusion_tag("publishing/_rollout.html", takes_context=True)
def rollout_of(context: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """When each format of a draft leaves, how that was chosen, and what to know about it."""
    return {
        "draft": draft,
        "perms": context.get("perms"),
        "desk": context.get("desk"),
        "words": rollouts.words(rollouts.of(draft)),
        "dues": outlook.due(draft) if draft.slot_wall else {},
        "warnings": outlook.warnings(draft),
    }


@register.filter
def minutes(seconds: int) -> str:
    """Seconds as people say them: "10 min", "90 s"."""
    return f"{seconds} s" if seconds % 60 else f"{seconds // 60} min"


@register.filter
def moment(text: str) -> datetime:
    """An instant that JSON holds."""
    return datetime.fromisoformat(text)
