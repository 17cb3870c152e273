"""Labels of fields: `**Date:**` on a bullet (§3.2), `Date:` at the left margin (§3.5)."""

import re
from dataclasses import dataclass

from content.grammar.vocabulary import FIELDS

_LABEL = re.compile(
    r"(\*{1,3}|_{1,3})[ \t]{0,3}("
    + "|".join(FIELDS)
    + r")[ \t]{0,3}(:)?[ \t]{0,3}\1(?(3)|[ \t]{0,3}:)[ \t]*",
    re.IGNORECASE,
)
_BARE = re.compile(r"(" + "|".join(FIELDS) + r")[ \t]*:[ \t]*", re.IGNORECASE)
_TAGS_LINE = re.compile(r"(?:\*\*|__|\*|_)?tags[ \t]*:(?:\*\*|__|\*|_)?[ \t]*(?=\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Label:
    """A known label and the index where its value begins."""

    key: str
    end: int


def find(line: str, start: int = 0) -> Label | None:
    """Return the label at `start`: bold or not, colon inside or outside, any case."""
    found = _BARE.match(line, start)
    if found is not None:
        return Label(found[1].lower(), found.end())
    if line[start : start + 1] not in ("*", "_"):
        return None
    found = _LABEL.match(line, start)
    return None if found is None else Label(found[2].lower(), found.end())


def tags_line(line: str) -> int | None:
    """Return where the value of a `Tags:` line begins, or None."""
    found = _TAGS_LINE.match(line)
    return None if found is None else found.end()
