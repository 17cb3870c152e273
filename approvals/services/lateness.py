"""A review whose slot came without an approval: a person chooses the next slot, a new time, or withdraws."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from approvals import signals
from approvals.models import Review, Stage
from approvals.services import boards, reviews, rosters
from content.models import Draft
from content.services import drafts
from halcytone.lib import rights, zones
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
NEXT_SLOT, NEW_TIME, WITHDRAW = "next_slot", "new_time", "withdraw"
CHOICES = (NEXT_SLOT, NEW_TIME, WITHDRAW)
MANAGE = "content.manage_draft"
WALL = "%Y-%m-%dT%H:%M"
FAR = 60  # days that are looked through for the next slot


@transaction.atomic
def decide(
    review: Review, *, by: Actor, choice: str, slot_wall: str = "", zone: str = "", reason: str = ""
) -> Review:
    """Do what a person decided about a late review; returns it, open again or withdrawn.

    Another time breaks every seal: all are asked again, and clocks start anew. Renditions are made again
    for the new day, with the page's new address, except those that were edited by hand. Raises NotAllowed,
    WrongState when it is not late, Invalid for a choice, a time or a rendition that will not do.
    """
    boards.lock(review)
    _require(review, by, choice)
    if choice == WITHDRAW:
        reviews.withdraw(review, by=by, reason=reason or "Its slot came without an approval.")
    else:
        draft = review.draft
        wall = next_slot(draft, timezone.now()) if choice == NEXT_SLOT else slot_wall.strip()
        if not wall:
            raise Invalid([Problem("slot_missing", "Say when it shall go out.", "slot_wall")])
        _move(review, draft, by, wall, zone or draft.zone)
    review.refresh_from_db()
    log.info("late_decided", review=review.pk, choice=choice, by=by.pk)
    signals.late_decided.send(
        Review, review=review, choice=choice, by=by, slot_wall=review.draft.slot_wall
    )
    return review


def may_decide(review: Review, person: Actor) -> bool:
    """Tell whether this person is one of those who are asked about a late review."""
    is_named = person.pk in (review.submitted_by_id, review.draft.author_id)
    return is_named or rights.may(person, MANAGE)


def next_slot(draft: Draft, now: datetime) -> str:
    """Return the next wall-clock slot after now: the weekly edition's a week later, else a working day."""
    wall = datetime.fromisoformat(draft.slot_wall)
    worker = rosters.worker_of(draft.author, ())
    step = timedelta(days=7 if draft.type == Draft.Type.WEEKLY else 1)
    for _ in range(FAR):
        wall += step
        moment = zones.instant(wall, draft.zone)
        lead = timedelta(minutes=settings.APPROVAL_LEAD_MINUTES)
        if moment - lead > now and (step.days == 7 or worker.works_at(moment)):
            break
    return wall.strftime(WALL)


def _require(review: Review, by: Actor, choice: str) -> None:
    if by is None or by.is_service or not may_decide(review, by):
        named = dict.fromkeys((str(review.submitted_by), str(review.draft.author)))
        raise NotAllowed(
            f"{' or '.join(named)} decides what becomes of it. {rights.who_may(MANAGE)}"
        )
    if choice not in CHOICES:
        message = f"Choose one of: {', '.join(CHOICES)}."
        raise Invalid([Problem("unknown_choice", message, "choice")])
    if review.status != Review.Status.LATE:
        raise WrongState(f"The review is {review.get_status_display().lower()}, not late.")


def _move(review: Review, draft: Draft, by: Actor, wall: str, zone: str) -> None:
    draft = drafts.change(draft, by=by, slot_wall=wall, zone=zone)
    drafts.generate(draft, by=None)  # the machine: nobody wrote anything
    now = timezone.now()
    review.stages.filter(status=Stage.Status.ACTIVE).update(entered_stage_at=now)
    reviews.submit(draft, by=by, note=review.note)
