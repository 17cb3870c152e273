"""Bullets of an item (§3.2): labelled ones are fields, everything else is its Content."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from content.grammar import labels
from content.grammar.labels import Label
from content.grammar.outline import Bullet, Node, Outline, mark_width
from content.grammar.problems import Log
from content.grammar.raw import Raw, Value, Written, joined

_INNER = re.compile(r"[ \t]*(?:[-+*>|][ \t]|[0-9]{1,9}[.)][ \t]|```|~~~)")


@dataclass(frozen=True, slots=True)
class Region:
    """The lines of an item below its heading, and what stands beside directives among them."""

    start: int
    stop: int
    rests: dict[int, Written]


def label_of(outline: Outline, bullet: Bullet) -> Label | None:
    """Return the label of a bullet, or None for a bullet that is only text."""
    line = outline.source.grammar[bullet.start]
    return labels.find(line, mark_width(line))


def has_fields(outline: Outline, nodes: Sequence[Node]) -> bool:
    return any(label_of(outline, bullet) for node in nodes for bullet in node.bullets)


def fill(raw: Raw, outline: Outline, nodes: Sequence[Node], region: Region, log: Log) -> None:
    """Read an item's fields and body from its region; nothing in it is dropped."""
    parts: list[list[Written]] = []
    at, seen = region.start, False
    listed = {n for node in nodes if node.kind == "list" for n in range(node.start, node.stop)}
    for node in nodes:
        for bullet in node.bullets:
            label = label_of(outline, bullet)
            if label is None:
                continue
            parts.append(_written(outline, region, at, bullet.start))
            if seen:
                _tell_outdent(outline, listed, region, (at, bullet.start), log)
            parts.extend(_field(raw, outline, bullet, label, log))
            at, seen = bullet.stop, True
    parts.append(_written(outline, region, at, region.stop))
    if seen:
        _tell_outdent(outline, listed, region, (at, region.stop), log)
    raw.body = joined(raw.body, *parts)


def _written(outline: Outline, region: Region, start: int, stop: int) -> list[Written]:
    """Return the lines as written, without grammar lines."""
    found = []
    for number in range(start, stop):
        if number in region.rests:
            found.append(region.rests[number])
        elif number not in outline.grammar:
            found.append(Written(outline.source.lines[number], number))
    return found


def _tell_outdent(
    outline: Outline, listed: set[int], region: Region, span: tuple[int, int], log: Log
) -> None:
    for line in _written(outline, region, *span):
        if line.line not in listed and line.text.strip() and line.line not in outline.comments:
            tell_outdent(outline, line.line, log)
            return


def tell_outdent(outline: Outline, number: int, log: Log) -> None:
    log.add(
        "indent_missing",
        outline.source.place(number),
        "The text stands at the margin below bullets; it was read as Content.",
        hint="Indent further text by two blanks under its bullet.",
    )


def _field(
    raw: Raw, outline: Outline, bullet: Bullet, label: Label, log: Log
) -> list[list[Written]]:
    """Note one labelled bullet; return what of it belongs to the body."""
    source = outline.source
    value = _value_lines(outline, bullet, label)
    place = source.place(bullet.start, mark_width(source.grammar[bullet.start]))
    if label.key == "content":
        return [value[0] + value[1]]
    stop = _end_of_value(value[0])
    folded = " ".join(line.text.strip() for line in value[0][:stop]).strip()
    if value[1]:
        tell_outdent(outline, value[1][0].line, log)
    if label.key in raw.fields or (label.key == "source" and raw.sources):
        message = f"{label.key.capitalize()} stands twice in this item; the first one counts."
        raw.codes.append(
            log.add("field_duplicate", place, message, hint="Keep one.", about=label.key)
        )
        return [[Written(source.lines[bullet.start], bullet.start), *value[0][1:]], value[1]]
    note(raw, label.key, Value(folded, source.place(bullet.start, label.end)))
    return [value[0][stop:], value[1]]


def _end_of_value(lines: list[Written]) -> int:
    """Return where the first paragraph of a field ends; what stands below it is Content."""
    for number, line in enumerate(lines[1:], 1):
        is_over = not line.text.strip() or _INNER.match(line.text)
        if is_over and any(above.text.strip() for above in lines[:number]):
            return number
    return len(lines)


def note(raw: Raw, key: str, value: Value) -> None:
    """Keep the first value of a field; an empty one counts as missing."""
    if not value.text:
        return
    if key == "source":
        raw.sources.append(value)
    elif key == "title":
        raw.title = value
        raw.fields[key] = value
    else:
        raw.fields[key] = value


def _value_lines(
    outline: Outline, bullet: Bullet, label: Label
) -> tuple[list[Written], list[Written]]:
    """Return a bullet's own lines without their indentation, and the lines that hang at the margin."""
    lines, width = outline.source.lines, mark_width(outline.source.grammar[bullet.start])
    own = [Written(lines[bullet.start][label.end :], bullet.start, label.end)]
    hanging: list[Written] = []
    below = [n for n in range(bullet.start + 1, bullet.stop) if n not in outline.grammar]
    width = _indentation([lines[number] for number in below], width)
    for number in below:
        line = lines[number]
        lead = min(width, len(line) - len(line.lstrip()))
        if lead == 0 and line.strip() and not hanging and label.key == "content":
            own.append(Written(line, number))
        elif hanging or (lead == 0 and line.strip()):
            hanging.append(Written(line, number))
        else:
            own.append(_dedented(line, number, width))
    return own, hanging


def _indentation(lines: list[str], width: int) -> int:
    """Return how far a bullet's further lines are indented: by its mark, or deeper all together.

    Four columns behind the mark begin code in Markdown: what may be code stays where it is.
    """
    depths = [_reached(line, len(line))[0] for line in lines if line.strip()]
    common = min(depths, default=width)
    is_code = any(width + 4 <= depth < common + 4 for depth in depths)
    return common if width < common < width + 4 and not is_code else width


def _reached(line: str, width: int) -> tuple[int, int]:
    """Return (column, index) behind up to `width` columns of blanks; a tab goes to a multiple of 4."""
    column = index = 0
    while index < len(line) and column < width and line[index].isspace():
        column += 4 - column % 4 if line[index] == "\t" else 1
        index += 1
    return column, index


def _dedented(line: str, number: int, width: int) -> Written:
    """Take up to `width` columns of indentation; what tabs reach beyond it stays as blanks."""
    column, index = _reached(line, width)
    if "\t" in line[: index + 1]:
        column, index = _reached(line, len(line))
    spare = max(0, column - width)
    return Written(" " * spare + line[index:], number, index - spare)


def last_text_line(outline: Outline, region: Region) -> int:
    """Return the line behind the last one with text of the item, or the region's start."""
    for number in range(region.stop - 1, region.start - 1, -1):
        if number in region.rests:
            return number + 1
        if number not in outline.grammar and outline.has_text(number):
            return number + 1
    return region.start


def has_anything(outline: Outline, region: Region) -> bool:
    """Tell whether something is written in a region, be it a comment."""
    return any(line.text.strip() for line in _written(outline, region, region.start, region.stop))
