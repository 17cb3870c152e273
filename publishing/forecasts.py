"""When the last message of a release leaves: audience, pace and canary steps. Pure: values in, value out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from publishing.channels.passport import Passport
from publishing.services.pace import SIZES_S


def predicted_finish(
    messages: int,
    passport: Passport,
    starts_at: datetime,
    steps: Sequence[timedelta] = (),
) -> datetime | None:
    """Return when the last of these messages leaves; None where a pace of 0 lets nothing out.

    `steps` are the waits of a canary before the rest goes. Windows are those of the clock (UTC), unused
    at the start; the time that the messages themselves take is not counted.
    """
    at = starts_at + sum(steps, timedelta())
    if messages < 1:
        return at
    ends = [at]
    for name, size_s in SIZES_S.items():
        limit = getattr(passport, name)
        if limit == 0:
            return None
        if limit is not None:
            ends.append(_last(messages, limit, size_s, at))
    return max(ends)


def _last(messages: int, limit: int, size_s: int, at: datetime) -> datetime:
    """Return when the window begins in which the last message leaves, `at` if it is the first."""
    later = (messages - 1) // limit
    if not later:
        return at
    begun = int(at.timestamp()) // size_s * size_s
    return datetime.fromtimestamp(begun + later * size_s, UTC)
