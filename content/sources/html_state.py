"""What is known while a page is walked: where words go now, how they look, which tables are open."""

from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from content.sources.html_frames import PAGE, Frame
from content.sources.html_line import PLAIN
from content.sources.html_notes import Notes
from content.sources.html_pictures import Pictures
from content.sources.html_tables import Grid
from content.sources.html_where import Names, Where
from content.sources.tree import Run, Runs

Element: TypeAlias = etree._Element
MAX_FRAMES = 8
MEDIUM, LINK, TABLE, LIST = "medium", "link", "table", "list"  # kinds of losses


@dataclass(slots=True)
class Loss:
    """How often something was lost, and how many blocks of the page stood before it the first time."""

    place: int
    count: int = 0


class State:
    def __init__(self, where: Where, notes: Notes, pictures: Pictures) -> None:
        self.where, self.notes, self.pictures = where, notes, pictures
        self.names = Names(where)
        self.page = Frame(PAGE, named=self.names.named)
        self.frames = [self.page]
        self.looks: list[tuple[Element | None, Run]] = [(None, PLAIN)]
        self.tables: list[Grid] = []
        self.figures: list[tuple[int, list[Runs]]] = []  # blocks before it, its captions
        self.footnotes: dict[str, Runs] = {}
        self.losses: dict[tuple[str, str], Loss] = {}  # by kind and what was lost
        self.cells = 0

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def look(self) -> Run:
        return self.looks[-1][1]

    def say(self, text: str | None) -> None:
        """Add words as they stand in the page."""
        if text:
            self.frame.line.say(text, self.look)

    def lose(self, kind: str, what: str = "") -> None:
        """Note what the text cannot hold, and the block of the page before which it stood first."""
        loss = self.losses.setdefault((kind, what), Loss(len(self.page.blocks)))
        loss.count += 1

    def open(self, kind: str, element: Element) -> None:
        """Begin a place for blocks inside the one that is open; far down everything is one place."""
        if len(self.frames) < MAX_FRAMES:
            self.frames.append(Frame(kind, element))

    def is_open(self, element: Element, kind: str = "") -> bool:
        """Tell whether the frame that is open was opened by this element."""
        return self.frame.element is element and kind in ("", self.frame.kind)
