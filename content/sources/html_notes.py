"""Footnotes of a page: where one is called for, which element says it, and the links back."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote

from lxml import etree

from content.sources.html_parsing import HEADINGS

Element: TypeAlias = etree._Element
_ROLE = re.compile(r"\b(?:footnote|footnote-?ref|noteref|fnref|doc-noteref)\b", re.IGNORECASE)
_HOMES = re.compile(r"\b(?:footnotes?|endnotes?|doc-endnotes)\b", re.IGNORECASE)
_BODIES = ("li", "p", "dd", "aside", "div")
_BACK = re.compile(r"[\s\[\]()^↑↩⤴↵\ufe0e\ufe0f\w.]{0,12}")
_LABEL = re.compile(r"\w{1,20}")


@dataclass(slots=True)
class Notes:
    """`marks` call for a note, `bodies` say it, both by its key; `backs` lead back; `homes` hold bodies."""

    marks: dict[Element, str] = field(default_factory=dict)
    bodies: dict[Element, str] = field(default_factory=dict)
    backs: set[Element] = field(default_factory=set)
    homes: set[Element] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    def is_furniture(self, element: Element) -> bool:
        """Tell whether an element only dresses the list of the notes: its heading, the line above it."""
        if element.tag != "hr" and element.tag not in HEADINGS:
            return False
        return element.getparent() in self.homes or bool(
            self.bodies and _HOMES.search(element.get("class", ""))
        )


def find(root: Element, main: Element) -> Notes:
    """Return the footnotes that `main` calls for, wherever in the page they are said."""
    notes, by_id, origins = Notes(), _by_id(root), set()
    for link in main.iter("a"):
        target = by_id.get(_fragment(link))
        if target is None:
            continue
        body = _body(target, link)
        if body is not None and _is_mark(link):
            _call(notes, link, body)
            origins |= {
                name for near in _near(link) if (name := near.get("id") or near.get("name"))
            }
    for body in notes.bodies:
        notes.backs |= {a for a in body.iter("a") if _is_back(a, origins)}
        notes.homes |= {up for up in body.iterancestors() if _is_home(up)}
    return notes


def _by_id(root: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in root.iter(etree.Element):
        for name in (element.get("id"), element.get("name") if element.tag == "a" else None):
            if name:
                found.setdefault(name, element)
    return found


def _fragment(link: Element) -> str:
    href = link.get("href", "")
    return unquote(href[1:]) if href.startswith("#") else ""


def _is_mark(link: Element) -> bool:
    told = " ".join(link.get(name, "") for name in ("class", "role", "rel"))
    is_raised = any(near.tag == "sup" for near in _near(link)) or link.find(".//sup") is not None
    return is_raised or bool(_ROLE.search(told))


def _near(link: Element) -> Iterator[Element]:
    """Yield the link and the inline elements directly round it."""
    yield link
    for _, up in zip(range(3), link.iterancestors(), strict=False):
        if up.tag not in ("sup", "span", "b", "i", "small", "em", "strong"):
            return
        yield up


def _body(target: Element, link: Element) -> Element | None:
    """Return the block that says the note, or None where the target is a part of the text."""
    if target.tag == "dt":
        return target.getnext() if target.getnext() is not None else None
    inner = (target, *target.iterancestors())
    body = next((one for one in inner if one.tag in _BODIES or one.tag in HEADINGS), None)
    if body is None or body.tag in HEADINGS or any(up is body for up in link.iterancestors()):
        return None
    return body


def _call(notes: Notes, link: Element, body: Element) -> None:
    if any(up in notes.bodies for up in link.iterancestors()):
        return  # a note that calls for a note
    label = "".join(link.itertext()).strip(" []()\n\t")
    key = notes.bodies.get(body) or _free(label, notes.keys)
    notes.bodies[body] = key
    notes.keys.add(key)
    mark = next((near for near in _near(link) if near.tag == "sup" and _is_alone(near, link)), link)
    notes.marks[mark] = key


def _free(label: str, taken: Collection[str]) -> str:
    if _LABEL.fullmatch(label) and label not in taken:
        return label
    return f"note-{len(taken) + 1}"


def _is_alone(around: Element, link: Element) -> bool:
    said = "".join(around.itertext()).strip(" []()\n\t")
    return said == "".join(link.itertext()).strip(" []()\n\t")


def _is_back(link: Element, origins: Collection[str]) -> bool:
    return _fragment(link) in origins and bool(_BACK.fullmatch("".join(link.itertext())))


def _is_home(element: Element) -> bool:
    return bool(_HOMES.search(f"{element.get('class', '')} {element.get('role', '')}"))
