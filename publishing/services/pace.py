"""How much an account may hand over now: its passport, what its place says, and what is used already.

Windows are seconds, hours and days of the clock (UTC). The counters are those of the library `limits` on
Redis, or a locked row where there is no Redis; both survive restarts. While Redis is away nothing is
claimed: what cannot be counted must not leave (platform specification §5).
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from limits.storage import storage_from_string
from redis.backoff import NoBackoff
from redis.retry import Retry

from publishing import passports
from publishing.channels.passport import Passport
from publishing.channels.quotas import Told
from publishing.models import Account, PaceWindow, Quota

log = structlog.get_logger(__name__)

#: Largest first: what the day refuses is not counted in the second.
SIZES_S = {"per_day": 86_400, "per_hour": 3_600, "per_second": 1}
AWAY_S = 5  # so long Redis is left alone after it did not answer
#: Gives back what a counter holds at most; its end stays. A key that is gone is not made anew.
LOWER = """
local back = math.min(tonumber(redis.call('get', KEYS[1]) or 0), tonumber(ARGV[1]))
return back > 0 and redis.call('decrby', KEYS[1], back) or 0
"""
PROMPT: Any = {
    "socket_timeout": 0.25,
    "socket_connect_timeout": 0.25,
    "retry": Retry(NoBackoff(), 0),
}


@dataclass(frozen=True, slots=True)
class Window:
    """One limit of an account, in the window that runs at an instant."""

    name: str
    account: int
    limit: int
    size_s: int
    starts_at: int  # seconds since 1970

    @property
    def ends_at(self) -> datetime:
        return datetime.fromtimestamp(self.starts_at + self.size_s, UTC)


@dataclass(frozen=True, slots=True)
class Spent:
    """How much of a window is used, as people see it."""

    name: str
    limit: int
    used: int
    anew_at: datetime


def allowance(account: Account, wanted: int, now: datetime) -> int:
    """Count up to `wanted` messages as handed over now and return how many may be.

    The strictest of the passport's pace and the place's own word counts. Of two workers that ask at
    once, both together get what is left. Give back what is not used.
    """
    told = _told(account, wanted, now)
    counted = _count(windows(account, passports.of(account), now), told) if told > 0 else 0
    _tell_back(account, told - counted, now)
    return counted


def give_back(account: Account, number: int, now: datetime) -> None:
    """Undo the count of messages that were not handed over, of an allowance asked at `now`."""
    if number > 0:
        for window in windows(account, passports.of(account), now):
            counters().give_back(window, number)
        _tell_back(account, number, now)


def spent(account: Account, passport: Passport, now: datetime) -> list[Spent]:
    """Return how much of each window of the clock is used, the day first."""
    return spent_of_all([account], {account.pk: passport}, now)[account.pk]


def spent_of_all(
    accounts: Iterable[Account], known: Mapping[int, Passport], now: datetime
) -> dict[int, list[Spent]]:
    """Return `spent` of each of these accounts by id, all asked for at once. `known`: their passports."""
    rows = list(accounts)
    asked = [window for row in rows for window in windows(row, known[row.pk], now)]
    found: dict[int, list[Spent]] = {row.pk: [] for row in rows}
    for window, used in zip(asked, counters().used(asked), strict=True):
        one = Spent(window.name, window.limit, min(used, window.limit), window.ends_at)
        found[window.account].append(one)
    return found


def next_second(account: Account, now: datetime) -> datetime | None:
    """Return when the next second begins, if this one alone is what is used up; None otherwise."""
    found = spent(account, passports.of(account), now)
    full = [each for each in found if each.used >= each.limit]
    is_brief = [each.name for each in full] == ["per_second"] and full[0].limit > 0
    row = Quota.objects.filter(account=account).first()
    return full[0].anew_at if is_brief and (row is None or _allowed(row, 1, now)) else None


def heard(account: Account, told: Told | None, now: datetime) -> None:
    """Keep what the place said of its limits, for all workers. None: it said nothing."""
    if told is None:
        return
    said = {
        "left": told.left,
        "resets_at": told.resets_at,
        "paused_until": told.pause_until,
        "reason": told.reason[:200],
        "heard_at": now,
    }
    Quota.objects.update_or_create(account=account, defaults=said)


def windows(account: Account, passport: Passport, now: datetime) -> list[Window]:
    """Return the windows of an account's limits, largest first; none where nothing is limited."""
    moment = int(now.timestamp())
    return [
        Window(name, account.pk, limit, size_s, moment - moment % size_s)
        for name, size_s in SIZES_S.items()
        if (limit := getattr(passport, name)) is not None
    ]


def _told(account: Account, wanted: int, now: datetime) -> int:
    """Count up to `wanted` of what the place itself said is left, and return how many it allows."""
    row = Quota.objects.filter(account=account).first()
    if row is None:
        return wanted
    allowed = _allowed(row, wanted, now)
    if not allowed or row.left is None or row.resets_at is None or row.resets_at <= now:
        return allowed
    rows = Quota.objects.filter(account=account, left__gte=allowed, heard_at=row.heard_at)
    return allowed if rows.update(left=F("left") - allowed) else 0


