"""Two texts side by side: paragraphs kept, words marked, tables by cell, images both shown. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from rapidfuzz import fuzz

SAME, ADDED, REMOVED, CHANGED = "same", "added", "removed", "changed"
ALIKE = 40.0  # percent of equal text from which two paragraphs are one that changed
MAX_WORDS = 4_000  # of a paragraph that is compared word by word; longer ones as a whole
_WORDS = re.compile(r"\s+|[^\W_]+|[\W_]", re.UNICODE)
_ROW = re.compile(r"^\s*\|.*\|\s*$")
_RULE = re.compile(r"^\s*\|[\s:|-]+\|\s*$")
_IMAGE = re.compile(r"^!\[([^\]]*)\]\(<?([^\s)>]+)>?[^)]*\)$")


@dataclass(frozen=True, slots=True)
class Segment:
    """Words that are the same, added or removed."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph, table row or image of both texts.

    `cells` has the segments of each cell of a row; of a paragraph, which has one, and of an image, whose
    one cell is its alternative text. `before` and `after` are the addresses of an image, else "".
    """

    kind: str
    shape: str  # text, row, image
    cells: tuple[tuple[Segment, ...], ...]
    before: str = ""
    after: str = ""

    def as_dict(self) -> dict[str, Any]:
        cells = [[{"kind": one.kind, "text": one.text} for one in cell] for cell in self.cells]
        return {"kind": self.kind, "shape": self.shape, "cells": cells, "before": self.before,
                "after": self.after}  # fmt: skip


def texts(old: str, new: str) -> list[Part]:
    """Return both texts as one list of parts, in the order of the new text."""
    before, after = _paragraphs(old), _paragraphs(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    parts: list[Part] = []
    for verb, i, j, k, m in matcher.get_opcodes():
        if verb == "equal":
            parts += [_whole(SAME, one) for one in before[i:j]]
        else:
            parts += _replaced(before[i:j], after[k:m])
    return parts


def words(old: str, new: str) -> tuple[Segment, ...]:
    """Return two texts as one run of words that stayed, went and came."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if old == new:
        return (Segment(SAME, new),) if new else ()
    if len(before) + len(after) > MAX_WORDS:
        return tuple(one for one in (Segment(REMOVED, old), Segment(ADDED, new)) if one.text)
    found: list[Segment] = []
    for verb, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if verb == "equal":
            found.append(Segment(SAME, "".join(before[i:j])))
            continue
        found += [Segment(REMOVED, "".join(before[i:j]))] * (j > i)
        found += [Segment(ADDED, "".join(after[k:m]))] * (m > k)
    return tuple(found)


def is_changed(parts: Sequence[Part]) -> bool:
    return any(part.kind != SAME for part in parts)


def _paragraphs(text: str) -> list[str]:
    """Split at blank lines, and tables into their rows; a fenced block stays whole."""
    found: list[str] = []
    run: list[str] = []
    is_code = False
    for line in [*text.split("\n"), ""]:
        is_fence = line.lstrip().startswith(("```", "~~~"))
        is_alone = not is_code and (_ROW.match(line) or line.lstrip().startswith(("#", "- ", "* ")))
        if not is_code and not is_fence and (not line.strip() or is_alone) and run:
            found.append("\n".join(run))
            run = []
        if is_code or line.strip():
            run.append(line)
        if is_alone and _ROW.match(line):
            found.append(run.pop())
        is_code = is_code != is_fence
    if run:
        found.append("\n".join(run))
    return [one for one in found if not _RULE.match(one)]


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[Part]:
    """Pair what was replaced with what resembles it, in order; the rest went or came."""
    rest = list(before)
    for new in after:
        place = next((at for at, old in enumerate(rest) if fuzz.ratio(old, new) >= ALIKE), None)
        if place is None:
            yield _whole(ADDED, new)
            continue
        yield from (_whole(REMOVED, gone) for gone in rest[:place])
        yield _pair(rest[place], new)
        rest = rest[place + 1 :]
    yield from (_whole(REMOVED, gone) for gone in rest)


def _pair(old: str, new: str) -> Part:
    one, other = _IMAGE.match(old), _IMAGE.match(new)
    if one and other:
        return Part(CHANGED, "image", (words(one[1], other[1]),), one[2], other[2])
    if _ROW.match(old) and _ROW.match(new):
        cells, theirs = _cells(old), _cells(new)
        size = max(len(cells), len(theirs))
        padded = [row + [""] * (size - len(row)) for row in (cells, theirs)]
        return Part(CHANGED, "row", tuple(words(*pair) for pair in zip(*padded, strict=True)))
    return Part(CHANGED, "text", (words(old, new),))


def _whole(kind: str, text: str) -> Part:
    if image := _IMAGE.match(text):
        is_gone = kind == REMOVED
        return Part(
            kind, "image", ((Segment(kind, image[1]),),),
            "" if kind == ADDED else image[2], "" if is_gone else image[2],
        )  # fmt: skip
    if _ROW.match(text):
        return Part(kind, "row", tuple((Segment(kind, cell),) for cell in _cells(text)))
    return Part(kind, "text", ((Segment(kind, text),),))


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]
