"""Whoever ordered a purge is told what became of it: a row of its own, which never keeps a purge waiting.

Publishing specification §12; signed as every webhook that leaves (platform specification §6).
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
from django.conf import settings
from django.utils import timezone

from halcytone.lib import canonical, fetch, http, outbound, signatures
from halcytone.lib.errors import Problem, Refused, RemoteError, Unavailable
from publishing.models import CacheCallback, CacheOrder

log = structlog.get_logger(__name__)
#: The name of the secret that signs: HOOK_SECRET_CACHE, as of what the other side sends us.
SECRET = "cache"  # noqa: S105
EVENT = "cache.purged"
WITHIN_S = 10.0  # a receiver's time for its whole answer
ATTEMPTS, WAIT_S, WAIT_MAX_S, LEASE_S = 10, 60, 3600, 60
RECEIVERS = "receivers"
State = CacheCallback.State


def problem(url: str) -> Problem | None:
    """Return why nobody can be told at this address, or None. Asks nobody."""
    if not _secret():
        said = "Callbacks are signed: whoever runs this installation may set HOOK_SECRET_CACHE."
        return Problem("not_configured", said, "callback_url")
    try:
        fetch.judged(url)
    except Refused as error:
        return Problem("wrong_value", str(error), "callback_url")
    return None


def plan(order: CacheOrder) -> None:
    """Have its callback made once the order is settled; nothing when it names no address."""
    if order.callback_url:
        key = canonical.sha256(canonical.text({"callback": order.pk}))[:32]
        CacheCallback.objects.create(order=order, idempotency_key=key)


def work(now: datetime, *, until: float = float("inf")) -> int:
    """Make the callbacks that are due; returns how many. No transaction is open at a call."""
    made = 0
    for pk in list(CacheCallback.objects.due(now).values_list("pk", flat=True)[:50]):
        if time.monotonic() >= until:
            break
        if (row := _claimed(pk, now)) is not None:
            _tell(row)
            made += 1
    return made


def told(order: CacheOrder) -> dict[str, Any]:
    """Return what is told of a settled order."""
    purges = list(order.purges.all())
    return {
        "order_id": str(order.pk),
        "request_id": order.request_id,
        "status": order.status,
        "cache_targets": order.targets,
        "keys_invalidated": sum(one.keys_invalidated for one in purges),
        "duration_ms": sum(one.duration_ms or 0 for one in purges),
        "errors": [f"{one.target}: {one.error}" for one in purges if one.error],
    }


def _claimed(pk: int, now: datetime) -> CacheCallback | None:
    rows = CacheCallback.objects.due(now).filter(pk=pk).order_by()
    lease = timezone.now() + timedelta(seconds=LEASE_S)
    if not rows.update(state=State.HANDED_OVER, lease_until=lease):
        return None
    return CacheCallback.objects.select_related("order").get(pk=pk)


def _tell(row: CacheCallback) -> None:
    row.attempts += 1
    try:
        _post(row)
    except Refused as error:
        _not_told(row, State.FAILED, error)
    except RemoteError as error:  # told twice it is the same webhook-id
        is_last = row.attempts >= ATTEMPTS
        _not_told(row, State.FAILED if is_last else State.PLANNED, error)
    else:
        row.state, row.confirmed_at = State.CONFIRMED, timezone.now()
        row.error_code = row.error = ""
    row.lease_until = None
    row.save()
    log.info("cache_callback", order=row.order_id, state=row.state, code=row.error_code)


def _post(row: CacheCallback) -> None:
    url, now = _reached(row.order.callback_url), datetime.now(UTC)
    body = _body(row, now)
    signed = signatures.headers(row.idempotency_key, now, http.encoded(body), [_secret()])
    parts = urlsplit(url)
    origin = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    transport = fetch.transport(url, within_s=WITHIN_S)
    with http.MuteClient("The receiver", origin, headers={}, transport=transport) as client:
        client.post(path, body, headers=signed, timeout_s=WITHIN_S)


def _body(row: CacheCallback, now: datetime) -> Mapping[str, Any]:
    return {
        "event": EVENT,
        "id": row.idempotency_key,
        "timestamp": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": told(row.order),
    }


def _reached(url: str) -> str:
    """Return where a callback goes now: in the sandbox to its stand-in, under the path it names."""
    if settings.OUTBOUND == outbound.LIVE:
        return url
    parts = urlsplit(url)
    here = urlsplit(outbound.endpoint(RECEIVERS, url))
    return urlunsplit((here.scheme, here.netloc, parts.path or "/", parts.query, ""))


def _secret() -> str:
    own: str = settings.HOOK_SECRETS.get(SECRET, "")
    return own or ("sandbox-secret" if settings.OUTBOUND == outbound.SANDBOX else "")


def _not_told(row: CacheCallback, state: str, error: RemoteError) -> None:
    wait_s = min(WAIT_S * 2 ** (row.attempts - 1), WAIT_MAX_S)
    if isinstance(error, Unavailable) and error.retry_after_s is not None:
        wait_s = int(error.retry_after_s)
    row.state, row.due_at = state, timezone.now() + timedelta(seconds=wait_s)
    row.error_code, row.error = error.code[:40], str(error)[:500]
