"""What is due in a review, kept as rows: reminders, delegates, escalations, its slot.

`follow` is called after every change of a review and may be called at any time: it adds what is missing,
moves what has not happened yet, and cancels what has no reason any more. What happened stays, so that
nothing happens twice. Clocks count from `entered_stage_at`, which no edit of the draft moves.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals import deadlines as hours
from approvals.models import Absence, DueEvent, Review, Stage
from approvals.services import deadlines, rosters
from approvals.services.boards import Board
from approvals.services.people import People
from approvals.services.rosters import Roster
from content.models import Draft
from halcytone.lib import zones

Kind = DueEvent.Kind
NORMAL_S, URGENT_S = timedelta(hours=48), timedelta(hours=2)
VALIDATION = timedelta(hours=4)
MOST_ROUNDS = 3
MOST_STEPS = 4  # of the chain: nobody stands higher then
URGENT_PRIORITY = 2
REMINDERS = {Kind.REMINDER_50, Kind.REMINDER_80, Kind.REMINDER_LAST}
WEEKLY = {kind for kind, *_ in hours.WEEKLY}
#: Written once when a review is submitted, and not taken back by what comes later.
AT_SUBMISSION = {Kind.LATE_START, Kind.CRITICAL, Kind.CRISIS, Kind.ROUNDS, Kind.VALIDATION}


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that shall happen, under a key that names it within its review."""

    kind: str
    key: str
    at: datetime
    stage: int | None = None
    person: int | None = None
    is_over: bool = False  # its moment had passed before the review began


def begin(review: Review, board: Board) -> None:
    """Start the clock of a review that was submitted, or submitted again."""
    if review.status != Review.Status.OPEN:
        stop(review)
        return
    roster, stages = rosters.of(board.people), list(board.stages.values())
    plan = deadlines.write(review, board.draft, stages, roster)
    wanted = [*_wanted(review, board.draft, stages, roster), *_of_submission(review, plan)]
    _write(review, wanted, board.due)


def follow(review: Review, board: Board) -> hours.Plan | None:
    """Bring deadlines and due events in step with where a review stands; returns its plan."""
    if review.status != Review.Status.OPEN:
        stop(review)
        return None
    roster, stages = rosters.of(board.people), list(board.stages.values())
    plan = deadlines.write(review, board.draft, stages, roster)
    _write(review, list(_wanted(review, board.draft, stages, roster)), board.due)
    return plan


def stop(review: Review) -> None:
    """Cancel what was due in a review that waits for no voice; what does not depend on voices stays."""
    review.due_events.filter(done_at=None, is_cancelled=False).exclude(
        kind__in=_kept(review)
    ).update(is_cancelled=True)


@transaction.atomic
def follow_roles(roles: Collection[str]) -> None:
    """Bring the open reviews that wait for one of these roles in step: somebody's time has changed."""
    if not roles:
        return
    roster = rosters.read()
    rows = Review.objects.filter(status=Review.Status.OPEN).select_related("draft")
    for review in rows.prefetch_related("stages__escalations", "due_events"):
        stages = list(review.stages.all())
        asked = {role for stage in stages for role in _roles(stage)}
        if not asked.isdisjoint(roles):
            deadlines.write(review, review.draft, stages, roster)
            wanted = list(_wanted(review, review.draft, stages, roster))
            _write(review, wanted, review.due_events.all())


def note_findings(review: Review, *, are_blocking: bool, now: datetime | None = None) -> None:
    """Start, or stop, the clock of findings that block and that nobody mends."""
    rows = review.due_events.filter(kind=Kind.VALIDATION, done_at=None)
    if not are_blocking:
        rows.update(is_cancelled=True)
    elif review.status not in Review.FINAL and not rows.filter(is_cancelled=False).exists():
        count = review.due_events.filter(kind=Kind.VALIDATION).count()
        at = (now or timezone.now()) + VALIDATION
        _add(review, [Due(Kind.VALIDATION, f"validation:{count + 1}", at)])


def is_critical(review: Review) -> bool:
    return bool(review.facts.get("urgency") == Draft.Urgency.CRITICAL)


