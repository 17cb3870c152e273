"""Markdown of an item, as sanitised HTML, as plain text, and as the running text of a post."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from slugify import slugify

from content import htmltree, plaintext, written
from content.grammar import commonmark, footnotes
from content.htmltree import Node
from content.written import DECORATIVE, Written

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre"),
    *("code", "em", "strong", "s", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
    "sup",
}
ATTRIBUTES = {
    "a": {"href", "title", "id"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "li": {"id"},
    "th": {"style", "colspan", "rowspan"},
    "td": {"style", "colspan", "rowspan"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}
CLASSES = {"sup": {footnotes.NOTE}, "ol": {f"{footnotes.NOTE}s"}}
__all__ = ["DECORATIVE", "Document", "headings", "images", "read", "sanitise", "slug", "words"]
_DROPPED_WHOLE = {"script", "style", "iframe", "object", "template", "noscript", "title"}
_SLUG_PART, _NUMBER = re.compile(r"[a-z0-9]+"), re.compile(r"\d,\d")
_EMPTY_HEAD = re.compile(r"^[ \t>]*\|(?:[ \t]*\|)+[ \t]*$", re.MULTILINE)
_ANY = (0, "")  # stands for any level and anchor, where a text has no headings and no footnotes
_WAYS = 4  # how many levels and anchors of a text are kept: more than the formats need
_LONG = 20_000  # characters; of longer texts only the last one is kept


@lru_cache(maxsize=2)
def _parser(*, finds_links: bool) -> MarkdownIt:
    parser = footnotes.read_by(commonmark.built({"html": True, "linkify": finds_links}))
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    return parser


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        filter_style_properties={"text-align"},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


class Document:
    """A Markdown text, read once for all formats. It is shared, so it is not to be changed.

    `images` are (address, alternative text) of each image, in order.
    """

    def __init__(self, text: str) -> None:
        # Looking for bare links is a fifth of the work.
        parser = _parser(finds_links="//" in text or "mailto:" in text.lower())
        tokens = parser.parse(text)
        if _EMPTY_HEAD.search(text) is not None:
            tokens = list(_without_empty_heads(tokens))
        self._heads = list(_heads(tokens))
        self.images = tuple(_images(tokens)) if "![" in text else ()
        self._known: dict[tuple[int, str], Written] = {}
        self._varies = bool(self._heads) or any(token.type == footnotes.OPEN for token in tokens)
        if self._varies:
            self._tokens: Sequence[Token] = tokens
        else:
            self._known[_ANY] = written.write(tokens, {}, ())

    def html(self, *, top: int = 2, anchor: str = "") -> str:
        """Return sanitised HTML whose highest heading is `<h{top}>`, without gaps between levels.

        With an `anchor`, headings carry ids made of it and their text, and footnotes lead to and fro.
        """
        made = self.written(top=top, anchor=anchor)
        return made.html if made.is_plain else sanitise("".join(made.out)).strip()

    def written(self, *, top: int = 2, anchor: str = "") -> Written:
        """Return the same as it was written, which has to be sanitised if it is not plain."""
        key = (top, anchor) if self._varies else _ANY
        if key not in self._known:
            if len(self._known) > _WAYS:
                self._known.clear()
            tokens = footnotes.settled(self._tokens, anchor)
            self._known[key] = written.write(tokens, self._levels(top), self._ids(anchor))
        return self._known[key]

    @cached_property
    def text(self) -> str:
        """The plain text for a mail: lists, tables and link targets are kept."""
        return plaintext.full(self._root)

    @cached_property
    def prose(self) -> str:
        """The running text of a post: paragraphs and lists alone, without link targets."""
        return plaintext.running(self._root)

    def headings(self, *, anchor: str) -> list[tuple[int, str, str]]:
        """Return (level, text, id) of each heading, levels counted from 1 without gaps."""
        levels = self._levels(1)
        return [
            (int(levels[tag][1]), said, name)
            for (tag, said), name in zip(self._heads, self._ids(anchor), strict=True)
        ]

    @cached_property
    def _root(self) -> Node:
        made = self.written()
        return made.root if made.is_plain else htmltree.parse(self.html())

    def _levels(self, top: int) -> dict[str, str]:
        used = sorted({tag for tag, _ in self._heads})
        return {tag: f"h{min(6, top + place)}" for place, tag in enumerate(used)}

    def _ids(self, anchor: str) -> list[str]:
        if not anchor:
            return []
        seen: dict[str, int] = {}
        ids = []
        for _, said in self._heads:
            name = slug(said) or "part"
            seen[name] = seen.get(name, 0) + 1
            ids.append(f"{anchor}-{name}" + (f"-{seen[name]}" if seen[name] > 1 else ""))
        return ids


def read(text: str) -> Document:
    """Return a text, read. Texts that were read lately are kept for the formats that follow."""
    return (_short if len(text) <= _LONG else _long)(text)


_short = lru_cache(maxsize=256)(Document)
_long = lru_cache(maxsize=1)(Document)


def sanitise(html: str) -> str:
    """Return the HTML with nothing in it that Markdown could not have produced."""
    return _cleaner().clean(html)


def to_html(text: str, *, top: int = 2, anchor: str = "") -> str:
    return read(text).html(top=top, anchor=anchor)


def to_text(text: str) -> str:
    return read(text).text


def to_prose(text: str) -> str:
    return read(text).prose


def headings(text: str, *, anchor: str) -> list[tuple[int, str, str]]:
    return read(text).headings(anchor=anchor)


def images(text: str) -> Sequence[tuple[str, str]]:
    """Return (address, alternative text) of each image; most texts need not be read for it."""
    return read(text).images if "![" in text else ()


def slug(text: str, limit: int = 0) -> str:
    """Return `a-z0-9-` made of a text, cut at a word to at most `limit`, or ""."""
    if text.isascii() and _NUMBER.search(text) is None:  # slugify does much more for others
        made = "-".join(_SLUG_PART.findall(text.lower()))
        if not limit or len(made) < limit:
            return made
    return slugify(
        text, max_length=limit, word_boundary=True, entities=False, decimal=False, hexadecimal=False
    )


def _heads(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Yield (tag, text) of each heading; its token is told which one it is."""
    for number, place in enumerate(n for n, t in enumerate(tokens) if t.type == "heading_open"):
        tokens[place].meta["nth"] = number
        yield tokens[place].tag, _visible(tokens[place + 1])


def _without_empty_heads(tokens: Sequence[Token]) -> Iterator[Token]:
    """Leave out the heads of tables that say nothing: Markdown has no table without one."""
    head: list[Token] = []
    for token in tokens:
        if head or token.type == "thead_open":
            head.append(token)
        else:
            yield token
        if token.type == "thead_close":
            if any(one.content for one in head):
                yield from head
            head = []


def _images(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    for token in tokens:
        for child in token.children or ():
            if child.type == "image":
                yield str(child.attrs["src"]), child.content


def _visible(inline: Token) -> str:
    return "".join(
        child.content for child in inline.children or () if child.type in {"text", "code_inline"}
    )


_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


def words(text: str) -> int:
    """Return how many words a plain text has."""
    return sum(1 if part.isalnum() else len(_WORD.findall(part)) for part in text.split())
