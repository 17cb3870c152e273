"""What a source takes in and gives back: a plug-in that can read documents of one kind."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Ref:
    """Which text is meant. `key` is the source's own name for it (an id, an address), stable.

    `held` are the bytes that a person gave, for kinds of documents that live nowhere else.
    """

    key: str
    file_name: str = ""
    held: bytes = b""


@dataclass(frozen=True, slots=True)
class Known:
    """What the last complete fetch gave: its change token and its bytes. Empty before the first.

    `load` brings the bytes, for few sources ask for them; they are older than `version` where what came
    under the newer token said the same.
    `pictures` are the images stored since then: their address in the text, and their name here.
    """

    version: str = ""
    load: Callable[[], bytes] = bytes
    pictures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line of the text stands at the source: the block's id there, and a link to it or ""."""

    line: int  # 1-based, the first line of the block
    id: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of the text: its bytes, or an address that holds them now and may soon not.

    `offered_alt` is a caption or a name that may serve as alternative text once a person says so.
    `stored` is the name it has here, from `Known.pictures`, where the source knows that it is the same.
    """

    data: bytes = b""
    url: str = ""
    offered_alt: str = ""
    stored: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What the source has to say about its own text; `code` is one of the grammar's problems."""

    code: str
    message: str
    line: int = 1
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A document as Markdown that the grammar reads, with what Markdown cannot hold beside it.

    `places` are in the order of their lines. `pictures` are keyed by the address that the Markdown
    gives them (`image:…`), the same in every fetch of the same image. `author` and `published_on` hold for
    items that name none of their own; empty where the source does not say.
    """

    markdown: str
    title: str = ""
    language: str = ""
    places: tuple[Place, ...] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    author: str = ""
    published_on: date | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The whole text as it stood at the source; `version` is its change token, ≤ 128 characters.

    `data` is what came, byte for byte. `text` is what it says, None where the bytes are the text.
    """

    data: bytes
    version: str
    text: Text | None = None


class Source(ABC):
    """One kind of place texts come from. Reads neither ORM nor settings."""

    @abstractmethod
    def fetch(self, ref: Ref, known: Known) -> Fetched | None:
        """Return the complete text, or None when it still is `known.version`.

        Costs one request when nothing changed. Raises a RemoteError: a text that could not be read
        to its end is never returned (code `source_truncated`).
        """

    def normalized_key(self, text: str) -> str:
        """Return the key that a person meant by an id or address. Raises Refused (`key_invalid`)."""
        return text.strip()

    def url(self, ref: Ref) -> str:
        """Return the address at which a person opens the document, or ""."""
        return ""

    def changed(self, since: str) -> "Changes | None":
        """Return which documents changed since a token, asked for all of them at once.

        `since` is "" at first: then nothing is told but the token. None where the source has no such
        question.
        """
        return None


@dataclass(frozen=True, slots=True)
class Changes:
    """The keys of the documents that changed, and the token to ask with the next time."""

    keys: frozenset[str]
    token: str