def is_crisis(review: Review) -> bool:
    """Tell whether it is marked as a crisis, or corrects something of that class."""
    facts = review.facts
    return "crisis" in facts.get("flags", ()) or facts.get("correction") == "crisis"


def is_urgent(review: Review) -> bool:
    """Tell whether two hours are too long: priority 1 or 2, or critical."""
    return is_critical(review) or int(review.facts.get("priority") or 5) <= URGENT_PRIORITY


def _of_submission(review: Review, plan: hours.Plan | None) -> Iterator[Due]:
    """Yield what happens at once because of how a review was submitted."""
    now, turn = review.submitted_at, review.round
    if plan and now > plan.submit_by:
        yield Due(Kind.LATE_START, f"late_start:r{turn}", now)
    if is_critical(review):
        yield Due(Kind.CRITICAL, "critical", now)
    if is_crisis(review):
        yield Due(Kind.CRISIS, "crisis", now)
    if turn > MOST_ROUNDS:
        yield Due(Kind.ROUNDS, f"rounds:r{turn}", now)


def _wanted(review: Review, draft: Draft, stages: Sequence[Stage], roster: Roster) -> Iterator[Due]:
    slot = deadlines.slot_of(draft)
    if slot and slot > review.submitted_at:
        yield Due(Kind.SLOT, f"slot:{draft.slot_wall}:{draft.zone}", slot)
    for mark in deadlines.weekly_marks(draft):
        is_over = mark.kind == "weekly_submit" or mark.at < review.submitted_at
        yield Due(mark.kind, f"{mark.kind}:{draft.slot_wall}", mark.at, is_over=is_over)
    for stage in stages:
        entered = stage.entered_stage_at
        if stage.status == Stage.Status.ACTIVE and entered is not None:
            end = deadlines.end_of(stage, draft, roster)
            yield from _reminders(review, stage, entered, end)
            yield from _delegates(review, stage, end, roster)
            yield from _escalations(review, stage, entered, end)


def _reminders(
    review: Review, stage: Stage, entered: datetime, end: datetime | None
) -> Iterator[Due]:
    """Yield the reminders of a stage; another deadline has reminders of its own."""
    if end is not None:
        for kind, at in hours.reminders(entered, end).items():
            yield Due(kind, f"{_key(kind, review, stage)}:{end:%Y-%m-%dT%H:%MZ}", at, stage.pk)


def _delegates(review: Review, stage: Stage, end: datetime | None, roster: Roster) -> Iterator[Due]:
    """Yield, for each holder who is away or has a delegate, when her delegate is called."""
    entered = stage.entered_stage_at or review.submitted_at
    asked = set(_roles(stage))
    later = entered + (end - entered) * 0.8 if end and end > entered else None
    for person, away_at, has_delegate in _holders(asked, entered, end, roster.people):
        moments = [each for each in (away_at, later if has_delegate else None) if each]
        if moments:
            key = f"{_key(Kind.DELEGATE, review, stage)}:p{person.pk}"
            at = max(entered, min(moments))
            yield Due(Kind.DELEGATE, key, at, stage.pk, person.pk)


def _holders(
    roles: set[str], entered: datetime, end: datetime | None, people: People
) -> Iterator[tuple[Any, datetime | None, bool]]:
    """Yield the holders of roles: when they go away while the stage lasts, and whether anybody acts."""
    first = entered.date() - timedelta(days=1)
    last = (end or entered + NORMAL_S).date() + timedelta(days=1)
    away: dict[int, Absence] = {}
    for absence in people.absences:
        if absence.starts_on <= last and absence.ends_on >= first:
            away.setdefault(absence.person_id, absence)
    lending = {
        given.person_id
        for given in people.delegations
        if given.ended_at is None and given.starts_on <= last and given.ends_on >= first
    }
    held = (row for row in people.holders if row.role in roles and row.person.is_active)
    for pk, person in {row.person_id: row.person for row in held}.items():
        if pk in away or pk in lending:
            yield person, _away_from(away.get(pk), entered), pk in lending


