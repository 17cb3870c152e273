"""Wall-clock times and the instants they mean. Instants are stored in UTC, made at the last moment."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def instant(wall: datetime, zone: str) -> datetime:
    """Return the aware UTC instant of a naive wall-clock time in an IANA zone.

    A time that the autumn change repeats means its first occurrence. A time that the spring change
    skips means the instant after the gap that PEP 495 gives (`is_skipped` tells).
    """
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def is_skipped(wall: datetime, zone: str) -> bool:
    """Tell whether this wall-clock time does not exist in the zone (spring change)."""
    return instant(wall, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall


def is_repeated(wall: datetime, zone: str) -> bool:
    """Tell whether this wall-clock time happens twice in the zone (autumn change)."""
    here = ZoneInfo(zone)
    first = wall.replace(tzinfo=here, fold=0).utcoffset()
    second = wall.replace(tzinfo=here, fold=1).utcoffset()
    return first != second and not is_skipped(wall, zone)


def local(moment: datetime, zone: str) -> datetime:
    """Return an aware instant as aware wall-clock time in the zone."""
    return moment.astimezone(ZoneInfo(zone))