def _tell_back(account: Account, number: int, now: datetime) -> None:
    """Give back to what the place said, unless it has said something newer since `now`."""
    if number > 0:
        rows = Quota.objects.filter(account=account, left__isnull=False, heard_at__lte=now)
        rows.update(left=F("left") + number)


def _allowed(row: Quota, wanted: int, now: datetime) -> int:
    if row.paused_until is not None and row.paused_until > now:
        return 0
    is_known = row.left is not None and row.resets_at is not None and row.resets_at > now
    return min(wanted, row.left or 0) if is_known else wanted


def _count(windows: list[Window], wanted: int) -> int:
    counted: list[Window] = []
    for window in windows:
        got = counters().take(window, wanted)
        for before in counted if got < wanted else ():
            counters().give_back(before, wanted - got)
        counted.append(window)
        wanted = got
        if not wanted:
            break
    return wanted


class Counters(Protocol):
    """Where the windows are counted."""

    def take(self, window: Window, wanted: int) -> int:
        """Count up to `wanted` and return how many were left. Of all who ask, none gets too many."""

    def give_back(self, window: Window, number: int) -> None:
        """Undo a count. More than is counted gives nothing: a counter never falls below zero."""

    def used(self, windows: Sequence[Window]) -> list[int]:
        """Return what each of these windows counts, asked once for all of them."""


class Shared:
    """Counters on Redis. A reservation of too many is undone at once: it can only refuse others."""

    def __init__(self, url: str) -> None:
        storage: Any = storage_from_string(url, **PROMPT)
        self.storage, self._lower = storage, storage.get_connection().register_script(LOWER)
        self.away_until = 0.0

    def take(self, window: Window, wanted: int) -> int:
        number = self._add(window, wanted)
        if number is None:
            return 0
        got = max(0, min(wanted, window.limit - (number - wanted)))
        if got < wanted:
            self.give_back(window, wanted - got)
        return got

    def give_back(self, window: Window, number: int) -> None:
        keys = [self.storage.prefixed_key(_key(window))]
        self._asked(lambda: self._lower(keys=keys, args=[number]))

    def used(self, windows: Sequence[Window]) -> list[int]:
        keys = [self.storage.prefixed_key(_key(window)) for window in windows]
        found = self._asked(lambda: self.storage.get_connection().mget(keys)) if keys else []
        if found is None:
            return [window.limit for window in windows]
        return [int(number or 0) for number in found]

    def _add(self, window: Window, number: int) -> int | None:
        """Count and return the sum; None while Redis is away."""
        key, life_s = _key(window), 2 * window.size_s
        found: int | None = self._asked(lambda: self.storage.incr(key, life_s, amount=number))
        return found

    def _asked(self, question: Callable[[], Any]) -> Any:
        """Return what Redis answers; None while it is away."""
        if time.monotonic() < self.away_until:
            return None
        try:
            return question()
        except self.storage.base_exceptions as error:
            self.away_until = time.monotonic() + AWAY_S
            log.warning("pace_away", error=type(error).__name__)
            return None


class Rows:
    """Counters in the database: a row for each size of window, locked while it is counted."""

    @transaction.atomic
    def take(self, window: Window, wanted: int) -> int:
        row = self._locked(window)
        got = max(0, min(wanted, window.limit - row.used))
        row.used += got
        row.save(update_fields=["starts_at", "used"])
        return got

    @transaction.atomic
    def give_back(self, window: Window, number: int) -> None:
        row = self._locked(window)
        if row.starts_at == window.starts_at:
            row.used = max(0, row.used - number)
            row.save(update_fields=["starts_at", "used"])

    def used(self, windows: Sequence[Window]) -> list[int]:
        rows = PaceWindow.objects.filter(account__in={window.account for window in windows})
        found = {(row.account_id, row.size_s, row.starts_at): row.used for row in rows}
        return [found.get((each.account, each.size_s, each.starts_at), 0) for each in windows]

    def _locked(self, window: Window) -> PaceWindow:
        """Return the row, empty when its window is over. A clock that is behind counts in the newer one."""
        given = {"account_id": window.account, "size_s": window.size_s}
        PaceWindow.objects.get_or_create(**given, defaults={"starts_at": window.starts_at})
        row = PaceWindow.objects.select_for_update().get(**given)
        if row.starts_at < window.starts_at:
            row.starts_at, row.used = window.starts_at, 0
        return row


def counters() -> Counters:
    """Return where this installation counts."""
    return _shared(settings.LIMITS_URL) if settings.LIMITS_URL.startswith("redis") else Rows()


@cache
def _shared(url: str) -> Shared:
    return Shared(url)


def _key(window: Window) -> str:
    return f"pace:{window.account}:{window.size_s}:{window.starts_at}"
