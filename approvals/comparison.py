"""What changed between two texts of a rendition, for the people who approve: in sentences, and word by word. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals import wording
from approvals.anchors import Passage
from content import compare

EXCERPT = 60  # characters of each side that a sentence quotes
AROUND = 15  # characters before the first difference
MOST = 6  # sentences about one text

_NAMES = {
    "html": "HTML part",
    "canonical": "page address",
    "json_ld": "search data",
    "open_graph": "share data",
    "published_on": "publication date",
    "reading_time_min": "reading time",
    "seo_description": "search description",
    "seo_title": "search title",
    "toc": "headings",
}


@dataclass(frozen=True, slots=True)
class PlaceDiff:
    """One place of a rendition with both its texts, as parts that stayed, went, came or changed."""

    place: str
    parts: tuple[compare.Part, ...]

    @property
    def is_changed(self) -> bool:
        return compare.is_changed(self.parts)


def places(before: Sequence[Passage], after: Sequence[Passage]) -> list[PlaceDiff]:
    """Return every place of two renditions, word by word, in the order of the newer one."""
    old = {one.place: one.text for one in before}
    new = {one.place: one.text for one in after}
    return [
        PlaceDiff(place, tuple(compare.texts(old.get(place, ""), new.get(place, ""))))
        for place in dict.fromkeys((*new, *old))
    ]


def text_changes(before: str, after: str) -> list[str]:
    """Return a sentence for each field or part of two rendition bodies that differs.

    A body that is no JSON any more is compared as it stands.
    """
    old, new = _read(before), _read(after)
    sentences = [
        _sentence(place, old.get(place), new.get(place))
        for place in dict.fromkeys((*old, *new))
        if old.get(place) != new.get(place)
    ]
    if not sentences and before != after:
        sentences = ["The bytes of the text changed, though it reads the same."]
    more = len(sentences) - MOST
    return [*sentences[:MOST], *([f"And {more} more places changed."] if more > 0 else [])]


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Return a short passage of each text around their first difference."""
    shorter = min(len(before), len(after))
    start = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    first = max(start - AROUND, 0)
    first = before.rfind(" ", 0, first) + 1 if first else 0
    return _cut(before, first), _cut(after, first)


def _cut(text: str, first: int) -> str:
    passage = text[first : first + EXCERPT].strip()
    start = "…" if first else ""
    return f"{start}{passage}{'…' if first + EXCERPT < len(text) else ''}"


def _sentence(place: str, before: str | None, after: str | None) -> str:
    name = place.capitalize() if place[-1:].isdigit() else f"The {place}"  # "Part 2", "The subject"
    if before is None:
        return f"{name} is new: “{_cut(after or '', 0)}”."
    if after is None:
        return f"{name} is gone: “{_cut(before, 0)}”."
    old, new = excerpts(before, after)
    return f"{name} changed from “{old}” to “{new}”."


def _read(body: str) -> dict[str, str]:
    """Return {place: text} of a body."""
    content = wording.read(body)
    return {place: text for name, value in content.items() for place, text in _places(name, value)}


def _places(name: str, value: Any) -> Iterator[tuple[str, str]]:
    label = _NAMES.get(name, name.replace("_", " "))
    if isinstance(value, Mapping):
        yield from ((f"{label} ({key})", _shown(member)) for key, member in value.items())
    elif isinstance(value, list):
        for number, member in enumerate(value, 1):
            yield f"{label.removesuffix('s')} {number}", _shown(member)
    else:
        yield label, _shown(value)


def _shown(value: Any) -> str:
    """Return a value as text: a part by its text, a heading by its title."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in ("text", "title") if key in value), value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
