"""What a source takes in and gives back: a plug-in that can read documents of one kind."""

from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ref:
    """Which text is meant. `key` is the source's own name for it, stable between fetches.

    `held` are the bytes that a person gave, for kinds of documents that live nowhere else.
    """

    key: str
    file_name: str = ""
    held: bytes = b""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The whole text as it stood at the source; `version` is its change token, ≤ 128 characters."""

    data: bytes
    version: str


class Source(ABC):
    """One kind of place texts come from. Reads neither ORM nor settings."""

    @abstractmethod
    def fetch(self, ref: Ref, known_version: str) -> Fetched | None:
        """Return the complete text, or None when it still is `known_version`.

        `known_version` is "" when nothing was read before. Raises a RemoteError: a text that could
        not be read to its end is never returned.
        """
