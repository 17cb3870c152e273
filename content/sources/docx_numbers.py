"""The numbers that Word shows before the entries of its lists: counted as Word counts them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from content.sources.docx_parts import Element, W

_UNNUMBERED = frozenset({"bullet", "none"})


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    is_numbered: bool


@dataclass(slots=True)
class Numbers:
    """The lists of a document: levels by (abstract list, level), lists by their id."""

    levels: dict[tuple[str, int], _Level] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    restarts: dict[tuple[str, int], int] = field(default_factory=dict)  # by (list, level)
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)  # style → (list, level)


def read(numbering: Element | None, styles: Element | None) -> Numbers:
    """Return the lists that `numbering.xml` and the styles define (ECMA-376, 17.9)."""
    found = Numbers()
    for abstract in _each(numbering, "abstractNum"):
        id = abstract.get(f"{W}abstractNumId", "")
        for level in _each(abstract, "lvl"):
            form = _value(level, "numFmt") or "decimal"
            found.levels[id, _whole(level.get(f"{W}ilvl"))] = _Level(
                _whole(_value(level, "start"), 1), form not in _UNNUMBERED
            )
    for listed in _each(numbering, "num"):
        id = listed.get(f"{W}numId", "")
        found.lists[id] = _value(listed, "abstractNumId")
        for change in _each(listed, "lvlOverride"):
            if start := _value(change, "startOverride"):
                found.restarts[id, _whole(change.get(f"{W}ilvl"))] = _whole(start)
    for style in _each(styles, "style"):
        if place := _place(style.find(f"{W}pPr")):
            found.styles[style.get(f"{W}styleId", "")] = place
    return found


def shown(root: Element, numbers: Numbers) -> Iterator[tuple[Element, int]]:
    """Yield each paragraph that Word numbers, with its number."""
    counts: dict[tuple[str, int], int] = {}
    begun: set[str] = set()
    for paragraph in root.iter(f"{W}p"):
        place = _place_of(paragraph, numbers)
        if place is None:
            continue
        listed, depth = place
        abstract = numbers.lists.get(listed, "")
        level = numbers.levels.get((abstract, depth))
        if level is None:
            continue
        if listed not in begun:
            begun.add(listed)
            _restart(counts, numbers, listed, abstract)
        number = counts.get((abstract, depth), level.start - 1) + 1
        counts[abstract, depth] = number
        for deeper in [key for key in counts if key[0] == abstract and key[1] > depth]:
            del counts[deeper]
        if level.is_numbered:
            yield paragraph, number


def _restart(
    counts: dict[tuple[str, int], int], numbers: Numbers, listed: str, abstract: str
) -> None:
    for (id, depth), start in numbers.restarts.items():
        if id == listed:
            counts[abstract, depth] = start - 1


def _place_of(paragraph: Element, numbers: Numbers) -> tuple[str, int] | None:
    properties = paragraph.find(f"{W}pPr")
    own = _place(properties)
    style = _value(properties, "pStyle") if properties is not None else ""
    return own or numbers.styles.get(style)


def _place(properties: Element | None) -> tuple[str, int] | None:
    """Return list and level that paragraph properties name; list "0" takes a paragraph out of all."""
    numbering = properties.find(f"{W}numPr") if properties is not None else None
    if numbering is None:
        return None
    listed = _value(numbering, "numId")
    return (listed, _whole(_value(numbering, "ilvl"))) if listed else None


def _each(element: Element | None, name: str) -> Iterator[Element]:
    return iter(element.iterchildren(f"{W}{name}") if element is not None else ())


def _value(element: Element, name: str) -> str:
    child = element.find(f"{W}{name}")
    return str(child.get(f"{W}val", "")) if child is not None else ""


def _whole(text: str | None, default: int = 0) -> int:
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default
