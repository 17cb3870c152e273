"""The blocks of a document, for drift and for “go to line” (§10): kind, text, place, hash."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from content.grammar.facts import Facts, Leaf
from halcytone.lib import canonical

_FOLDED = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("‘’‚′", "'") | dict.fromkeys("“”„″", '"')
)
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item, table row or image; lines 1-based, inclusive.

    `place` is the heading trail plus its ordinal below that trail, `id` counts in the document.
    """

    id: str
    kind: str
    text: str
    place: str
    line_start: int
    line_end: int
    hash: str

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def folded(text: str) -> str:
    """Return text in NFC with plain quotes and dashes and single blanks, as hashes see it."""
    plain = unicodedata.normalize("NFC", text).translate(_FOLDED)
    return _BLANKS.sub(" ", plain).strip()


def block_hash(kind: str, text: str) -> str:
    """Return the SHA-256 of kind + text after folding (§10)."""
    return canonical.sha256(f"{kind}\n{folded(text)}")


class Builder:
    """Gathers blocks in reading order and knows the trail of headings above."""

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.found: list[Block] = []
        self.counts: dict[str, int] = {}

    def item(self, section: str, title: str, line: int, facts: Facts) -> tuple[str, ...]:
        """Add an item's heading (on 1-based `line`) and the blocks of its body; return their ids."""
        trail = list(dict.fromkeys(part for part in (self.title, section, title) if part))
        if title:
            self._add("heading", title, trail[:-1], (line, line))
        first = len(self.found)
        path = list(trail)
        for leaf in sorted(facts.leaves, key=lambda leaf: leaf.start):
            self._add(leaf.kind, leaf.text, path, self._lines(facts, leaf))
            if leaf.kind == "heading":
                path = [*trail, leaf.text]
        return tuple(block.id for block in self.found[first:])

    def _lines(self, facts: Facts, leaf: Leaf) -> tuple[int, int]:
        lines = facts.lines
        last = max(0, min(leaf.stop, len(lines)) - 1)
        return lines[min(leaf.start, last)].line + 1, lines[last].line + 1

    def _add(self, kind: str, text: str, trail: Sequence[str], lines: tuple[int, int]) -> None:
        above = " / ".join(part for part in trail if part)
        self.counts[above] = self.counts.get(above, 0) + 1
        number = len(self.found) + 1
        place = f"{above} #{self.counts[above]}"
        self.found.append(Block(f"b{number}", kind, text, place, *lines, block_hash(kind, text)))
