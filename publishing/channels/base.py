"""What a channel takes in and gives back. A channel speaks to one kind of place outside.

Errors of `send` and `read_back` are those of `halcytone.lib.errors`: Refused (it said no), Unavailable
(it surely did not take it), Unclear (it may have taken it: only a read-back or a person settles it).
"""

import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

import httpx

from halcytone.lib import http
from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear
from publishing.channels import quotas, tokens
from publishing.channels.passport import Passport

Content = Mapping[str, Any]
MARKS = "marks"  # the key of a content that names merge fields which only the publisher writes


@dataclass(frozen=True, slots=True)
class AccountFace:
    """What a channel may know of an account.

    `endpoint` is where to go in this outbound mode (`halcytone.lib.outbound.endpoint`), not what the row
    says. `credential` is the secret itself; it never appears in a repr, a log or an error.
    """

    key: str
    endpoint: str
    from_email: str = ""
    reply_to: str = ""
    profile_id: str = ""
    credential: str = field(default="", repr=False)
    can_read_back: bool = True
    passport: Passport | None = None  # None: what the channel states itself


@dataclass(frozen=True, slots=True)
class Recipient:
    """One reader. `merge` holds the personal values of the merge fields, as plain text.

    `following` is the address of the next reader on this line, which a channel may announce; "" is unknown.
    """

    address: str
    name: str
    merge: Mapping[str, str]
    following: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """One image as it was approved.

    `url` is its address for readers. `public_url` is one for a network that fetches images by itself: it
    is signed and lives for an hour. `sha256` is that of the bytes, "" of an image that is not kept here.
    """

    url: str
    sha256: str
    alt: str
    media_type: str = ""
    public_url: str = ""
    opened: Callable[[], bytes] | None = field(default=None, repr=False, compare=False)

    def read(self) -> bytes:
        """Return the bytes that were approved. Raises Refused with the code `media_missing`."""
        data = self.opened() if self.opened else b""
        if not self.sha256 or hashlib.sha256(data).hexdigest() != self.sha256:
            said = "An image of it is not kept here as it was approved. Put it into the text again."
            raise Refused(said, code="media_missing")
        return data


@dataclass(frozen=True, slots=True)
class Message:
    """One act towards the outside.

    `key` is the delivery's idempotency key (32 hex digits). `content` is the whole rendition content, or
    one part of it as `Channel.parts` cut it. `reply_to` is the provider's id of the part before. `at` is
    the instant of the hand-over: the Date of a mail, and the lower bound of a read-back. `url` is the
    release's own page, where a channel wants one. `media` are the images of the whole rendition, in order.
    `campaign` names those mails of a release that go under one name, at most `Channel.campaign_size`.
    """

    key: str
    content: Content
    part: int = 1
    parts: int = 1
    reply_to: str = ""
    recipient: Recipient | None = None
    url: str = ""
    at: datetime | None = None
    campaign: str = ""
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outside's own answer. `provider_id` is never empty; `url` is where people can see it.

    With `is_by_hand` there is no answer and nothing left: a person does it, and says so with its link.
    """

    provider_id: str
    url: str = ""
    is_by_hand: bool = False


class Session(Protocol):
    """An open line to the outside, used by one thread, one message after another."""

    def send(self, message: Message) -> Receipt:
        """Hand one message over, once. Raises Refused, Unavailable or Unclear.

        The session stays usable after every error: a lost line is opened anew by the next send.
        """


class BatchSession(Session, Protocol):
    """A line whose calls carry several messages. The sender uses it where `Channel.batch` is above 1."""

    def send_many(self, messages: Sequence[Message]) -> Sequence[Receipt | RemoteError]:
        """Hand over at most `Channel.batch` messages of one content in one call, once.

        Returns what became of each, in their order; an error that is raised is that of all of them.
        """


@runtime_checkable
class Edits(Protocol):
    """A session that can change what is out: the ability `edit` of the passport."""

    def edit(self, provider_id: str, content: Content, *, key: str, at: datetime) -> None:
        """Put this content in the place of what stands there. Raises as `Session.send`."""


@runtime_checkable
class Deletes(Protocol):
    """A session that can take back what is out: the ability `delete`."""

    def delete(self, provider_id: str) -> None:
        """Take it away; what is not there any more is no error. Raises as `Session.send`."""


@runtime_checkable
class Archives(Protocol):
    """A session that can take a page out of readers' sight and keep it: the ability `archive`."""

    def archive(self, provider_id: str, *, key: str) -> None:
        """Archive it; what is archived already stays so. Raises as `Session.send`."""


@runtime_checkable
class Replies(Protocol):
    """A session that can answer below what is out: the abilities `reply` and `comment`."""

    def reply(self, provider_id: str, text: str, *, key: str) -> Receipt:
        """Put one answer or comment below it. Raises as `Session.send`."""


@runtime_checkable
class Builds(Protocol):
    """A channel whose messages are bytes of ours, which can be made anew."""

    def built(self, message: Message) -> bytes:
        """Return the exact bytes that this message leaves as. Raises Refused."""


@runtime_checkable
class KnowsSubscribers(Protocol):
    """A channel whose place keeps a list of who takes the newsletter."""

    def subscribers(self) -> list[Mapping[str, Any]]:
        """Return everybody who takes it, as the place says. Raises Refused, Unavailable."""


