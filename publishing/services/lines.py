"""Kept lines to the outside: the only module that hands anything to a channel.

What runs here for a batch of messages runs in the thread of its connection and asks no database.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Self, cast

import structlog
from django.conf import settings
from django.utils import timezone

from halcytone.lib import outbound
from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear
from publishing import acts, messages
from publishing.acts import Act
from publishing.channels.base import Archives, BatchSession, Channel, Message, Receipt, Session
from publishing.models import Account, Delivery, ReleasePart
from publishing.services import breakers, outcomes
from publishing.services.outcomes import Outcome

log = structlog.get_logger(__name__)

MOST_CLAIMS = 4  # times CLAIM_BATCH, where a place takes so many in a second
LATER_S = 60  # until rows that did not come to their turn are looked at again
#: The one is not set back, the other does not stand still while the machine sleeps.
CLOCKS = (time.monotonic, time.time)
#: Words of places for a credential that is no good any more.
SIGN_IN_REFUSED = frozenset({"unauthorized", "token_ended"})


class Line(AbstractContextManager["Line"]):
    """An open way to one account over one or several connections, and the sealed content of its parts.

    Each connection has a session and a thread of its own; a single one works in the thread that asks.
    """

    def __init__(self, account: Account, channel: Channel) -> None:
        self.account, self.channel = account, channel
        self.parts: dict[int, ReleasePart] = {}
        self.sessions: list[Session] = []
        self.batch = max(settings.HAND_OVER_BATCH, channel.batch)  # messages handed over at once
        self.most = settings.CLAIM_BATCH  # rows claimed at once
        self._sealed: dict[int, messages.Sealed] = {}
        self._threads: Executor = _Here()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        count = max(1, self.channel.connections)
        if count > 1:
            self._threads = self._open.enter_context(ThreadPoolExecutor(count, "line"))
        self.sessions = [self._open.enter_context(self.channel.session()) for _ in range(count)]
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def was_worth(self, sent: int, seconds: float) -> None:
        """Claim as many rows at once from now on as a second takes, within bounds."""
        a_second = int(sent / max(seconds, 0.001))
        self.most = min(max(settings.CLAIM_BATCH, a_second), MOST_CLAIMS * settings.CLAIM_BATCH)

    def seal(self, parts: Mapping[int, ReleasePart]) -> None:
        """Take over these parts as a claim has checked them, in the place of what was known of them."""
        for pk, part in parts.items():
            known = self.parts.get(pk)
            if known is None or (known.seal_id, known.rendition.body) != (
                part.seal_id,
                part.rendition.body,
            ):
                self._sealed[pk] = messages.sealed(part, self.channel, part.rendition.body)
            self.parts[pk] = part

    def hand_over(
        self, session: Session, rows: Sequence[Act], watch: breakers.Watch
    ) -> "Future[Sent]":
        """Send these messages over one connection; the result comes when all are through."""
        return self._threads.submit(_hand_over, self.channel, session, self._sealed, rows, watch)


def rehearse(
    part: ReleasePart,
    channel: Channel,
    body: str,
    rows: Callable[[Channel, int], Iterable[Delivery]],
) -> None:
    """Hand rows that are never saved over as they would be, down to the socket, which stays shut."""
    sealed = messages.sealed(part, channel, body)
    with outbound.reaching_nobody(), channel.session() as session:
        for row in rows(channel, len(sealed.pieces)):
            message = messages.message(replace(acts.of(row), pk=0), sealed)
            if message.part > 1:
                message = replace(message, reply_to="rehearsal")
            try:
                session.send(message)
            except Unavailable as error:
                if error.code != outbound.REHEARSAL:
                    raise


def archive(channel: Channel, provider_id: str, *, key: str) -> None:
    """Have a place archive what it holds. Raises Refused where it cannot, and as `Session.send`."""
    with channel.session() as session:
        if not isinstance(session, Archives):
            raise Refused(f"The channel {channel.name} archives nothing.", code="cannot_archive")
        session.archive(provider_id, key=key)


def try_out(part: ReleasePart, channel: Channel, body: str, rows: Sequence[Act]) -> list[Outcome]:
    """Hand these rows over as test mails of a part, once each, and say what came of them."""
    sealed = {part.pk: messages.as_test(messages.sealed(part, channel, body))}
    with channel.session() as session:
        calls = _calls(channel, rows)
        return [one for call in calls for one in _attempt(channel, session, sealed, call)]


class Lines(AbstractContextManager["Lines"]):
    """The lines of one worker, kept from claim to claim while the account stays what it is."""

    def __init__(self) -> None:
        self._kept: dict[int, Line] = {}

    def most(self, account: Account) -> int | None:
        """Return how many rows of this account to claim at once; None before its line is known."""
        kept = self._kept.get(account.pk)
        return kept.most if kept else None

    def to(self, account: Account, channel: Channel | None) -> Line | None:
        """Return an open line to this account over its channel; None without a channel, or when it cannot be opened."""
        kept = self._kept.pop(account.pk, None)
        if kept is not None and (channel is None or channel.account != kept.channel.account):
            kept.__exit__(None, None, None)
            kept = None
        if channel is None:
            return None
        try:
            line = kept or Line(account, channel).__enter__()
        except Exception:  # half a credential never stops other accounts; nothing has left
            log.exception("line_not_opened", account=account.key)
            return None
        line.account = account
        self._kept[account.pk] = line
        return line

    def __exit__(self, *exc: object) -> None:
        while self._kept:
            self._kept.popitem()[1].__exit__(None, None, None)


class _Here(Executor):
    """Does what it is given at once, in the thread that gives it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one batch, what was met on the way, and whether the next may follow."""

    outcomes: list[Outcome]
    watch: breakers.Watch
    is_well: bool


def _hand_over(
    channel: Channel,
    session: Session,
    sealed: Mapping[int, messages.Sealed],
    rows: Sequence[Act],
    watch: breakers.Watch,
) -> Sent:
    """Send these messages, call after call.

    Stops at half of the lease, when the breaker of the account opens, and when the place says that its
    limit is used up: the rest never leaves.
    """
    stop_at = [clock() + settings.LEASE_S / 2 for clock in CLOCKS]
    done: list[Outcome] = []
    is_well = True
    for row, after in pairwise(rows):
        row.following = after.email or ""
    for call in _calls(channel, rows):
        if not is_well or is_over(stop_at):
            due_at = later() if is_well else None
            done += [outcomes.never_left(row, due_at) for row in call]
            continue
        answers = _attempt(channel, session, sealed, call)
        done += answers
        watch.see(answers)
        is_well = watch.is_well and not _is_barred(channel, answers)
    return Sent(done, watch, is_well)


def _is_barred(channel: Channel, answers: Sequence[Outcome]) -> bool:
    """Tell whether the place lets nothing more of this account in now: sign-in refused, limit used up."""
    told = channel.told
    is_spent = told is not None and told.is_spent(timezone.now())
    return is_spent or any(outcome.error_code in SIGN_IN_REFUSED for outcome in answers)


def _calls(channel: Channel, rows: Sequence[Act]) -> Iterator[Sequence[Act]]:
    """Yield what goes in one call: neighbours of one part, at most as many as the channel takes."""
    call: list[Act] = []
    for row in rows:
        if call and (len(call) >= channel.batch or row.part_of_id != call[0].part_of_id):
            yield call
            call = []
        call.append(row)
    yield from [call] if call else []


def is_over(stop_at: Sequence[float]) -> bool:
    """Tell whether any of the clocks has passed its end."""
    return any(clock() >= end for clock, end in zip(CLOCKS, stop_at, strict=True))


def later() -> datetime:
    """Return when to look again at what did not come to its turn."""
    return timezone.now() + timedelta(seconds=LATER_S)


def _attempt(
    channel: Channel,
    session: Session,
    sealed: Mapping[int, messages.Sealed],
    rows: Sequence[Act],
) -> list[Outcome]:
    """Hand over what goes in one call, once, and say what came of each message."""
    done: list[Outcome] = []
    built: list[tuple[Act, Message]] = []
    for row in rows:
        try:
            built.append((row, messages.message(row, sealed[row.part_of_id])))
        except Exception:  # one bad row never stops the others; nothing has left
            log.exception("delivery_not_built", delivery=row.pk)
            done.append(outcomes.not_built(row))
    answers = _answers(channel, session, [message for _, message in built])
    told = zip(built, answers, strict=True)
    return done + [_came_of(channel, row, message, answer) for (row, message), answer in told]


def _answers(
    channel: Channel, session: Session, together: Sequence[Message]
) -> Sequence[Receipt | Exception]:
    """Ask the outside once; an error of the call is that of each of its messages."""
    try:
        if channel.batch == 1:
            return [session.send(message) for message in together]
        answers = cast(BatchSession, session).send_many(together) if together else []
        if len(answers) == len(together):
            return answers
        raise Unclear("The answer does not say what became of each message.", code="no_id")
    except RemoteError as error:
        return [error] * len(together)
    except Exception as error:  # a fault of the channel: it may have left
        log.exception("channel_failed", deliveries=[message.key for message in together])
        return [error] * len(together)


def _came_of(channel: Channel, row: Act, message: Message, answer: Receipt | Exception) -> Outcome:
    if isinstance(answer, Receipt):
        return outcomes.taken(row, answer)
    if isinstance(answer, Refused | Unavailable):
        return outcomes.not_taken(row, answer)
    return _read_back(channel, row, message, answer)


def ask_about(channel: Channel, rows: Sequence[Act]) -> list[Outcome]:
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


def _read_back(channel: Channel, row: Act, message: Message, lost: Exception) -> Outcome:
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
