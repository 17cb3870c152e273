"""Markdown of an item, as sanitised HTML, as plain text, and as the running text of a post."""

import re
from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from slugify import slugify

from content import plaintext

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre"),
    *("code", "em", "strong", "s", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"style"},
    "td": {"style"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
}
_DROPPED_WHOLE = {"script", "style", "iframe", "object", "template", "noscript", "title"}
DECORATIVE = "decorative"
_HEADING = re.compile(r"#|<h|^[ \t>]*[=-]+[ \t]*$", re.IGNORECASE | re.MULTILINE)
_KEPT = 20_000  # characters of a text whose HTML is worth keeping for the next format


@lru_cache(maxsize=2)
def _parser(*, finds_links: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "linkify": finds_links})
    parser.enable(["table", "strikethrough", *["linkify"] * finds_links])
    if parser.linkify is not None:
        parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    return parser


def _parsed(text: str) -> tuple[MarkdownIt, list[Token]]:
    """Return the tokens of a text and their parser; looking for bare links is a fifth of the work."""
    parser = _parser(finds_links="//" in text or "mailto:" in text.lower())
    return parser, parser.parse(text)


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags=_DROPPED_WHOLE,
        attributes=ATTRIBUTES,
        filter_style_properties={"text-align"},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def to_html(text: str, *, top: int = 2, anchor: str = "") -> str:
    """Return sanitised HTML whose highest heading is `<h{top}>`, without gaps between levels.

    With an `anchor`, headings carry ids made of it and their text.
    """
    if not _HEADING.search(text):
        top, anchor = 1, ""  # alike for every format, so made once
    return (_cached if len(text) <= _KEPT else _rendered)(text, top, anchor)


def _rendered(text: str, top: int, anchor: str) -> str:
    parser, tokens = _parsed(text)
    _shift_headings(tokens, top)
    if anchor:
        _set_ids(tokens, anchor)
    _mark_decorative(tokens)
    return sanitise(parser.renderer.render(tokens, parser.options, {})).strip()


_cached = lru_cache(maxsize=256)(_rendered)


def sanitise(html: str) -> str:
    """Return the HTML with nothing in it that Markdown could not have produced."""
    return _cleaner().clean(html)


@lru_cache(maxsize=128)
def to_text(text: str) -> str:
    """Return plain text for a mail: lists, tables and link targets are kept."""
    return plaintext.from_html(to_html(text))


@lru_cache(maxsize=128)
def to_prose(text: str) -> str:
    """Return the running text of a post: paragraphs and lists alone, without link targets."""
    return plaintext.prose(to_html(text))


def headings(text: str, *, anchor: str) -> list[tuple[int, str, str]]:
    """Return (level, text, id) of each heading, levels counted from 1 without gaps."""
    if not _HEADING.search(text):
        return []
    _, tokens = _parsed(text)
    _shift_headings(tokens, 1)
    _set_ids(tokens, anchor)
    return [
        (int(token.tag[1]), _visible(tokens[place + 1]), str(token.attrs["id"]))
        for place, token in enumerate(tokens)
        if token.type == "heading_open"
    ]


def images(text: str) -> list[tuple[str, str]]:
    """Return (address, alternative text) of each image, in order."""
    if "![" not in text:
        return []
    return [
        (str(child.attrs["src"]), child.content)
        for token in _parsed(text)[1]
        for child in token.children or ()
        if child.type == "image"
    ]


def slug(text: str, limit: int = 0) -> str:
    """Return `a-z0-9-` made of a text, cut at a word to at most `limit`, or ""."""
    return slugify(
        text, max_length=limit, word_boundary=True, entities=False, decimal=False, hexadecimal=False
    )


def _visible(inline: Token) -> str:
    return "".join(
        child.content for child in inline.children or () if child.type in {"text", "code_inline"}
    )


def _shift_headings(tokens: Sequence[Token], top: int) -> None:
    used = sorted({token.tag for token in tokens if token.type == "heading_open"})
    levels = {tag: f"h{min(6, top + place)}" for place, tag in enumerate(used)}
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = levels[token.tag]


def _set_ids(tokens: Sequence[Token], anchor: str) -> None:
    seen: dict[str, int] = {}
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            name = slug(_visible(tokens[place + 1])) or "part"
            seen[name] = seen.get(name, 0) + 1
            suffix = f"-{seen[name]}" if seen[name] > 1 else ""
            token.attrSet("id", f"{anchor}-{name}{suffix}")


def _mark_decorative(tokens: Sequence[Token]) -> None:
    for token in tokens:
        for child in token.children or ():
            if child.type == "image" and child.content.strip() == DECORATIVE:
                child.children = []


_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


def words(text: str) -> int:
    """Return how many words a plain text has."""
    return len(_WORD.findall(text))
