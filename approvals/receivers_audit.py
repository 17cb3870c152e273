"""What approval leaves in the audit chain, in the transaction of each act."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.dispatch import receiver

from approvals.models import Answer, Decision, Review, ReviewLink, RoleHolder, Thread
from approvals.signals import (
    link_created,
    link_locked,
    link_revoked,
    opinions_answered,
    review_approved,
    review_closed,
    review_decided,
    review_recalled,
    review_submitted,
    review_unsealed,
    role_changed,
    thread_changed,
)
from halcytone.lib.audit import chain

WITH_WORDS = ("opened", "replied")
MOST_QUOTED = 2_000  # characters of a comment; the whole stands in its own row


@receiver(review_submitted)
def submitted(review: Review, seals: Mapping[str, str] | None = None, **_kwargs: Any) -> None:
    facts: dict[str, Any] = {
        "round": review.round,
        "level": review.level,
        "policy": str(review.policy),
    }
    note = review.note[:MOST_QUOTED]
    _record(review, "submitted", review.submitted_by, **facts, note=note, seals=dict(seals or {}))


@receiver(review_decided)
def decided(decision: Decision, **_kwargs: Any) -> None:
    seal, stage, delegator = decision.seal, decision.stage, decision.delegate_of
    _record(
        stage.review,
        "decided",
        decision.person,
        named=decision.link.person_name if decision.link else "",
        link=decision.link_id,
        decision=decision.pk,
        stage=stage.name,
        format=seal.format,
        seal=seal.sha256,
        verdict=decision.verdict,
        role=decision.role,
        delegate_of={"id": delegator.pk, "name": str(delegator)} if delegator else None,
        reason=decision.reason,
        comment=decision.comment[:MOST_QUOTED],
        shown=decision.shown_sha256,
        round=decision.round,
        policy_row=decision.policy_row,
    )


@receiver(review_approved)
def approved(review: Review, **_kwargs: Any) -> None:
    _record(review, "approved", None, round=review.round)


@receiver(review_unsealed)
def unsealed(review: Review, formats: Sequence[str], **_kwargs: Any) -> None:
    _record(review, "unsealed", None, formats=list(formats))


@receiver(review_recalled)
def recalled(review: Review, **_kwargs: Any) -> None:
    _record(review, "recalled", review.closed_by, reason=review.closing_reason)


@receiver(review_closed)
def closed(review: Review, **_kwargs: Any) -> None:
    _record(review, review.status, review.closed_by, reason=review.closing_reason)


@receiver(role_changed)
def changed_role(holder: RoleHolder, by: Any, is_given: bool, **_kwargs: Any) -> None:
    kind = "role.given" if is_given else "role.taken"
    label = f"{holder.get_role_display()}: {holder.person}"
    chain.record(kind, holder, by=by, label=label, role=holder.role, person=holder.person_id)


@receiver(opinions_answered)
def answered(review: Review, person: Any, **_kwargs: Any) -> None:
    said = Answer.objects.filter(decision__stage__review=review, decision__round=review.round)
    answers = [
        {"decision": each.decision_id, "is_done": each.is_done, "why": each.why[:MOST_QUOTED]}
        for each in said
    ]
    _record(review, "answered", person, round=review.round, answers=answers)


@receiver(thread_changed)
def talked(thread: Thread, change: str, by: Any = None, **_kwargs: Any) -> None:
    said = thread.comments.select_related("link").last() if change in WITH_WORDS else None
    _record(
        thread.review,
        f"thread_{change}",
        by,
        named=said.who if said and by is None else "",
        thread=thread.pk,
        format=thread.format,
        place=thread.place,
        must_fix=thread.must_fix,
        comment=said.text[:MOST_QUOTED] if said else "",
    )


@receiver(link_created)
def made_link(link: ReviewLink, **_kwargs: Any) -> None:
    facts: dict[str, Any] = {"stage": link.stage.name, "comment_only": link.comment_only}
    until = f"{link.expires_at:%Y-%m-%dT%H:%MZ}"
    by = link.created_by
    _record(link.review, "link_made", by, link=link.pk, of=link.person_name, until=until, **facts)


@receiver(link_revoked)
def revoked_link(link: ReviewLink, person: Any, **_kwargs: Any) -> None:
    _record(link.review, "link_revoked", person, link=link.pk, of=link.person_name)


@receiver(link_locked)
def locked_link(link: ReviewLink, **_kwargs: Any) -> None:
    _record(link.review, "link_locked", None, link=link.pk, of=link.person_name)


def _record(review: Review, kind: str, by: Any, *, named: str = "", **data: Any) -> None:
    chain.record(
        f"review.{kind}",
        review,
        by=by,
        label=review.draft.title,
        trail=f"draft:{review.draft_id}",
        named=named,
        **data,
    )
