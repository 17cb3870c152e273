"""Footnotes of Markdown: `[^1]` where one is called for, `[^1]: text` where it is written.

Read as mdit-py-plugins reads them; for a page the marks become numbers, and the notes a list at the end.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

NOTE = "note"  # the class of a mark; that of the list is its plural
OPEN, CLOSE, MARK = "footnote_reference_open", "footnote_reference_close", "footnote_ref"
CALL = re.compile(r"\[\^([^\]\s]+)\](?!:)")
_Notes = Mapping[str, Sequence[Token]]


def read_by(parser: MarkdownIt) -> MarkdownIt:
    """Let a parser read footnotes; notes stay where they are written."""
    return parser.use(footnote_plugin, inline=False, move_to_end=False)


def settled(tokens: Sequence[Token], anchor: str = "") -> Sequence[Token]:
    """Return the tokens of a page: marks numbered as they appear, a rule and the notes in a list at the end.

    With an `anchor`, marks and notes carry ids made of it and lead to each other. A note that nothing
    calls for is kept behind the others. The tokens that were given are not changed.
    """
    if not any(token.type == OPEN for token in tokens):
        return tokens
    text, notes = _parted(tokens)
    page = _Page(notes, anchor)
    return [*page.marked(text), *page.notes()]


def lines(tokens: Sequence[Token]) -> set[int]:
    """Return the lines (0-based) on which notes are written."""
    spans = (token.map for token in tokens if token.type == OPEN and token.map)
    return {line for span in spans for line in range(*span)}


def without_marks(html: str, tokens: Sequence[Token]) -> str:
    """Return raw HTML without the marks of the notes that these tokens write."""
    if "[^" not in html:
        return html
    known = {token.meta["label"] for token in tokens if token.type == OPEN}
    return CALL.sub(lambda found: "" if found[1] in known else found[0], html)


def _parted(tokens: Sequence[Token]) -> tuple[list[Token], dict[str, list[Token]]]:
    """Return the text without its notes, and the notes by label; the first of a label counts."""
    text: list[Token] = []
    notes: dict[str, list[Token]] = {}
    into = text
    for token in tokens:
        if token.type == OPEN:
            into = []
            notes.setdefault(token.meta["label"], into)
        elif token.type == CLOSE:
            into = text
        else:
            into.append(token)
    return text, notes


class _Page:
    """Numbers the notes in the order in which they are called for."""

    def __init__(self, written: _Notes, anchor: str) -> None:
        self.written, self.anchor = written, anchor
        self.calls: dict[
            str, int
        ] = {}  # label → how often it was called for so far, in their order

    def marked(self, tokens: Sequence[Token]) -> list[Token]:
        return [self._marked(token) for token in tokens]

    def _marked(self, token: Token) -> Token:
        if token.children and any(child.type == MARK for child in token.children):
            return token.copy(children=list(self._children(token.children)))
        if token.type == "html_block" and "[^" in token.content:  # a table with spans is written so
            return token.copy(content=CALL.sub(self._in_html, token.content))
        return token

    def notes(self) -> Iterator[Token]:
        yield Token("hr", "hr", 0, block=True)
        yield Token("ordered_list_open", "ol", 1, attrs={"class": f"{NOTE}s"}, block=True)
        said: list[str] = []
        while len(said) < len(self.written):
            waiting = [label for label in (*self.calls, *self.written) if label not in said]
            said.append(waiting[0])
            yield from self._note(waiting[0], len(said))
        yield Token("ordered_list_close", "ol", -1, block=True)

    def _children(self, children: Sequence[Token]) -> Iterator[Token]:
        for child in children:
            if child.type == MARK:
                yield from self._mark(child.meta["label"])
            else:
                yield child

    def _in_html(self, call: "re.Match[str]") -> str:
        if call[1] not in self.written:
            return call[0]
        number, attrs = self._called(call[1])
        link = '<a href="{href}" id="{id}">{}</a>'.format(number, **attrs) if attrs else number
        return f'<sup class="{NOTE}">{link}</sup>'

    def _mark(self, label: str) -> Iterator[Token]:
        number, attrs = self._called(label)
        yield Token("sup_open", "sup", 1, attrs={"class": NOTE})
        if attrs:
            yield Token("link_open", "a", 1, attrs={**attrs})
        yield Token("text", "", 0, content=str(number))
        if attrs:
            yield Token("link_close", "a", -1)
        yield Token("sup_close", "sup", -1)

    def _called(self, label: str) -> tuple[int, dict[str, str]]:
        """Count one more call; return the number of the note, and what makes its mark a link."""
        self.calls[label] = count = self.calls.get(label, 0) + 1
        number = list(self.calls).index(label) + 1
        if not self.anchor:
            return number, {}
        nth = f"-{count}" if count > 1 else ""
        target = f"#{self.anchor}-note-{number}"
        return number, {"href": target, "id": f"{self._mark_id(number)}{nth}"}

    def _mark_id(self, number: int) -> str:
        return f"{self.anchor}-mark-{number}"

    def _note(self, label: str, number: int) -> Iterator[Token]:
        opening = Token("list_item_open", "li", 1, block=True)
        if self.anchor:
            opening.attrSet("id", f"{self.anchor}-note-{number}")
        yield opening
        body = self.marked(self.written[label])
        last = max((n for n, token in enumerate(body) if token.type == "inline"), default=-1)
        is_short = [token.type for token in body] == ["paragraph_open", "inline", "paragraph_close"]
        for place, token in enumerate(body):
            if place == last and self.anchor and label in self.calls:
                yield token.copy(children=[*(token.children or ()), *self._way_back(number)])
            elif is_short and token.type != "inline":
                yield token.copy(hidden=True)
            else:
                yield token
        yield Token("list_item_close", "li", -1, block=True)

    def _way_back(self, number: int) -> Iterator[Token]:
        link = Token("link_open", "a", 1, attrs={"href": f"#{self._mark_id(number)}"})
        link.attrSet("title", "Back to the text")
        yield Token("text", "", 0, content=" ")
        yield link
        yield Token("text", "", 0, content="↩")
        yield Token("link_close", "a", -1)
