"""What a cache takes in and gives back. It reads neither the database nor the settings.

Errors are those of `halcytone.lib.errors`. Forgetting twice does no harm, so that whatever was not
answered is simply asked again.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

EVERYTHING: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cache is. `endpoint` is what to call in this outbound mode; `zone` its name there."""

    endpoint: str
    zone: str = ""
    secret: str = field(default="", repr=False)
    site: str = ""  # origin of the pages, https://halcytone.example


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The cache's own receipt. `id` is never empty."""

    id: str
    keys: int = 0


class Cache(ABC):
    """One kind of cache. `most` paths go into one call; `outside` is one that is called over the network."""

    name: ClassVar[str]
    most: ClassVar[int] = 30
    outside: ClassVar[bool] = True
    takes_patterns: ClassVar[bool] = True

    def __init__(self, place: Place, **options: Any) -> None:
        self.place = place
        if options:
            raise TypeError(f"{self.name} does not know the options {', '.join(sorted(options))}")

    def calls(self, paths: Sequence[str]) -> list[list[str]]:
        """Return the paths of each call; [[]] for everything. `paths` begin with "/", some hold `*`.

        A cache that knows no patterns forgets everything for one.
        """
        has_patterns = any("*" in path for path in paths)
        if not paths or (has_patterns and not self.takes_patterns):
            return [[]]
        rows = list(paths)
        return [rows[start : start + self.most] for start in range(0, len(rows), self.most)]

    @abstractmethod
    def forget(self, paths: Sequence[str], *, key: str) -> Forgotten:
        """Have these paths forgotten, or everything for []. `key` is the call's idempotency key."""

    def urls(self, paths: Sequence[str]) -> list[str]:
        return [f"{self.place.site}{path}" for path in paths]
