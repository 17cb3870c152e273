"""From the blocks of a rich source to the Markdown that the grammar reads, each line with its place."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from content.sources import inline, links
from content.sources.base import Picture, Place, Remark, Text
from content.sources.tree import (
    Block,
    Cell,
    Code,
    Heading,
    ListItem,
    Paragraph,
    Quote,
    Raw,
    Rule,
    Run,
    Runs,
    Table,
    Tree,
)

_Inline = Callable[[Runs], str]
_READ_AS_BLOCK = re.compile(r"^(\s{0,3}(?:\d{1,9}(?=[.)]\s))?)([#>+\-=~|{]|(?<=\d)[.)])")


def write(
    tree: Tree,
    *,
    is_typed: bool,
    pictures: Mapping[str, Picture] | None = None,
    remarks: Iterable[Remark] = (),
) -> Text:
    """Return the text of a tree. `is_typed` as in `inline.markdown`. Same tree, same text.

    A table whose cells span several rows or columns, or that has heads in its rows, is written as HTML,
    which Markdown allows.
    Footnotes stand below the block that refers to them. Links lose their tracking, which is told.
    """
    writer = _Writer(tree, is_typed)
    for block in tree.blocks:
        writer.add(block)
    return Text(
        markdown="\n".join(writer.lines) + "\n" * bool(writer.lines),
        title=tree.title,
        language=tree.language,
        places=tuple(writer.places),
        pictures=dict(pictures or {}),
        remarks=(*remarks, *writer.remarks),
    )


class _Writer:
    """The lines so far, and where each block began."""

    def __init__(self, tree: Tree, is_typed: bool) -> None:
        self.footnotes = tree.footnotes
        self.is_typed = is_typed
        self.lines: list[str] = []
        self.places: list[Place] = []
        self.remarks: list[Remark] = []
        self.indents: list[int] = []  # of the text of the open list items, by level
        self.marks: list[str] = []  # of the same items, such as "- " or "3. "
        self.was_item = False

    def add(self, block: Block) -> None:
        block, gone = links.without_tracking(block)
        is_item = isinstance(block, ListItem)
        mark = self._mark(block) if isinstance(block, ListItem) else ""
        is_next = (
            self.was_item and self._goes_on(block, mark) if is_item else self._is_first_in(block)
        )
        if self.lines and not is_next:
            self.lines.append("")
        self._tell_tracking(gone)
        if isinstance(block, ListItem):
            self._item(block, mark)
        else:
            del self.indents[block.inside :], self.marks[block.inside :]
            indent = self.indents[-1] if self.indents else 0
            self._put(block, self._lines_of(block), " " * indent)
        self.was_item = is_item
        self._footnotes_of(block)

    def _put(self, block: Block, lines: list[str], indent: str, first: str | None = None) -> None:
        if block.id or block.url:
            self.places.append(Place(len(self.lines) + 1, block.id, block.url))
        for number, line in enumerate(lines):
            lead = first if first is not None and not number else indent
            self.lines.append(
                f"{lead}{line}".rstrip() if not line.endswith("  ") else f"{lead}{line}"
            )

    def _item(self, item: ListItem, mark: str) -> None:
        level = self._level(item)
        outer = self.indents[level - 2] if level > 1 else 0
        self.indents[level - 1 :] = [outer + len(mark)]
        self.marks[level - 1 :] = [mark]
        box = {None: "", True: "[x] ", False: "[ ] "}[item.is_checked]
        first, *more = self._escaped(self._inline(item.runs).split("\n"))
        self._put(item, [box + first, *more], " " * (outer + len(mark)), " " * outer + mark)

    def _level(self, item: Block) -> int:
        return min(item.level, len(self.indents) + 1) if isinstance(item, ListItem) else 1

    def _mark(self, item: ListItem) -> str:
        """Return the mark of an item. A number that does not follow begins a list with another sign."""
        if item.number is None:
            return "- "
        before = self._mark_before(item)
        if before[:-2] == str(item.number - 1):
            return f"{item.number}{before[-2:]}"
        return f"{item.number}{') ' if before.endswith('. ') else '. '}"

    def _goes_on(self, item: Block, mark: str) -> bool:
        """Tell whether an item belongs to the list of the one before it, or opens one inside.

        Only a list that begins with 1 may stand directly below words.
        """
        before = self._mark_before(item)
        return before[-2:] == mark[-2:] if before else mark in ("- ", "1. ")

    def _is_first_in(self, block: Block) -> bool:
        """Tell whether a block begins a list item that has no words; an empty line would part them."""
        return (
            bool(block.inside)
            and self.was_item
            and self.lines[-1].strip() == self.marks[-1].strip()
        )

    def _mark_before(self, item: Block) -> str:
        level = self._level(item)
        return self.marks[level - 1] if level <= len(self.marks) else ""

    def _tell_tracking(self, gone: Sequence[str]) -> None:
        if gone:
            message = f"A link lost what follows its readers: {', '.join(dict.fromkeys(gone))}."
            self.remarks.append(Remark("tracking_removed", message, len(self.lines) + 1))

    def _lines_of(self, block: Block) -> list[str]:
        match block:
            case Heading():
                text = " ".join(self._inline(block.runs).split())
                return [f"{'#' * block.level} {text}"]
            case Paragraph():
                return self._paragraph(block.runs)
            case Quote():
                said = self._escaped(self._inline(block.runs).split("\n"))
                if block.attribution:
                    said += ["", f"— {' '.join(self._inline(block.attribution).split())}"]
                return [f"> {line}" for line in said]
            case Code():
                fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", block.text)), default=0))
                return [f"{fence}{block.language}", *block.text.split("\n"), fence]
            case Table():
                caption = self._paragraph(block.caption) if block.caption else []
                return [*caption, *[""] * bool(caption), *_table(block, self._inline)]
            case Raw():
                return block.markdown.split("\n")
            case Rule():
                return ["---"]
        raise TypeError(f"{type(block).__name__} is no block that can be written")

    def _paragraph(self, runs: Runs) -> list[str]:
        return self._escaped(self._inline(runs).split("\n"))

    def _escaped(self, lines: list[str]) -> list[str]:
        """Return lines that Markdown takes for words, unless they were typed for it."""
        return lines if self.is_typed else [_READ_AS_BLOCK.sub(r"\1\\\2", line) for line in lines]

    def _inline(self, runs: Runs) -> str:
        return inline.markdown(runs, is_typed=self.is_typed)

    def _footnotes_of(self, block: Block) -> None:
        indent = " " * (self.indents[-1] if self.indents and self.was_item else 0)
        for key in _marks(block):
            if key in self.footnotes:
                gone: list[str] = []
                text = self._inline(links.of_runs(self.footnotes[key], gone)).replace("\n", " ")
                self.lines.append("")
                self._tell_tracking(gone)
                self.lines.append(f"{indent}[^{key}]: {text}")
                self.was_item = False


def _marks(block: Block) -> list[str]:
    runs: list[Run] = []
    match block:
        case Heading() | Paragraph() | ListItem():
            runs = list(block.runs)
        case Quote():
            runs = [*block.runs, *block.attribution]
        case Table():
            runs = [run for row in block.rows for cell in row for run in cell.runs]
    return list(dict.fromkeys(run.footnote for run in runs if run.footnote))


def _table(table: Table, written: _Inline) -> list[str]:
    if _is_plain(table):
        return _piped(table, written)
    return _tagged(table)


def _is_plain(table: Table) -> bool:
    cells = [cell for row in table.rows for cell in row]
    widths = {len(row) for row in table.rows}
    has_side_heads = any(cell.is_head for row in table.rows[1:] for cell in row)
    has_odd_head = len({cell.is_head for cell in table.rows[0]}) > 1
    is_even = len(widths) == 1 and all(cell.columns == cell.rows == 1 for cell in cells)
    return is_even and not has_side_heads and not has_odd_head


def _piped(table: Table, written: _Inline) -> list[str]:
    """Return the lines of a table. Markdown has none without a head: where there is no head, it is empty."""
    rows = [[_in_pipes(written(cell.runs)) for cell in row] for row in table.rows]
    if not _is_head(table.rows[0]):
        rows.insert(0, [""] * len(table.rows[0]))
    head, *rest = [f"| {' | '.join(row)} |" for row in rows]
    return [head, f"|{' --- |' * len(table.rows[0])}", *rest]


def _is_head(row: Sequence[Cell]) -> bool:
    """Tell whether a row is told to be the head, or set as one: bold as a whole."""
    runs = [run for cell in row for run in cell.runs if run.text.strip() or run.image]
    return row[0].is_head or (bool(runs) and all(run.bold for run in runs))


def _in_pipes(text: str) -> str:
    text = re.sub(r"(?<!\\)\|", r"\\|", text).replace(inline.BREAK, "<br>")
    return text.replace("\n\n", "<br><br>").replace("\n", " ")


def _tagged(table: Table) -> list[str]:
    rows = [f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows]
    heads = 0
    for row in table.rows:
        if not row or not all(cell.is_head for cell in row):
            break
        heads += 1
    head = ["<thead>", *rows[:heads], "</thead>"] if heads else []
    body = ["<tbody>", *rows[heads:], "</tbody>"] if rows[heads:] else []
    return ["<table>", *head, *body, "</table>"]


def _cell(cell: Cell) -> str:
    tag = "th" if cell.is_head else "td"
    spans = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    spans += f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    return f"<{tag}{spans}>{inline.html(cell.runs)}</{tag}>"
