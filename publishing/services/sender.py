"""The sender: the only module that hands anything to a channel.

Claim, commit, ask, record: no transaction is open while the outside is asked.
"""

import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear
from publishing import accounts, messages
from publishing.channels.base import Channel, Message, Session
from publishing.models import Account, Delivery, ReleasePart
from publishing.services import installation, ledger, outcomes, presses, releases
from publishing.services.ledger import Claim
from publishing.services.outcomes import Outcome

log = structlog.get_logger(__name__)

BREAK_AFTER = 5  # failures in a row that show that the other side is not well
BREAK_S = 60
#: The one is not set back, the other does not stand still while the machine sleeps.
CLOCKS = (time.monotonic, time.time)
SIGN_IN_REFUSED = frozenset({"unauthorized"})


def worker_id() -> str:
    """Return a name for this worker that no other process, here or elsewhere, has ever had."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class Line:
    """An open way to one account, and the sealed content of each part that goes over it."""

    account: Account
    channel: Channel
    session: Session
    sealed: Mapping[int, messages.Sealed]
    parts: Mapping[int, ReleasePart]


def work(worker: str, *, until: float = float("inf")) -> int:
    """Send what is due until nothing is, or until `time.monotonic()` passes `until`.

    Returns how many messages were handed over. Any number of workers may run at once.
    """
    sent, is_busy = 0, True
    while is_busy and time.monotonic() < until:
        is_busy = False
        for account in ledger.due_accounts(timezone.now()):
            if time.monotonic() >= until:
                break
            if claim := ledger.claim(worker, account):
                is_busy = True
                sent += send(worker, claim, until=until)
                releases.finish_over(claim.release_ids)
    return sent


def send(worker: str, claim: Claim, *, until: float = float("inf")) -> int:
    """Hand over the rows of one claim; returns how many. What cannot be sent now is put back."""
    ids = [row.pk for row in claim.rows]
    channel = _channel(claim.account)
    if channel is None:
        ledger.put_back(worker, ids, due_at=_later())
        return 0
    sealed = {
        pk: messages.sealed(part, channel, part.rendition.body) for pk, part in claim.parts.items()
    }
    with channel.session() as session:
        line = Line(claim.account, channel, session, sealed, claim.parts)
        return _send_in_batches(worker, line, claim.rows, until)


def recover(worker: str) -> None:
    """Settle what crashed workers left behind: leases that are over (publishing specification §1)."""
    now = timezone.now()
    ledger.free_claims(now)
    for account in ledger.lost_accounts(now) if installation.may_send() else []:
        channel = _channel(account)
        if channel is not None and channel.can_read_back and account.can_read_back:
            while rows := ledger.take_over_lost(worker, account, now):
                ledger.advance(worker, _ask_about(channel, rows))
        else:
            ledger.give_up_lost(account, now)
    releases.finish_running()


def _send_in_batches(worker: str, line: Line, rows: Sequence[Delivery], until: float) -> int:
    """Mark, send, and record with the next mark: one commit between two batches of messages."""
    done: list[Outcome] = []
    sent, is_well = 0, True
    for start in range(0, len(rows), settings.HAND_OVER_BATCH):
        if not is_well or time.monotonic() >= until:
            break
        following = rows[start : start + settings.HAND_OVER_BATCH]
        mine = ledger.advance(worker, done, following, line.parts)
        done, is_well = _hand_over(line, mine)
        sent += len(mine)
    ledger.advance(worker, done)
    ledger.put_back(worker, [row.pk for row in rows], due_at=None if is_well else _later())
    return sent


def _hand_over(line: Line, rows: Sequence[Delivery]) -> tuple[list[Outcome], bool]:
    """Send these messages one after another; also tell whether the other side seems well.

    Stops at half of the lease, and after BREAK_AFTER failures in a row: the rest never leaves.
    """
    stop_at = [clock() + settings.LEASE_S / 2 for clock in CLOCKS]
    done: list[Outcome] = []
    misses = 0
    for row in rows:
        if misses >= BREAK_AFTER or is_over(stop_at):
            done.append(outcomes.never_left(row, _later()))
            continue
        outcome = _attempt(line, row)
        done.append(outcome)
        misses = 0 if _is_answer(outcome) else misses + 1
        if outcome.error_code in SIGN_IN_REFUSED:
            misses = BREAK_AFTER
    return done, misses < BREAK_AFTER


def is_over(stop_at: Sequence[float]) -> bool:
    """Tell whether any of the clocks has passed its end."""
    return any(clock() >= end for clock, end in zip(CLOCKS, stop_at, strict=True))


def _is_answer(outcome: Outcome) -> bool:
    """Tell whether the other side answered about this one message: yes, or no."""
    final = (Delivery.State.CONFIRMED, Delivery.State.FAILED)
    return outcome.state in final and outcome.error_code != "not_built"


def _attempt(line: Line, row: Delivery) -> Outcome:
    """Hand one message over, once, and say what came of it."""
    try:
        message = messages.message(row, line.sealed[row.part_of_id])
    except Exception:  # one bad row never stops the others; nothing has left
        log.exception("delivery_not_built", delivery=row.pk)
        return outcomes.not_built(row)
    try:
        receipt = line.session.send(message)
    except Refused as error:
        return _refused(line.account, row, error)
    except Unavailable as error:
        return outcomes.not_taken(row, error)
    except Exception as error:  # Unclear, or a fault of the channel: either way it may have left
        if not isinstance(error, RemoteError):
            log.exception("channel_failed", delivery=row.pk)
        return _read_back(line.channel, row, message, error)
    return outcomes.taken(row, receipt)


def _refused(account: Account, row: Delivery, error: Refused) -> Outcome:
    """Record a refusal. A refused sign-in concerns every row of the account: it is stopped."""
    if error.code in SIGN_IN_REFUSED:
        reason = f"{account} refused the sign-in. Give it a working credential."
        presses.stop_account(account, reason=reason)
    return outcomes.not_taken(row, error)


def _ask_about(channel: Channel, rows: Sequence[Delivery]) -> list[Outcome]:
    """Ask the outside about messages whose worker has ended, as they were sealed."""
    parts = ReleasePart.objects.select_related("seal", "release__draft__segment").in_bulk(
        {row.part_of_id for row in rows}
    )
    sealed = {pk: messages.sealed(part, channel, part.seal.body) for pk, part in parts.items()}
    lost = Unclear("The worker ended before it could say whether this left.", code="lease_lost")
    return [
        _read_back(channel, row, messages.message(row, sealed[row.part_of_id]), lost)
        for row in rows
    ]


def _read_back(channel: Channel, row: Delivery, message: Message, lost: Exception) -> Outcome:
    """Look whether the outside holds the message whose answer was lost."""
    if not (channel.can_read_back and channel.account.can_read_back):
        return outcomes.unknown(row, lost)
    try:
        found = channel.read_back(message)
    except RemoteError:
        return outcomes.unknown(row, lost)
    except Exception:  # a fault of the channel settles nothing
        log.exception("read_back_failed", delivery=row.pk)
        return outcomes.unknown(row, lost)
    if found is None:
        absent = Unavailable("The answer was lost and the message is not there.", code="absent")
        return outcomes.not_taken(row, absent)
    return outcomes.taken(row, found)


def _channel(account: Account) -> Channel | None:
    """Return the account's channel, or None while nothing may leave."""
    try:
        return accounts.channel(account)
    except Unavailable as error:
        log.warning("account_unavailable", account=account.key, code=error.code)
        return None


def _later() -> datetime:
    return timezone.now() + timedelta(seconds=BREAK_S)
