"""When a stage is due: computed back from the slot in the working hours of its people. Pure.

Source: approvals specification, deadlines. On the `working` clock 24 h are one working day: the same
clock time on the previous working day of those who must decide; what is left of an SLA runs in their
working hours. The `running` clock is plain time. Clock times are those of the slot's zone, days those
of each person's own zone. A clock time that the spring change skips means the instant after the gap,
one that the autumn change repeats its first occurrence (`halcytone.lib.zones`).
"""

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from halcytone.lib import zones

DAY = timedelta(days=1)
HORIZON = (
    60  # days that are searched for a working one; nobody is away for longer without a delegate
)
CHUNK = timedelta(days=7)  # of working hours looked at in one go
LAST_CALL = timedelta(hours=1)  # the last reminder before the end
APART = timedelta(minutes=10)  # a last reminder closer than this to another one says nothing new
AMBER, RED = 1.5, 1.0  # time left ÷ median time of a decision
UNKNOWN = (
    0.25  # of its SLA: what a decision is taken to need in a stage that nobody has decided yet
)
WEEKLY_ZONE = "America/New_York"
TUESDAY = 1

Light = Literal["green", "amber", "red"]
IsOff = Callable[[date], bool]
Span = tuple[datetime, datetime]


def _never(_day: date) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Worker:
    """When one person works, in her own zone. `days` are weekdays, Monday is 0.

    `away` are absences, first and last day; `only`: the days on which she may speak at all, None = all.
    """

    zone: str
    days: frozenset[int] = frozenset(range(5))
    start: time = time(9)
    end: time = time(18)
    is_off: IsOff = _never
    away: tuple[tuple[date, date], ...] = ()
    only: tuple[date, date] | None = None

    def works_on(self, day: date) -> bool:
        if self.only and not self.only[0] <= day <= self.only[1]:
            return False
        if day.weekday() not in self.days or self.is_off(day):
            return False
        return not any(first <= day <= last for first, last in self.away)

    def works_at(self, moment: datetime) -> bool:
        """Tell whether the day of this instant, in her zone, is a working day of hers."""
        return self.works_on(zones.local(moment, self.zone).date())

    def hours_on(self, day: date) -> Span:
        start = zones.instant(datetime.combine(day, self.start), self.zone)
        return start, zones.instant(datetime.combine(day, self.end), self.zone)


Group = Sequence[Worker]  # any one of them may speak
Team = Sequence[Group]  # one of each group must


@dataclass(frozen=True, slots=True)
class Need:
    """What one stage needs. `hours` None = no SLA; `is_beside`: it does not wait for those before it."""

    hours: float | None
    clock: str
    team: Team = ()
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The instants (UTC) at which each stage is due, in their order, and the first one should begin."""

    due: tuple[datetime, ...]
    submit_by: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment of the fixed clock of the weekly edition."""

    kind: str
    at: datetime


#: (kind, days before the slot's day, clock time in New York)
WEEKLY = (
    ("weekly_submit", 1, time(16, 30)),
    ("weekly_review_opens", 1, time(18)),
    ("weekly_review_closes", 1, time(19)),
    ("weekly_stakeholders", 1, time(19)),
    ("weekly_checklist", 0, time(8)),
    ("weekly_rehearsal", 0, time(8, 30)),
    ("weekly_final", 0, time(9)),
    ("weekly_staged", 0, time(9, 30)),
    ("weekly_out", 0, time(10)),
)


def plan(slot: datetime, zone: str, lead_min: int, needs: Sequence[Need]) -> Plan:
    """Return when each stage is due for a slot, given as a naive wall-clock time in its zone.

    The last stage is due `lead_min` minutes before the slot, each earlier one an SLA before the next,
    on a day on which its own people work.
    """
    wall = _wall(zones.instant(slot, zone) - timedelta(minutes=lead_min), zone)
    due, starts = [], []
    for place in reversed(range(len(needs))):
        due.append(zones.instant(wall, zone))
        earlier = needs[place - 1].team if place else ()
        begin = _landed(back(wall, zone, needs[place]), zone, earlier)
        starts.append(zones.instant(begin, zone))
        wall = wall if needs[place].is_beside else begin
    return Plan(tuple(reversed(due)), min(starts, default=zones.instant(wall, zone)))


def back(wall: datetime, zone: str, need: Need) -> datetime:
    """Return the wall-clock time at which a stage must begin so that it can be done by `wall`."""
    hours = need.hours or 0
    if need.clock == "running":
        return _wall(zones.instant(wall, zone) - timedelta(hours=hours), zone)
    return min((_moved(wall, zone, hours, group, -1) for group in _groups(need)), default=wall)


