"""Taking dispatches out of the house, each bundle once, whatever number of workers there is.

Claim, commit, ask, record. What surely was not taken is tried again, later each time; what may have been is not.
"""

import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from halcytone.lib.errors import Refused, RemoteError, Unavailable
from halcytone.lib.notices import channels
from halcytone.lib.notices.models import Dispatch

log = structlog.get_logger(__name__)
State = Dispatch.State
LEASE = timedelta(minutes=3)
MOST_ATTEMPTS = 10  # with these waits, about half a day
FIRST_WAIT_S, MOST_WAIT_S = 60, 7_200
LOST = "The worker ended while it was sending; whether it arrived is not known."
STRANGE = "It could not be sent; the log of the worker says why."


def send_due(now: datetime, *, until: float) -> int:
    """Send what is due, bundle by bundle, until nothing is left or the monotonic clock says so.

    Returns how many messages left.
    """
    give_up_lost(now)
    sent = 0
    while time.monotonic() < until:
        bundle = Dispatch.objects.due(now).order_by("due_at", "pk").values("bundle").first()
        if bundle is None:
            break
        rows = claim(bundle["bundle"], now)
        sent += _send(needed(rows))
    return sent


def claim(bundle: str, now: datetime) -> list[Dispatch]:
    """Take the rows of a bundle; [] when another worker was faster."""
    worker = uuid.uuid4().hex
    taken = {"state": State.SENDING, "worker": worker, "lease_until": timezone.now() + LEASE}
    if not Dispatch.objects.due(now).filter(bundle=bundle).update(**taken):
        return []
    mine = Dispatch.objects.filter(worker=worker, state=State.SENDING)
    return list(mine.select_related("notification__person").order_by("notification_id"))


def needed(rows: Sequence[Dispatch]) -> list[Dispatch]:
    """Return the rows that are still news; the others, read elsewhere meanwhile, are dropped."""
    fresh = [
        row
        for row in rows
        if row.notification.read_at is None and row.notification.person.is_active
    ]
    stale = {row.pk for row in rows} - {row.pk for row in fresh}
    if stale:
        Dispatch.objects.filter(pk__in=stale).update(state=State.DROPPED, lease_until=None)
    return fresh


def give_up_lost(now: datetime) -> None:
    """Mark what ended workers were sending: it may have arrived, so it is not sent again."""
    lost = Dispatch.objects.filter(state=State.SENDING, lease_until__lt=now)
    if count := lost.update(state=State.UNCERTAIN, error=LOST, lease_until=None):
        log.warning("notices_lost", rows=count)


def _send(rows: Sequence[Dispatch]) -> int:
    if not rows:
        return 0
    try:
        channels.send(rows[0].channel, rows)
    except RemoteError as error:
        _not_sent(rows, error)
        return 0
    except Exception:  # a bug in one message must not keep the others from leaving
        log.exception("notice_not_sent", dispatch=rows[0].pk)
        _record(rows, State.FAILED, error=STRANGE)
        return 0
    _record(rows, State.SENT, error="", sent_at=timezone.now())
    log.info("notice_sent", dispatch=rows[0].pk, channel=rows[0].channel, rows=len(rows))
    return 1


def _not_sent(rows: Sequence[Dispatch], error: RemoteError) -> None:
    attempts = rows[0].attempts + 1
    text = str(error)[:300]
    log.warning("notice_failed", dispatch=rows[0].pk, code=error.code, attempts=attempts)
    if isinstance(error, Unavailable) and attempts < MOST_ATTEMPTS:
        wait_s = error.retry_after_s or min(FIRST_WAIT_S * 2 ** (attempts - 1), MOST_WAIT_S)
        due_at = timezone.now() + timedelta(seconds=wait_s)
        _record(rows, State.WAITING, error=text, attempts=attempts, due_at=due_at)
    elif isinstance(error, Refused | Unavailable):
        _record(rows, State.FAILED, error=text, attempts=attempts)
    else:
        _record(rows, State.UNCERTAIN, error=text, attempts=attempts)


def _record(rows: Sequence[Dispatch], state: str, **changes: object) -> None:
    mine = Dispatch.objects.filter(pk__in=[row.pk for row in rows], worker=rows[0].worker)
    mine.update(state=state, lease_until=None, **changes)
