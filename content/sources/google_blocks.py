"""The content of one tab of a Google document as blocks of a tree."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from content.sources import google_tables, inline
from content.sources.base import Remark
from content.sources.google_runs import Json, Reader, trimmed
from content.sources.levels import TITLE
from content.sources.tree import (
    Block,
    Code,
    Heading,
    ListItem,
    Paragraph,
    Quote,
    Rule,
    Run,
    Runs,
    Table,
)
from halcytone.lib import canonical

_QUOTED = {"“": "”", "«": "»", "„": "“", '"': '"', "‘": "’", "»": "«"}
_DASHES = "—–-―"
_INDENT_PT = 18.0
_ORDERED = frozenset({"DECIMAL", "ZERO_DECIMAL", "UPPER_ALPHA", "ALPHA", "UPPER_ROMAN", "ROMAN"})
_BOXES = (None, "GLYPH_TYPE_UNSPECIFIED")  # Google has no word for check boxes
_GRAMMAR = ("<!", "===", "[")


@dataclass(slots=True)
class Tab:
    """The blocks of a tab so far, each with an id that stays while others come and go around it."""

    reader: Reader
    seen: Counter[str]
    blocks: list[Block] = field(default_factory=list)
    remarks: list[tuple[str, Remark]] = field(default_factory=list)  # by the id of their block
    heading: str = ""  # the id of the one above
    code: list[str] = field(default_factory=list)  # lines of a block of code that goes on
    gap: int = 0  # blank lines behind them
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    item: tuple[int, float] = (0, 0.0)  # level and indent of the list item above
    quote_pt: float = 0.0  # indent of the quote above

    def read(self, content: Iterable[Json]) -> None:
        for element in content:
            if "paragraph" in element:
                self._paragraph(element["paragraph"])
            elif "table" in element:
                self._end_code()
                self._table(element["table"])
        self._end_code()

    def _paragraph(self, paragraph: Json) -> None:
        pieces = self.reader.pieces(paragraph)
        floating = self.reader.floating(paragraph)
        lost = self.reader.left_out
        runs = trimmed(tuple(run for piece in pieces for run in piece or ()))
        if not runs and not floating and len(pieces) == 1 and not lost:
            self.gap += 1
            self.quote_pt = 0.0
            return
        if runs and not floating and len(pieces) == 1 and _is_code(paragraph, runs):
            self._code(inline.plain(pieces[0] or ()))
            return
        self._end_code()
        for piece in pieces:
            if piece is None:
                self._put(Rule(), "rule")
            elif words := trimmed(piece):
                self._words(paragraph, words)
        inside = self.item[0] if "bullet" in paragraph else 0
        for image in floating:
            self._put(Paragraph((image,), inside=inside), image.image)
        self._tell(lost)

    def _words(self, paragraph: Json, runs: Runs) -> None:
        style = paragraph.get("paragraphStyle") or {}
        quote_pt, self.quote_pt = self.quote_pt, 0.0
        level = _level(str(style.get("namedStyleType") or ""))
        if level is not None:
            self._heading(level, runs, str(style.get("headingId") or ""))
        elif "bullet" in paragraph:
            self._item(paragraph["bullet"], runs)
        else:
            self._text(runs, _indent(style), quote_pt)

    def _heading(self, level: int, runs: Runs, id: str) -> None:
        self.item = (0, 0.0)
        if all(run.bold for run in runs if run.text.strip()):
            runs = tuple(replace(run, bold=False) for run in runs)
        self.heading = id or self.heading
        self._put(Heading(level, runs), inline.plain(runs), id)

    def _item(self, bullet: Json, runs: Runs) -> None:
        list_id, level = str(bullet.get("listId")), int(bullet.get("nestingLevel") or 0)
        lists = self.reader.content.get("lists") or {}
        levels = ((lists.get(list_id) or {}).get("listProperties") or {}).get("nestingLevels") or ()
        form = levels[level] if level < len(levels) else {}
        self.item = (level + 1, _points(form.get("indentStart")))
        for key in [key for key in self.numbers if key[0] == list_id and key[1] > level]:
            del self.numbers[key]
        number = checked = None
        if form.get("glyphType") in _ORDERED:
            before = self.numbers.get((list_id, level))
            number = int(form.get("startNumber") or 1) if before is None else before + 1
            self.numbers[list_id, level] = number
        elif form and not form.get("glyphSymbol") and form.get("glyphType") in _BOXES:
            checked, runs = _checked(bullet, runs)
        made = ListItem(level + 1, runs, number=number, is_checked=checked)
        self._put(made, inline.plain(runs))

    def _text(self, runs: Runs, indent_pt: float, quote_pt: float) -> None:
        level, item_pt = self.item
        if level and item_pt and indent_pt == item_pt:
            self._put(Paragraph(runs, inside=level), inline.plain(runs))
            return
        self.item = (0, 0.0)
        last = self.blocks[-1] if self.blocks else None
        if quote_pt == indent_pt > 0 and isinstance(last, Quote) and (who := _attribution(runs)):
            self.blocks[-1] = replace(last, attribution=who)
        elif indent_pt >= _INDENT_PT and (quote := _quote(runs)):
            self._put(quote, inline.plain(runs))
            self.quote_pt = 0.0 if quote.attribution else indent_pt
        else:
            self._put(Paragraph(runs), inline.plain(runs))

    def _table(self, table: Json) -> None:
        rows = google_tables.rows(table, self.reader)
        lost = self.reader.left_out
        self.item, self.quote_pt = (0, 0.0), 0.0
        if any(rows):
            words = " ".join(inline.plain(cell.runs) for row in rows for cell in row)
            self._put(Table(tuple(row for row in rows if row)), words)
        if "a table" in lost:
            message = (
                "A table inside a table cannot be shown; its words stand in the cell around it."
            )
            hint = "Put it below the other table."
            self._remark(Remark("table_flattened", message, hint=hint))
        self._tell([name for name in lost if name != "a table"])

    def _code(self, text: str) -> None:
        self.code += [""] * self.gap if self.code else []
        self.code += text.rstrip().split("\n")
        self.gap = 0
        self.item, self.quote_pt = (0, 0.0), 0.0

    def _end_code(self) -> None:
        if self.code:
            text = "\n".join(self.code)
            self._put(Code(text), text)
        self.code, self.gap = [], 0

    def _put(self, block: Block, words: str, id: str = "") -> None:
        """Add a block under Google's id of it, or one made of what it says."""
        said = f"{type(block).__name__}\n{' '.join(words.split())}"
        name = id or f"{self.reader.tab}:{canonical.sha256(said)[:12]}"
        self.seen[name] += 1
        name += f".{self.seen[name]}" if self.seen[name] > 1 else ""
        part = f"heading={self.heading}" if self.heading else ""
        url = self.reader.whole.url(self.reader.tab, part)
        self.blocks.append(replace(block, id=name, url=url))

    def _tell(self, lost: Sequence[str]) -> None:
        for name in dict.fromkeys(lost):
            message = f"Here stands {name}, which cannot be read, so it was left out."
            hint = "Say it in words, or put it in as an image, if readers need it."
            self._remark(Remark("block_left_out", message, hint=hint))

    def _remark(self, remark: Remark) -> None:
        self.remarks.append((self.blocks[-1].id if self.blocks else "", remark))


