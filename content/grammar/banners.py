"""Banners such as `=== DRAFT CONTENT ===`: what holds for the items below, until the next one."""

import re
from dataclasses import dataclass
from typing import Any

from content.grammar.directives import STRAIGHT
from content.grammar.problems import Log
from content.grammar.source import Source

_BANNER = re.compile(r" {0,3}={3,}([^=\n]+)={3,}[ \t]*")
_EFFECTS: dict[str, dict[str, Any]] = {
    "PUBLISHED CONTENT": {"published": True},
    "DRAFT CONTENT": {"published": False},
    "SCHEDULED CONTENT": {"published": True},
    "ARCHIVE": {"priority": 5},
}


@dataclass(frozen=True, slots=True)
class Banner:
    """A known banner on line `line` (0-based) and the values it sets as defaults."""

    name: str
    line: int
    effects: dict[str, Any]

    @property
    def is_archive(self) -> bool:
        return self.name == "ARCHIVE"

    @property
    def is_scheduled(self) -> bool:
        return self.name == "SCHEDULED CONTENT"


def is_banner(line: str) -> bool:
    found = _BANNER.fullmatch(line) if "===" in line else None
    return found is not None and bool(found[1].strip())


def read(source: Source, number: int, log: Log) -> Banner | None:
    """Return the banner on a line, or None with a warning if there is no such banner."""
    found = _BANNER.fullmatch(source.grammar[number])
    if found is None:
        return None
    name = " ".join(found[1].translate(STRAIGHT).split()).upper()
    if name not in _EFFECTS:
        log.add(
            "banner_unknown",
            source.place(number, found.start(1) + len(found[1]) - len(found[1].lstrip())),
            f"There is no banner “{name}”; it changes nothing.",
            hint="Known banners: " + ", ".join(_EFFECTS) + ".",
        )
        return None
    return Banner(name, number, _EFFECTS[name])
