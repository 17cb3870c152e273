"""The shape that every rich source gives its text before it becomes Markdown: blocks in order.

What a source must carry (living-documents specification §2) has a field here: headings, tables with
spans, nested lists with start numbers and check boxes, links, footnotes, quotes with their attribution,
images with alternative text, code, and the place of each block.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Run:
    """Words that look alike. "\\n" in `text` is a line break. `link` is an absolute address.

    A run with `image` stands for an image (its key in `Text.pictures`) whose alternative text is `text`;
    one with `footnote` for the mark of that footnote.
    """

    text: str = ""
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    link: str = ""
    image: str = ""
    footnote: str = ""


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """What all blocks have: the source's id and link, and in how many list items it stands."""

    id: str = field(default="", kw_only=True)
    url: str = field(default="", kw_only=True)
    inside: int = field(default=0, kw_only=True)


@dataclass(frozen=True, slots=True)
class Heading(Block):
    """`level` is 1 to 6; 1 is the title of the document."""

    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Paragraph(Block):
    """An image alone in a paragraph is an image block to the reader."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class ListItem(Block):
    """`level` counts from 1. `number` is None in a bullet list. `is_checked` is None without a box."""

    level: int
    runs: Runs
    number: int | None = None
    is_checked: bool | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; "\\n" separates its paragraphs."""

    runs: Runs
    columns: int = 1
    rows: int = 1
    is_head: bool = False


@dataclass(frozen=True, slots=True)
class Table(Block):
    """Rows of cells; a cell that another one spans is not there."""

    rows: tuple[tuple[Cell, ...], ...]
    caption: Runs = ()


@dataclass(frozen=True, slots=True)
class Quote(Block):
    """`attribution` says who is quoted; it stays with the words."""

    runs: Runs
    attribution: Runs = ()


@dataclass(frozen=True, slots=True)
class Code(Block):
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rule(Block):
    """A line across."""


@dataclass(frozen=True, slots=True)
class Raw(Block):
    """Lines that are Markdown already."""

    markdown: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A document: its blocks in reading order, and its footnotes by the id that runs name."""

    blocks: tuple[Block, ...]
    title: str = ""
    language: str = ""
    footnotes: Mapping[str, Runs] = field(default_factory=dict)
