"""HTML in documents: what Markdown itself can produce stays, everything else goes."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it.common.html_re import HTML_TAG_RE
from markdown_it.token import Token

from content.grammar import directives

KEPT = frozenset(
    [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
WITH_CONTENT = frozenset({"script", "style", "iframe"})
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_ATTRIBUTES = re.compile(r"""\s([A-Za-z_:][\w:.-]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""")
_SAFE = frozenset({"href", "src", "alt", "title", "start", "align", "colspan", "rowspan"})
_UNSAFE_URL = re.compile(r"[\"']?\s*(?:javascript|data|vbscript)\s*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Removed:
    """The lines without unwanted HTML, what was removed, and where the first of it stood.

    `tags` maps a name (or `comment`) to nothing but keeps the order; `comments` are
    (line, index, text) of every removed comment. `moved` has a table of (index, shift) for each
    changed line.
    """

    lines: list[str]
    tags: dict[str, None]
    line: int
    index: int
    comments: tuple[tuple[int, int, str], ...] = ()
    moved: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    @property
    def directives(self) -> list[tuple[int, int]]:
        """Return (line, index) of each comment inside a line that was meant as a directive."""
        return [
            (line, index) for line, index, text in self.comments if directives.speaks_of_a_key(text)
        ]

    @property
    def names(self) -> list[str]:
        """Return what was removed, without comments if each of them was meant as a directive."""
        is_told = len(self.directives) == len(self.comments)
        return [name for name in self.tags if name != "comment" or not is_told]

    def joined(self, later: "Removed") -> "Removed":
        comments = self.comments + later.comments
        return Removed(later.lines, self.tags | later.tags, self.line, self.index, comments)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A piece of text to replace: body line, index, length, new text, the name it is told by."""

    line: int
    index: int
    length: int
    name: str
    instead: str = ""


def clean(lines: list[str], tokens: Sequence[Token]) -> Removed:
    """Return the body's lines without the HTML that its tokens show and Markdown cannot produce."""
    cuts: list[_Cut] = []
    comments: list[tuple[int, int, str]] = []
    for token in tokens:
        if token.type == "html_block" and token.map:
            cuts.extend(_block_cuts(lines, token.map[0], token.map[1], comments))
        elif token.type == "inline" and token.children:
            cuts.extend(_inline_cuts(lines, token, comments))
    by_line: dict[int, list[_Cut]] = defaultdict(list)
    for cut in cuts:
        by_line[cut.line].append(cut)
    new, moved = list(lines), {}
    for number, found in by_line.items():
        new[number], moved[number] = _cut(lines[number], found)
    first = min(cuts, key=lambda cut: (cut.line, cut.index), default=_Cut(0, 0, 0, ""))
    names = dict.fromkeys(cut.name for cut in cuts if cut.name)
    return Removed(new, names, first.line, first.index, tuple(comments), moved)


def _cut(text: str, cuts: list[_Cut]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the text without its cuts, and by how much it moved from which index on."""
    parts, at, shift, moved = [], 0, 0, []
    for cut in sorted(cuts, key=lambda cut: cut.index):
        if cut.index < at:
            continue
        parts.append(text[at : cut.index] + cut.instead)
        at = cut.index + cut.length
        if not cut.instead and not "".join(parts).strip():
            at = len(text) - len(text[at:].lstrip(" \t"))  # what follows must not become code
        shift += at - cut.index - len(cut.instead)
        moved.append((at - shift, shift))
    new = "".join(parts) + text[at:] if text[at:].strip() else "".join(parts).rstrip()
    return new, tuple(moved)


def pieces(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield (start, stop, name, instead) for each piece of raw HTML that has to go."""
    last = {close: text.rfind(close) for close in (">", "-->", "?>", "]]>")}
    unclosed: set[str] = set()
    at = 0
    while (start := text.find("<", at)) >= 0:
        found = HTML_TAG_RE.match(text, start) if _may_match(text, start, last) else None
        if found is None:
            at = start + 1
            continue
        at = found.end()
        name = tag_name(found.group())
        if name in WITH_CONTENT and not found.group().startswith("</"):
            at = at if name in unclosed else _end_of(text, name, at, unclosed)
            yield start, at, name, ""
        elif name not in KEPT:
            yield start, at, name, ""
        elif (plain := _plain_tag(found.group(), name)) != found.group():
            yield start, at, f"attributes of {name}", plain


def _may_match(text: str, start: int, last: dict[str, int]) -> bool:
    """Say no where the close is missing, so that unclosed openers cost one look each."""
    for opener, close in (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>")):
        if text.startswith(opener, start):
            return last[close] >= start + 2
    return last[">"] > start


def tag_name(tag: str) -> str:
    if tag.startswith("<!--"):
        return "comment"
    named = _NAME.match(tag)
    return named[1].lower() if named else "markup"


def _end_of(text: str, name: str, at: int, unclosed: set[str]) -> int:
    close = re.compile(rf"</{name}\s{{0,9}}>", re.IGNORECASE).search(text, at)
    if close is None:
        unclosed.add(name)
        return at
    return close.end()


def attributes(tag: str) -> Iterator[re.Match[str]]:
    """Yield a match for each attribute: group 1 its name, group 2 its value as written, or None."""
    return _ATTRIBUTES.finditer(tag)


def _plain_tag(tag: str, name: str) -> str:
    """Return a kept tag without attributes that could act or style."""
    if tag.startswith("</"):
        return tag
    kept, is_changed = [], False
    for found in attributes(tag):
        value = found[2] or '""'
        if found[1].lower() not in _SAFE or _UNSAFE_URL.match(value):
            is_changed = True
        else:
            kept.append(f" {found[1]}={value}")
    if not is_changed:
        return tag
    return f"<{name}{''.join(kept)}{' /' if tag.endswith('/>') else ''}>"


def _block_cuts(
    lines: list[str], start: int, stop: int, comments: list[tuple[int, int, str]]
) -> Iterator[_Cut]:
    text = "\n".join(lines[start:stop])
    starts = [0]
    for line in lines[start:stop]:
        starts.append(starts[-1] + len(line) + 1)
    found = list(pieces(text))
    if not found and text.lstrip().startswith("<!--"):
        lead = len(text) - len(text.lstrip())
        found = [(lead, len(text), "comment", "")]
    number = 0
    for begin, end, name, instead in found:
        while starts[number + 1] <= begin:
            number += 1
        if name == "comment":
            comments.append((start + number, begin - starts[number], ""))
        yield from _by_line(lines, (start, starts), number, (begin, end, name, instead))


def _by_line(
    lines: list[str], base: tuple[int, list[int]], number: int, piece: tuple[int, int, str, str]
) -> Iterator[_Cut]:
    (start, starts), (begin, end, name, instead) = base, piece
    while number < len(starts) - 1 and starts[number] < end:
        left = max(begin - starts[number], 0)
        right = min(end - starts[number], len(lines[start + number]))
        yield _Cut(start + number, left, max(right - left, 0), name, instead)
        name, instead, number = "", "", number + 1


def _inline_cuts(
    lines: list[str], token: Token, comments: list[tuple[int, int, str]]
) -> Iterator[_Cut]:
    inside: tuple[str, int, int] | None = None
    where = Locator(lines, token)
    for child in token.children or []:
        if child.type != "html_inline":
            continue
        name, at = tag_name(child.content), int(child.meta.get("at", 0))
        if inside is not None:
            if name == inside[0] and child.content.startswith("</"):
                yield from where.cuts(inside[1], at + len(child.content), name)
                inside = None
            continue
        if name in WITH_CONTENT and not child.content.startswith("</"):
            inside = (name, at, at + len(child.content))
            continue
        if name == "comment":
            comments.append((*where.find(at), child.content))
        if name not in KEPT:
            yield from where.cuts(at, at + len(child.content), name)
        elif (plain := _plain_tag(child.content, name)) != child.content:
            line, index = where.find(at)
            yield _Cut(line, index, len(child.content), f"attributes of {name}", plain)
    if inside is not None:
        yield from where.cuts(inside[1], inside[2], inside[0])


class Locator:
    """Finds where a character of a block's inline text stands in the lines of the body."""

    def __init__(self, lines: Sequence[str], token: Token) -> None:
        self.lines, self.token = lines, token
        self.first = token.map[0] if token.map else 0
        self.starts = [0, *(found.end() for found in re.finditer("\n", token.content))]
        self.shifts: dict[int, int] = {}

    def find(self, at: int) -> tuple[int, int]:
        """Return (line of the body, index in it) of character `at` of the inline text."""
        down = bisect_right(self.starts, at) - 1
        line = self.first + down
        if line >= len(self.lines):
            return max(0, len(self.lines) - 1), 0
        if down not in self.shifts:
            self.shifts[down] = self._shift(down, line)
        return line, max(0, self.shifts[down] + at - self.starts[down])

    def _shift(self, down: int, line: int) -> int:
        stop = self.starts[down + 1] - 1 if down + 1 < len(self.starts) else None
        written = self.token.content[self.starts[down] : stop]
        shift = self.lines[line].find(written)
        if shift < 0:
            shift = self.lines[line].find(written.strip()) - (len(written) - len(written.lstrip()))
        return shift

    def cuts(self, begin: int, end: int, name: str) -> Iterator[_Cut]:
        """Cut inline text from begin to end, over line ends."""
        at = begin
        for piece in self.token.content[begin:end].split("\n"):
            line, index = self.find(at)
            yield _Cut(line, index, len(piece), name)
            name, at = "", at + len(piece) + 1


def without_tags(text: str) -> str:
    """Return raw HTML as text: tags, comments and what must not be read taken out."""
    parts, at = [], 0
    for start, stop, _, _ in pieces(text):
        if start >= at:
            parts.append(text[at:start])
            at = stop
    rest = "".join(parts) + text[at:]
    return re.sub(r"</?[A-Za-z][^<>]*>", "", rest)
