"""markdown-it-py made quick: a rule is asked only where the mark that it begins with stands.

What a text means is for markdown-it's own rules to say; the tests compare the two, token by token.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.common.utils import mdTrim
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock, lheading
from markdown_it.rules_core import StateCore, linkify, normalize, text_join
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from content.grammar import barelinks, running, tables

BlockRule = Callable[[StateBlock, int, int, bool], bool]
InlineRule = Callable[[StateInline, bool], bool]

# What each rule begins with; one that is not named here is asked everywhere.
_BLOCK_MARKS = {
    "fence": "`~",
    "blockquote": ">",
    "hr": "*-_",
    "list": "*-+0123456789",
    "reference": "[",
    "footnote_def": "[",
    "html_block": "<",
    "heading": "#",
}
_ANY_BLOCK_MARK, _LETTER = frozenset("".join(_BLOCK_MARKS.values())), "a"
_INLINE_MARKS = {
    "text": "",
    "newline": "\n",
    "escape": "\\",
    "backticks": "`",
    "strikethrough": "~",
    "emphasis": "*_",
    "link": "[",
    "footnote_ref": "[",
    "image": "!",
    "autolink": "<",
    "html_inline": "<",
    "entity": "&",
    "linkify": ":",
}
_MARK = re.compile(r"[\n\\`~*_\[\]<&]|!(?=\[)|:(?=//)")
_MARKUP, MAX_MARKS = "*_[]`<&~\\|", 200_000  # of one text; a long book has less
_PAIRED = re.compile(r"[*_~]")


class _Lines(StateBlock):
    """The lines of a text, and the tokens made of them."""

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = running.QuickToken(ttype, tag, nesting)
        token.block = True
        self.level -= nesting < 0
        token.level = self.level
        self.level += nesting > 0
        self.tokens.append(token)
        return token


class Blocks(ParserBlock):
    """The block parser; its rules are settled when it first reads."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[str, str], list[BlockRule]] = {}

    def rules(self, chain: str, mark: str) -> list[BlockRule]:
        """Return the rules of a chain that may apply to a line that begins with this character."""
        mark = mark if mark in _ANY_BLOCK_MARK else _LETTER
        if (chain, mark) not in self._known:
            self._known[chain, mark] = [
                rule.fn
                for rule in self.ruler.__rules__
                if rule.enabled
                and (not chain or chain in rule.alt)
                and mark in _BLOCK_MARKS.get(rule.name, mark)
            ]
        return self._known[chain, mark]

    def parse(self, src: str, md: MarkdownIt, env: Any, outTokens: list[Token]) -> list[Token]:  # noqa: N803
        if src:
            state = _Lines(src, md, env, outTokens)
            self.tokenize(state, state.line, state.lineMax)
        return outTokens

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803
        line, nesting = startLine, state.md.options.maxNesting
        has_blank = False
        while line < endLine:
            state.line = line = state.skipEmptyLines(line)
            if line >= endLine or state.sCount[line] < state.blkIndent:
                break
            if state.level >= nesting:
                state.line = endLine
                break
            mark = state.src[state.bMarks[line] + state.tShift[line]]
            for rule in self.rules("", mark):
                if rule(state, line, endLine, False):
                    break
            state.tight = not has_blank
            line = state.line
            has_blank = has_blank or (line - 1 < endLine and state.isEmpty(line - 1))
            if line < endLine and state.isEmpty(line):
                has_blank = True
                line += 1
                state.line = line


