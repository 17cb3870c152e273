"""Tables of Google Docs: header rows, spans, and tables inside tables told one after the other."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from content.sources.google_runs import Json, Reader, trimmed
from content.sources.tree import Cell, Run, Runs


def rows(table: Json, reader: Reader) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows of a table without the cells that others span.

    `reader.left_out` names what the cells had to lose, and tables inside them as `a table`.
    """
    width, lost = int(table.get("columns") or 0), []
    taken: set[tuple[int, int]] = set()
    found = []
    for y, row in enumerate(table.get("tableRows") or ()):
        is_head = bool((row.get("tableRowStyle") or {}).get("tableHeader"))
        cells = []
        for x, cell in _placed(row.get("tableCells") or (), width, {b for a, b in taken if a == y}):
            spans = _spans(cell)
            taken |= {
                (y + down, x + right) for down in range(spans[0]) for right in range(spans[1])
            }
            reader.left_out = []
            cells.append(Cell(_runs(cell, reader), spans[1], spans[0], is_head))
            lost += reader.left_out
        found.append(tuple(cells))
    reader.left_out = lost
    return tuple(found)


def _placed(cells: Sequence[Json], width: int, taken: set[int]) -> Iterator[tuple[int, Json]]:
    """Yield the cells that are seen, each with its column.

    Google keeps the empty cells that another one spans; without them a cell takes the next free column.
    """
    if len(cells) >= width:
        free = (x for x in range(len(cells)) if x not in taken)
        last = -1
        for x in free:
            if x > last:
                last = x + _spans(cells[x])[1] - 1
                yield x, cells[x]
        return
    columns = (x for x in count() if x not in taken)
    for cell in cells:
        x = next(columns)
        for _ in range(_spans(cell)[1] - 1):
            next(columns)
        yield x, cell


def _spans(cell: Json) -> tuple[int, int]:
    """Return how many rows and columns a cell takes."""
    style = cell.get("tableCellStyle") or {}
    return max(1, int(style.get("rowSpan") or 1)), max(1, int(style.get("columnSpan") or 1))


def _runs(cell: Json, reader: Reader) -> Runs:
    parts = [runs for runs in _parts(cell.get("content") or (), reader) if runs]
    found = [run for part in parts for run in (Run("\n"), *part)]
    return tuple(found[1:])


def _parts(content: Iterable[Json], reader: Reader) -> Iterator[Runs]:
    """Yield the paragraphs of a cell; those of a table inside it in reading order."""
    for element in content:
        if "paragraph" in element:
            lost = reader.left_out
            mark = (Run("• "),) if "bullet" in element["paragraph"] else ()
            words = trimmed(reader.runs(element["paragraph"]))
            reader.left_out = lost + reader.left_out
            images = tuple(reader.floating(element["paragraph"]))
            yield (*mark, *words) if words else ()
            yield images
        elif "table" in element:
            reader.left_out.append("a table")
            for row in element["table"].get("tableRows") or ():
                for cell in row.get("tableCells") or ():
                    yield from _parts(cell.get("content") or (), reader)
