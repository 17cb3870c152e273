"""A rendition as its readers see it, in words: for quoting it, and for comparing two of them. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from approvals import wording
from approvals.anchors import Passage
from content import plaintext

_HTML = "html"
_NOT_READ = ("slug", "path", "json_ld", "open_graph", "canonical", "published_on", "toc")


def passages(body: str) -> list[Passage]:
    """Return the texts of a rendition in reading order: those on the page, and those in its list."""
    return list(_passages(wording.read(body)))


def _passages(content: Mapping[str, Any]) -> Iterator[Passage]:
    for name, value in content.items():
        if name in _NOT_READ:
            continue
        if name == _HTML and isinstance(value, str):
            yield from _said("text as shown", plaintext.from_html(value))
        elif isinstance(value, str):
            yield from _said(
                "plain part" if name == "text" and _HTML in content else _label(name), value
            )
        elif isinstance(value, list):
            yield from _members(name, value)


def _members(name: str, values: list[Any]) -> Iterator[Passage]:
    singular = _label(name).removesuffix("s")
    for number, member in enumerate(values, 1):
        text = member.get("text", "") if isinstance(member, Mapping) else member
        if isinstance(text, str):
            yield from _said(f"{singular} {number}", text)


def _said(place: str, text: str) -> Iterator[Passage]:
    if text.strip():
        yield Passage(place, text)


def _label(name: str) -> str:
    return name.replace("_", " ")
