"""Putting the alternative texts that people gave into the pieces whose source has none. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from content import markdown
from content.grammar import Item, Problem
from content.sources.base import Picture

CODE = "image_no_alt"


def applied(items: Iterable[Item], alts: Mapping[str, str]) -> tuple[Item, ...]:
    """Return items whose images without alternative text have the one given by their address.

    An item in which no image lacks its text any more is not blocked for that.
    """
    return tuple(_described(item, alts) for item in items)


def still_missing(
    problems: Iterable[Problem], lines: Sequence[str], alts: Mapping[str, str]
) -> tuple[Problem, ...]:
    """Return the problems without those of images that have their text now.

    `alts` is by the address that the text itself gives an image; a problem stands at its line.
    """
    return tuple(
        problem
        for problem in problems
        if problem.code != CODE or not _is_given(problem, lines, alts)
    )


def hinted(
    problems: Iterable[Problem], lines: Sequence[str], pictures: Mapping[str, Picture]
) -> tuple[Problem, ...]:
    """Return the problems, each missing text with what its source offers for it."""
    offered = {address: one.offered_alt for address, one in pictures.items() if one.offered_alt}
    return tuple(
        replace(
            problem, hint=f"{problem.hint} Its caption says “{offer}”; confirm it as alt text here."
        )
        if problem.code == CODE and (offer := _offer(problem, lines, offered))
        else problem
        for problem in problems
    )


def shown_in(
    media: Iterable[Mapping[str, Any]], items: Iterable[Item], pictures: Mapping[str, Picture]
) -> list[dict[str, Any]]:
    """Return the images of a reading with the alternative text they have and the one that is offered."""
    has = {address: alt for item in items for address, alt in markdown.images(item.content)}
    has |= {item.image: item.alt or "" for item in items if item.image}
    return [
        {
            **entry,
            "alt": has.get(f"media:{entry['name']}", ""),
            "offered_alt": pictures[entry["address"]].offered_alt
            if entry["address"] in pictures
            else "",
        }
        for entry in media
    ]


def _offer(problem: Problem, lines: Sequence[str], offered: Mapping[str, str]) -> str:
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    return next((text for address, text in offered.items() if address in line), "")


def _is_given(problem: Problem, lines: Sequence[str], alts: Mapping[str, str]) -> bool:
    line = lines[problem.line - 1] if problem.line <= len(lines) else ""
    named = [address for address in alts if address in line[max(0, problem.column - 1) :]]
    return bool(named)


def _described(item: Item, alts: Mapping[str, str]) -> Item:
    content = item.content
    for address, text in alts.items():
        content = re.sub(rf"!\[\s*\]\((<?{re.escape(address)})", rf"![{_safe(text)}](\1", content)
    alt = item.alt or (alts.get(item.image) if item.image else None)
    if content == item.content and alt == item.alt:
        return item
    is_missing = "![](" in content or bool(item.image and not alt)
    codes = item.codes if is_missing else tuple(code for code in item.codes if code != CODE)
    return replace(item, content=content, alt=alt, codes=codes)


def _safe(text: str) -> str:
    return re.sub(r"([\\\[\]])", r"\\\1", " ".join(text.split())).replace("\\", "\\\\")
