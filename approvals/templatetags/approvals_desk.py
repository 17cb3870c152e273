"""What pages of other apps say about approval."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from approvals import policy_views, remarks
from approvals.forms import ImpactForm
from approvals.models import Decision, Review
from approvals.services import checklists, consolidation, evidence, impact, mandates
from content.models import Draft, Rendition
from content.services import access, renditions

register = template.Library()


@register.filter
def remark(text: str) -> SafeString:
    """What somebody wrote, with the few marks that are known; everything else is shown as text."""
    return remarks.html(text)


@register.simple_tag
def review_of(draft: Draft) -> Review | None:
    """The newest review of a draft that was not taken back; one query, none when prefetched."""
    rows = [row for row in draft.reviews.all() if row.status not in Review.FINAL]
    return rows[0] if rows else None


@register.simple_tag
def last_return(draft: Draft) -> Decision | None:
    """The request for changes that the author has to answer now, or None."""
    rows = Decision.objects.filter(
        stage__review__draft=draft,
        stage__review__status=Review.Status.CHANGES_REQUESTED,
        verdict=Decision.Verdict.REQUEST_CHANGES,
    )
    return rows.select_related("person").order_by("-decided_at").first()


@register.filter
def took(seconds: float) -> str:
    """A length of time in its two largest units: "2 d 3 h", "3 h 20 min", "4 min"; "under a minute"."""
    minutes = round(seconds / 60)
    if not minutes:
        return "under a minute"
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {left} min" if hours else f"{left} min"


@register.inclusion_tag("approvals/_next_step.html", takes_context=True)
def next_step(
    context: dict[str, Any], draft: Draft, review: Review | None, blocking: list[Any]
) -> dict[str, Any]:
    """The one button that this person, in this state, needs next; never one that will be refused."""
    request = context["request"]
    person = request.user
    may_change = person.has_perm("content.change_draft") or draft.author_id == person.pk
    can_submit = review is None or review.status in Review.AGAIN
    return {
        "request": request,
        "draft": draft,
        "review": review,
        "blocking": blocking,
        "may_change": may_change,
        "may_submit": may_change and person.has_perm("approvals.submit_review"),
        "is_waiting": review is not None and review.status == Review.Status.OPEN,
        "can_submit": can_submit,
        "unanswered": unanswered(review),
        "outdated": outdated(draft) if can_submit and not blocking else [],
        "waits_for": waits_for(review) if review else [],
    }


@register.inclusion_tag("approvals/_before.html", takes_context=True)
def before_submission(
    context: dict[str, Any], draft: Draft, review: Review | None
) -> dict[str, Any]:
    """What a draft will need, and what its author has to say first; nothing while it is in review."""
    request = context["request"]
    is_mine = access.may_change_draft(request.user, draft)
    if not is_mine or (review is not None and review.status not in Review.AGAIN):
        return {}
    answer = policy_views.draft_needs(draft)
    needs_impact = answer is not None and answer.wanted.matched.level >= impact.FROM_LEVEL
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "draft": draft,
        "answer": answer,
        "impact_form": ImpactForm.of(impact.of(draft)) if needs_impact else None,
        "sheet": checklists.declaration(draft, request.user, evidence.of(draft)),
    }


def unanswered(review: Review | None) -> list[consolidation.Opinion]:
    """Return the requests that keep a returned review from its next round."""
    if review is None or review.status != Review.Status.CHANGES_REQUESTED:
        return []
    return consolidation.unanswered(review)


def outdated(draft: Draft) -> list[Rendition]:
    """Return the renditions of a draft that are older than its pieces and settings."""
    names = renditions.outdated(draft)
    return [row for row in draft.renditions.all() if row.format in names]


def waits_for(review: Review) -> list[str]:
    """Return the roles that a review waits for now, as people read them, with who is away."""
    asks = [row for stage in review.stages.all() for row in stage.asks.all()]
    labels = dict.fromkeys((row.role, str(row.get_role_display())) for row in asks)
    away = mandates.away_by_role() if labels else {}
    return [label + mandates.named([role], away) for role, label in labels]