def _level(style: str) -> int | None:
    """Return the level that a named style stands for, TITLE for a title, None for text."""
    if style == "TITLE":
        return TITLE
    number = style.removeprefix("HEADING_")
    return int(number) if number != style and number.isdecimal() else None


def _is_code(paragraph: Json, runs: Runs) -> bool:
    """Tell whether a paragraph is a line of code: text in a monospaced font that is no grammar."""
    style = paragraph.get("paragraphStyle") or {}
    is_text = "bullet" not in paragraph and _level(str(style.get("namedStyleType") or "")) is None
    is_mono = all(run.code for run in runs if run.text.strip())
    return is_text and is_mono and not inline.plain(runs).startswith(_GRAMMAR) and _has_words(runs)


def _has_words(runs: Runs) -> bool:
    return any(run.text.strip() for run in runs) and not any(r.image or r.footnote for r in runs)


def _points(dimension: Json | None) -> float:
    return float((dimension or {}).get("magnitude") or 0)


def _indent(style: Json) -> float:
    """Return by how much all lines of a paragraph are indented."""
    first, rest = _points(style.get("indentFirstLine")), _points(style.get("indentStart"))
    return rest if first >= rest else 0.0


def _checked(bullet: Json, runs: Runs) -> tuple[bool, Runs]:
    """Return whether a box is checked. Google strikes through what is done; that line is no emphasis."""
    struck = [run.strike for run in runs if run.text.strip()]
    is_done = bool((bullet.get("textStyle") or {}).get("strikethrough")) or (
        bool(struck) and all(struck)
    )
    return is_done, tuple(replace(run, strike=False) for run in runs) if is_done else runs


def _quote(runs: Runs) -> Quote | None:
    """Return an indented paragraph as a quote if it is set in italics or stands in quotation marks.

    A last line that begins with a dash says who is quoted.
    """
    said, who = _divided(runs)
    text = inline.plain(said).strip()
    is_marked = text[:1] in _QUOTED and text.rstrip(".!? ").endswith(_QUOTED[text[:1]])
    words = [run for run in said if run.text.strip()]
    is_slanted = bool(words) and all(run.italic for run in words)
    if not (is_slanted or is_marked):
        return None
    plain = tuple(replace(run, italic=False) for run in said) if is_slanted else said
    return Quote(trimmed(plain), who)


def _divided(runs: Runs) -> tuple[Runs, Runs]:
    """Divide a quote from its last line, if that says who is quoted."""
    before, line, after = inline.plain(runs).rpartition("\n")
    if not line or not after.strip().startswith(tuple(_DASHES)):
        return runs, ()
    head, tail = _cut(runs, len(before) + 1)
    return head, _attribution(tail)


def _cut(runs: Runs, at: int) -> tuple[Runs, Runs]:
    """Divide runs at a place in their words."""
    head: list[Run] = []
    tail: list[Run] = []
    for run in runs:
        text = "" if run.footnote else run.text
        parts = (run.text[:at], run.text[at:]) if at < len(text) else (run.text, "")
        if tail or (at <= 0 and text):
            tail.append(run)
        else:
            head.append(replace(run, text=parts[0]))
            tail += [replace(run, text=parts[1])] * bool(parts[1])
        at -= len(text)
    return tuple(head), tuple(tail)


def _attribution(runs: Runs) -> Runs:
    """Return who is quoted, without the dash in front; () if no dash is there."""
    runs = trimmed(runs)
    if not runs or runs[0].text[:1] not in _DASHES or not runs[0].text:
        return ()
    return trimmed((replace(runs[0], text=runs[0].text.lstrip(_DASHES + " ")), *runs[1:]))
