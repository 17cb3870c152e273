"""What came of messages, and how it is written: one UPDATE for a whole batch.

The classes of failure and their waits are those of the publishing specification §5.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection
from django.utils import timezone

from halcytone.lib.errors import Refused, RemoteError, Unavailable
from publishing.acts import Act
from publishing.channels.base import NotYet, Receipt
from publishing.models import Delivery

log = structlog.get_logger(__name__)
State = Delivery.State

POST_ATTEMPTS = 3
POST_WAIT_S = 300  # times the attempt
POST_LIMITED_S = 900  # more, when the place asks to wait and does not say how long
MAIL_WAIT_S = 10  # doubled with each attempt
MAIL_WAIT_MAX_S = 3600
MAIL_ATTEMPTS = 34  # with these waits, 24 hours


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new state of one row. `due_at` None leaves the row's own; texts are safe to show."""

    id: int
    state: str
    provider_id: str = ""
    url: str = ""
    due_at: datetime | None = None
    error_code: str = ""
    error: str = ""
    attempts: int | None = None  # None leaves the row's own
    is_miss: bool | None = None  # the place failed; None: it was not asked (services/breakers.py)


def taken(row: Act, receipt: Receipt) -> Outcome:
    """The outside took it, or a person will do it. An answer without an id proves nothing: uncertain."""
    if receipt.is_by_hand:
        return Outcome(row.pk, State.PREPARED, is_miss=False)
    if not receipt.provider_id:
        text = "The other side said yes without naming what it took."
        return Outcome(row.pk, State.UNCERTAIN, error_code="no_id", error=text, is_miss=True)
    url = receipt.url[:500] if receipt.url.startswith(("https://", "http://")) else ""
    return Outcome(row.pk, State.CONFIRMED, receipt.provider_id[:200], url, is_miss=False)


def not_taken(row: Act, error: RemoteError) -> Outcome:
    """The outside surely did not take it: failed when it refused or attempts are used up."""
    if isinstance(error, NotYet):
        due_at = timezone.now() + timedelta(seconds=error.retry_after_s or POST_WAIT_S)
        waiting = _with_error(row, State.PLANNED, error, due_at)
        return replace(waiting, attempts=row.attempts - 1, is_miss=None)
    wait_s = _wait_s(row, error)
    if isinstance(error, Refused) or wait_s is None:
        return _with_error(row, State.FAILED, error)
    return _with_error(row, State.PLANNED, error, timezone.now() + timedelta(seconds=wait_s))


def not_built(row: Act) -> Outcome:
    """The message could not even be made: a fault of ours."""
    text = "The message could not be made. The log of the worker says why."
    return Outcome(row.pk, State.FAILED, error_code="not_built", error=text)


def unknown(row: Act, error: Exception) -> Outcome:
    """It may or may not have been taken: a person or a read-back settles it."""
    return _with_error(row, State.UNCERTAIN, error)


def never_left(row: Act, due_at: datetime | None = None) -> Outcome:
    """It was marked as handed over, and no byte of it left: no attempt was made.

    `due_at` None leaves it due as it was.
    """
    return Outcome(row.pk, State.PLANNED, due_at=due_at, attempts=row.attempts - 1)


def record(worker: str, done: Sequence[Outcome]) -> int:
    """Write these outcomes to rows that are still this worker's; returns how many were.

    A row that was given up as uncertain meanwhile still takes its own worker's late receipt.
    """
    if not done:
        return 0
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(UPDATE[connection.vendor], [_moment(now), _rows(done, now), worker])
        count: int = cursor.rowcount
    if count < len(done):
        log.warning("late_outcomes_ignored", worker=worker, rows=len(done) - count)
    _tell(done)
    return count


def _with_error(row: Act, state: str, error: Exception, due_at: datetime | None = None) -> Outcome:
    code = getattr(error, "code", "unexpected")
    text = (
        str(error)
        if isinstance(error, RemoteError)
        else "The channel failed in a way it should not."
    )
    is_miss = not isinstance(error, Refused)
    return Outcome(
        row.pk, state, due_at=due_at, error_code=code[:40], error=text[:500], is_miss=is_miss
    )


def _wait_s(row: Act, error: RemoteError) -> float | None:
    """Return the seconds until the next try; None when attempts are used up."""
    is_mail = row.contact_id is not None
    if row.attempts >= (MAIL_ATTEMPTS if is_mail else POST_ATTEMPTS):
        return None
    if isinstance(error, Unavailable) and error.retry_after_s is not None:
        return error.retry_after_s
    if is_mail:
        return float(min(MAIL_WAIT_S * 2 ** max(row.attempts - 1, 0), MAIL_WAIT_MAX_S))
    more_s = POST_LIMITED_S if error.code == "rate_limited" else 0
    return POST_WAIT_S * max(row.attempts, 1) + more_s


def _rows(done: Sequence[Outcome], now: datetime) -> str:
    """Return the outcomes as one JSON parameter, moments as the database writes them."""
    confirmed_at = _moment(now)
    rows: list[dict[str, Any]] = []
    for outcome in done:
        row = {"id": outcome.id, "state": outcome.state}
        row |= {field: value for field in TEXTS if (value := getattr(outcome, field))}
        if outcome.state == State.CONFIRMED:
            row["confirmed_at"] = confirmed_at
        if outcome.due_at:
            row["due_at"] = _moment(outcome.due_at)
        if outcome.attempts is not None:
            row["attempts"] = outcome.attempts
        rows.append(row)
    return json.dumps(rows)


def _moment(moment: datetime | None) -> str | None:
    adapted = connection.ops.adapt_datetimefield_value(moment) if moment else None
    return None if adapted is None else str(adapted)


def _tell(done: Sequence[Outcome]) -> None:
    for outcome in done:
        if outcome.state in TOLD:
            log.warning(TOLD[outcome.state], delivery=outcome.id, code=outcome.error_code)


TOLD: dict[str, str] = {State.UNCERTAIN: "delivery_uncertain", State.FAILED: "delivery_failed"}

_UPDATE = """
UPDATE publishing_delivery AS d SET
    state = v.state, provider_id = COALESCE(v.provider_id, ''), url = COALESCE(v.url, ''),
    confirmed_at = v.confirmed_at, due_at = COALESCE(v.due_at, d.due_at),
    attempts = COALESCE(v.attempts, d.attempts),
    error_code = COALESCE(v.error_code, ''), error = COALESCE(v.error, ''), changed_at = %s,
    worker = CASE WHEN v.state = 'planned' THEN '' ELSE d.worker END,
    lease_until = NULL
FROM {rows}
WHERE d.id = v.id AND d.worker = %s AND d.state IN ('handed_over', 'uncertain')
"""
_FIELDS = {
    "id": "bigint",
    "state": "text",
    "provider_id": "text",
    "url": "text",
    "due_at": "timestamptz",
    "confirmed_at": "timestamptz",
    "attempts": "smallint",
    "error_code": "text",
    "error": "text",
}
TEXTS = ("provider_id", "url", "error_code", "error")  # "" is not written out
_TYPED = ", ".join(f"{field} {kind}" for field, kind in _FIELDS.items())
_EXTRACTED = ", ".join(f"json_extract(value, '$.{field}') AS {field}" for field in _FIELDS)

#: By database vendor. Parameters: the moment, the outcomes as a JSON array, the worker.
UPDATE = {
    "postgresql": _UPDATE.format(rows=f"jsonb_to_recordset(%s::jsonb) AS v({_TYPED})"),
    "sqlite": _UPDATE.format(rows=f"(SELECT {_EXTRACTED} FROM json_each(%s)) AS v"),  # noqa: S608
}
