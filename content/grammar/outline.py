"""The blocks of a document at its outermost level, in order, as the layouts look at them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from content.grammar import banners, directives, labels, markdown
from content.grammar.source import Source

_BRACKET_LINE = re.compile(r"\[([^\[\]]+)\][ \t]*")
# Emphasis around a heading and backslashes before brackets come from word processors.
_BRACKET_HEADING = re.compile(
    r"(\*\*|__|[*_])?\\?\[([^\[\]\\]*[^\[\]\\\s][^\[\]\\]*)\\?\](?![(\[])[ \t]*"
)
_ONLY_COMMENTS = re.compile(r"(?:\s*<!--(?:(?!-->).)*-->)+\s*", re.DOTALL)
_MARK = re.compile(r"[ \t]*(?:[-+*]|[0-9]{1,9}[.)])(?:[ \t]+|$)")


@dataclass(frozen=True, slots=True)
class Bullet:
    """One entry of an outermost list, lines start to stop (0-based, stop behind the last text)."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Node:
    """An outermost block. Kinds: heading, text, list, code, html, rule, directive, banner, bracket,
    comment.

    Lines are 0-based, `stop` is behind the last line with text. `text` is a heading's inline
    Markdown or the word in brackets.
    """

    kind: str
    start: int
    stop: int
    level: int = 0
    text: str = ""
    bullets: tuple[Bullet, ...] = ()
    is_titled: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """The nodes in order, the lines that are grammar or nothing but comment, and link definitions."""

    source: Source
    nodes: tuple[Node, ...]
    grammar: frozenset[int]
    env: dict[str, object]
    tokens: Sequence[Token]
    comments: frozenset[int] = frozenset()

    def headings(self) -> Iterator[Node]:
        return (node for node in self.nodes if node.kind == "heading")

    def has_text(self, number: int) -> bool:
        """Tell whether a reader sees anything of a line that is no grammar."""
        return number not in self.comments and bool(self.source.lines[number].strip())

    def count(self) -> int:
        """Return the number of blocks: paragraphs, headings, list items, table rows, code."""
        return sum(token.type in _COUNTED for token in self.tokens)


def read(source: Source, skipped: int = 0) -> Outline:
    """Parse a document once; its first `skipped` lines (front matter) are left out."""
    kinds = _grammar_lines(source, skipped)
    lines = ("",) * skipped + source.grammar[skipped:]
    tokens, env = markdown.blocks("\n".join(lines), frozenset(kinds))
    nodes = tuple(_nodes(source, tokens, kinds))
    taken = frozenset(node.start for node in nodes if node.kind in _GRAMMAR_KINDS)
    return Outline(source, nodes, taken, env, tokens, frozenset(_comments(tokens)))


_COUNTED = frozenset({"paragraph_open", "heading_open", "tr_open", "fence", "code_block"})
_GRAMMAR_KINDS = frozenset({"directive", "banner", "bracket", "comment"})
_KINDS = {
    "paragraph_open": "text",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "blockquote_open": "text",
    "table_open": "text",
    "fence": "code",
    "code_block": "code",
    "html_block": "html",
    "hr": "rule",
}


def _comments(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield the lines of HTML blocks that hold comments alone."""
    for token in tokens:
        if token.type == "html_block" and token.map and _ONLY_COMMENTS.fullmatch(token.content):
            yield from range(*token.map)


def _grammar_lines(source: Source, skipped: int) -> dict[int, tuple[str, str, bool]]:
    """Return the lines that may be grammar: line → (kind, word, is followed by Title or Content)."""
    found: dict[int, tuple[str, str, bool]] = {}
    for number, line in enumerate(source.grammar):
        if number < skipped:
            continue
        if line.startswith("<!") and directives.is_directive(line):
            found[number] = ("directive", "", False)
        elif line.startswith("<!") and directives.is_typographic_comment(line):
            found[number] = ("comment", "", False)
        elif "===" in line and banners.is_banner(line):
            found[number] = ("banner", "", False)
    found.update(_bracket_lines(source, skipped))
    return found


def _bracket_lines(source: Source, skipped: int) -> dict[int, tuple[str, str, bool]]:
    """A bracketed word alone on a line opens a section if a key follows in its block."""
    found: dict[int, tuple[str, str, bool]] = {}
    key_ahead = titled_ahead = False
    for number in range(len(source.grammar) - 1, skipped - 1, -1):
        line = source.grammar[number]
        if not line.strip():
            below = source.grammar[number + 1] if number + 1 < len(source.grammar) else ""
            if below.strip():
                label = labels.find(below)
                key_ahead = label is not None
                titled_ahead = key_ahead and titled_ahead
            continue
        word = _BRACKET_LINE.fullmatch(line) if line.startswith("[") else None
        if word is not None:
            if key_ahead and word[1].strip():
                found[number] = ("bracket", word[1].strip(), titled_ahead)
            key_ahead = titled_ahead = False
        elif (label := labels.find(line)) is not None:
            key_ahead = True
            titled_ahead = titled_ahead or label.key in ("title", "content")
    return found


def _nodes(
    source: Source, tokens: Sequence[Token], kinds: dict[int, tuple[str, str, bool]]
) -> Iterator[Node]:
    for index, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        start, stop = token.map[0], _trimmed(source, token.map)
        if token.type == "grammar":
            kind, word, is_titled = kinds[start]
            yield Node(kind, start, stop, text=word, is_titled=is_titled)
        elif token.type == "heading_open":
            text = tokens[index + 1].content
            yield Node("heading", start, stop, level=int(token.tag[1]), text=text)
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            yield Node("list", start, stop, bullets=tuple(_bullets(source, tokens, index)))
        elif token.type in _KINDS:
            yield Node(_KINDS[token.type], start, stop)


def _bullets(source: Source, tokens: Sequence[Token], index: int) -> Iterator[Bullet]:
    for number in range(index + 1, len(tokens)):
        token = tokens[number]
        if token.level == 0:
            return
        if token.level == 1 and token.type == "list_item_open" and token.map:
            yield Bullet(token.map[0], _trimmed(source, token.map))


def _trimmed(source: Source, span: list[int]) -> int:
    stop = min(span[1], len(source.lines))
    while stop > span[0] + 1 and not source.lines[stop - 1].strip():
        stop -= 1
    return stop


def bracket(text: str) -> tuple[str, str] | None:
    """Return (word, rest) of a heading text that begins with `[word]`, or None."""
    found = _BRACKET_HEADING.match(text)
    if found is None:
        return None
    mark, rest = found[1] or "", text[found.end() :].strip()
    if rest.startswith(mark):
        rest = rest.removeprefix(mark)
    elif rest.endswith(mark):
        rest = rest.removesuffix(mark)
    else:
        return None
    return found[2].strip(), rest.strip()


def mark_width(line: str) -> int:
    """Return the index of the text behind a list mark."""
    found = _MARK.match(line)
    return found.end() if found else len(line) - len(line.lstrip())
