"""What a body says to a reader: its visible text, links, images, HTML and blocks, from one parse."""

import html as entities
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from markdown_it.token import Token

from content.grammar import footnotes, htmlclean, htmlspots, markdown
from content.grammar.raw import Written, text_of

MAX_LIST_DEPTH = 6
# Lines that begin with a letter and have no mark of Markdown are paragraphs in any CommonMark.
_ONLY_WORDS = re.compile(r"(?:[^\W\d_][^\n\\`*_\[\]<>&~|]*+(?:\n|\Z)|[ \t]*+\n)*+[ \t]*\Z")
_UNSEEN = re.compile(r"(?<!`)(`++).*?(?<!`)\1(?!`)|(?<=\])\([^()\s]*\)")
_BARE_URL = re.compile(r"https?://[^\s<>()\[\]\"']+")


@dataclass(frozen=True, slots=True)
class Spot:
    """A link or image: target, text, and where it stands (line of the body, index in it)."""

    target: str
    text: str
    line: int
    index: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """One paragraph, heading, list item, table row or image with its lines in the body."""

    kind: str
    text: str
    start: int
    stop: int
    level: int = 0


@dataclass(slots=True)
class Facts:
    """`text` is what a reader sees, `prose` the same without code; both in NFC, blocks by line."""

    lines: list[Written]
    texts: list[str]
    text: str = ""
    prose: str = ""
    links: list[Spot] = field(default_factory=list)
    images: list[Spot] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    code_lines: set[int] = field(default_factory=set)
    note_lines: set[int] = field(default_factory=set)
    removed: htmlclean.Removed | None = None
    deep_lists: list[tuple[int, int]] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)

    @property
    def content(self) -> str:
        return text_of(self.lines)

    @property
    def sentences(self) -> str:
        """What is said in sentences: paragraphs and list items; all text where there are none.

        Headings, tables, code, footnotes, and paragraphs that are only a picture are left out.
        """
        pictures = {leaf.text for leaf in self.leaves if leaf.kind == "image"}
        said = [
            leaf.text
            for leaf in self.leaves
            if leaf.kind in ("paragraph", "list_item")
            and leaf.start not in self.code_lines | self.note_lines
            and leaf.text not in pictures
        ]
        return "\n".join(said) or self.text

    @property
    def urls(self) -> list[str]:
        """Different URLs in reading order; images are not counted."""
        found = [link.target for link in self.links] + _BARE_URL.findall(self.prose)
        return list(dict.fromkeys(url.rstrip(".,;:!?") for url in found if url))


def gather(lines: list[Written]) -> Facts:
    """Read a body. HTML that Markdown cannot produce is taken out of `lines` first."""
    text = "\n".join(line.text for line in lines)
    if _ONLY_WORDS.match(text) is not None:
        return _of_paragraphs(lines)
    return parsed(lines, text)


def _of_paragraphs(lines: list[Written]) -> Facts:
    """Return the facts of a body in which every line is words: its paragraphs, nothing else."""
    facts = Facts(lines, [line.text for line in lines])
    start = 0
    for number in range(len(lines) + 1):
        if number < len(lines) and lines[number].text.strip():
            continue
        if number > start:
            text = " ".join(line.text.strip() for line in lines[start:number])
            facts.leaves.append(Leaf("paragraph", text, start, number))
        start = number + 1
    facts.text = facts.prose = "\n".join(leaf.text for leaf in facts.leaves)
    return facts


def parsed(lines: list[Written], text: str) -> Facts:
    """Return the facts of a body with any Markdown in it."""
    tokens = markdown.tokens(text) if text.strip() else []
    removed: htmlclean.Removed | None = None
    for _ in range(3):
        if not _has_html(tokens):
            break
        once = htmlclean.clean([line.text for line in lines], tokens)
        if not once.tags:
            break
        once = _as_written(once, lines)
        removed = once if removed is None else removed.joined(once)
        lines = list(_without(lines, once))
        tokens = markdown.tokens("\n".join(line.text for line in lines))
    facts = Facts(lines, [line.text for line in lines], removed=removed)
    facts.note_lines = footnotes.lines(tokens)
    _walk(facts, tokens)
    return facts


def _as_written(removed: htmlclean.Removed, lines: list[Written]) -> htmlclean.Removed:
    """Return what was removed with its places in the lines as they were first."""
    comments = tuple((n, lines[n].before(at), text) for n, at, text in removed.comments)
    index = lines[removed.line].before(removed.index)
    return replace(removed, index=index, comments=comments)


def _without(lines: list[Written], removed: htmlclean.Removed) -> Iterator[Written]:
    for number, (old, new) in enumerate(zip(lines, removed.lines, strict=True)):
        table = removed.moved.get(number)
        moved = old.moved if table is None else (*old.moved, table)
        yield Written(new, old.line, old.index, moved)


def visible(line: str) -> str:
    """Return a line with its code spans and link targets blotted out, each character by a NUL."""
    if "`" not in line and "](" not in line:
        return line
    return _UNSEEN.sub(lambda found: "\0" * len(found.group()), line)


