"""When a digest comes: 08:30 on the person's own clock, every day or once a week. Pure."""

from datetime import UTC, datetime, time, timedelta

from halcytone.lib import zones

DAILY, WEEKLY = "daily", "weekly"
AT = time(8, 30)
MONDAY = 0


def next_at(now: datetime, zone: str, rhythm: str, *, weekday: int = MONDAY) -> datetime:
    """Return the first instant after `now` at which the clock of the zone shows the hour of digests.

    `weekday` counts from Monday, 0, and only for weekly ones. A clock that changes in between is followed.
    """
    day = zones.local(now, zone).date()
    for ahead in range(15):
        on = day + timedelta(days=ahead)
        at = zones.instant(datetime.combine(on, AT), zone)
        if at > now and (rhythm == DAILY or on.weekday() == weekday):
            return at.astimezone(UTC)
    raise AssertionError("a fortnight has each weekday twice")
