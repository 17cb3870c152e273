"""Structured text (§3.5): a bracketed word on a line, then `Date:`, `Title:`, `Content:` lines."""

from dataclasses import dataclass, field

from content.grammar import labels
from content.grammar.banners import Banner
from content.grammar.bullets import note
from content.grammar.directives import Line
from content.grammar.outline import Outline
from content.grammar.raw import Raw, Section, Value, Written, trimmed


@dataclass(slots=True)
class Block:
    """The lines below one bracket line, with the grammar lines that stand among them."""

    section: Section
    start: int
    stop: int
    banner: Banner | None
    directives: dict[int, Line] = field(default_factory=dict)
    banners: dict[int, Banner] = field(default_factory=dict)
    code: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Reader:
    outline: Outline
    block: Block
    items: list[Raw] = field(default_factory=list)
    before: list[Written] = field(default_factory=list)
    pending: list[Line] = field(default_factory=list)
    orphans: list[Line] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)


def read(outline: Outline, block: Block) -> tuple[list[Raw], list[Written], list[Line]]:
    """Return the items of a block, the text before the first key, and directives left over."""
    reader = _Reader(outline, block)
    banner = block.banner
    for number in range(block.start, block.stop):
        if number in block.banners:
            banner = block.banners[number]
        if number in block.directives:
            reader.pending.append(block.directives[number])
            _add(reader, Written(block.directives[number].rest, number))
        elif number not in outline.grammar:
            _line(reader, number, banner)
    for raw in reader.items:
        raw.body = trimmed(raw.body)
    return reader.items, trimmed(reader.before), reader.orphans + reader.pending


def _line(reader: _Reader, number: int, banner: Banner | None) -> None:
    line = reader.outline.source.grammar[number]
    label = None if number in reader.block.code else labels.find(line)
    text = Written(reader.outline.source.lines[number], number)
    if label is None:
        if text.text.strip():
            reader.orphans.extend(reader.pending)
            reader.pending.clear()
        _add(reader, text)
        return
    if not reader.items or label.key in reader.keys - {"source"}:
        _begin(reader, number, banner)
    reader.orphans.extend(reader.pending)
    reader.pending.clear()
    reader.keys.add(label.key)
    _key(reader.items[-1], reader, number, label)


def _begin(reader: _Reader, number: int, banner: Banner | None) -> None:
    section = reader.block.section
    raw = Raw(number, number + 1, reader.outline.source.place(number), section, banner=banner)
    raw.lines = list(reader.pending)
    section.items.append(raw)
    reader.pending.clear()
    reader.items.append(raw)
    reader.keys = set()


def _key(raw: Raw, reader: _Reader, number: int, label: labels.Label) -> None:
    line = reader.outline.source.lines[number]
    raw.stop = number + 1
    if label.key == "content":
        raw.body.append(Written(line[label.end :].rstrip(), number, label.end))
        return
    place = reader.outline.source.place(number, label.end)
    note(raw, label.key, Value(line[label.end :].strip(), place))


def _add(reader: _Reader, text: Written) -> None:
    if not reader.items:
        reader.before.append(text)
        return
    raw = reader.items[-1]
    raw.body.append(text)
    if text.text.strip() and text.line not in reader.outline.comments:
        raw.stop = text.line + 1
