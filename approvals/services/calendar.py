"""The calendar: what goes out when, how far its approval is, what is due before, and what a move costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from approvals import deadlines as hours
from approvals.models import Decision, Review, Stage
from approvals.services import boards, metrics
from content import draft_rules
from content.models import Draft, FormatName
from content.services import access, drafts
from halcytone.lib import zones
from halcytone.lib.errors import WrongState
from halcytone.lib.rights import Actor

DAY = timedelta(days=1)
AHEAD = timedelta(days=14)  # how far behind the last day a slot may be whose stages are due before
MOST = 400  # drafts looked at for one page
UNDATED = 15  # in the list at the side
OUT = ("releasing", "incomplete", "done")  # of a release: what has left does not move
OTHER = "Other times"
USUAL = time(10)  # of a draft that is dragged to a day before it has a clock time
_FORMATS = dict(FormatName.choices)


@dataclass(frozen=True, slots=True)
class Due:
    """One stage that is due before its draft goes out."""

    stage: str
    at: datetime
    light: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One draft at its slot. `state` is a word of the desk's states; `dues` are in the order of time."""

    draft: Draft
    at: datetime
    state: str
    formats: Sequence[str]
    review: Review | None
    may_move: bool
    dues: Sequence[Due] = ()

    @property
    def day(self) -> date:
        return local_day(self.at)

    @property
    def clock(self) -> str:
        return f"{zones.local(self.at, settings.DEFAULT_ZONE):%H:%M}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One slot of a rhythm. `is_free`: no draft has it yet."""

    rhythm: str
    wall: str
    zone: str
    at: datetime
    is_free: bool

    @property
    def clock(self) -> str:
        return f"{zones.local(self.at, settings.DEFAULT_ZONE):%H:%M}"


