"""Wall-clock turns of a weekly rhythm. Pure: values in, values out; instants are made at the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from halcytone.lib import zones

WALL = "%Y-%m-%dT%H:%M"
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A weekday (Monday is 0) and a time of one zone, and the steps that go before it."""

    zone: str
    weekday: int
    at: time
    read_days_before: int
    read_at: time
    assemble_days_before: int
    assemble_at: time


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: its slot on the wall clock, and the instants (UTC) of its three steps."""

    wall: str
    zone: str
    read_at: datetime
    assemble_at: datetime
    release_at: datetime

    @property
    def utc(self) -> datetime:
        """The instant of the release."""
        return self.release_at

    @property
    def local(self) -> datetime:
        """The same, as aware wall-clock time of the zone."""
        return zones.local(self.release_at, self.zone)

    @property
    def offset(self) -> str:
        """The distance of the zone from UTC at the release, e.g. "-05:00"."""
        return self.local.isoformat()[-6:]


def instant(wall: str, zone: str) -> datetime:
    """Return the UTC instant of "YYYY-MM-DDTHH:MM" in an IANA zone."""
    return zones.instant(datetime.strptime(wall, WALL), zone)  # noqa: DTZ007 - a wall clock


def turn(rhythm: Rhythm, on: date) -> Turn:
    """Return the turn whose release falls on this day."""

    def at(days_before: int, moment: time) -> datetime:
        return zones.instant(datetime.combine(on - timedelta(days_before), moment), rhythm.zone)

    return Turn(
        wall=datetime.combine(on, rhythm.at).strftime(WALL),
        zone=rhythm.zone,
        read_at=at(rhythm.read_days_before, rhythm.read_at),
        assemble_at=at(rhythm.assemble_days_before, rhythm.assemble_at),
        release_at=at(0, rhythm.at),
    )


def turns(rhythm: Rhythm, after: datetime) -> Iterator[Turn]:
    """Yield the turns whose release is after this instant, without end."""
    today = zones.local(after.astimezone(UTC), rhythm.zone).date()
    on = today + timedelta((rhythm.weekday - today.weekday()) % 7)
    while True:
        found = turn(rhythm, on)
        if found.release_at > after:
            yield found
        on += WEEK


def next_turns(rhythm: Rhythm, after: datetime, count: int) -> list[Turn]:
    """Return the next turns after this instant."""
    return list(islice(turns(rhythm, after), count))


def same_time_next_week(wall: str, zone: str, now: datetime) -> str:
    """Return the first wall-clock time after `now` that is whole weeks after this one."""
    moment = datetime.strptime(wall, WALL)  # noqa: DTZ007 - a wall clock
    while zones.instant(moment, zone) <= now:
        moment += WEEK
    return moment.strftime(WALL)
