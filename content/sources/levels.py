"""The levels of headings, where a document has a title of its own kind."""

import re
from collections.abc import Sequence
from dataclasses import replace

from content.sources import inline
from content.sources.tree import Block, Heading

TITLE = 0  # the level of a title, until the levels of the whole document are known
_SECTION = re.compile(r"\s*\[[^\[\]]+\]")


def levelled(parts: Sequence[Sequence[Block]]) -> list[Block]:
    """Return all blocks with their headings at the levels that the grammar reads.

    A title is level 1. Headings keep their level unless that would hide what they are: sections in brackets
    belong to level 2, below a title there is no second level 1, and several first-level headings in one
    part (a tab, a file) are its sections.
    """
    shift = _shift([[block for block in part if isinstance(block, Heading)] for part in parts])
    return [
        _moved(block, shift) if isinstance(block, Heading) else block
        for part in parts
        for block in part
    ]


def _shift(parts: Sequence[Sequence[Heading]]) -> int:
    headings = [heading for part in parts for heading in part]
    sections = [
        heading.level
        for heading in headings
        if heading.level != TITLE and _SECTION.match(inline.plain(heading.runs))
    ]
    if sections:
        return 2 - min(sections)
    levels = [heading.level for heading in headings]
    if TITLE in levels:
        return 1 if 1 in levels else 0
    return 1 if any(sum(heading.level == 1 for heading in part) > 1 for part in parts) else 0


def _moved(heading: Heading, shift: int) -> Heading:
    level = 1 if heading.level == TITLE else min(6, max(1, heading.level + shift))
    return replace(heading, level=level)
