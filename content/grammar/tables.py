"""Tables, as markdown-it reads them, without going through a line letter by letter."""

import re
from collections.abc import Sequence
from typing import Any

from markdown_it.common.utils import mdTrim
from markdown_it.rules_block import StateBlock

MAX_ADDED = 10_000  # cells that the short rows of a table are filled up with
_BELOW_HEAD = re.compile(r"(?!-[ \t])[-:|][-:| \t]+")
_COLUMN = re.compile(r"(:?)-+(:?)")
_PIPE = re.compile(r"(?<!\\)\|")
_SIDES = {("", ""): "", (":", ""): "left", ("", ":"): "right", (":", ":"): "center"}


def read(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """The block rule of a table: its head, the line below that, and rows as far as they go."""
    sides = _sides(state, start + 1) if start + 2 <= end else None
    if sides is None or state.is_code_block(start):
        return False
    head = _cells(mdTrim(_line(state, start)))
    if len(head) != len(sides):
        return False
    if silent:
        return True
    above, state.parentType = state.parentType, "table"
    table = state.push("table_open", "table", 1)
    state.push("thead_open", "thead", 1).map = [start, start + 1]
    _row(state, "th", head, sides, start)
    state.push("thead_close", "thead", -1)
    state.line = _body(state, start + 2, end, sides)
    state.push("table_close", "table", -1)
    table.map = [start, state.line]
    state.parentType = above
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _sides(state: StateBlock, number: int) -> list[str] | None:
    """Return the alignment of each column that the line below a head names, or None."""
    if state.sCount[number] < state.blkIndent or state.is_code_block(number):
        return None
    begin = state.bMarks[number] + state.tShift[number]
    if _BELOW_HEAD.fullmatch(state.src, begin, state.eMarks[number]) is None:
        return None
    columns = [mdTrim(column) for column in _line(state, number).split("|")]
    columns = columns[not columns[0] : len(columns) - (not columns[-1])]
    found = [_COLUMN.fullmatch(column) for column in columns]
    return [_SIDES[one[1], one[2]] for one in found if one] if all(found) and found else None


def _cells(line: str) -> list[str]:
    """Return the cells of a row; a line without a pipe is none."""
    if "|" not in line:
        return []
    return _split(line)


def _split(line: str) -> list[str]:
    cells = line.split("|")
    if "\\" in line:
        cells = [cell.replace("\\|", "|") for cell in _PIPE.split(line)]
    cells = cells[not cells[0] :]
    return cells[: len(cells) - (cells[-1:] == [""])]


def _body(state: StateBlock, start: int, end: int, sides: Sequence[str]) -> int:
    """Read the rows, and return the line behind the last one."""
    blocks: Any = state.md.block
    added, number, body = 0, start, None
    while number < end and state.sCount[number] >= state.blkIndent:
        line = mdTrim(_line(state, number))
        rules = blocks.rules("blockquote", line[:1])
        if not line or any(rule(state, number, end, True) for rule in rules):
            break
        cells = _split(line)
        added += len(sides) - len(cells)
        if state.is_code_block(number) or added > MAX_ADDED:
            break
        body = body or state.push("tbody_open", "tbody", 1)
        _row(state, "td", cells, sides, number)
        number += 1
    if body is not None:
        state.push("tbody_close", "tbody", -1)
        body.map = [start, number]
    return number


def _row(
    state: StateBlock, tag: str, cells: Sequence[str], sides: Sequence[str], number: int
) -> None:
    push, span = state.push, [number, number + 1]
    push("tr_open", "tr", 1).map = [*span]
    for place, side in enumerate(sides):
        opening = push(f"{tag}_open", tag, 1)
        if side:
            opening.attrs = {"style": f"text-align:{side}"}
        inline = push("inline", "", 0)
        inline.map, inline.children = [*span], []
        inline.content = mdTrim(cells[place]) if place < len(cells) else ""
        push(f"{tag}_close", tag, -1)
    push("tr_close", "tr", -1)
