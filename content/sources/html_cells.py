"""Elements of tables while a page is walked."""

from collections.abc import Callable, Mapping

from content.sources import html_tables
from content.sources.flat import CELL_BREAK
from content.sources.html_frames import CELL
from content.sources.html_state import TABLE, Element, State
from content.sources.html_tables import DATA, NESTED, Grid
from content.sources.tree import Run


def is_nested(state: State, tag: str) -> bool:
    """Tell whether this is a cell of a table inside a cell, whose rows are read as lines."""
    return tag in ("td", "th") and bool(state.tables) and state.tables[-1].kind == NESTED


def _begin_table(state: State, element: Element) -> bool:
    is_in_cell = any(grid.kind == DATA for grid in state.tables)
    kind = html_tables.kind(element, len(state.tables), is_in_cell=is_in_cell)
    if kind == NESTED:
        state.lose(TABLE)
    state.tables.append(Grid(kind))
    return True


def _end_table(state: State, _element: Element) -> None:
    grid = state.tables.pop()
    if grid.kind == DATA and (table := grid.table()):
        state.frame.add(table)


def _begin_row(state: State, _element: Element) -> bool:
    if state.tables and state.tables[-1].kind == DATA:
        state.tables[-1].rows.append([])
    return True


def _begin_cell(state: State, element: Element) -> bool:
    kind = state.tables[-1].kind if state.tables else ""
    if kind == DATA:
        state.open(CELL, element)
    elif kind == NESTED and not state.frame.line.is_empty:
        state.frame.line.put(Run(CELL_BREAK))
    return True


def _end_cell(state: State, element: Element) -> None:
    if state.is_open(element, CELL):
        state.tables[-1].add(element, state.frames.pop().words())
        state.cells += 1


BEGIN: Mapping[str, Callable[[State, Element], bool]] = {
    "table": _begin_table,
    "tr": _begin_row,
    "td": _begin_cell,
    "th": _begin_cell,
}
END: Mapping[str, Callable[[State, Element], None]] = {
    "table": _end_table,
    "td": _end_cell,
    "th": _end_cell,
}