@dataclass(slots=True)
class Cell:
    """One day of one lane."""

    day: date
    is_past: bool
    is_today: bool
    turns: list[Turn] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    dues: list[tuple[Due, Entry]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the week: a rhythm, or a format, with a cell for each day."""

    name: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Some days of the desk's zone. Entries reach two weeks further: their stages may be due before.

    With more than `MOST` drafts they are a part of them, in the order of their slots: `part` counts from 1.
    """

    days: Sequence[date]
    entries: Sequence[Entry]
    turns: Sequence[Turn]
    undated: Sequence[Draft]
    undated_count: int
    part: int = 1
    has_more: bool = False

    @property
    def within(self) -> list[Entry]:
        """The entries that go out on one of its days."""
        return [entry for entry in self.entries if self.days[0] <= entry.day <= self.days[-1]]


def read(person: Actor, first: date, days: int, *, part: int = 1) -> Calendar:
    """Return what this person may see of these days. The number of queries does not depend on them.

    Of more than `MOST` drafts this is one part, the earliest being the first.
    """
    span = [first + DAY * count for count in range(days)]
    since, until = _midnight(first), _midnight(first + DAY * days)
    seen = access.drafts(person).select_related("author")
    dated, has_more = _dated(seen, since, until + AHEAD, part)
    entries = _entries(person, dated)
    taken = {(entry.draft.slot_wall, entry.draft.zone) for entry in entries}
    undated = seen.filter(slot_wall="").order_by("-changed_at", "-pk")
    return Calendar(
        span,
        entries,
        _turns(since, until, taken),
        list(undated[:UNDATED]),
        undated.count(),
        part,
        has_more,
    )


def lanes_by_rhythm(calendar: Calendar) -> list[Lane]:
    """Return a lane for each rhythm, and one for everything at other times."""
    names = list(dict.fromkeys(turn.rhythm for turn in calendar.turns))
    at = {(turn.wall, turn.zone): turn.rhythm for turn in calendar.turns}

    def lanes_of(entry: Entry) -> Sequence[str]:
        return [at.get((entry.draft.slot_wall, entry.draft.zone), OTHER)]

    return [_lane(name, calendar, lanes_of) for name in (*names, OTHER)]


def lanes_by_format(calendar: Calendar) -> list[Lane]:
    """Return a lane for each format that something goes out in; a draft stands in each of its own."""
    used = {name for entry in calendar.within for name in entry.formats}
    names = [str(word) for word in _FORMATS.values() if str(word) in used]
    return [_lane(name, calendar, lambda entry: entry.formats) for name in names]


def days_of(calendar: Calendar) -> list[Cell]:
    """Return one cell for each day, whatever its lane."""
    return list(_lane("", calendar, lambda _entry: [""]).cells)


def moved(draft: Draft, wall: str, zone: str) -> list[str]:
    """Return a sentence for each approval that is lost when this draft goes out at another time."""
    if (wall, zone) == (draft.slot_wall, draft.zone):
        return []
    review = Review.objects.filter(draft=draft).exclude(status__in=Review.FINAL).first()
    if review is None:
        return []
    board = boards.read(review)
    current = {content.sha256 for content in board.seals.values()}
    said = [
        one
        for one in board.decisions.values()
        if one.verdict == Decision.Verdict.APPROVE and one.seal.sha256 in current
    ]
    return [_lost(*group) for group in _by_voice(said)]


def move(draft: Draft, *, by: Actor, wall: str, zone: str, version: int | None = None) -> Draft:
    """Give a draft another slot; every approval of it is asked for again.

    Raises WrongState for what has left, and what `content.services.drafts.change` raises: NotAllowed,
    Invalid for a time that has passed or does not exist, WrongState when somebody was faster.
    """
    result = _results([draft]).get(draft.pk, {})
    if result.get("status") in OUT:
        raise WrongState(f"“{draft}” has left: what is out can be corrected, not moved.")
    return drafts.change(draft, by=by, version=version, slot_wall=wall, zone=zone)


def on_day(draft: Draft, day: date) -> str:
    """Return the wall-clock time, in the draft's zone, that keeps its clock time on a day of the desk."""
    clock = USUAL
    if draft.slot_wall:
        at = draft_rules.instant(draft.slot_wall, draft.zone)
        clock = zones.local(at, settings.DEFAULT_ZONE).time()
    moment = zones.instant(datetime.combine(day, clock), settings.DEFAULT_ZONE)
    return zones.local(moment, draft.zone).strftime(draft_rules.WALL)


def local_day(moment: datetime) -> date:
    """Return the day of an instant on the desk's calendar."""
    return zones.local(moment, settings.DEFAULT_ZONE).date()


def _midnight(day: date) -> datetime:
    return zones.instant(datetime.combine(day, time()), settings.DEFAULT_ZONE)


def _dated(
    seen: QuerySet[Draft], since: datetime, until: datetime, part: int
) -> tuple[list[tuple[datetime, Draft]], bool]:
    """Return the drafts whose slot is in this span, with its instant, in the order of time.

    Of many it is one part of them; also whether there is a next one.
    """
    first = (since - DAY).strftime(draft_rules.WALL)
    last = (until + DAY).strftime(draft_rules.WALL)
    found = seen.filter(slot_wall__gte=first, slot_wall__lte=last).order_by("slot_wall", "pk")
    rows = list(found[MOST * (part - 1) : MOST * part + 1])
    dated = [(draft_rules.instant(draft.slot_wall, draft.zone), draft) for draft in rows[:MOST]]
    within = sorted(
        ((at, draft) for at, draft in dated if since <= at < until),
        key=lambda pair: (pair[0], pair[1].pk),
    )
    return within, len(rows) > MOST


def _entries(person: Actor, dated: Sequence[tuple[datetime, Draft]]) -> list[Entry]:
    rows = [draft for _, draft in dated]
    reviews = {
        review.draft_id: review
        for review in Review.objects.filter(draft__in=rows).exclude(status__in=Review.FINAL)
    }
    results = _results(rows)
    dues = _dues(reviews.values())
    may_change = {draft.pk: access.may_change_draft(person, draft) for draft in rows}
    found = []
    for at, draft in dated:
        review = reviews.get(draft.pk)
        result = results.get(draft.pk, {})
        is_out = result.get("status") in OUT
        found.append(
            Entry(
                draft,
                at,
                _state(review, result),
                [str(_FORMATS.get(name, name)) for name in draft.formats],
                review,
                may_change[draft.pk] and not is_out,
                dues.get(review.pk, ()) if review else (),
            )
        )
    return found


def _state(review: Review | None, result: Mapping[str, Any]) -> str:
    """Return the word for how far a draft is: its release once something happens to it, or its review."""
    status = str(result.get("status", ""))
    if status and (status != "planned" or review is None):
        return status
    return str(review.status) if review else "draft"


def _dues(reviews: Iterable[Review]) -> dict[int, list[Due]]:
    """Return the stages of running reviews that have not passed, by review."""
    running = [review.pk for review in reviews if review.status != Review.Status.APPROVED]
    rows = Stage.objects.filter(review__in=running, due_at__isnull=False).exclude(
        status__in=(Stage.Status.PASSED, Stage.Status.SKIPPED)
    )
    stages = list(rows.order_by("due_at", "position"))
    usual = metrics.recent_times(stage.name for stage in stages)
    found: dict[int, list[Due]] = {}
    for stage in stages:
        if stage.due_at is not None:
            found.setdefault(stage.review_id, []).append(
                Due(stage.name, stage.due_at, _light(stage, usual))
            )
    return found


def _light(stage: Stage, usual: Mapping[str, Sequence[float]]) -> str:
    if stage.due_at is None:
        return ""
    left = stage.due_at - timezone.now()
    if left <= timedelta(0):
        return "overdue"
    return hours.light(left, hours.usual(usual.get(stage.name, ()), stage.sla_h))


def _results(rows: Sequence[Draft]) -> Mapping[int, Mapping[str, Any]]:
    find = import_string(settings.REVIEW_RESULTS)
    found: Mapping[int, Mapping[str, Any]] = find([draft.pk for draft in rows]) if rows else {}
    return found


def _turns(since: datetime, until: datetime, taken: set[tuple[str, str]]) -> list[Turn]:
    find = import_string(settings.CALENDAR_TURNS)
    return [
        Turn(
            turn["name"],
            turn["wall"],
            turn["zone"],
            turn["at"],
            (turn["wall"], turn["zone"]) not in taken,
        )
        for turn in find(since, until)
    ]


def _lane(name: str, calendar: Calendar, lanes_of: Any) -> Lane:
    today = local_day(timezone.now())
    cells = {day: Cell(day, day < today, day == today) for day in calendar.days}
    for turn in calendar.turns:
        if turn.rhythm == name or not name:
            cells[local_day(turn.at)].turns.append(turn)
    for entry in calendar.entries:
        if name not in lanes_of(entry):
            continue
        if entry.day in cells:
            cells[entry.day].entries.append(entry)
        for due in entry.dues:
            if local_day(due.at) in cells:
                cells[local_day(due.at)].dues.append((due, entry))
    return Lane(name, list(cells.values()))


def _by_voice(said: Sequence[Decision]) -> list[list[Decision]]:
    """Return decisions in groups of what one voice said, in the order of time."""
    found: dict[Any, list[Decision]] = {}
    for one in sorted(said, key=lambda one: (one.decided_at, one.pk)):
        found.setdefault((one.person_id, one.link_id, one.role), []).append(one)
    return list(found.values())


def _lost(*said: Decision) -> str:
    first = said[0]
    who = first.person or (first.link.person_name if first.link else "The policy")
    role = f" as {first.get_role_display().lower()}" if first.role else ""
    formats = ", ".join(str(_FORMATS.get(one.seal.format, one.seal.format)) for one in said)
    return f"{who}{role}: {formats}"
