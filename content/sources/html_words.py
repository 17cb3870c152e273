"""Elements inside a line: how words look, links, images, boxes, signs that stand high or low."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lxml import etree

from content.sources.html_state import LINK, Element, State
from content.sources.tree import Run

_LOOKS: Mapping[str, str] = {
    **dict.fromkeys(("b", "strong", "dt"), "bold"),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), "italic"),
    **dict.fromkeys(("s", "strike", "del"), "strike"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
}
_STYLES = (
    (re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)"), "bold"),
    (re.compile(r"font-style\s*:\s*italic"), "italic"),
    (re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through"), "strike"),
)
_RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_PERMALINKS = frozenset({"", "#", "¶", "§", "🔗"})


def look_of(state: State, element: Element) -> Run:
    """Return how words look inside an element; the same object where it changes nothing."""
    look = state.look
    names = [_LOOKS[element.tag]] if element.tag in _LOOKS else []
    if style := element.get("style"):
        names += [name for pattern, name in _STYLES if pattern.search(style)]
    if names:
        changes: dict[str, Any] = dict.fromkeys(names, True)
        look = replace(look, **changes)
    if element.tag == "a" and (target := element.get("href", "").strip()):
        link = state.where.link(target)
        if not link and not target.lower().startswith(("#", "javascript:")):
            state.lose(LINK)
        look = replace(look, link=link)
    return look


def texts(element: Element) -> list[str]:
    """Return the texts that an element holds, in order, with its line breaks."""
    found = []
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            found.append("\n" if inner.tag == "br" else inner.text or "")
        elif inner is not element:
            found.append(inner.tail or "")
    return found


def _link(state: State, element: Element) -> bool:
    """A link to the heading that it stands in is a handle for copying, and no word of it."""
    is_own = state.frame.heading is not None and element.get("href", "").startswith("#")
    return not (is_own and "".join(element.itertext()).strip() in _PERMALINKS)


def _image(state: State, element: Element) -> bool:
    if run := state.pictures.run(element, state.look):
        state.frame.line.put(run)
    return False


def _box(state: State, element: Element) -> bool:
    if element.get("type", "").lower() == "checkbox":
        entry, is_checked = state.frame.entry, element.get("checked") is not None
        if entry and not entry.is_placed and state.frame.line.is_empty:
            entry.is_checked = is_checked
        else:
            state.say("☑ " if is_checked else "☐ ")
    return False


def _script(state: State, element: Element) -> bool:
    """Raised and lowered figures stay what they are: 10⁶ is not 106."""
    said = "".join(element.itertext())
    signs = _RAISED if element.tag == "sup" else _LOWERED
    is_known = bool(said) and all(ord(sign) in signs for sign in said)
    is_known = is_known and not any(inner in state.notes.marks for inner in element.iter("a"))
    if is_known:
        state.say(said.translate(signs))
    return not is_known


def _break(state: State, _element: Element) -> bool:
    line = state.frame.line
    if state.frame.heading is None and line.is_broken:
        state.frame.end_line()  # an empty line parts paragraphs
    line.break_off()
    return False


def _quoted(state: State, _element: Element) -> bool:
    state.say("“")
    return True


def _reading(state: State, _element: Element) -> bool:
    state.say("(")
    return True


BEGIN: Mapping[str, Callable[[State, Element], bool]] = {
    "a": _link,
    "img": _image,
    "input": _box,
    "sup": _script,
    "sub": _script,
    "br": _break,
    "q": _quoted,
    "rt": _reading,
}
END: Mapping[str, Callable[[State, Element], None]] = {
    "q": lambda state, _element: state.say("”"),
    "rt": lambda state, _element: state.say(")"),
}
