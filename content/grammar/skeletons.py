"""The authoring skeletons (§3.4): headings that make one item, or a weekly update, of a document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from content.grammar.directives import STRAIGHT
from content.grammar.outline import Node, bracket

_PREFIXES = (
    ("update", re.compile(r"update\s{0,3}:\s*", re.IGNORECASE)),
    ("announcement", re.compile(r"(?:🎉\s{0,3})?announcement\s{0,3}:\s*", re.IGNORECASE)),
)
_SESSION = re.compile(r"session(?:\ssummary)?\s{0,3}:\s*", re.IGNORECASE)
_PARTS = {
    "update": ("key points", "what's next"),
    "blog": ("introduction", "main content", "conclusion"),
    "announcement": ("the big news", "details", "impact", "what's next", "media contact"),
    "session": (
        "session facts",
        "what we practised",
        "what we practiced",
        "what happened",
        "next session",
    ),
}
_MARKS = {"blog": "introduction", "announcement": "the big news", "session": "session facts"}
MOST_PARTS = 100
WEEKLY_PARTS = {
    "this week's achievements": None,
    "community highlights": "community",
    "looking ahead": "vision",
    "stay connected": None,
}
WEEKLY_SECTIONS = {
    "technology": "breathscape",
    "community growth": "community",
    "success story": "community",
    "milestone": "community",
    "product development": "hardware",
    "next week": "vision",
    "upcoming features": "vision",
}


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A heading that holds a whole item: its type, and its title without the prefix."""

    kind: str
    title: str


def name_of(text: str) -> str:
    """Return a part's name for comparing: lower case, plain quotes, no mark at the ends."""
    return text.translate(STRAIGHT).strip().strip("*_:").strip().casefold()


def without_prefix(text: str) -> tuple[str, str] | None:
    """Return (type, title) of a heading such as “Update: …”, or None."""
    for kind, prefix in _PREFIXES:
        if found := prefix.match(text):
            return kind, text[found.end() :].strip()
    return None


def find(headings: Sequence[Node]) -> Iterator[tuple[int, int, Skeleton]]:
    """Yield (index, stop, skeleton) for each heading that begins one; stop is behind its parts."""
    index = 0
    while index < len(headings):
        found = _at(headings, index)
        if found is None:
            index += 1
            continue
        yield found
        index = found[1]


def _at(headings: Sequence[Node], index: int) -> tuple[int, int, Skeleton] | None:
    head = headings[index]
    if head.level > 2 or bracket(head.text):
        return None
    if (prefixed := without_prefix(head.text)) is not None:
        stop = _stop(headings, index, prefixed[0])
        is_whole = head.level == 2 or _is_whole(headings, index, stop, prefixed[0])
        return (index, stop, Skeleton(*prefixed)) if is_whole else None
    for kind, mark in _MARKS.items():
        if index + 1 < len(headings) and name_of(headings[index + 1].text) == mark:
            stop = _stop(headings, index, kind)
            names = {name_of(node.text) for node in headings[index + 1 : stop]}
            if len(names & set(_PARTS[kind])) > 1 and not _has_bracket(headings, index, stop):
                title = _SESSION.sub("", head.text, count=1) if kind == "session" else head.text
                return index, stop, Skeleton(kind, title)
    return None


def _is_whole(headings: Sequence[Node], index: int, stop: int, kind: str) -> bool:
    """Tell whether all below a level-1 heading is its skeleton, and not sections of a document."""
    inner = headings[index + 1 : stop]
    has_part = any(name_of(node.text) in _PARTS[kind] for node in inner)
    return (has_part or not inner) and not _has_bracket(headings, index, len(headings))


def _has_bracket(headings: Sequence[Node], start: int, stop: int) -> bool:
    return any(node.level == 2 and bracket(node.text) for node in headings[start:stop])


def _stop(headings: Sequence[Node], index: int, kind: str) -> int:
    """Return the index of the first heading behind the skeleton's own parts."""
    level = headings[index].level
    last = min(len(headings), index + MOST_PARTS)
    for number in range(index + 1, last):
        node = headings[number]
        if node.level == 2 and bracket(node.text):
            return number
        if node.level <= level and name_of(node.text) not in _PARTS[kind]:
            return number
    return last


def is_weekly(headings: Sequence[Node]) -> bool:
    """Tell whether a document is a weekly update: its achievements, and what lies ahead."""
    names = {name_of(node.text) for node in headings}
    return "this week's achievements" in names and bool(
        names & {"looking ahead", "stay connected", "community highlights"}
    )
