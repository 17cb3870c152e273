"""What people do about legal triggers: dispute them, clear them, and keep counsel's record."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from approvals import facts, signals
from approvals.models import LegalReview, LegalTrigger, Review, Role, Stage
from approvals.services import boards, eligibility, legal, policies, reviews
from content.services import access
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
MOST_WORDS = 500
RUNNING = (Review.Status.OPEN, *Review.AGAIN)


@transaction.atomic
def dispute(trigger: LegalTrigger, *, by: Actor, reason: str) -> None:
    """Say why a trigger is none. It stands all the same until counsel clears it."""
    _require_running(trigger.review)
    _require_seen(trigger.review, by)
    if not (access.may_change_draft(by, trigger.review.draft) or rights.may(by, eligibility.RIGHT)):
        raise NotAllowed(f"You may not dispute a trigger. {rights.who_may('content.change_draft')}")
    words = _said(reason)
    changes = {"disputed_by": by, "disputed_at": timezone.now(), "dispute": words}
    _change(trigger, changes)
    log.info("trigger_disputed", trigger=trigger.pk, review=trigger.review_id)
    signals.trigger_disputed.send(LegalTrigger, trigger=trigger)


@transaction.atomic
def clear(trigger: LegalTrigger, *, by: Actor, reason: str) -> None:
    """Clear a trigger, as counsel. With the last one goes what triggers added, if nobody spoke there."""
    review = trigger.review
    boards.lock(review)
    _require_running(review)
    require_counsel(review, by)
    words = _said(reason)
    _change(trigger, {"cleared_by": by, "cleared_at": timezone.now(), "clearing_reason": words})
    trigger.effect = _take_away(review)
    trigger.save(update_fields=["effect"])
    log.info("trigger_cleared", trigger=trigger.pk, review=review.pk)
    signals.trigger_cleared.send(LegalTrigger, trigger=trigger)
    if review.status == Review.Status.OPEN:
        reviews.settle(review)


@transaction.atomic
def record(
    review: Review,
    *,
    by: Actor,
    risk: str,
    frames: Sequence[str] = (),
    comments: str = "",
    approval: str = "",
    monitor_on: date | None = None,
) -> LegalReview:
    """Write counsel's record of a review. Raises Invalid naming each field, NotAllowed, WrongState."""
    if review.status in Review.FINAL:
        raise WrongState(f"The review is {review.get_status_display().lower()}.")
    require_counsel(review, by)
    problems = list(_record_problems(risk, frames))
    if problems:
        raise Invalid(problems)
    row, _ = LegalReview.objects.update_or_create(
        review=review,
        defaults={
            "risk": risk,
            "frames": list(frames),
            "comments": comments.strip(),
            "approval": approval.strip(),
            "monitor_on": monitor_on,
            "counsel": by,
            "changed_at": timezone.now(),
        },
    )
    log.info("legal_review_recorded", review=review.pk, risk=risk)
    signals.legal_review_recorded.send(LegalReview, legal_review=row)
    return row


def require_counsel(review: Review, by: Actor) -> None:
    """Raise NotAllowed unless this person is counsel for this review: role, right, and four eyes."""
    holders = ", ".join(str(each) for each in eligibility.holders([Role.LEGAL])) or "nobody yet"
    who = f"People with the approval role legal can: {holders}."
    if by is None or by.is_service:
        raise NotAllowed(f"Only counsel, a person, may do this. {who}", code="service_account")
    if Role.LEGAL not in eligibility.roles_of(by) or not rights.may(by, eligibility.RIGHT):
        raise NotAllowed(f"Only counsel may do this. {who}", code="no_role")
    known = eligibility.hands(review.draft, ())
    for format in review.draft.formats:
        if act := known.act(by.pk, format):
            message = f"Four eyes: you {act}, so somebody else looks at it as counsel. {who}"
            raise NotAllowed(message, code="four_eyes")


def is_counsel(review: Review, person: Actor) -> bool:
    try:
        require_counsel(review, person)
    except NotAllowed:
        return False
    return True


def _take_away(review: Review) -> str:
    """Skip what the triggers alone had added, if they are all cleared; return what was done, in words."""
    if left := len(legal.standing(review)):
        return f"The legal stage stays: {left} more trigger{'s' if left > 1 else ''} of it stand."
    known = {**facts.facts(review.draft), "legal_triggers": []}
    alone = policies.route(review.policy, known)
    if any("legal" in group for stage in alone.stages for group in stage.roles):
        return "The legal stage stays: the policy itself asks for it."
    stage = _added(review)
    if stage is None:
        return "Nothing was taken away: the voice of legal is part of another stage."
    if spoke := stage.decisions.select_related("person").first():
        return f"The legal stage stays: {spoke.person} has spoken there."
    stage.move(Stage.Status.SKIPPED)
    stage.asks.all().delete()
    _fit_matched(review)
    if not _fall_back(review):
        return "The legal stage was taken away: nobody had spoken there."
    return "The legal stage was taken away, and the level is 1 again: nobody had spoken there."


def _added(review: Review) -> Stage | None:
    asked = review.stages.exclude(status__in=(Stage.Status.SKIPPED, Stage.Status.PASSED))
    return next((each for each in asked if each.roles == [["legal"]]), None)


def _fall_back(review: Review) -> bool:
    """Give a review its level back if a trigger alone had lifted it from there."""
    was_lifted = review.level == 2 and review.triggers.filter(lifted_from=1).exists()
    if not was_lifted or any(each["number"] > 1 for each in review.matched):
        return False
    review.level = 1
    review.save(update_fields=["level"])
    return True


def _fit_matched(review: Review) -> None:
    review.matched = [each for each in review.matched if each["name"] != "legal trigger"]
    review.facts = {**review.facts, "legal_triggers": []}
    review.save(update_fields=["matched", "facts"])


def _change(trigger: LegalTrigger, changes: dict[str, Any]) -> None:
    rows = LegalTrigger.objects.filter(pk=trigger.pk, cleared_at__isnull=True)
    if not rows.update(**changes):
        raise WrongState("Counsel has cleared this trigger already.", code="already_cleared")
    for name, value in changes.items():
        setattr(trigger, name, value)


def _require_running(review: Review) -> None:
    if review.status not in RUNNING:
        raise WrongState(
            f"The review is {review.get_status_display().lower()}; its triggers stay as they are."
        )


def _require_seen(review: Review, by: Actor) -> None:
    if by is None or not access.drafts(by).filter(pk=review.draft_id).exists():
        raise NotAllowed("This draft is not yours to see.")


def _record_problems(risk: str, frames: Sequence[str]) -> Any:
    if risk not in LegalReview.Risk.values:
        known = ", ".join(LegalReview.Risk.values)
        yield Problem("unknown_risk", f"A risk is one of: {known}.", "risk")
    if unknown := [each for each in frames if each not in LegalReview.Frame.values]:
        known = ", ".join(LegalReview.Frame.values)
        yield Problem("unknown_frame", f"There is no frame {unknown[0]}.", "frames", hint=known)


def _said(reason: str) -> str:
    words = reason.strip()
    if not words or len(words) > MOST_WORDS:
        message = (
            f"Say why in a sentence of at most {MOST_WORDS} characters: it stays on the record."
        )
        raise Invalid([Problem("reason_missing", message, "reason")])
    return words
