"""A twin of a channel for tests and rehearsals: keeps what it gets, fails as a script says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from halcytone.lib import outbound
from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear
from publishing.channels.base import (
    GO,
    AccountFace,
    Channel,
    Check,
    Content,
    Message,
    Receipt,
)
from publishing.channels.passport import (
    COMMENT,
    DELETE,
    EDIT,
    READ_BACK,
    REPLY,
    THREAD,
    Passport,
)


@dataclass(slots=True)
class World:
    """The outside of a memory channel. `script` says how the next sends end, one word each.

    Words: `take`, `refuse`, `wait`, `wait:<s>`, `lose` (taken, answer lost), `drop` (not taken, answer
    lost). After the last word everything is taken. `asked` counts sends by key.
    """

    script: list[str] = field(default_factory=list)
    taken: dict[str, Message] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    calls: list[int] = field(default_factory=list)  # how many messages each batch carried
    before_send: Callable[[Message], None] | None = None

    def clear(self) -> None:
        self.script, self.taken, self.asked, self.calls = [], {}, {}, []
        self.before_send = None

    @property
    def messages(self) -> list[Message]:
        """Return what was taken, in order."""
        return list(self.taken.values())


class Memory(Channel):
    """One world for each account key, shared by all of its instances in this process.

    OPTIONS: `takes_recipients`, `can_read_back`, `parts_key` (the list in the content that is cut into
    parts), `batch` (each message of a call takes a word of the script).
    """

    name = "memory"
    schemes = ()
    passport = Passport(
        alt_text="kept as given",
        abilities=frozenset({EDIT, DELETE, REPLY, COMMENT, READ_BACK, THREAD}),
    )
    WORLDS: ClassVar[dict[str, World]] = {}

    def __init__(
        self,
        account: AccountFace,
        *,
        takes_recipients: bool = False,
        can_read_back: bool = True,
        parts_key: str = "",
        batch: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(account, **options)
        self.takes_recipients = takes_recipients  # type: ignore[misc]  # one class, three shapes
        self.can_read_back = can_read_back  # type: ignore[misc]
        self.parts_key = parts_key
        self.batch = batch  # type: ignore[misc]

    @classmethod
    def world(cls, account_key: str) -> World:
        return cls.WORLDS.setdefault(account_key, World())

    def parts(self, content: Content) -> Sequence[Content]:
        cut: Sequence[Mapping[str, Any]] = content[self.parts_key] if self.parts_key else [content]
        return list(cut)

    def problems(self, content: Content) -> list[str]:
        return [] if content else ["There is nothing to send"]

    @contextmanager
    def session(self) -> Iterator["MemorySession"]:
        yield MemorySession(self.world(self.account.key))

    def check(self, at: datetime) -> Sequence[Check]:
        return (Check("sign_in", GO, f"It speaks as {self.account.key}"),)

    def read_back(self, message: Message) -> Receipt | None:
        if not (self.can_read_back and self.account.can_read_back):
            return super().read_back(message)
        known = self.world(self.account.key).taken.get(message.key)
        return _receipt(known) if known else None


class MemorySession:
    def __init__(self, world: World) -> None:
        self.world = world

    def send(self, message: Message) -> Receipt:
        outbound.require_reach()
        world = self.world
        if world.before_send:
            world.before_send(message)
        world.asked[message.key] = world.asked.get(message.key, 0) + 1
        word = world.script.pop(0) if world.script else "take"
        if message.part > 1 and not message.reply_to:
            raise Refused("A later part needs the one before", code="bad_message")
        if word in ("take", "lose"):
            world.taken[message.key] = message
        if word != "take":
            raise _failure(word)
        return _receipt(message)

    def send_many(self, messages: Sequence[Message]) -> Sequence[Receipt | RemoteError]:
        self.world.calls.append(len(messages))
        return [self._answer(message) for message in messages]

    def _answer(self, message: Message) -> Receipt | RemoteError:
        try:
            return self.send(message)
        except RemoteError as error:
            return error

    def edit(self, provider_id: str, content: Content, *, key: str, at: datetime) -> None:
        before = self._known(provider_id)
        self.world.taken[before.key] = replace(before, content=content)

    def delete(self, provider_id: str) -> None:
        self.world.taken.pop(_key(provider_id), None)

    def reply(self, provider_id: str, text: str, *, key: str) -> Receipt:
        self._known(provider_id)
        return self.send(Message(key, {"text": text}, part=2, parts=2, reply_to=provider_id))

    def _known(self, provider_id: str) -> Message:
        try:
            return self.world.taken[_key(provider_id)]
        except KeyError:
            raise Refused("The place does not know it", code="not_found") from None


def _key(provider_id: str) -> str:
    return provider_id.removeprefix("memory-")


def _receipt(message: Message) -> Receipt:
    return Receipt(f"memory-{message.key}", f"https://memory.invalid/{message.key}")


def _failure(word: str) -> RemoteError:
    name, _, seconds = word.partition(":")
    if name == "refuse":
        return Refused("The place refused it", code="refused")
    if name == "wait":
        wait_s = int(seconds) if seconds else None
        return Unavailable("The place asks to wait", retry_after_s=wait_s, code="rate_limited")
    return Unclear("The answer was lost", code="lost_answer")
