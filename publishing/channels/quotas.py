"""What a place says of its own limits in the headers of an answer. Pure: headers in, value out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from halcytone.lib import http

#: Names of the number that is left and of the moment at which it is anew (X; others say it alike).
LEFT = (
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
)
#: Per cent used, https://developers.facebook.com/docs/graph-api/overview/rate-limiting
SHARES = ("call_count", "total_cputime", "total_time")
APP, BUSINESS = "x-app-usage", "x-business-use-case-usage"
SLOW_FROM = 80  # per cent (publishing specification §4)
SLOW = timedelta(minutes=10)  # Meta counts the last hour: after this a sixth of it is free again


@dataclass(frozen=True, slots=True)
class Told:
    """What is left until when; `pause_until` is when to go on. None: the place did not say."""

    left: int | None = None
    resets_at: datetime | None = None
    pause_until: datetime | None = None
    reason: str = ""

    def is_spent(self, now: datetime) -> bool:
        """Tell whether nothing more may be asked of the place at the moment."""
        return self.pause_until is not None and self.pause_until > now


def read(status: int, headers: Mapping[str, str], now: datetime) -> Told | None:
    """Return what an answer says of limits, or None when it says nothing."""
    left, resets_at = _left(headers)
    share, free_at = _share(headers, now)
    pause_until, reason = None, ""
    if status == 429 and (wait_s := http.retry_after_s(headers, now)) is not None:
        pause_until, reason = now + timedelta(seconds=wait_s), "It asks to wait (429)."
    elif left == 0 and resets_at is not None:
        pause_until, reason = resets_at, "Its own limit is used up."
    elif share >= SLOW_FROM:
        pause_until, reason = free_at or now + SLOW, f"{share} % of its own limit is used."
    if left is None and share < 0 and pause_until is None:
        return None
    return Told(left, resets_at, pause_until, reason)


def _left(headers: Mapping[str, str]) -> tuple[int | None, datetime | None]:
    for left, reset in LEFT:
        text = headers.get(left, "").strip()
        if text.isdecimal() and len(text) < 10:
            return int(text), _moment(headers.get(reset, ""))
    return None, None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _share(headers: Mapping[str, str], now: datetime) -> tuple[int, datetime | None]:
    """Return the largest share used, in per cent (-1: not said), and when it is said to be free again."""
    share, wait_min = -1, 0
    for each in _usages(headers):
        share = max(share, *(_number(each.get(name)) for name in SHARES))
        wait_min = max(wait_min, _number(each.get("estimated_time_to_regain_access")))
    return share, now + timedelta(minutes=min(wait_min, 1_440)) if wait_min > 0 else None


def _usages(headers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    app, business = _json(headers.get(APP, "")), _json(headers.get(BUSINESS, ""))
    if isinstance(app, Mapping):
        yield app
    for rows in business.values() if isinstance(business, Mapping) else ():
        yield from (row for row in rows if isinstance(row, Mapping))


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _number(value: Any) -> int:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and 0 <= value < 10**6 else -1
