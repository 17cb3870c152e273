"""Tokens of Markdown, written as HTML in the spelling of the sanitiser, and as a tree.

A text without raw HTML and without odd links comes out just as the sanitiser would leave it, which
the tests hold; any other is told apart, and has to go through the sanitiser.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from markdown_it.token import Token

from content.htmltree import MAX_DEPTH, Node

DECORATIVE = "decorative"
_NO_ATTRIBUTES: dict[str, str] = {}
_MARKUP = re.compile("[&<>\u00a0]")
_QUOTED = re.compile('[&"\u00a0]')
# Of these, no parser of addresses thinks otherwise than another.
_SAFE_LINK = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?(?:[/?#][!-~]*)?"
    r"|[A-Za-z0-9_.#/?=-]*"
)


def escaped(text: str) -> str:
    """Return a text as it stands between tags."""
    if _MARKUP.search(text) is None:
        return text
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\u00a0", "&nbsp;")


def quoted(text: str) -> str:
    """Return a text as it stands between the quotes of an attribute."""
    if _QUOTED.search(text) is None:
        return text
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("\u00a0", "&nbsp;")


def is_odd(text: str) -> bool:
    """Tell whether a text has one of the two characters that do not come through HTML unchanged."""
    return "\0" in text or "\r" in text


@dataclass(slots=True)
class Written:
    """What was written. `slots` are the places in `out` of the style attributes, written or not.

    `tags` has the tag of each slot, which is `th:right` or the like where a cell is aligned.
    """

    out: list[str] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    root: Node = field(default_factory=lambda: Node("root", {}))
    is_plain: bool = True

    @property
    def html(self) -> str:
        return "".join(self.out).rstrip("\n")

    def styled(self, styles: Mapping[str, str]) -> str:
        """Return the HTML with these style attributes, each with a blank before it, by tag."""
        out = self.out.copy()
        for place, tag in zip(self.slots, self.tags, strict=True):
            out[place] = styles.get(tag, "")
        return "".join(out).rstrip("\n")


def write(tokens: Sequence[Token], tags: Mapping[str, str], ids: Sequence[str]) -> Written:
    """Write tokens; `tags` has another tag for each heading's, `ids` the ids of all, or none."""
    pen = _Pen(tags, ids)
    before = None
    for token, after in zip_longest(tokens, tokens[1:]):
        if token.type == "inline":
            pen.inline(token.children or ())
        elif not token.hidden:
            lead = "\n" if before is not None and before.hidden and token.nesting >= 0 else ""
            pen.block(token, after, lead)
        before = token
    pen.made.is_plain = pen.made.is_plain and not is_odd("".join(pen.made.out))
    return pen.made


class _Pen:
    def __init__(self, tags: Mapping[str, str], ids: Sequence[str]) -> None:
        self.made = Written()
        self.tags, self.ids = tags, ids
        self.path = [self.made.root]
        self.links = 0

    def block(self, token: Token, after: Token | None, lead: str) -> None:
        out = self.made.out
        if token.nesting > 0:
            out.append(lead)
            self._open_block(token, after)
        elif token.nesting < 0:
            self._close(self.tags.get(token.tag, token.tag))
            out.append("\n")
        elif token.type in ("fence", "code_block"):
            self._open("pre", {})
            self._open("code", {})
            self._say(token.content)
            self._close("code")
            self._close("pre")
            out.append("\n")
        elif token.type == "hr":
            out.append(lead)
            self._open("hr", {})
            self.path.pop()
            out.append("\n")
        else:
            self.made.is_plain = False
            out.append(token.content)

    def _open_block(self, token: Token, after: Token | None) -> None:
        attrs = token.attrs
        if token.type == "heading_open" and self.ids:
            attrs = {"id": self.ids[token.meta["nth"]]}
        self._open(self.tags.get(token.tag, token.tag), attrs)
        is_run = after is None or after.type == "inline" or after.hidden
        if not is_run and not (after and after.nesting < 0 and after.tag == token.tag):
            self.made.out.append("\n")

    def inline(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.type == "text":
                self._say(token.content)
            elif token.type == "softbreak":
                self._say("\n")
            elif token.nesting > 0:
                self._check_link(token)
                self._open(token.tag, token.attrs)
            elif token.nesting < 0:
                self.links -= token.tag == "a"
                self._close(token.tag)
            else:
                self._single(token)

    def _single(self, token: Token) -> None:
        if token.type == "code_inline":
            self._open("code", {})
            self._say(token.content)
            self._close("code")
        elif token.type == "hardbreak":
            self._open("br", {})
            self.path.pop()
            self._say("\n")
        elif token.type == "image":
            self._image(token)
        else:
            self.made.is_plain = False
            self.made.out.append(token.content)

    def _image(self, token: Token) -> None:
        is_decorative = token.content.strip() == DECORATIVE
        attrs = {**token.attrs, "alt": "" if is_decorative else _as_text(token.children or ())}
        self._check_target(str(attrs["src"]))
        self._open("img", attrs)
        self.path.pop()

    def _check_link(self, token: Token) -> None:
        if token.tag == "a":
            self.links += 1
            if self.links > 1:
                self.made.is_plain = False  # links hold no links
            self._check_target(str(token.attrs["href"]))

    def _check_target(self, target: str) -> None:
        if _SAFE_LINK.fullmatch(target) is None or "xn--" in target:
            self.made.is_plain = False

    def _open(self, tag: str, attrs: Mapping[str, str | int | float]) -> None:
        if len(self.path) == MAX_DEPTH:
            self.made.is_plain = False  # the tree is read flat from here on
        node = Node(tag, {} if attrs else _NO_ATTRIBUTES)
        self.path[-1].children.append(node)
        self.path.append(node)
        head, style, key = f"<{tag}", "", tag
        for name, value in attrs.items():
            node.attrs[name] = said = str(value)
            if "<" in said or ">" in said or name == "class":
                self.made.is_plain = False  # which not everyone spells alike
            if name == "style":
                style, key = f' style="{said}"', f"{tag}:{said.rpartition(':')[2]}"
            else:
                head += f' {name}="{quoted(said)}"'
        out = self.made.out
        self.made.slots.append(len(out) + 1)
        self.made.tags.append(key)
        out += (head, style, ">")

    def _close(self, tag: str) -> None:
        self.path.pop()
        self.made.out.append(f"</{tag}>")

    def _say(self, text: str) -> None:
        if text:
            self.path[-1].children.append(text)
            self.made.out.append(escaped(text))


def _as_text(tokens: Sequence[Token]) -> str:
    """Return an image's description as its alternative text."""
    parts = []
    for token in tokens:
        if token.type == "image":
            parts.append(_as_text(token.children or ()))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)
