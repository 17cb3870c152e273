"""What pages of other apps say about approval."""

from typing import Any

from django import template

from approvals.models import Decision, Review
from content.models import Draft

register = template.Library()


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


@register.inclusion_tag("approvals/_next_step.html", takes_context=True)
def next_step(
    context: dict[str, Any], draft: Draft, review: Review | None, blocking: list[Any]
) -> dict[str, Any]:
    """The one button that this person, in this state, needs next; never one that will be refused."""
    request = context["request"]
    person = request.user
    may_change = person.has_perm("content.change_draft") or draft.author_id == person.pk
    return {
        "request": request,
        "draft": draft,
        "review": review,
        "blocking": blocking,
        "may_change": may_change,
        "may_submit": may_change and person.has_perm("approvals.submit_review"),
        "is_waiting": review is not None and review.status == Review.Status.OPEN,
        "can_submit": review is None or review.status in Review.AGAIN,
        "waits_for": waits_for(review) if review else [],
    }


def waits_for(review: Review) -> list[str]:
    """Return the roles that a review waits for now, as people read them."""
    labels = [row.get_role_display() for stage in review.stages.all() for row in stage.asks.all()]
    return list(dict.fromkeys(labels))