@runtime_checkable
class SignsIn(Protocol):
    """A channel whose accounts people connect by OAuth 2.0 (`services.connections`)."""

    def sign_in_urls(self) -> tokens.Places:
        """Return where a person signs in, and where tokens are made."""

    def sign_in(
        self, code: str, verifier: str, redirect_uri: str, app: tokens.App, now: datetime
    ) -> tokens.Token:
        """Return the token that a code stands for. Raises Refused, Unavailable, Unclear."""

    def renew(self, token: tokens.Token, app: tokens.App, now: datetime) -> tokens.Token:
        """Return a new token in the place of this one. Raises as `tokens.renew`."""


GO, WARNING, NO_GO = "go", "warning", "no_go"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a channel found out about its account before a slot.

    `name` is one of `sign_in`, `token`, `scopes`, `quota`. `said` is a sentence that may be shown;
    `ends_at` is when a token ends, where the place says so.
    """

    name: str
    verdict: str
    said: str
    ends_at: datetime | None = None


class Channel(ABC):
    """A plug-in for one kind of place. It reads neither the database nor the settings.

    Building one opens nothing. Entries of `settings.CHANNELS`; OPTIONS become `options`. Of these,
    `connections` says how many sessions a worker may have open at once, each in a thread of its own.
    """

    name: ClassVar[str]
    #: True: one delivery for each reader. False: one for each part of the content.
    takes_recipients: ClassVar[bool] = False
    #: True: the place can be asked what it holds, so that a lost answer can be settled by machine.
    can_read_back: ClassVar[bool] = False
    #: True: it speaks to nobody outside, so that an account needs no endpoint and no stand-in.
    is_here: ClassVar[bool] = False
    #: How many messages one call takes; above 1 its session is a BatchSession.
    batch: ClassVar[int] = 1
    #: How many mails the place takes under one name (`Message.campaign`); 0: it knows no campaigns.
    campaign_size: ClassVar[int] = 0
    #: What it can publish, and how its endpoint begins; () means whatever is given.
    formats: ClassVar[tuple[str, ...]] = ()
    schemes: ClassVar[tuple[str, ...]] = ("https",)
    #: What the profile of an account may name; () means whatever is given.
    profiles: ClassVar[tuple[str, ...]] = ()
    #: What its place publishes of itself; of a built channel, with the account's own values in place.
    passport: Passport = Passport()

    def __init__(self, account: AccountFace, *, connections: int = 1, **options: Any) -> None:
        self.account, self.connections = account, connections
        self.passport = account.passport or type(self).passport
        self.told: quotas.Told | None = None
        if options:
            raise TypeError(f"{self.name} does not know the options {', '.join(sorted(options))}")

    def hear(self, answer: http.Answer) -> None:
        """Keep what an answer says of limits: give this to the `Client` as `heard`."""
        self.told = quotas.read(answer.status, answer.headers, datetime.now(UTC)) or self.told

    def parts(self, content: Content) -> Sequence[Content]:
        """Return what is sent one after another, each waiting for the one before; never empty."""
        return [content]

    @abstractmethod
    def problems(self, content: Content) -> list[str]:
        """Return sentences for what this place would refuse. No network."""

    def check(self, at: datetime) -> Sequence[Check]:
        """Ask the place whether the account will work at this instant. Changes nothing.

        Returns what was found, good and bad; () for a place that cannot be asked. Raises Unavailable
        when it cannot be reached now.
        """
        return ()

    def account_problems(self, endpoint: str, secret: str) -> Mapping[str, str]:
        """Return {field: sentence} for what the place asks of an account in production. No network."""
        return {}

    @abstractmethod
    def session(self) -> AbstractContextManager[Session]:
        """Return a context manager over a session. Entering it does not touch the network."""

    def read_back(self, message: Message) -> Receipt | None:
        """Ask the outside whether it holds this message. None: surely absent, it may be sent again.

        Raises Unclear when that cannot be known, Unavailable or Refused when it could not be asked.
        """
        raise Unclear(f"The channel {self.name} cannot be asked what it holds", code="no_read_back")


class HttpChannel(Channel):
    """A place that speaks HTTP and can be asked what it holds.

    An absence there is believed `settle_s` after the hand-over. `transport` is that of tests.
    """

    can_read_back = True

    def __init__(
        self,
        account: AccountFace,
        *,
        settle_s: float = 10,
        transport: httpx.BaseTransport | None = None,
        **options: Any,
    ) -> None:
        super().__init__(account, **options)
        self.settle_s, self.transport = settle_s, transport


def look(find: Callable[[], Receipt | None], message: Message, settle_s: float) -> Receipt | None:
    """Return what `find` finds; an absence is believed only `settle_s` after the hand-over.

    Earlier than that, something may still be under way or unlisted: then it waits, and looks once more.
    """
    found = find()
    if found is not None or message.at is None:
        return found
    wait_s = settle_s - (datetime.now(UTC) - message.at).total_seconds()
    if wait_s <= 0:
        return None
    time.sleep(min(wait_s, settle_s))
    return find()


class NotYet(Unavailable):
    """Nothing was asked for yet: it is not ready, or a quota is used up. Looking is no attempt."""

    code = "not_yet"


@contextmanager
def before_the_post(place: str) -> Iterator[None]:
    """Say of a lost answer to a preparing step, such as an upload, that nothing was posted by it."""
    try:
        yield
    except Unclear as error:
        said = f"{place} did not take an image; nothing was posted"
        raise Unavailable(said, code=error.code) from error


def iso(at: datetime) -> str:
    """Return an instant as the outside writes it: UTC, whole seconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
