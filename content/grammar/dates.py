"""Dates of items and moments of release, as people write them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from halcytone.lib import zones

CADENCE_TIME = time(10)
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = {name: n for n, name in enumerate(_MONTHS, 1)} | {
    name[:3]: n for n, name in enumerate(_MONTHS, 1)
}
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[ \t]+([A-Za-z]{3,9}),?[ \t]+([0-9]{4})")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})[ \t]+([0-9]{1,2})(?:,[ \t]*|[ \t]+)([0-9]{4})")
_NUMBERS_ONLY = re.compile(r"[0-9]{1,4}(?:[ \t]?[/.][ \t]?[0-9]{1,4}){1,2}[/.]?")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(Z|[+-][0-9]{2}:[0-5][0-9])?)?"
)
_FORMS = "Write YYYY-MM-DD, 6 March 2026 or March 6, 2026."
_MOMENT_FORMS = (
    "Write YYYY-MM-DD or YYYY-MM-DDTHH:MM, with Z or an offset such as -05:00 if the time "
    "is not the document's own."
)


class FaultError(ValueError):
    """A value that breaks a rule; `offset` is the index of its first wrong character."""

    def __init__(self, code: str, message: str, hint: str = "", offset: int = 0) -> None:
        self.code, self.message, self.hint, self.offset = code, message, hint, offset
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, the same in the document's zone, and whether its wall clock happens twice."""

    at: datetime
    local: datetime
    is_repeated: bool = False

    @property
    def utc_text(self) -> str:
        return self.at.astimezone(UTC).isoformat().replace("+00:00", "Z")

    @property
    def local_text(self) -> str:
        return self.local.isoformat()


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    return name in _zone_names()


def read_day(text: str) -> date:
    """Return the day a Date bullet names; raises FaultError `date_ambiguous` or `date_invalid`."""
    text = text.strip()
    if _NUMBERS_ONLY.fullmatch(text):
        message = f"“{text}” can be read as day first or month first."
        raise FaultError("date_ambiguous", message, _FORMS)
    parts = _day_parts(text)
    if parts is None:
        raise FaultError("date_invalid", f"“{_short(text)}” is no date in a known form.", _FORMS)
    try:
        return date(*parts)
    except ValueError:
        raise FaultError(
            "date_invalid", f"“{text}” is not a day of the calendar.", _FORMS
        ) from None


def _day_parts(text: str) -> tuple[int, int, int] | None:
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3])
    if (found := _DAY_FIRST.fullmatch(text)) and (month := _MONTH.get(found[2].lower())):
        return int(found[3]), month, int(found[1])
    if (found := _MONTH_FIRST.fullmatch(text)) and (month := _MONTH.get(found[1].lower())):
        return int(found[3]), month, int(found[2])
    return None


@lru_cache(maxsize=256)
def read_moment(text: str, zone: str) -> Moment:
    """Return the instant of a `scheduled_for` or `expires_at` value.

    A day alone means the cadence time, 10:00. Raises FaultError: `directive_value` for anything that is
    none of the four forms or no real instant, `schedule_nonexistent` for a skipped wall clock.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise FaultError(
            "directive_value", f"“{_short(text)}” is no time in a known form.", _MOMENT_FORMS
        )
    try:
        wall = _wall(found)
        if found[5]:
            at = wall.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00{found[5]}").tzinfo)
            return Moment(at.astimezone(UTC), at.astimezone(ZoneInfo(zone)))
        return _in_zone(wall, text, zone)
    except (ValueError, OverflowError) as error:
        if isinstance(error, FaultError):
            raise
        raise FaultError("directive_value", f"“{text}” is no real time.", _MOMENT_FORMS) from None


def _wall(found: re.Match[str]) -> datetime:
    day = date.fromisoformat(found[1])
    if found[2] is None:
        return datetime.combine(day, CADENCE_TIME)
    return datetime.combine(day, time(int(found[2]), int(found[3]), int(found[4] or 0)))


def _in_zone(wall: datetime, text: str, zone: str) -> Moment:
    if zones.is_skipped(wall, zone):
        later = zones.local(zones.instant(wall, zone), zone)
        raise FaultError(
            "schedule_nonexistent",
            f"{text} does not exist in {zone}: the clock change skips it.",
            f"Write {later:%Y-%m-%dT%H:%M}, or give the time with Z.",
        )
    at = zones.instant(wall, zone)
    return Moment(at, zones.local(at, zone), zones.is_repeated(wall, zone))


def is_too_far(moment: Moment, now: datetime) -> bool:
    """Tell whether a moment lies behind the same wall-clock day of next year."""
    today = now.astimezone(moment.local.tzinfo).date()
    return moment.local.date() > a_year_after(today)


def a_year_after(day: date) -> date:
    """Return the same day next year; 29 February gives 1 March."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day + timedelta(days=366) if day.year < 9999 else date.max


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
