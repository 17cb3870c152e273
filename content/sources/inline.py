"""Runs of words as inline Markdown, and as HTML where Markdown cannot say it."""

import re
from collections.abc import Iterable
from dataclasses import replace
from html import escape
from itertools import groupby

from content.sources.tree import Run

_TAG = re.compile(r"<(?=[A-Za-z/?]|!(?!--|[–—]))")
_MARKS = re.compile(r"([\\`*_\[\]<>~|]|&(?=#?\w{1,32};))")
_EDGE = re.compile(r"^(\s*)(.*?)(\s*)$", re.DOTALL)
_STYLES = (("bold", "**", "strong"), ("italic", "*", "em"), ("strike", "~~", "s"))
_NO_TARGET = re.compile(r"[\s<>]")
_BROKEN = re.compile(r"(?<!\n)\n(?!\n)")  # an empty line parts paragraphs by itself
BREAK = "  \n"


def markdown(runs: Iterable[Run], *, is_typed: bool) -> str:
    """Return runs as one inline text; a line break is two blanks and a line end, two are an empty line.

    With `is_typed` the words were written by people who may write grammar into them: directives,
    bullets, bracket sections and Markdown stay what they are, and only HTML is taken literally.
    """
    kept = joined(runs)
    after = [*(run.text for run in kept), ""][1:]
    before = ""
    parts = []
    for run, following in zip(kept, after, strict=True):
        parts.append(_marked(run, is_typed, before[-1:], following[:1]))
        before = run.text or before
    return _BROKEN.sub(BREAK, "".join(parts))


def html(runs: Iterable[Run]) -> str:
    """Return runs as inline HTML on one line."""
    return "".join(_tagged(run) for run in joined(runs))


def plain(runs: Iterable[Run]) -> str:
    """Return the words alone."""
    return "".join(run.text for run in runs if not run.footnote)


def joined(runs: Iterable[Run]) -> list[Run]:
    """Return the runs with neighbours that look alike as one, and without empty ones."""
    found: list[Run] = []
    some = (run for run in runs if run.text or run.image or run.footnote)
    for (is_alone, *_), group in groupby(some, key=_look):
        first, *more = group
        if more and not is_alone:
            first = replace(first, text="".join(run.text for run in (first, *more)))
            more = []
        found += [first, *more]
    return found


def _look(run: Run) -> tuple[bool | str, ...]:
    is_alone = bool(run.image or run.footnote)
    return is_alone, run.bold, run.italic, run.strike, run.code, run.link


def _marked(run: Run, is_typed: bool, before: str, after: str) -> str:
    if run.footnote:
        return f"[^{run.footnote}]"
    if run.image:
        image = f"![{_MARKS.sub(_escaped, run.text)}]({run.image})"
        return f"[{image}]({_target(run.link)})" if run.link else image
    lead, words, trail = _EDGE.match(run.text).groups()  # type: ignore[union-attr]
    if not words:
        return run.text
    if run.code:
        text = _code(words)
    else:
        text = _TAG.sub(r"\\<", words) if is_typed else _MARKS.sub(_escaped, words)
        is_free = bool(lead) or not before.isalnum(), bool(trail) or not after.isalnum()
        text = _styled(run, text, is_free)
    if run.link:
        text = f"[{text}]({_target(run.link)})"
    return f"{lead}{text}{trail}"


def _target(link: str) -> str:
    return f"<{link}>" if _NO_TARGET.search(link) or "(" in link else link


def _styled(run: Run, text: str, is_free: tuple[bool, bool]) -> str:
    """Put marks round words; tags where CommonMark would not take marks between letters."""
    takes_marks = (is_free[0] or text[0].isalnum()) and (is_free[1] or text[-1].isalnum())
    for name, mark, tag in _STYLES:
        if getattr(run, name):
            text = f"{mark}{text}{mark}" if takes_marks else f"<{tag}>{text}</{tag}>"
    return text


def _escaped(found: "re.Match[str]") -> str:
    return f"\\{found[1]}"


def _code(words: str) -> str:
    fence = "`" * (max((len(run) for run in re.findall(r"`+", words)), default=0) + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def _tagged(run: Run) -> str:
    if run.footnote:
        return f"[^{run.footnote}]"
    if run.image:
        image = f'<img src="{escape(run.image)}" alt="{escape(run.text)}">'
        return f'<a href="{escape(run.link)}">{image}</a>' if run.link else image
    text = escape(run.text, quote=False).replace("\n", "<br>")
    text = f"<code>{text}</code>" if run.code else text
    for name, _, tag in _STYLES:
        text = f"<{tag}>{text}</{tag}>" if getattr(run, name) else text
    return f'<a href="{escape(run.link)}">{text}</a>' if run.link else text