def _away_from(absence: Absence | None, entered: datetime) -> datetime | None:
    """Return when an absence begins, at midnight where she is; None when it was over before."""
    if absence is None:
        return None
    zone = absence.person.zone
    if absence.ends_on < zones.local(entered, zone).date():
        return None
    midnight = datetime.combine(absence.starts_on, datetime.min.time())
    return zones.instant(midnight, zone)


def _escalations(
    review: Review, stage: Stage, entered: datetime, end: datetime | None
) -> Iterator[Due]:
    """Yield the next step up the chain; each comes as long after the one before as the first one took,
    though never at once.
    """
    taken = [each.step for each in stage.escalations.all() if each.round == review.round]
    step = max(taken, default=0) + 1
    wait = URGENT_S if is_urgent(review) else _patience(entered, end)
    for number in range(1, min(step, MOST_STEPS) + 1):
        key = f"{_key(Kind.ESCALATION, review, stage)}:{number}"
        at = entered + wait + max(wait, URGENT_S) * (number - 1)
        yield Due(Kind.ESCALATION, key, at, stage.pk)


def _patience(entered: datetime, end: datetime | None) -> timedelta:
    """Return how long a normal stage may wait: 48 h, or until its end when that is earlier."""
    left = NORMAL_S if end is None else min(NORMAL_S, end - entered)
    return max(left, timedelta(0)) or timedelta(minutes=1)


def _roles(stage: Stage) -> Iterable[str]:
    own = [role for group in stage.roles for role in group]
    return [*own, *(role for more in stage.added_roles.values() for role in more)]


def _key(kind: str, review: Review, stage: Stage) -> str:
    return f"{kind}:s{stage.pk}:r{review.round}"


def _kept(review: Review) -> set[str]:
    """Return the kinds that stay due although nobody wants them anew."""
    if review.status in Review.FINAL:
        return set()
    if review.status == Review.Status.APPROVED:
        return set(WEEKLY)
    if review.status == Review.Status.LATE:
        return set(AT_SUBMISSION)
    return {*AT_SUBMISSION, *WEEKLY}


def _write(review: Review, wanted: Sequence[Due], known: Iterable[DueEvent]) -> None:
    """Write what differs from the rows that are known: one statement, however many."""
    rows = {row.key: row for row in known}
    wanted = [due for due in wanted if not _is_said(due, rows.values())]
    keys = {due.key for due in wanted}
    ended = [
        _row(review, _due(row, is_over=True))
        for row in rows.values()
        if row.is_open and row.key not in keys and row.kind not in AT_SUBMISSION
    ]
    changed = [_row(review, due) for due in wanted if _differs(due, rows.get(due.key))]
    DueEvent.objects.bulk_create(
        [*ended, *changed],
        update_conflicts=True,
        unique_fields=["review", "key"],
        update_fields=["at", "is_cancelled"],
    )


def _is_said(due: Due, rows: Iterable[DueEvent]) -> bool:
    """Tell whether a reminder was given, under an earlier deadline, at or after its moment."""
    return due.kind in REMINDERS and any(
        row.done_at is not None and row.done_at >= due.at
        for row in rows
        if (row.kind, row.stage_id) == (due.kind, due.stage)
    )


def _differs(due: Due, row: DueEvent | None) -> bool:
    """Tell whether a row has to be written: it is new, or has not happened and is due otherwise."""
    if row is None:
        return True
    is_settled = row.done_at is not None or row.kind in AT_SUBMISSION
    return not is_settled and (row.at, row.is_cancelled) != (due.at, due.is_over)


def _due(row: DueEvent, *, is_over: bool) -> Due:
    return Due(row.kind, row.key, row.at, row.stage_id, row.person_id, is_over)


def _row(review: Review, due: Due) -> DueEvent:
    return DueEvent(
        review=review,
        stage_id=due.stage,
        kind=due.kind,
        key=due.key,
        person_id=due.person,
        at=due.at,
        is_cancelled=due.is_over,
    )


def _add(review: Review, wanted: Sequence[Due]) -> None:
    DueEvent.objects.bulk_create(
        [_row(review, due) for due in wanted],
        ignore_conflicts=True,  # another process may have seen the same
    )
