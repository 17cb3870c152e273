"""What changed between two texts of a rendition, in sentences for the people who approve. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from approvals import wording

EXCERPT = 60  # characters of each side that a sentence quotes
AROUND = 15  # characters before the first difference
MOST = 6  # sentences about one text

_NAMES = {
    "html": "HTML part",
    "text": "text",
    "json_ld": "search data",
    "seo_title": "search title",
}


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
    if not isinstance(value, list):
        yield label, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return
    for number, member in enumerate(value, 1):
        text = member.get("text", member) if isinstance(member, Mapping) else member
        shown = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
        yield f"{label.removesuffix('s')} {number}", shown
