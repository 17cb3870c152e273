"""What policies and legal matters leave in the audit chain, in the transaction of each act."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.dispatch import receiver

from approvals.models import ImpactAssessment, LegalReview, LegalTrigger, Policy
from approvals.signals import (
    impact_assessed,
    legal_review_recorded,
    policy_changed,
    trigger_cleared,
    trigger_disputed,
)
from halcytone.lib.audit import chain

MOST_QUOTED = 2_000  # characters; the whole stands in its own row


@receiver(policy_changed)
def changed_policy(policy: Policy, previous: Policy | None, by: Any, **_kwargs: Any) -> None:
    before = str(previous or "")
    chain.record("policy.activated", policy, by=by, label=str(policy), before=before)


@receiver(impact_assessed)
def assessed(assessment: ImpactAssessment, by: Any, changed: Sequence[str], **_kwargs: Any) -> None:
    draft = assessment.draft
    answers = {name: _answer(getattr(assessment, name)) for name in changed}
    trail = f"draft:{draft.pk}"
    chain.record(
        "impact.assessed", assessment, by=by, label=draft.title, trail=trail, answers=answers
    )


@receiver(trigger_disputed)
def disputed(trigger: LegalTrigger, **_kwargs: Any) -> None:
    _record(trigger, "trigger_disputed", trigger.disputed_by, why=trigger.dispute)


@receiver(trigger_cleared)
def cleared(trigger: LegalTrigger, **_kwargs: Any) -> None:
    by, why = trigger.cleared_by, trigger.clearing_reason
    _record(trigger, "trigger_cleared", by, why=why, effect=trigger.effect)


@receiver(legal_review_recorded)
def recorded(legal_review: LegalReview, **_kwargs: Any) -> None:
    review = legal_review.review
    chain.record(
        "review.legal_recorded",
        review,
        by=legal_review.counsel,
        label=review.draft.title,
        trail=f"draft:{review.draft_id}",
        risk=legal_review.risk,
        frames=list(legal_review.frames),
        comment=legal_review.comments[:MOST_QUOTED],
        approval=legal_review.approval[:MOST_QUOTED],
        monitor_on=str(legal_review.monitor_on or ""),
    )


def _answer(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value[:MOST_QUOTED] if isinstance(value, str) else value


def _record(trigger: LegalTrigger, kind: str, by: Any, **data: Any) -> None:
    review = trigger.review
    chain.record(
        f"review.{kind}",
        review,
        by=by,
        label=review.draft.title,
        trail=f"draft:{review.draft_id}",
        trigger=trigger.pk,
        of=trigger.kind,
        **data,
    )
