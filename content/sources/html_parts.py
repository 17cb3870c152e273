"""Elements that stand on lines of their own: entries of lists, quotes, figures, notes, code, rules."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from content.sources import flat, inline
from content.sources.html_frames import CAPTION, MAX_LEVEL, PAGE, QUOTE, SAID_BY, Listing
from content.sources.html_parsing import BLOCKS
from content.sources.html_state import LIST, Element, State
from content.sources.html_tables import DATA
from content.sources.html_words import texts
from content.sources.tree import Block, Code, Paragraph, Quote, Rule, Run, Runs, Table

_LANGUAGE = re.compile(r"\b(?:lang(?:uage)?-|highlight-source-|brush:\s*)([\w+#.-]{1,30})")
_DASHED = re.compile(r"\s*[—–―-]\s*")


def listing(element: Element) -> Listing:
    """Return a list that begins."""
    if element.tag != "ol":
        return Listing()
    step = -1 if element.get("reversed") is not None else 1
    count = sum(1 for _ in element.iterchildren("li")) if step < 0 else 1
    start = whole(element.get("start"))
    return Listing(count if start is None else start, step)


def whole(text: str | None) -> int | None:
    """Return the whole number that an attribute holds, or None."""
    text = (text or "").strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


def unlabelled(runs: Runs, key: str) -> Runs:
    """Return a footnote without the number or sign that it begins with."""
    sign = rf"(?:\[{re.escape(key)}\]|{re.escape(key)}[.)]|[\^↑])"
    found = re.match(rf"\s*(?:{sign}\s*)+", inline.plain(runs))
    return flat.without_lead(runs, found.end()) if found else runs


def _begin_entry(state: State, element: Element) -> bool:
    if not state.frame.lists:
        state.frame.lists.append(Listing(is_implied=True))
    state.frame.lists[-1].open(whole(element.get("value")))
    if len(state.frame.lists) > MAX_LEVEL:
        state.lose(LIST)
    return True


def _end_entry(state: State, _element: Element) -> None:
    listed = state.frame.lists[-1]
    listed.entry = None
    if listed.is_implied:
        state.frame.lists.pop()


def _begin_term(state: State, _element: Element) -> bool:
    if state.frame.lists:
        state.frame.lists[-1].open()
        state.frame.lists[-1].has_term = True
    return True


def _begin_description(state: State, _element: Element) -> bool:
    """A term and its first description are one line: **Term:** description."""
    listed = state.frame.lists[-1] if state.frame.lists else None
    if listed is not None and listed.has_term and not state.frame.line.is_empty:
        is_closed = inline.plain(state.frame.line.runs).rstrip().endswith(":")
        state.frame.line.say(" " if is_closed else ": ", Run(bold=True))
    else:
        state.frame.end_line()
    if listed is not None:
        listed.has_term = False
    return True


def _begin_code(state: State, element: Element) -> bool:
    text = "".join(texts(element)).removeprefix("\n").rstrip()
    if text:
        state.frame.add(Code(text, _language(element)))
    return False


def _language(element: Element) -> str:
    inner = element.find(".//code")
    near = [one for one in (inner, element, element.getparent()) if one is not None]
    told = (_LANGUAGE.search(one.get("class", "")) for one in near)
    return next((found[1] for found in told if found), "")


def _rule(state: State, _element: Element) -> bool:
    if state.frame.kind == PAGE:
        state.frame.add(Rule())
    return False


def _begin_quote(state: State, element: Element) -> bool:
    if state.frame is state.page:
        state.open(QUOTE, element)
    return True


def _end_quote(state: State, element: Element) -> None:
    if not state.is_open(element, QUOTE):
        return
    state.frame.end_line()
    frame = state.frames.pop()
    blocks, said_by = (frame.blocks, frame.said_by) if frame.said_by else _parted(frame.blocks)
    if runs := flat.flat(blocks, "\n\n"):
        state.frame.add(Quote(runs, said_by))


def _parted(blocks: list[Block]) -> tuple[list[Block], Runs]:
    """Part the words of a quote from a last line that begins with a dash: it says whose they are."""
    last = blocks[-1] if blocks else None
    if not isinstance(last, Paragraph) or any(run.image for run in last.runs):
        return blocks, ()
    said = inline.plain(last.runs)
    start = said.rfind("\n") + 1
    if (start or len(blocks) > 1) and _DASHED.match(said, start):
        words = flat.first(last.runs, max(0, start - 1))
        before = [*blocks[:-1], *([replace(last, runs=words)] if words else [])]
        return before, _undashed(flat.without_lead(last.runs, start))
    return blocks, ()


def _undashed(runs: Runs) -> Runs:
    found = _DASHED.match(inline.plain(runs))
    return flat.without_lead(runs, found.end()) if found else runs


def _begin_said_by(state: State, element: Element) -> bool:
    """`footer`, or `cite` by itself, in a quote says whose words they are."""
    if state.frame.kind == QUOTE and (element.tag == "footer" or _is_alone(state, element)):
        state.frame.end_line()
        state.open(SAID_BY, element)
    return True


def _is_alone(state: State, element: Element) -> bool:
    after = element.getnext()
    is_last = after is None or after.tag in BLOCKS
    return state.frame.line.is_empty and is_last and not (element.tail or "").strip()


def _end_said_by(state: State, element: Element) -> None:
    if state.is_open(element, SAID_BY):
        said_by = _undashed(state.frames.pop().words(" "))
        state.frame.said_by = said_by or state.frame.said_by


def _begin_figure(state: State, _element: Element) -> bool:
    state.figures.append((len(state.frame.blocks), []))
    return True


def _end_figure(state: State, _element: Element) -> None:
    start, captions = state.figures.pop()
    for caption in captions:
        last = state.frame.blocks[-1] if len(state.frame.blocks) > start else None
        if isinstance(last, Quote) and not last.attribution:
            state.frame.blocks[-1] = replace(last, attribution=_undashed(caption))
        elif isinstance(last, Table) and not last.caption:
            state.frame.blocks[-1] = replace(last, caption=caption)
        else:
            state.frame.add(Paragraph(tuple(replace(run, italic=True) for run in caption)))


def _begin_caption(state: State, element: Element) -> bool:
    is_of_table = bool(state.tables) and state.tables[-1].kind == DATA
    if state.figures if element.tag == "figcaption" else is_of_table:
        state.open(CAPTION, element)
    return True


def _end_caption(state: State, element: Element) -> None:
    if not state.is_open(element, CAPTION):
        return
    runs = state.frames.pop().words(" ")
    if element.tag == "caption":
        state.tables[-1].caption = runs
    elif runs:
        state.figures[-1][1].append(runs)


BEGIN: Mapping[str, Callable[[State, Element], bool]] = {
    "li": _begin_entry,
    "dt": _begin_term,
    "dd": _begin_description,
    "pre": _begin_code,
    "hr": _rule,
    "blockquote": _begin_quote,
    "footer": _begin_said_by,
    "cite": _begin_said_by,
    "figure": _begin_figure,
    "figcaption": _begin_caption,
    "caption": _begin_caption,
}
END: Mapping[str, Callable[[State, Element], None]] = {
    "li": _end_entry,
    "blockquote": _end_quote,
    "footer": _end_said_by,
    "cite": _end_said_by,
    "figure": _end_figure,
    "figcaption": _end_caption,
    "caption": _end_caption,
}
