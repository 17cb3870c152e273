"""From the tree of a page to the blocks of a text, in one walk, however deep it goes.

Nothing that a reader of the page sees goes without a word: what a text cannot hold is counted.
"""

import re

from lxml import etree

from content.grammar import directives
from content.grammar.checks import MAX_BLOCKS
from content.sources import html_cells, html_parts, html_words, levels
from content.sources.html_frames import NOTE
from content.sources.html_parsing import BLOCKS, DOCUMENT_TITLE, HEADINGS, LISTS, MEDIA
from content.sources.html_state import MEDIUM, Element, State
from content.sources.tree import Raw, Run
from halcytone.lib.errors import Refused

MAX_CELLS = 5 * MAX_BLOCKS
_UNSEEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SILENT = frozenset(
    {"head", "title", "meta", "link", "base", "script", "nav", "search", "rp", "source"}
)
_SILENT_ROLES = frozenset({"navigation", "search", "menu", "menubar", "toolbar"})
_BEGIN = {**html_words.BEGIN, **html_parts.BEGIN, **html_cells.BEGIN}
_END = {**html_words.END, **html_parts.END, **html_cells.END}


def read(state: State, root: Element) -> None:
    """Take in an element and all it holds; may be called for several, one after the other."""
    skipped = None
    walker = etree.iterwalk(root, events=("start", "end", "comment"))
    for event, element in walker:
        if event == "comment":
            _comment(state, element.text or "")
        elif event == "start":
            if _enter(state, element):
                state.say(element.text)
            else:
                walker.skip_subtree()
                skipped = element
        elif element is not skipped:
            _leave(state, element)
            _require_room(state)
        if event != "start" and element is not root:
            state.say(element.tail)
    state.frame.end_line()


def _require_room(state: State) -> None:
    """Stop at what no document may have; the grammar would refuse it after more work."""
    if len(state.page.blocks) > MAX_BLOCKS or state.cells > MAX_CELLS:
        what = (
            f"{MAX_BLOCKS:,} blocks" if state.cells <= MAX_CELLS else f"{MAX_CELLS:,} table cells"
        )
        message = f"It has more than {what}, more than can be read. Split it."
        raise Refused(message, code="source_truncated")


def _comment(state: State, text: str) -> None:
    """Directives are written as comments, and Markdown that became HTML has kept them."""
    written = f"<!--{text}-->"
    if state.frame is state.page and "\n" not in text and directives.speaks_of_a_key(written):
        state.frame.end_line()
        state.page.blocks.append(Raw(written))


def _enter(state: State, element: Element) -> bool:
    """Begin an element; return whether what it holds is to be read."""
    notes = state.notes
    if _is_unseen(element) or element in notes.backs or notes.is_furniture(element):
        return False
    if key := notes.marks.get(element):
        state.frame.line.put(Run(footnote=key))
        return False
    state.names.met(element)
    tag = str(element.tag)
    if tag in BLOCKS and tag != "dd" and not html_cells.is_nested(state, tag):
        state.frame.end_line()
    if element in notes.bodies:
        state.open(NOTE, element)
        return True
    if not _begin(state, tag, element):
        return False
    look = html_words.look_of(state, element)
    if look is not state.look:
        state.looks.append((element, look))
    return True


def _begin(state: State, tag: str, element: Element) -> bool:
    if tag in HEADINGS:
        is_title = element.get("class") == DOCUMENT_TITLE
        state.frame.heading = levels.TITLE if is_title else HEADINGS[tag]
    elif tag in LISTS:
        state.frame.lists.append(html_parts.listing(element))
    elif tag in MEDIA:
        state.lose(MEDIUM, tag)
        return False
    elif begin := _BEGIN.get(tag):
        return begin(state, element)
    return True


def _leave(state: State, element: Element) -> None:
    tag = str(element.tag)
    if tag in HEADINGS and state.frame.heading is not None:
        state.frame.end_heading()
    elif tag in BLOCKS and tag != "dt" and not html_cells.is_nested(state, tag):
        state.frame.end_line()
    if state.looks[-1][0] is element:
        state.looks.pop()
    if state.is_open(element, NOTE):
        key = state.notes.bodies[element]
        runs = state.frames.pop().words(" ")
        state.footnotes[key] = html_parts.unlabelled(runs, key)
    elif element in state.notes.bodies:
        pass  # too far down for a place of its own
    elif tag in LISTS:
        state.frame.lists.pop()
    elif end := _END.get(tag):
        end(state, element)


def _is_unseen(element: Element) -> bool:
    """Tell whether a reader of the page does not see an element, or sees it as no part of its text."""
    told, tag = element.attrib, element.tag
    if tag in _SILENT or (tag == "form" and not _holds_page(element)):
        return True
    return (
        (tag == "dialog" and "open" not in told)
        or told.get("hidden", "until-found") != "until-found"
        or told.get("aria-hidden") == "true"
        or told.get("role") in _SILENT_ROLES
        or bool(_UNSEEN.search(told.get("style", "")))
    )


def _holds_page(form: Element) -> bool:
    """Some systems wrap the whole page in one form."""
    return next(form.iter("h1", "main", "article"), None) is not None
