"""The reference document of the writers' guide as blocks, as an editor would set it elsewhere."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from content.sources.tree import Cell, Heading, ListItem, Paragraph, Run, Table

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
MARKDOWN = (Path(__file__).parents[1] / "grammar" / "fixtures" / "reference.md").read_text()


def runs(text, **look):
    return (Run(text, **look),)


def png(width=8, height=6, colour="teal"):
    """Return an image as its bytes."""
    data = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(data, "PNG")
    return data.getvalue()


PNG = png()


def blocks():
    """Return the reference document: its headings, bullets and table set, its grammar typed."""
    chunks = re.sub(r"\n +(?=[^ |])", " ", MARKDOWN).split("\n")
    found, rows = [], []
    for line in (*chunks, ""):
        if line.startswith("  |"):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            found.append(_table(rows))
            rows = []
        if line.strip() and not line.startswith("  |"):
            found.append(_block(line))
    return found


def _block(line):
    if heading := re.fullmatch(r"(#+) (.*)", line):
        return Heading(len(heading[1]), runs(heading[2]))
    if bullet := re.fullmatch(r"- \*\*(.*?)\*\*(.*)", line):
        return ListItem(1, (Run(bullet[1], bold=True), Run(bullet[2])))
    return Paragraph(runs(line))


def _table(rows):
    head, _, *rest = rows
    return Table(
        (
            tuple(Cell(runs(cell), is_head=True) for cell in head),
            *(tuple(Cell(runs(cell)) for cell in row) for row in rest),
        )
    )
