"""Tables of a page: which ones hold facts and which ones only lay out, and how far cells reach."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from lxml import etree

from content.sources.html_parsing import HEADINGS
from content.sources.tree import Cell, Runs, Table

MAX_COLUMNS = 1_000  # HTML, 4.9.11
_MAX_NESTED = 20
DATA, LAYOUT, NESTED = "data", "layout", "nested"
Element: TypeAlias = etree._Element


@dataclass(slots=True)
class Grid:
    """A table while it is read. `kind` is DATA, LAYOUT (read as if it were not there) or NESTED."""

    kind: str
    rows: list[list[Cell]] = field(default_factory=list)
    caption: Runs = ()

    def add(self, element: Element, runs: Runs) -> None:
        if not self.rows:
            self.rows.append([])
        columns = min(max(1, _number(element, "colspan")), MAX_COLUMNS)
        rows = _number(element, "rowspan") if element.get("rowspan") else 1
        self.rows[-1].append(Cell(runs, columns, rows, is_head=_is_head(element)))

    def table(self) -> Table | None:
        """Return the table, None when it says nothing. No cell reaches below the last row."""
        rows = [row for row in self.rows if row]
        if not any(run.text or run.image for row in rows for cell in row for run in cell.runs):
            return None
        return Table(tuple(map(tuple, _within(rows))), self.caption)


def kind(element: Element, depth: int, *, is_in_cell: bool) -> str:
    """Return what a table is for; `depth` is how many tables it stands in."""
    if is_in_cell or depth > _MAX_NESTED:
        return NESTED
    if element.get("role") in ("presentation", "none"):
        return LAYOUT
    if next(element.iter("th", "caption"), None) is not None:
        return DATA
    cells = element.iter("td")
    is_single = next(cells, None) is not None and next(cells, None) is None
    holds_blocks = next(
        (one for one in element.iter("table", *HEADINGS) if one is not element), None
    )
    return LAYOUT if is_single or holds_blocks is not None else DATA


def _within(rows: list[list[Cell]]) -> Iterator[list[Cell]]:
    for place, row in enumerate(rows):
        left = len(rows) - place
        yield [replace(cell, rows=min(cell.rows or left, left)) for cell in row]


def _number(element: Element, name: str) -> int:
    text = element.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _is_head(element: Element) -> bool:
    group = element.getparent().getparent() if element.getparent() is not None else None
    return element.tag == "th" or (group is not None and group.tag == "thead")
