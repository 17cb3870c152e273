"""What is due happens, each thing once: whoever looks, however many do, and also after a downtime.

A row is claimed by one UPDATE that names it as not done, in the transaction of what it does: of two workers
one wins, and a crash leaves it due. The review is locked first, as everybody does who changes one.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from django.db import transaction

from approvals import signals
from approvals.models import DueEvent, Review, Stage
from approvals.services import boards, clock, escalation, fast_track, gate, mandates

log = structlog.get_logger(__name__)
BATCH = 500
Kind = DueEvent.Kind
REASONS = {
    Kind.ESCALATION: "It has waited too long.",
    Kind.ROUNDS: f"It is in more than {clock.MOST_ROUNDS} rounds.",
    Kind.VALIDATION: "Its checks have failed for four hours and nobody mends them.",
}


def tick(now: datetime) -> int:
    """Do what is due; returns how many things happened."""
    due = DueEvent.objects.filter(done_at=None, is_cancelled=False, at__lte=now)
    keys = list(due.order_by("at", "pk").values_list("pk", flat=True)[:BATCH])
    done = 0
    for key in keys:
        try:
            done += fire(key, now)
        except Exception:  # one row that cannot be done must not keep the others waiting
            log.exception("due_event_failed", due_event=key)
    return done + fast_track.warn(now)


@transaction.atomic
def fire(key: int, now: datetime) -> bool:
    """Do what one row says, unless somebody else has; returns whether this call did."""
    event = DueEvent.objects.select_related("review__draft", "stage").filter(pk=key).first()
    if event is None:
        return False
    boards.lock(event.review)
    claimed = DueEvent.objects.filter(pk=key, done_at=None, is_cancelled=False, at__lte=now)
    if not claimed.update(done_at=now):
        return False
    event.refresh_from_db()
    HANDLERS.get(event.kind, _weekly)(event, now)
    log.info("due_event_done", due_event=key, kind=event.kind, review=event.review_id)
    return True


def _remind(event: DueEvent, _now: datetime) -> None:
    if stage := _active(event):
        people = escalation.asked_people(stage)
        signals.reminder_due.send(Stage, stage=stage, kind=event.kind, people=people)


def _call_delegate(event: DueEvent, now: datetime) -> None:
    stage, person = _active(event), event.person
    if stage is None or person is None:
        return
    if person.pk not in {each.pk for each in escalation.asked_people(stage)}:
        return
    type = event.review.draft.type
    acting = [each for each in mandates.in_force(now) if each.person.pk == person.pk]
    delegates = [each.delegate for each in acting if each.holds_for(type)]
    is_away = person.pk in {each.person_id for each in mandates.absences(now)}
    if delegates or is_away:
        signals.delegate_offered.send(
            Stage, stage=stage, person=person, delegates=delegates, is_away=is_away
        )


def _escalate(event: DueEvent, now: datetime) -> None:
    if stage := _active(event):
        escalation.escalate(stage, reason=REASONS[Kind.ESCALATION], now=now)


def _too_many_rounds(event: DueEvent, now: datetime) -> None:
    for stage in _active_stages(event.review):
        escalation.escalate(stage, reason=REASONS[Kind.ROUNDS], now=now)


def _not_mended(event: DueEvent, now: datetime) -> None:
    review = event.review
    rows = boards.renditions_of(review.draft).values()
    if review.status in Review.FINAL or not gate.blocking(rows, ""):
        return
    people = [review.draft.author, *escalation.managers()]
    unique = list({person.pk: person for person in people}.values())
    signals.validation_unresolved.send(Review, review=review, people=unique)
    for stage in _active_stages(review):
        escalation.escalate(stage, reason=REASONS[Kind.VALIDATION], now=now)


def _alert(event: DueEvent, _now: datetime) -> None:
    people = escalation.executives()
    signals.executives_alerted.send(Review, review=event.review, people=people)


def _call_communications(event: DueEvent, _now: datetime) -> None:
    people = escalation.communications()
    signals.communications_called.send(Review, review=event.review, people=people)


def _late_start(event: DueEvent, _now: datetime) -> None:
    review = event.review
    asked = [
        person for stage in _active_stages(review) for person in escalation.asked_people(stage)
    ]
    people = list({person.pk: person for person in [review.submitted_by, *asked]}.values())
    signals.review_started_late.send(Review, review=review, people=people)


def _slot(event: DueEvent, _now: datetime) -> None:
    escalation.mark_late(event.review)


def _weekly(event: DueEvent, _now: datetime) -> None:
    review = event.review
    people = {person.pk: person for person in (review.draft.author, *escalation.managers())}
    for stage in _active_stages(review):
        people.update({person.pk: person for person in escalation.asked_people(stage)})
    signals.weekly_mark_reached.send(
        Review, review=review, kind=event.kind, people=list(people.values())
    )


def _active(event: DueEvent) -> Stage | None:
    """Return the stage of an event when it still waits for somebody."""
    stage = event.stage
    if stage is None or event.review.status != Review.Status.OPEN:
        return None
    stage.refresh_from_db()
    stage.review = event.review
    return stage if stage.status == Stage.Status.ACTIVE else None


def _active_stages(review: Review) -> list[Stage]:
    if review.status != Review.Status.OPEN:
        return []
    return list(review.stages.filter(status=Stage.Status.ACTIVE))


HANDLERS: Mapping[str, Callable[[DueEvent, datetime], None]] = {
    Kind.REMINDER_50: _remind,
    Kind.REMINDER_80: _remind,
    Kind.REMINDER_LAST: _remind,
    Kind.DELEGATE: _call_delegate,
    Kind.ESCALATION: _escalate,
    Kind.ROUNDS: _too_many_rounds,
    Kind.VALIDATION: _not_mended,
    Kind.CRITICAL: _alert,
    Kind.CRISIS: _call_communications,
    Kind.LATE_START: _late_start,
    Kind.SLOT: _slot,
}
