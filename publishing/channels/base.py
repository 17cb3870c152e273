"""What a channel takes in and gives back. A channel speaks to one kind of place outside.

Errors of `send` and `read_back` are those of `halcytone.lib.errors`: Refused (it said no), Unavailable
(it surely did not take it), Unclear (it may have taken it: only a read-back or a person settles it).
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

from halcytone.lib.errors import Unclear

Content = Mapping[str, Any]


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


@dataclass(frozen=True, slots=True)
class Recipient:
    """One reader. `merge` holds the personal values of the merge fields, as plain text."""

    address: str
    name: str
    merge: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """One act towards the outside.

    `key` is the delivery's idempotency key (32 hex digits). `content` is the whole rendition content, or
    one part of it as `Channel.parts` cut it. `reply_to` is the provider's id of the part before. `at` is
    the instant of the hand-over: the Date of a mail, and the lower bound of a read-back. `url` is the
    release's own page, where a channel wants one.
    """

    key: str
    content: Content
    part: int = 1
    parts: int = 1
    reply_to: str = ""
    recipient: Recipient | None = None
    url: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outside's own answer. `provider_id` is never empty; `url` is where people can see it."""

    provider_id: str
    url: str = ""


class Session(Protocol):
    """An open line to the outside, used by one thread, one message after another."""

    def send(self, message: Message) -> Receipt:
        """Hand one message over, once. Raises Refused, Unavailable or Unclear.

        The session stays usable after every error: a lost line is opened anew by the next send.
        """


class Channel(ABC):
    """A plug-in for one kind of place. It reads neither the database nor the settings.

    Building one opens nothing. Entries of `settings.CHANNELS`; OPTIONS become `options`.
    """

    name: ClassVar[str]
    #: True: one delivery for each reader. False: one for each part of the content.
    takes_recipients: ClassVar[bool] = False
    #: True: the place can be asked what it holds, so that a lost answer can be settled by machine.
    can_read_back: ClassVar[bool] = False
    #: What it can publish, and how its endpoint begins; () means whatever is given.
    formats: ClassVar[tuple[str, ...]] = ()
    schemes: ClassVar[tuple[str, ...]] = ("https",)

    def __init__(self, account: AccountFace, **options: Any) -> None:
        self.account = account
        if options:
            raise TypeError(f"{self.name} does not know the options {', '.join(sorted(options))}")

    def parts(self, content: Content) -> Sequence[Content]:
        """Return what is sent one after another, each waiting for the one before; never empty."""
        return [content]

    @abstractmethod
    def problems(self, content: Content) -> list[str]:
        """Return sentences for what this place would refuse. No network."""

    @abstractmethod
    def session(self) -> AbstractContextManager[Session]:
        """Return a context manager over a session. Entering it does not touch the network."""

    def read_back(self, message: Message) -> Receipt | None:
        """Ask the outside whether it holds this message. None: surely absent, it may be sent again.

        Raises Unclear when that cannot be known, Unavailable or Refused when it could not be asked.
        """
        raise Unclear(f"The channel {self.name} cannot be asked what it holds", code="no_read_back")


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


def iso(at: datetime) -> str:
    """Return an instant as the outside writes it: UTC, whole seconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
