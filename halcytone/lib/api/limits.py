"""How much may be asked for in a minute (platform specification §5), counted for all processes together.

Reads are counted by the limit of a person's group, acts by their kind; a person without a limit of her own
falls under the global one. The counters are those of the library `limits` on Redis: one atomic step counts.
While Redis is away each process counts for itself and lets a tenth through; publishing waits.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from limits.storage import storage_from_string
from prometheus_client import Counter
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.exceptions import ErrorDetail, Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from halcytone.lib.errors import Unavailable

WINDOW_S = 60
AWAY_S = 5  # so long Redis is left alone after it did not answer
LOCAL_SHARE = 10  # without Redis: one in ten
PROMPT: Any = {
    "socket_timeout": 0.25,
    "socket_connect_timeout": 0.25,
    "retry": Retry(NoBackoff(), 0),
}
READ, WRITE, GENERATE, PUBLISH = "read", "write", "generate", "publish"
PUBLIC, GLOBAL = "public", "global"
throttled = Counter("throttled_total", "Requests refused because of a limit", ["scope"])
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a limit has come to: `number` asked of `limit`; anew at `reset_at`, in seconds since 1970."""

    limit: int
    number: int
    reset_at: int

    @property
    def is_over(self) -> bool:
        return self.number > self.limit

    def headers(self) -> Mapping[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.number)),
            "X-RateLimit-Reset": str(self.reset_at),
        }


class TooMany(Throttled):
    """Names the limit, when to come again, and who can raise it."""

    def __init__(self, scope: str, spent: Spent) -> None:
        wait_s = max(1, spent.reset_at - int(time.time()))
        super().__init__(wait_s)
        self.detail = ErrorDetail(
            f"More than {spent.limit} requests of the kind “{scope}” in a minute. Go on in {wait_s} "
            "seconds. Whoever runs this installation can raise the limit (API_LIMITS).",
            self.default_code,
        )


class Own:
    """The counters of this process, with the words of the library's storages.

    The library's own, `MemoryStorage`, breaks when two threads count at once: it starts a timer twice.
    """

    base_exceptions = ()

    def __init__(self, many: int = 1_000) -> None:
        """With more than `many` rows, old ones are swept out."""
        self.many = many
        self.lock = threading.Lock()
        self.rows: dict[str, tuple[int, float]] = {}

    def incr(self, key: str, expiry: int) -> int:
        with self.lock:
            if len(self.rows) > self.many:
                self.rows = {name: row for name, row in self.rows.items() if row[1] > time.time()}
            number = self.get(key) + 1
            self.rows[key] = number, self.get_expiry(key) if number > 1 else time.time() + expiry
            return number

    def get(self, key: str) -> int:
        number, until = self.rows.get(key, (0, 0.0))
        return number if until > time.time() else 0

    def get_expiry(self, key: str) -> float:
        return self.rows.get(key, (0, time.time()))[1]


class Counters:
    """The counters on Redis, and those of this process while Redis is away or there is none."""

    def __init__(self, url: str) -> None:
        has_redis = url.startswith("redis")
        self.shared: Any = storage_from_string(url, **PROMPT) if has_redis else Own()
        self.local = Own()
        self.away_until = 0.0

    def count(self, scope: str, who: str, limit: int) -> Spent:
        """Count one request. Raises Unavailable for publishing while Redis is away."""
        return self._spent(scope, who, limit, lambda storage, key: storage.incr(key, WINDOW_S))

    def look(self, scope: str, who: str, limit: int) -> Spent:
        """Count nothing."""
        return self._spent(scope, who, limit, lambda storage, key: storage.get(key))

    def _spent(self, scope: str, who: str, limit: int, ask: Callable[[Any, str], int]) -> Spent:
        key = f"{scope}:{who}"
        if time.monotonic() >= self.away_until:
            try:
                return Spent(limit, ask(self.shared, key), _reset_at(self.shared, key))
            except self.shared.base_exceptions as error:
                self.away_until = time.monotonic() + AWAY_S
                log.warning("limits_away", error=type(error).__name__)
        if scope == PUBLISH:
            text = "Publishing waits until its limit can be counted again. Nothing was done."
            raise Unavailable(text, retry_after_s=AWAY_S, code="limits_away")
        limit = max(1, limit // LOCAL_SHARE)
        return Spent(limit, ask(self.local, key), _reset_at(self.local, key))


def count(request: Request, kind: str) -> None:
    """Count a request of a known person, or of a stranger's address. Raises TooMany, Unavailable."""
    person: Any = request.user
    if isinstance(person, AnonymousUser):
        scope, limit, who = PUBLIC, settings.API_LIMITS[PUBLIC], address(request)
    else:
        (scope, limit), who = allowance(person, kind), str(person.pk)
    try:
        spent = counters(settings.LIMITS_URL).count(scope, who, limit)
    except Unavailable:
        _note(request, Spent(limit, limit, int(time.time()) + AWAY_S))
        raise
    _note(request, spent)
    if spent.is_over:
        throttled.labels(scope).inc()
        raise TooMany(scope, spent)


def show(request: Request) -> None:
    """Let the answer to a stranger say what is left to her address, without counting: she gets nothing."""
    limit = settings.API_LIMITS[PUBLIC]
    _note(request, counters(settings.LIMITS_URL).look(PUBLIC, address(request), limit))


def allowance(person: Any, kind: str) -> tuple[str, int]:
    """Return the scope a person's request counts under, and how many a minute it allows.

    Of several groups the most generous counts; 0 stands for no limit but the global one.
    """
    limits = settings.API_LIMITS
    own = [limits[name] for name in person.group_names() if name in limits] or [limits[READ]]
    if person.is_superuser or 0 in own:
        return GLOBAL, limits[GLOBAL]
    return kind, max(own) if kind == READ else min(max(own), limits[kind])


def headers(request: HttpRequest) -> Mapping[str, str]:
    """Return what the answer to this request says about limits; nothing where nothing is counted."""
    spent: Spent | None = getattr(request, "spent", None)
    return spent.headers() if spent else {}


def address(request: Any) -> str:
    """Return the address that asks: what the proxies we trust (NUM_PROXIES) say, else the socket's."""
    return str(BaseThrottle().get_ident(request))


@cache
def counters(url: str) -> Counters:
    """Return this process's counters."""
    return Counters(url)


def _note(request: Request, spent: Spent) -> None:
    request._request.spent = spent  # type: ignore[attr-defined]


def _reset_at(storage: Any, key: str) -> int:
    return math.ceil(storage.get_expiry(key)) or int(time.time())
