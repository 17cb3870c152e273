"""The short way for what is urgent: seven steps with clocks. The level does not fall; four eyes hold.

Stages of one level run side by side on running clocks. A committee decides by two of its voices, one of
them with authority for the matter. What lead time was not kept is written down.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from approvals import signals
from approvals.facts import facts as facts_of
from approvals.models import FastTrack, FastTrackStep, Review, Role, Stage
from approvals.services import boards, clock, eligibility
from approvals.services.boards import Board
from content.models import Draft
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
START = "approvals.start_fast_track"
#: The seven steps and the minutes each may take, from the end of the one before.
STEPS = (
    ("Classify", 0),
    ("Team together", 30),
    ("Draft", 30),
    ("Legal", 15),
    ("Executive signature", 30),
    ("Every channel live", 5),
    ("Live watch", 60),
)
TEAM, DRAFT, LEGAL, SIGNATURE, LIVE, WATCH = 2, 3, 4, 5, 6, 7
BY_HAND = (TEAM, LIVE, WATCH)  # the others follow from the review
#: One voice of a committee must have one of these roles.
AUTHORITY = {
    FastTrack.Matter.ANY: (Role.CEO,),
    FastTrack.Matter.MARKET: (Role.CMO, Role.CEO),
    FastTrack.Matter.TECHNOLOGY: (Role.CTO, Role.CEO),
    FastTrack.Matter.COMMUNITY: (Role.MARKETING_MANAGER, Role.CEO),
}
QUORUM = 2
LONGEST_H = 2.0  # what a stage may take
MOST_REASON = 300


@transaction.atomic
def start(draft: Draft, *, by: Actor, matter: str, reason: str) -> FastTrack:
    """Send a draft the short way; a running review follows at once.

    Raises NotAllowed; Invalid unless it is priority 1 or 2, or critical; WrongState when it is on its way.
    """
    _require_starter(by)
    _check(draft, matter, reason)
    try:
        with transaction.atomic():
            track = FastTrack.objects.create(
                draft=draft, matter=matter, reason=reason.strip(), started_by=by
            )
    except IntegrityError as error:
        raise WrongState("It already goes the short way.", code="already_fast") from error
    FastTrackStep.objects.bulk_create(
        FastTrackStep(track=track, number=number, name=name, limit_min=limit)
        for number, (name, limit) in enumerate(STEPS, 1)
    )
    _finish(track.steps.get(number=1), by, f"{track.get_matter_display()}: {track.reason}"[:300])
    review = Review.objects.filter(draft=draft, status=Review.Status.OPEN).first()
    if review is not None:
        boards.lock(review)
        apply(track, list(review.stages.all()))
        board = boards.read(review)
        boards.advance(board)
        clock.follow(review, board)
        follow(board)
    log.info("fast_track_started", track=track.pk, draft=draft.pk, by=by.pk)
    signals.fast_track_started.send(FastTrack, track=track, people=_people(track))
    return track


def of(draft: Draft) -> FastTrack | None:
    """Return the fast track on which a draft is now, or None."""
    return running(draft).first()


def running(draft: Draft) -> QuerySet[FastTrack]:
    return FastTrack.objects.filter(draft=draft, ended_at=None)


def apply(track: FastTrack | None, stages: Sequence[Stage]) -> None:
    """Let the stages of a review whose draft goes the short way run side by side, on running clocks."""
    if track is None:
        return
    known = {each["what"] for each in track.bypassed}
    for stage in stages:
        if not stage.is_beside:
            _note_bypassed(track, stage, known)
            _quicken(stage, track.matter)
            stage.save()
    track.save(update_fields=["bypassed"])


def follow(board: Board) -> None:
    """Close the steps that follow from where a review stands: drafted, legal has spoken, signed."""
    track = of(board.draft) if any(each.is_beside for each in board.stages.values()) else None
    if track is None:
        return
    review = board.review
    steps = {step.number: step for step in track.steps.all()}
    is_signed = review.status == Review.Status.APPROVED
    _finish(steps[TEAM], review.submitted_by, "The draft was submitted.")
    _finish(steps[DRAFT], review.submitted_by, "Submitted for review.")
    if not _asks(board, Role.LEGAL):
        _finish(steps[LEGAL], None, "The policy asks for no legal voice.")
    elif is_signed or _has_spoken(board, Role.LEGAL):
        note = "" if _has_spoken(board, Role.LEGAL) else "Signed by quorum, without legal."
        _finish(steps[LEGAL], None, note)
    if is_signed:
        _finish(steps[SIGNATURE], None, "Every voice is there.")


@transaction.atomic
def done(track: FastTrack, number: int, *, by: Actor, note: str = "") -> FastTrackStep:
    """Say that a step is done which only people can tell: the team, every channel, the watch."""
    _require_starter(by)
    step = track.steps.select_for_update().filter(number=number).first()
    if step is None or number not in BY_HAND:
        names = ", ".join(f"{each} {STEPS[each - 1][0].lower()}" for each in BY_HAND)
        message = f"These steps are told by people: {names}. The others follow from the review."
        raise Invalid([Problem("unknown_step", message, "step")])
    before = track.steps.filter(number__lt=number, done_at=None).first()
    if before is not None:
        raise WrongState(f"{before} is not done yet.", code="step_before")
    if step.done_at is not None:
        raise WrongState(f"{step} is already done.", code="step_done")
    _finish(step, by, note.strip()[:300])
    if number == WATCH:
        FastTrack.objects.filter(pk=track.pk).update(ended_at=timezone.now())
    return step


def released(draft: Draft) -> None:
    """Close the step of the channels: the books of the release balance, so every one of them is live."""
    track = of(draft)
    if track is not None:
        step = track.steps.get(number=LIVE)
        if not track.steps.filter(number__lt=LIVE, done_at=None).exists():
            _finish(step, None, "Every channel gave its receipt.")


def all_released(drafts: Sequence[Draft]) -> None:
    """Do what `released` does for these drafts, of which hardly any goes the short way."""
    fast = FastTrack.objects.filter(draft__in=drafts, ended_at=None)
    known = set(fast.order_by().values_list("draft", flat=True))
    for draft in drafts:
        if draft.pk in known:
            released(draft)


def warn(now: datetime) -> int:
    """Tell people about each step whose time is over, once; returns how many."""
    late = FastTrackStep.objects.filter(due_at__lte=now, done_at=None, warned_at=None)
    told = 0
    for step in late.select_related("track__draft__author", "track__started_by"):
        with transaction.atomic():
            mine = FastTrackStep.objects.filter(pk=step.pk, warned_at=None, done_at=None)
            if mine.update(warned_at=now):
                people = _people(step.track)
                signals.fast_track_step_overdue.send(FastTrackStep, step=step, people=people)
                told += 1
    return told


def _require_starter(by: Actor) -> None:
    if by is None or by.is_service:
        raise NotAllowed("Only people send something the short way.")
    rights.require(by, START, act="send drafts the short way")


def _check(draft: Draft, matter: str, reason: str) -> None:
    problems = []
    facts = facts_of(draft)
    if facts["urgency"] != Draft.Urgency.CRITICAL and draft.priority > clock.URGENT_PRIORITY:
        message = (
            f"It has priority {draft.priority}; the short way is for 1, 2 and critical urgency."
        )
        problems.append(Problem("not_urgent", message, "priority"))
    if matter not in FastTrack.Matter.values:
        known = ", ".join(FastTrack.Matter.values)
        problems.append(Problem("unknown_matter", f"A matter is one of: {known}.", "matter"))
    if not 0 < len(reason.strip()) <= MOST_REASON:
        message = f"Say why in at most {MOST_REASON} characters: it stays on the record."
        problems.append(Problem("reason_missing", message, "reason"))
    if problems:
        raise Invalid(problems)


def _note_bypassed(track: FastTrack, stage: Stage, known: set[str]) -> None:
    if stage.name not in known:
        hours = f"{stage.sla_h:g} h" if stage.sla_h else "no limit"
        usual = f"{hours} on the {stage.clock} clock, after the stages before it"
        now = f"{min(stage.sla_h or LONGEST_H, LONGEST_H):g} h on the running clock, side by side"
        track.bypassed = [*track.bypassed, {"what": stage.name, "usual": usual, "now": now}]


def _quicken(stage: Stage, matter: str) -> None:
    stage.clock, stage.is_beside = "running", True
    stage.sla_h = min(stage.sla_h or LONGEST_H, LONGEST_H)
    if stage.mode != Stage.Mode.COMMITTEE:
        return
    stage.quorum = QUORUM
    stage.authority = [str(role) for role in AUTHORITY[FastTrack.Matter(matter)]]
    named = {role for group in stage.roles for role in group}
    stage.roles = [*stage.roles, *([role] for role in stage.authority if role not in named)]


def _asks(board: Board, role: str) -> bool:
    return any(role in group for cell in board.standing.cells for group in cell.groups)


def _has_spoken(board: Board, role: str) -> bool:
    """Tell whether this role has spoken about every format that it looks at."""
    return all(
        voice is not None
        for cell in board.standing.cells
        for group, voice in zip(cell.groups, cell.filled, strict=True)
        if role in group
    )


def _finish(step: FastTrackStep, by: Actor, note: str) -> None:
    """Close a step once, and start the clock of the next one that is open."""
    now = timezone.now()
    rows = FastTrackStep.objects.filter(pk=step.pk, done_at=None)
    if not rows.update(done_at=now, done_by=by, note=note):
        return
    step.done_at, step.done_by, step.note = now, by, note
    following = step.track.steps.filter(number__gt=step.number, done_at=None).first()
    if following is not None and following.number == step.number + 1:
        following.due_at = now + timedelta(minutes=following.limit_min)
        following.save(update_fields=["due_at"])
    signals.fast_track_step_done.send(FastTrackStep, step=step, by=by)


def _people(track: FastTrack) -> list[Any]:
    """Return whom a fast track concerns: who started it, the author, and everybody with authority."""
    authority = eligibility.holders(AUTHORITY[FastTrack.Matter(track.matter)])
    people = [each for each in (track.started_by, track.draft.author) if each is not None]
    return list({person.pk: person for person in (*people, *authority)}.values())
