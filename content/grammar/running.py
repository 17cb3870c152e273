"""The short way through running text: words, emphasis, code and links as people mostly write them.

It reads a text whole or not at all: only if each mark in it is plainly one of a pair, so that
CommonMark leaves no choice. The tests compare it with the long way.
"""

import dataclasses
import re
from typing import Any, Literal

from markdown_it.token import Token

_WORDS = r"[^\\`~*_\[\]<&!\n]"
_SAID = rf"[^\W_](?:{_WORDS}*[^\W_])?"
_HREF = r"https?://[a-z0-9]+(?:[.-][a-z0-9]+)*(?:/[A-Za-z0-9._/-]*)?"
_RUN = re.compile(
    rf"(?P<text>(?:{_WORDS}++|!(?!\[))++)"
    r"|(?P<softbreak>(?<![ \t])\n(?![ \t]))"
    rf"|(?:^|(?<=[ \n(]))(?P<mark>\*\*?)(?P<stressed>{_SAID})(?P=mark)(?=[ \n.,;:!?)]|\Z)"
    r"|(?<!`)`(?P<code>[^`\s](?:[^`\n]*[^`\s])?)`(?!`)"
    rf"|\[(?P<label>{_SAID})\]\((?P<href>{_HREF})\)"
)
_MARK = re.compile(r"[\\`~*_\[\]<&!\n]")


class QuickToken(Token):
    """A token that is made in half the time: most of reading is making them."""

    __slots__ = ()

    def __init__(
        self, kind: str, tag: str, nesting: Literal[-1, 0, 1], content: str = "", level: int = 0
    ) -> None:
        self.type, self.tag, self.nesting, self.level = kind, tag, nesting, level
        self.attrs, self.meta, self.map, self.children = {}, {}, None, None
        self.content, self.markup, self.info, self.block, self.hidden = (
            content,
            "",
            "",
            False,
            False,
        )

    def copy(self, **changes: Any) -> Token:
        same = {one.name: getattr(self, one.name) for one in dataclasses.fields(Token)}
        return Token(**{**same, **changes})


def read(text: str, tokens: list[Token]) -> bool:
    """Add the tokens of an inline text, if the short way is open to it."""
    if text and _MARK.search(text) is None and _is_plain(text):
        tokens.append(QuickToken("text", "", 0, text))
        return True
    made = _Made()
    end = 0
    for run in _RUN.finditer(text):
        if run.start() != end or not made.take(run):
            return False
        end = run.end()
    if end != len(text):
        return False
    made.flush()
    tokens += made.tokens
    return True


class _Made:
    """Tokens as markdown-it makes them; `said` is text that goes on, None where there is none."""

    __slots__ = ("said", "tokens")

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self.said: str | None = None

    def take(self, run: "re.Match[str]") -> bool:
        match run.lastgroup:
            case "text":
                self.said = (self.said or "") + run[0]
                return _is_plain(run[0])
            case "softbreak":
                self.flush()
                self.tokens.append(QuickToken("softbreak", "br", 0))
            case "stressed":
                self._stress(run["mark"], run["stressed"])
                return _is_plain(run["stressed"])
            case "code":
                self.flush()
                self.tokens.append(QuickToken("code_inline", "code", 0, run["code"]))
                self.tokens[-1].markup = "`"
            case _:
                self._link(run)
        return True

    def flush(self) -> None:
        if self.said is not None:
            self.tokens.append(QuickToken("text", "", 0, self.said))
            self.said = None

    def _stress(self, mark: str, said: str) -> None:
        """Two marks leave an empty text on either side, which joins the text beside it."""
        is_strong = len(mark) == 2
        self.said = (self.said or "") if is_strong else self.said
        self.flush()
        name = "strong" if is_strong else "em"
        opening, closing = (
            QuickToken(f"{name}_open", name, 1),
            QuickToken(f"{name}_close", name, -1),
        )
        opening.markup = closing.markup = mark
        self.tokens += (opening, QuickToken("text", "", 0, said, 1), closing)
        self.said = "" if is_strong else None

    def _link(self, run: "re.Match[str]") -> None:
        self.flush()
        opening = QuickToken("link_open", "a", 1)
        opening.attrs, opening.meta = {"href": run["href"]}, {"at": run.start()}
        label, closing = (
            QuickToken("text", "", 0, run["label"], 1),
            QuickToken("link_close", "a", -1),
        )
        self.tokens += (opening, label, closing)


def _is_plain(text: str) -> bool:
    """Tell whether no bare link can stand in a text."""
    return "//" not in text and (":" not in text or "mailto:" not in text.lower())
