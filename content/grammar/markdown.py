"""CommonMark with the two rules of our own: grammar lines end what stands above them, and an HTML
block that is never closed ends with its line, so that no text is swallowed.

markdown-it-py decides what is a heading, a list, a table and code; nothing here guesses at that.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.html_blocks import block_names
from markdown_it.common.html_re import HTML_OPEN_CLOSE_TAG_STR
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline, html_inline, image, link
from markdown_it.token import Token

from content.grammar import commonmark, footnotes

_INTERRUPTS = ["paragraph", "reference", "blockquote", "list"]
_CLOSED_BY = (
    (
        re.compile(r"<(?:script|pre|style|textarea)(?=[\s>]|$)", re.IGNORECASE),
        re.compile(r"</(?:script|pre|style|textarea)>", re.IGNORECASE),
    ),
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<![A-Za-z]"), re.compile(r">")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
)
_BLOCK_TAG = re.compile(r"</?(?:" + "|".join(block_names) + r")(?=\s|/?>|$)", re.IGNORECASE)
_WHOLE_TAG = re.compile(HTML_OPEN_CLOSE_TAG_STR.removeprefix("^") + r"\s*$")
_MARKUP = re.compile(r"[\\`*_\[\]<>&!~]")


def _grammar(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    if start not in state.env["grammar"]:
        return False
    if silent:
        return True
    token = state.push("grammar", "", 0)
    token.map = [start, start + 1]
    state.line = start + 1
    return True


def _html_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start) or not state.src.startswith(
        "<", state.bMarks[start] + state.tShift[start]
    ):
        return False
    line = _line(state, start)
    for kind, (opener, closer) in enumerate(_CLOSED_BY):
        if opener.match(line):
            return silent or _push_html(state, start, _closed_at(state, start, end, kind, closer))
    if _BLOCK_TAG.match(line):
        return silent or _push_html(state, start, _blank_at(state, start, end))
    if not silent and _WHOLE_TAG.match(line):
        return _push_html(state, start, _blank_at(state, start, end))
    return False


def _line(state: StateBlock, number: int) -> str:
    start = state.bMarks[number] + state.tShift[number]
    return state.src[start : state.eMarks[number]]


def _push_html(state: StateBlock, start: int, stop: int) -> bool:
    token = state.push("html_block", "", 0)
    token.map = [start, stop]
    token.content = state.getLines(start, stop, state.blkIndent, True)
    state.line = stop
    return True


def _closed_at(state: StateBlock, start: int, end: int, kind: int, closer: re.Pattern[str]) -> int:
    """Return the line behind the close; the next line if the block is never closed."""
    if start > _last(state, kind, closer):
        return start + 1
    grammar = state.env["grammar"] if kind else ()
    for number in range(start, end):
        if number > start and (number in grammar or _is_outside(state, number)):
            return number
        if closer.search(_line(state, number)):
            return number + 1
    return start + 1


def _is_outside(state: StateBlock, number: int) -> bool:
    return state.sCount[number] < state.blkIndent and not state.isEmpty(number)


def _last(state: StateBlock, kind: int, closer: re.Pattern[str]) -> int:
    """Return the last line with this close, found once for a document."""
    known = state.env.setdefault("last_close", {})
    if kind not in known:
        lines = range(len(state.bMarks) - 2, -1, -1)
        known[kind] = next((n for n in lines if closer.search(_line(state, n))), -1)
    return int(known[kind])


def _blank_at(state: StateBlock, start: int, end: int) -> int:
    for number in range(start + 1, end):
        if state.isEmpty(number) or state.sCount[number] < state.blkIndent:
            return number
        if number in state.env["grammar"]:
            return number
    return end


def _placed(
    rule: Callable[[StateInline, bool], bool], kind: str
) -> Callable[[StateInline, bool], bool]:
    """Return the inline rule, with the token remembering where it began in the inline text."""

    def placed(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent:
            for token in state.tokens[count : count + 2]:
                if token.type == kind:
                    token.meta = {"at": start}
                    break
        return True

    return placed


def _built() -> MarkdownIt:
    built = commonmark.built({"html": True})
    built.block.ruler.before("table", "grammar", _grammar, {"alt": _INTERRUPTS})
    built.block.ruler.at(
        "html_block", _html_block, {"alt": ["paragraph", "reference", "blockquote"]}
    )
    footnotes.read_by(built)
    built.inline.ruler.at("html_inline", _placed(html_inline, "html_inline"))
    built.inline.ruler.at("image", _placed(image, "image"))
    built.inline.ruler.at("link", _placed(link, "link_open"))
    return built


_full = _built()
_blocks = _built()
_blocks.core.ruler.enableOnly(["normalize", "block"])


def blocks(text: str, grammar: frozenset[int]) -> tuple[list[Token], dict[str, Any]]:
    """Return the block tokens of a text, inline text unparsed, and the link definitions met.

    `grammar` names the lines (0-based) that are grammar wherever they are not code. Footnotes that are
    defined stand in the second as well.
    """
    env: dict[str, Any] = {"grammar": grammar}
    return _blocks.parse(text, env), env


def tokens(text: str) -> list[Token]:
    """Return all tokens of a text in which no line is grammar."""
    return _full.parse(text, {"grammar": frozenset()})


def plain(text: str, env: Mapping[str, Any] | None = None) -> tuple[str, list[Token]]:
    """Return inline Markdown as plain text, and the raw HTML that was left out of it."""
    if _MARKUP.search(text) is None:
        return " ".join(text.split(" ")).strip(), []
    known = {name: env[name] for name in ("references", "footnotes") if env and name in env}
    parsed = _full.parseInline(text.strip(), {"grammar": frozenset(), **known})
    children = parsed[0].children or [] if parsed else []
    return inline_text(children).strip(), [t for t in children if t.type == "html_inline"]


def inline_text(children: Sequence[Token]) -> str:
    """Return what a reader sees of inline tokens; an image gives its alt text."""
    parts: list[str] = []
    for token in children:
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif token.type == "image":
            parts.append(inline_text(token.children or []))
    return "".join(parts)
