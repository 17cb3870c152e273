"""Items while a layout is being read: where each part was written, nothing judged yet."""

from bisect import bisect_right
from dataclasses import dataclass, field

from content.grammar.banners import Banner
from content.grammar.directives import Directive, Line
from content.grammar.problems import START, Place


@dataclass(frozen=True, slots=True)
class Written:
    """A line of a body: its text, its line (0-based) and the index of its first character.

    `moved` has a table for each time that HTML was taken out of it: rising (index, shift), where
    from this index on everything stood that much further to the right.
    """

    text: str
    line: int
    index: int = 0
    moved: tuple[tuple[tuple[int, int], ...], ...] = ()

    def before(self, index: int) -> int:
        """Return where a character of the text stood before anything was taken out."""
        for table in reversed(self.moved):
            place = bisect_right(table, index, key=lambda row: row[0]) - 1
            index += table[place][1] if place >= 0 else 0
        return index


@dataclass(frozen=True, slots=True)
class Value:
    """The text of a field and where it begins; `members` are the places of a JSON list's texts."""

    text: str
    place: Place
    members: tuple[Place, ...] = ()


@dataclass(slots=True)
class Section:
    """A section as it was headed. `key` is None while only its words can tell where it belongs.

    `title` is what stands behind the word in brackets.
    """

    heading: str = ""
    key: str | None = None
    place: Place = START
    lines: list[Line] = field(default_factory=list)
    is_named: bool = True
    items: list["Raw"] = field(default_factory=list)
    title: str = ""


@dataclass(slots=True)
class Raw:
    """One item as written. Lines are 0-based; `stop` is behind its last line with text.

    `title` is inline Markdown unless `is_plain`. `codes` are errors met on the way.
    """

    start: int
    stop: int
    place: Place
    section: Section
    title: Value | None = None
    is_plain: bool = False
    body: list[Written] = field(default_factory=list)
    fields: dict[str, Value] = field(default_factory=dict)
    sources: list[Value] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    banner: Banner | None = None
    kind: str | None = None
    is_weekly: bool = False
    is_bold: bool = False
    codes: list[str] = field(default_factory=list)
    path: str | None = None

    def directives(self) -> list[Directive]:
        return [line.directive for line in self.lines if line.directive is not None]


@dataclass(slots=True)
class Gathered:
    """What a layout found in a document."""

    strategy: str
    title: str = ""
    lines: list[Line] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    items: list[Raw] = field(default_factory=list)
    introduction: list[Written] = field(default_factory=list)
    edition: list[Written] = field(default_factory=list)
    is_skeleton: bool = False
    is_long_json: bool = False


def trimmed(lines: list[Written]) -> list[Written]:
    """Take blank lines from both ends."""
    start, stop = 0, len(lines)
    while start < stop and not lines[start].text.strip():
        start += 1
    while stop > start and not lines[stop - 1].text.strip():
        stop -= 1
    return lines[start:stop]


def joined(*parts: list[Written]) -> list[Written]:
    """Put parts one below the other with a blank line between."""
    whole: list[Written] = []
    for part in parts:
        part = trimmed(part)
        if part and whole:
            whole.append(Written("", part[0].line))
        whole.extend(part)
    return whole


def text_of(lines: list[Written]) -> str:
    return "\n".join(line.text for line in trimmed(lines))