def _has_html(tokens: Sequence[Token]) -> bool:
    return any(
        token.type == "html_block"
        or (token.children and any(child.type == "html_inline" for child in token.children))
        for token in tokens
    )


def _walk(facts: Facts, tokens: Sequence[Token]) -> None:
    seen: list[str] = []
    prose: list[str] = []
    row: list[str] = []
    row_line = 0
    lists = 0
    opened: list[str] = []
    for token in tokens:
        if token.type == "inline":
            said = _inline(facts, token)
            if opened and opened[-1] == "cell":
                row.append(said[0])
            else:
                _leaf(facts, token, said[0], opened)
            seen.append(said[0])
            prose.append(said[1])
        elif token.type in ("fence", "code_block"):
            _code(facts, token)
            seen.append(token.content.rstrip("\n"))
        elif token.type == "html_block":
            shown = footnotes.without_marks(token.content, tokens)
            said_html = entities.unescape(htmlclean.without_tags(shown)).strip()
            seen.append(said_html)
            prose.append(said_html)
            _html_spots(facts, token)
        elif token.type == "tr_open":
            row, row_line = [], token.map[0] if token.map else 0
        elif token.type == "tr_close" and any(row):  # a table without a head has an empty one
            facts.cells.append(row)
            facts.leaves.append(Leaf("table_row", " | ".join(row), row_line, row_line + 1))
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists += 1
            if lists == MAX_LIST_DEPTH + 1 and token.map:
                facts.deep_lists.append((token.map[0], token.map[1]))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
        _open(opened, token)
    facts.text = "\n".join(part for part in seen if part)
    facts.prose = "\n".join(part for part in prose if part)


_CONTAINERS = {
    "th_open": "cell",
    "td_open": "cell",
    "list_item_open": "list_item",
    "heading_open": "heading",
    "paragraph_open": "paragraph",
}
_CLOSERS = {name.replace("_open", "_close") for name in _CONTAINERS}


def _open(opened: list[str], token: Token) -> None:
    if token.type in _CONTAINERS:
        opened.append(_CONTAINERS[token.type])
    elif token.type in _CLOSERS and opened:
        opened.pop()


def _leaf(facts: Facts, token: Token, text: str, opened: Sequence[str]) -> None:
    start, stop = token.map or (0, 1)
    kind = "paragraph"
    if "heading" in opened[-1:]:
        kind = "heading"
    elif "list_item" in opened[-2:]:
        kind = "list_item"
    if text:
        facts.leaves.append(Leaf(kind, text, start, stop))


def _code(facts: Facts, token: Token) -> None:
    start, stop = token.map or (0, 1)
    facts.code_lines.update(range(start, stop))
    if token.content.strip():
        facts.leaves.append(Leaf("paragraph", token.content.strip(), start, stop))


def _inline(facts: Facts, token: Token) -> tuple[str, str]:
    """Note links and images of a block; return its visible text, and the same without code."""
    children = token.children or []
    spans = _code_free(children)
    if any(child.type in ("link_open", "image") for child in children):
        _spots(facts, token, children)
    if any(child.type == "html_inline" for child in children):
        _html_spots(facts, token)
    return markdown.inline_text(children), spans


def _code_free(children: Sequence[Token]) -> str:
    parts = []
    for child in children:
        if child.type == "text":
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "code_inline":
            parts.append("\u200b")
        elif child.type == "image":
            parts.append(_code_free(child.children or []))
    return "".join(parts)


def _spots(facts: Facts, token: Token, children: Sequence[Token]) -> None:
    where = htmlclean.Locator(facts.texts, token)
    for number, child in enumerate(children):
        if child.type not in ("image", "link_open"):
            continue
        line, index = where.find(int(child.meta.get("at", 0)))
        if child.type == "image":
            alt = markdown.inline_text(child.children or []).strip()
            facts.images.append(Spot(str(child.attrs.get("src", "")), alt, line, index))
            facts.leaves.append(Leaf("image", alt, line, line + 1))
        else:
            text = "".join(_until_close(children, number))
            facts.links.append(Spot(str(child.attrs.get("href", "")), text.strip(), line, index))


def _html_spots(facts: Facts, token: Token) -> None:
    """Note images and links of raw HTML; in running text the HTML that is code does not count."""
    tags = {int(c.meta.get("at", 0)) for c in token.children or [] if c.type == "html_inline"}
    where = htmlclean.Locator(facts.texts, token)
    for name, at, target, text in htmlspots.spots(token.content):
        if token.type == "inline" and at not in tags:
            continue
        spot = Spot(target, text, *where.find(at))
        if name == "img":
            facts.images.append(spot)
            facts.leaves.append(Leaf("image", text, spot.line, spot.line + 1))
        else:
            facts.links.append(spot)


def _until_close(children: Sequence[Token], number: int) -> Iterator[str]:
    for after in range(number + 1, len(children)):
        child = children[after]
        if child.type == "link_close":
            return
        if child.type == "image":
            yield markdown.inline_text(child.children or []) or "\u200b"
        else:
            yield child.content
