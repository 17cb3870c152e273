"""A twin of a channel for tests and rehearsals: keeps what it gets, fails as a script says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear
from publishing.channels.base import AccountFace, Channel, Content, Message, Receipt


@dataclass(slots=True)
class World:
    """The outside of a memory channel. `script` says how the next sends end, one word each.

    Words: `take`, `refuse`, `wait`, `wait:<s>`, `lose` (taken, answer lost), `drop` (not taken, answer
    lost). After the last word everything is taken. `asked` counts sends by key.
    """

    script: list[str] = field(default_factory=list)
    taken: dict[str, Message] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    before_send: Callable[[Message], None] | None = None

    def clear(self) -> None:
        self.script, self.taken, self.asked, self.before_send = [], {}, {}, None

    @property
    def messages(self) -> list[Message]:
        """Return what was taken, in order."""
        return list(self.taken.values())


class Memory(Channel):
    """One world for each account key, shared by all of its instances in this process.

    OPTIONS: `takes_recipients`, `can_read_back`, `parts_key` (the list in the content that is cut into
    parts).
    """

    name = "memory"
    schemes = ()
    WORLDS: ClassVar[dict[str, World]] = {}

    def __init__(
        self,
        account: AccountFace,
        *,
        takes_recipients: bool = False,
        can_read_back: bool = True,
        parts_key: str = "",
        **options: Any,
    ) -> None:
        super().__init__(account, **options)
        self.takes_recipients = takes_recipients  # type: ignore[misc]  # one class, three shapes
        self.can_read_back = can_read_back  # type: ignore[misc]
        self.parts_key = parts_key

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

    def read_back(self, message: Message) -> Receipt | None:
        if not (self.can_read_back and self.account.can_read_back):
            return super().read_back(message)
        known = self.world(self.account.key).taken.get(message.key)
        return _receipt(known) if known else None


class MemorySession:
    def __init__(self, world: World) -> None:
        self.world = world

    def send(self, message: Message) -> Receipt:
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
