"""Where no program may post: a person does, with texts ready to copy and the files beside them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from halcytone.lib.errors import Refused
from publishing.channels.base import Channel, Content, Message, Receipt
from publishing.channels.passport import Passport

#: What people copy, in the order in which places ask for it.
FIELDS = ("title", "subject", "text", "excerpt", "commentary", "caption", "description", "link")


class Task(Channel):
    """Prepares a post for hand-work: nothing leaves, and only a person says that it is out, with its link.

    `profile_id` names the place that she posts it to, YouTube say. It publishes whatever format it is
    given, and a thread is one task.
    """

    name = "task"
    schemes = ()
    can_read_back = True  # nothing leaves by machine, so it is known: it never left
    is_here = True
    passport = Passport(alt_text="beside each file", abilities=frozenset({"read_back"}))

    def problems(self, content: Content) -> list[str]:
        return [] if ready(content) else ["There is nothing to copy"]

    @contextmanager
    def session(self) -> Iterator["TaskSession"]:
        yield TaskSession(self)

    def read_back(self, message: Message) -> Receipt | None:
        return None if self.account.can_read_back else super().read_back(message)


class TaskSession:
    """A desk of hand-work."""

    def __init__(self, channel: Task) -> None:
        self.channel = channel

    def send(self, message: Message) -> Receipt:
        if problems := self.channel.problems(message.content):
            raise Refused(problems[0], code="bad_content")
        for image in message.media:
            image.read()
        return Receipt("", is_by_hand=True)


def ready(content: Content) -> list[str]:
    """Return the texts to copy, one after another: of a thread, those of its posts."""
    posts = content.get("parts")
    pieces: list[Mapping[str, object]] = list(posts) if isinstance(posts, list) else [content]
    return [
        text
        for piece in pieces
        for name in FIELDS
        if isinstance(text := piece.get(name), str) and text.strip()
    ]
