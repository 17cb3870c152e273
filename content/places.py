"""Where at its source a line of a document's text stands."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from content.grammar import Block, Problem
from content.sources.base import Place


def of(line: int, places: Sequence[Place]) -> Place | None:
    """Return the place of the block that holds this line; None before the first block."""
    index = bisect_right(places, line, key=lambda place: place.line)
    return places[index - 1] if index else None


def linked(problems: Iterable[Problem], places: Sequence[Place]) -> tuple[Problem, ...]:
    """Return the problems with the link that opens the source at their block."""
    return tuple(
        replace(problem, source_url=place.url)
        if (place := of(problem.line, places)) and place.url
        else problem
        for problem in problems
    )


def of_blocks(blocks: Iterable[Block], places: Sequence[Place]) -> list[dict[str, Any]]:
    """Return blocks in the form that a snapshot keeps, with their id and link at the source."""
    found = []
    for block in blocks:
        place = of(block.line_start, places)
        found.append(
            block.as_dict()
            | {"source_id": place.id if place else "", "source_url": place.url if place else ""}
        )
    return found