def _text(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a paragraph, or the heading that a line below it makes of it, in one go over its lines."""
    if end != state.lineMax:
        return lheading(state, start, end, silent)
    above, state.parentType = state.parentType, "paragraph"
    stop, level = _end_of_text(state, start, end)
    content = mdTrim(_written(state, start, stop))
    state.line = stop + bool(level)
    name, tag, markup = ("heading", f"h{level}", " =-"[level]) if level else ("paragraph", "p", "")
    token = state.push(f"{name}_open", tag, 1)
    token.map, token.markup = [start, state.line], markup
    token = state.push("inline", "", 0)
    token.content, token.map, token.children = content, [start, stop], []
    state.push(f"{name}_close", tag, -1).markup = markup
    if level:
        state.parentType = above  # markdown-it leaves it as it is behind a paragraph
    return True


def _written(state: StateBlock, start: int, stop: int) -> str:
    if stop == start + 1:
        return state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    return state.getLines(start, stop, state.blkIndent, False)


def _end_of_text(state: StateBlock, start: int, end: int) -> tuple[int, int]:
    """Return the line behind a text, and the level of the heading that this line makes of it, or 0."""
    blocks: Any = state.md.block
    for line in range(start + 1, end):
        pos = state.bMarks[line] + state.tShift[line]
        if pos >= state.eMarks[line]:
            return line, 0
        indent, mark = state.sCount[line], state.src[pos]
        if indent - state.blkIndent > 3:
            continue
        if indent >= state.blkIndent and mark in "-=":
            rest = state.skipSpaces(state.skipCharsStr(pos, mark))
            if rest >= state.eMarks[line]:
                return line, 1 if mark == "=" else 2
        if indent < 0:
            continue
        for rule in blocks.rules("paragraph", mark):
            if rule(state, line, end, True):
                return line, 0
    return end, 0


class Inlines(ParserInline):
    """The inline parser; its rules are settled when it first reads."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, list[InlineRule]] = {}

    def rules(self, mark: str) -> list[InlineRule]:
        """Return the rules that may apply where this mark stands."""
        if mark not in self._known:
            self._known[mark] = [
                rule.fn
                for rule in self.ruler.__rules__
                if rule.enabled and mark in _INLINE_MARKS.get(rule.name, mark)
            ]
        return self._known[mark]

    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        state = StateInline(src, md, env, tokens)
        self.tokenize(state)
        if _PAIRED.search(src) is not None:
            for rule in self.ruler2.getRules(""):
                rule(state)
        return state.tokens

    def tokenize(self, state: StateInline) -> None:
        src, end, nesting = state.src, state.posMax, state.md.options["maxNesting"]
        while (start := state.pos) < end:
            found = _MARK.search(src, start, end)
            state.pos = found.start() if found else end
            if state.pos > start:
                state.append_pending(src[start : state.pos])
                continue
            if state.level < nesting and self._is_read(state, False):
                continue
            state.append_pending(src[start])
            state.pos += 1
        if state.pending:
            state.pushPending()

    def skipToken(self, state: StateInline) -> None:  # noqa: N802
        start = state.pos
        if start in state.cache:
            state.pos = state.cache[start]
            return
        if state.level >= state.md.options["maxNesting"]:
            state.pos = state.posMax + 1
        else:
            self._skip(state)
        state.cache[start] = state.pos

    def _skip(self, state: StateInline) -> None:
        found = _MARK.search(state.src, state.pos)
        stop = found.start() if found else state.posMax
        if stop > state.pos:
            state.pos = stop
            return
        state.level += 1
        if not self._is_read(state, True):
            state.pos += 1
        state.level -= 1

    def _is_read(self, state: StateInline, silent: bool) -> bool:
        return any(rule(state, silent) for rule in self.rules(state.src[state.pos]))


def _normalise(state: StateCore) -> None:
    if "\r" in state.src or "\0" in state.src:
        normalize(state)


def count_marks(text: str) -> int:
    """Return how many characters a text has that its running text may be marked up with."""
    return sum(map(text.count, _MARKUP))


def _read_as_words(state: StateCore) -> None:
    """Read no marks at all: nobody writes so many, and some of them cost time for each other one."""
    for token in state.tokens:
        if token.type == "inline" and token.content:
            token.children = [running.QuickToken("text", "", 0, token.content)]


def _read_inlines(state: StateCore) -> None:
    """Read the running texts of all blocks; in those that went the short way no bare links stand."""
    if len(state.src) > MAX_MARKS and count_marks(state.src) > MAX_MARKS:
        _read_as_words(state)
        return
    longer = StateCore("", state.md, state.env)
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            if not running.read(token.content, token.children):
                state.md.inline.parse(token.content, state.md, state.env, token.children)
                longer.tokens.append(token)
    if longer.tokens:
        linkify(longer)
        text_join(longer)


def built(options: Mapping[str, Any]) -> MarkdownIt:
    """Return a parser of CommonMark with tables, strikethrough, and bare links if it is to find them."""
    md = MarkdownIt("commonmark", options)
    md.block, md.inline = Blocks(), Inlines()
    md.configure("commonmark", options).enable(["table", "strikethrough"])
    md.core.ruler.at("normalize", _normalise)
    md.core.ruler.at("inline", _read_inlines)
    md.core.ruler.enableOnly(["normalize", "block", "inline"])
    if options.get("linkify"):
        md.inline.ruler.at("linkify", barelinks.read)
        md.inline.ruler.enable("linkify")
    md.block.ruler.at("table", tables.read, {"alt": ["paragraph", "reference"]})
    md.block.ruler.at("lheading", _text)
    return md
