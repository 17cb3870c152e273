"""The sender: claim, commit, ask, record. No transaction is open while the outside is asked.

One thread asks the database; the connections of a line (`lines`) build and send meanwhile.
"""

import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import datetime

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from halcytone.lib.errors import Unavailable
from publishing import accounts
from publishing.acts import Act
from publishing.channels.base import Channel, Check, Session
from publishing.models import Account, Delivery, ReleasePart
from publishing.services import breakers, connections, installation, ledger, lines, pace, releases
from publishing.services.ledger import Claim
from publishing.services.lines import Line, Lines, Sent
from publishing.services.outcomes import Outcome

log = structlog.get_logger(__name__)

TURN_S = 1.0  # how long an account goes on claiming before others have their turn


def worker_id() -> str:
    """Return a name for this worker that no other process, here or elsewhere, has ever had."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(8)}"


def work(worker: str, *, until: float = float("inf")) -> int:
    """Send what is due until nothing is, or until `time.monotonic()` passes `until`.

    Returns how many messages were handed over. Any number of workers may run at once.
    """
    sent, is_busy = 0, True
    with Lines() as kept:
        while is_busy and time.monotonic() < until:
            is_busy = False
            due = ledger.due_accounts(timezone.now())
            for account in due:
                if time.monotonic() >= until:
                    break
                if claim := ledger.claim(worker, account, most=kept.most(account)):
                    is_busy = True
                    line = kept.to(account, _channel(account))
                    turn = _Turn(worker, line, until=until, claims_s=TURN_S)
                    sent += turn.send(claim)
                    releases.finish_over(turn.release_ids)
            is_busy = is_busy or _waited(due, until)
    return sent


def _waited(accounts: Sequence[Account], until: float) -> bool:
    """Sleep until the next second if its pace is all that keeps one of these accounts; tell whether."""
    now = timezone.now()
    ends = [end for account in accounts if (end := pace.next_second(account, now))]
    if not ends:
        return False
    wait_s = (min(ends) - now).total_seconds()
    time.sleep(max(0.0, min(wait_s, until - time.monotonic())))
    return True


def send(worker: str, claim: Claim, *, until: float = float("inf")) -> int:
    """Hand over the rows of one claim; returns how many. What cannot be sent now is put back."""
    with Lines() as kept:
        line = kept.to(claim.account, _channel(claim.account))
        return _Turn(worker, line, until=until, claims_s=0).send(claim)


def recover(worker: str) -> None:
    """Settle what crashed workers left behind: leases that are over (publishing specification §1)."""
    now = timezone.now()
    ledger.free_claims(now)
    for account in ledger.lost_accounts(now) if installation.may_send() else []:
        channel = _channel(account)
        if channel is not None and channel.can_read_back and account.can_read_back:
            while rows := ledger.take_over_lost(worker, account, now):
                ledger.advance(worker, lines.ask_about(channel, rows))
        else:
            ledger.give_up_lost(account, now)
    releases.finish_running()


class _Turn:
    """The turn of one account: its claims, batch after batch, on all of its connections.

    One commit between two batches of messages, while the other connections go on. For `claims_s`
    seconds more is claimed before the connections run dry.
    """

    def __init__(self, worker: str, line: Line | None, *, until: float, claims_s: float) -> None:
        self.worker, self.line, self.until = worker, line, until
        self.claims_until = min(until, time.monotonic() + claims_s)
        self.rows: deque[Act] = deque()
        self.claimed = 0
        self.release_ids: set[int] = set()
        self.flying: dict[Future[Sent], Session] = {}
        self.watch = breakers.Watch(0)
        self.is_well = True

    def send(self, claim: Claim) -> int:
        """Hand over the rows of this claim and of those that follow in the turn; returns how many."""
        self.release_ids |= claim.release_ids
        if self.line is None:
            ids = [row.pk for row in claim.rows]
            ledger.put_back(self.worker, ids, due_at=lines.later())
            return 0
        self.watch = breakers.watch(claim.account)
        self._take(claim, self.line)
        begun = time.monotonic()
        sent = self._send_all(self.line)
        self.line.was_worth(sent, time.monotonic() - begun)
        ledger.put_back(self.worker, [row.pk for row in self.rows])
        self._tell(claim.account, self.line.channel)
        return sent

    def _tell(self, account: Account, channel: Channel) -> None:
        """Tell all workers how the other side is, and what it says of its limits."""
        now = timezone.now()
        breakers.seen(account, self.watch.met, now)
        breakers.put_back(self.worker, account)
        pace.heard(account, channel.told, now)
        if channel.told is not None and channel.told.is_spent(now):
            connections.limited(account, channel.told.reason)
        pace.give_back(account, self.claimed - self.watch.asked, self.claimed_at)

    def _send_all(self, line: Line) -> int:
        """Mark, send, and record with the next mark, until nothing is left or may be begun."""
        idle, done, sent = deque(line.sessions), list[Outcome](), 0
        while True:
            following = self._following(line, len(idle))
            mine = ledger.advance(self.worker, done, following, line.parts)
            done, sent = [], sent + len(mine)
            for batch in _shares(mine, len(idle)):
                session = idle.popleft()
                watch = breakers.Watch(self.watch.misses)
                self.flying[line.hand_over(session, batch, watch)] = session
            if not self.flying and not following:
                return sent
            self._claim_more(line)
            for finished in wait(self.flying, return_when=FIRST_COMPLETED).done:
                idle.append(self.flying.pop(finished))
                done += self._learn(finished.result(), line)

    def _following(self, line: Line, idle: int) -> list[Act]:
        """Return the next rows for so many idle connections; none when no batch may be begun."""
        may_begin = self.is_well and time.monotonic() < self.until
        count = min(idle * line.batch, len(self.rows)) if may_begin else 0
        return [self.rows.popleft() for _ in range(count)]

    def _claim_more(self, line: Line) -> None:
        """Claim again before the connections run dry."""
        is_enough = len(self.rows) >= line.batch * len(line.sessions)
        if is_enough or not self.is_well or time.monotonic() >= self.claims_until:
            return
        if claim := ledger.claim(self.worker, line.account, most=line.most):
            self._take(claim, line)
        else:
            self.claims_until = 0

    def _take(self, claim: Claim, line: Line) -> None:
        self.rows += claim.rows
        self.claimed, self.claimed_at = self.claimed + len(claim.rows), claim.at
        self.release_ids |= claim.release_ids
        line.seal(claim.parts)

    def _learn(self, sent: Sent, line: Line) -> list[Outcome]:
        """Return what came of a batch. A refused sign-in concerns every row: the account is stopped."""
        self.is_well = self.is_well and sent.is_well
        self.watch.met += sent.watch.met
        self.watch.asked += sent.watch.asked
        self.watch.misses = sent.watch.misses
        if any(outcome.error_code in lines.SIGN_IN_REFUSED for outcome in sent.outcomes):
            connections.lost(line.account)
        return sent.outcomes


def _shares(rows: Sequence[Act], count: int) -> list[Sequence[Act]]:
    """Return these rows in at most `count` batches, as even as can be."""
    size = max(1, -(-len(rows) // max(1, count)))
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def ask(account: Account, at: datetime) -> Sequence[Check]:
    """Ask the place of an account whether it will work at this instant. Changes nothing.

    Raises RemoteError when it cannot be asked, ImproperlyConfigured for an unknown channel.
    """
    return accounts.channel(account).check(at)


def try_out(part: ReleasePart, rows: Sequence[Act]) -> Sequence[Outcome]:
    """Hand test mails of a part over, which their caller has marked and committed; once each.

    Raises RemoteError when nothing may leave, ImproperlyConfigured for an unknown channel.
    """
    return lines.try_out(part, accounts.channel(part.account), part.seal.body, rows)


def rehearse(
    part: ReleasePart, body: str, rows: Callable[[Channel, int], Iterable[Delivery]]
) -> None:
    """Hand rows that are never saved over as they would be, down to the socket, which stays shut.

    `rows` makes them for a channel and so many pieces. Raises what the channel finds wrong with them.
    """
    lines.rehearse(part, accounts.channel(part.account), body, rows)


def archive(delivery: Delivery, *, key: str) -> None:
    """Have the place of a confirmed page archive it. Raises Refused, Unavailable, Unclear."""
    lines.archive(accounts.channel(delivery.account), delivery.provider_id, key=key)


def _channel(account: Account) -> Channel | None:
    """Return the account's channel, or None while nothing may leave, or when there is no such channel."""
    try:
        return accounts.channel(account)
    except Unavailable as error:
        log.warning("account_unavailable", account=account.key, code=error.code)
    except ImproperlyConfigured:  # one account never stops the others
        log.exception("account_unusable", account=account.key)
    return None
