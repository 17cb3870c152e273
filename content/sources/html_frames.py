"""Places for blocks while a page is read: the page itself, and in it cells, quotes, notes and captions."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lxml import etree

from content.sources import flat
from content.sources.html_line import Line
from content.sources.tree import Block, Heading, ListItem, Paragraph, Runs

MAX_LEVEL = 6  # of lists; living-documents specification §2
PAGE, CELL, QUOTE, NOTE, CAPTION, SAID_BY = "page", "cell", "quote", "note", "caption", "said by"


@dataclass(slots=True)
class Entry:
    """A list item that is open; it is placed once its first words are."""

    number: int | None
    is_checked: bool | None = None
    is_placed: bool = False


@dataclass(slots=True)
class Listing:
    """A list that is open. `number` is that of its next entry, None without numbers."""

    number: int | None = None
    step: int = 1
    is_implied: bool = False
    has_term: bool = False  # a `dt` whose description is awaited
    entry: Entry | None = None

    def open(self, number: int | None = None) -> None:
        """Begin the next entry, with a number of its own if it has one."""
        if self.number is not None:
            self.number = self.number if number is None else number
            self.entry = Entry(min(max(self.number, 0), 999_999_999))
            self.number += self.step
        else:
            self.entry = Entry(None)


def _unnamed(block: Block) -> Block:
    return block


@dataclass(slots=True)
class Frame:
    kind: str
    element: etree._Element | None = None
    named: Callable[[Block], Block] = _unnamed
    line: Line = field(default_factory=Line)
    blocks: list[Block] = field(default_factory=list)
    lists: list[Listing] = field(default_factory=list)
    heading: int | None = None  # the level of the heading that is open
    said_by: Runs = ()

    @property
    def entry(self) -> Entry | None:
        """The list item that what comes next stands in."""
        return self.lists[-1].entry if self.lists else None

    def end_line(self) -> None:
        """Make a block of the words that were gathered. In a heading they go on."""
        if self.heading is not None:
            self.line.say(" ")
        elif runs := self.line.taken():
            self._place(runs)

    def end_heading(self) -> None:
        level, self.heading = self.heading, None
        runs = tuple(replace(run, bold=False) for run in self.line.taken())
        if not runs or level is None:
            return
        if self.kind == PAGE and not self.lists:
            self.add(Heading(level, runs))
        else:
            self._place(tuple(replace(run, bold=bool(run.text)) for run in runs))

    def add(self, block: Block) -> None:
        """Add a block inside the list items that are open."""
        if self.entry is not None and not self.entry.is_placed:
            self._place(())
        self.blocks.append(self.named(replace(block, inside=self._depth())))

    def words(self, between: str = "\n") -> Runs:
        """Return all that the frame holds as running words."""
        self.end_line()
        return flat.flat(self.blocks, between)

    def _place(self, runs: Runs) -> None:
        entry = self.entry
        if entry is None or entry.is_placed:
            self.blocks.append(self.named(Paragraph(runs, inside=self._depth())))
            return
        entry.is_placed = True
        level = min(len(self.lists), MAX_LEVEL)
        self.blocks.append(self.named(ListItem(level, runs, entry.number, entry.is_checked)))

    def _depth(self) -> int:
        return min(sum(listing.entry is not None for listing in self.lists), MAX_LEVEL)
