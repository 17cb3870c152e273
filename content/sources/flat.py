"""Blocks as running words, for places that hold no blocks: table cells, quotes, footnotes, captions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from content.sources.tree import (
    Block,
    Cell,
    Code,
    Heading,
    ListItem,
    Paragraph,
    Quote,
    Run,
    Runs,
    Table,
)

CELL_BREAK = " | "


def flat(blocks: Iterable[Block], between: str = "\n") -> Runs:
    """Return the words of blocks in reading order; lists keep a mark before each entry, quotes theirs."""
    return joined((_words(block) for block in blocks), between)


def joined(parts: Iterable[Runs], between: str) -> Runs:
    """Return runs as one text, with this between those that say something."""
    found: list[Run] = []
    for runs in parts:
        if any(run.text.strip() or run.image or run.footnote for run in runs):
            found += [Run(between)] if found else []
            found += runs
    return tuple(found)


def first(runs: Runs, count: int) -> Runs:
    """Return the first `count` characters of runs."""
    kept: list[Run] = []
    for run in runs:
        if count > 0:
            kept.append(replace(run, text=run.text[:count]))
            count -= len(run.text)
    return tuple(kept)


def without_lead(runs: Runs, count: int) -> Runs:
    """Return runs without their first `count` characters and the blanks behind these."""
    kept: list[Run] = []
    for run in runs:
        if not kept and not (run.image or run.footnote):
            taken = min(count, len(run.text))
            count -= taken
            text = run.text[taken:] if count else run.text[taken:].lstrip()
            kept += [replace(run, text=text)] if text else []
        else:
            kept.append(run)
    return tuple(kept)


def _words(block: Block) -> Runs:
    match block:
        case Heading():
            return tuple(replace(run, bold=True) for run in block.runs)
        case Paragraph():
            return block.runs
        case ListItem():
            return (Run("  " * (block.level - 1) + _mark(block)), *block.runs)
        case Quote():
            said = block.attribution
            return (*block.runs, *((Run(" — "), *said) if said else ()))
        case Code():
            return (Run(block.text, code=True),)
        case Table():
            return joined(map(_row, block.rows), "\n")
    return ()


def _row(row: Sequence[Cell]) -> Runs:
    return joined((_on_one_line(cell.runs) for cell in row), CELL_BREAK)


def _on_one_line(runs: Runs) -> Runs:
    return tuple(replace(run, text=run.text.replace("\n", " ")) for run in runs)


def _mark(item: ListItem) -> str:
    mark = "• " if item.number is None else f"{item.number}. "
    return mark if item.is_checked is None else f"{mark}{'☑' if item.is_checked else '☐'} "