def forward(moment: datetime, zone: str, need: Need) -> datetime:
    """Return the instant by which a stage that begins now has had its SLA."""
    hours = need.hours or 0
    if need.clock == "running":
        return moment + timedelta(hours=hours)
    wall = _wall(moment, zone)
    ends = (_moved(wall, zone, hours, group, 1) for group in _groups(need))
    return max((zones.instant(end, zone) for end in ends), default=moment)


def light(left: timedelta, usual: timedelta) -> Light:
    """Return the traffic light for the time left, against the usual time of a decision."""
    if left < usual * RED:
        return "red"
    return "amber" if left < usual * AMBER else "green"


def usual(seconds: Sequence[float], sla_h: float | None) -> timedelta:
    """Return the median of a stage's last decision times; without any, a part of its SLA."""
    if seconds:
        return timedelta(seconds=statistics.median(seconds))
    return timedelta(hours=(sla_h or 0) * UNKNOWN)


def reminders(entered: datetime, due: datetime) -> dict[str, datetime]:
    """Return the moments of the reminders of a stage; none when it is due before it begins."""
    whole = due - entered
    if whole <= timedelta(0):
        return {}
    found = {"reminder_50": entered + whole * 0.5, "reminder_80": entered + whole * 0.8}
    last = due - LAST_CALL
    if last > entered and all(abs(last - other) > APART for other in found.values()):
        found["reminder_last"] = last
    return found


def weekly(slot: datetime) -> tuple[Mark, ...]:
    """Return the fixed clock of a weekly edition for a slot (UTC); () unless it is Tuesday 10:00."""
    here = zones.local(slot, WEEKLY_ZONE)
    if here.weekday() != TUESDAY or here.time() != time(10):
        return ()
    return tuple(
        Mark(kind, zones.instant(datetime.combine(here.date() - before * DAY, at), WEEKLY_ZONE))
        for kind, before, at in WEEKLY
    )


def _groups(need: Need) -> Sequence[Group]:
    return [group or [Worker(WEEKLY_ZONE)] for group in need.team] or [[Worker(WEEKLY_ZONE)]]


def _wall(moment: datetime, zone: str) -> datetime:
    return zones.local(moment, zone).replace(tzinfo=None, fold=0)


def _moved(wall: datetime, zone: str, hours: float, group: Group, way: int) -> datetime:
    """Move by working days and then by working hours of one group; `way` is -1 or 1."""
    days, rest = divmod(hours, 24)
    for _ in range(int(days)):
        wall = _next_working(wall, zone, group, way)
    if not rest:
        return wall
    moment = zones.instant(wall, zone)
    return _wall(_worked(moment, timedelta(hours=rest), group, way), zone)


def _next_working(wall: datetime, zone: str, group: Group, way: int) -> datetime:
    for count in range(1, HORIZON):
        other = wall + way * count * DAY
        if _works(group, zones.instant(other, zone)):
            return other
    return wall + way * DAY


def _landed(wall: datetime, zone: str, team: Team) -> datetime:
    """Return the same clock time on the first day before on which every group has somebody at work."""
    for count in range(HORIZON):
        other = wall - count * DAY
        moment = zones.instant(other, zone)
        if all(_works(group, moment) for group in team if group):
            return other
    return wall


def _works(group: Group, moment: datetime) -> bool:
    return any(worker.works_at(moment) for worker in group)


def _worked(moment: datetime, left: timedelta, group: Group, way: int) -> datetime:
    """Return the instant at which this much of a group's working time has passed, either way."""
    for begin, end in _working(moment, group, way):
        if left <= end - begin:
            return end - left if way < 0 else begin + left
        left -= end - begin
    return moment + way * left


def _working(moment: datetime, group: Group, way: int) -> Iterator[Span]:
    """Yield the spans in which somebody of a group works, nearest first, up to the horizon."""
    for _ in range(HORIZON // CHUNK.days):
        edge = moment + way * CHUNK
        first, last = min(moment, edge), max(moment, edge)
        spans = list(_merged(_spans(group, first, last)))
        yield from spans if way > 0 else reversed(spans)
        moment = edge


def _spans(group: Group, first: datetime, last: datetime) -> Iterator[Span]:
    for worker in group:
        day = zones.local(first, worker.zone).date() - DAY
        while day <= zones.local(last, worker.zone).date():
            if worker.works_on(day):
                begin, end = worker.hours_on(day)
                if max(begin, first) < min(end, last):
                    yield max(begin, first), min(end, last)
            day += DAY


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    begin = end = datetime.min.replace(tzinfo=UTC)
    for start, stop in sorted(spans):
        if start > end:
            if begin < end:
                yield begin, end
            begin, end = start, stop
        end = max(end, stop)
    if begin < end:
        yield begin, end
