"""Where quoted words stand in a text that may have changed since they were quoted. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

SAME, MOVED, CHANGED = "same", "moved", "changed"
ALIKE = 80.0  # percent of equal text from which a passage is the quoted one, edited
MIN_ALIKE = 12  # characters; a shorter quote is found as it stands or not at all


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a rendition that people read, and the name of its place: "subject", "part 2"."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a quote stands now; `kind` says whether it moved, or reads otherwise now (`text`)."""

    place: str
    start: int
    end: int
    text: str
    kind: str


def find(
    passages: Sequence[Passage], quote: str, *, place: str = "", start: int | None = None
) -> Spot | None:
    """Return where the quoted words stand, nearest to where they stood; None when they are gone.

    Blanks and line ends count as one blank, as copying changes them. The place that is named is
    looked at first, then the others; only then words that resemble them.
    """
    ordered = sorted(passages, key=lambda one: one.place != place)
    for passage in ordered:
        if spot := _nearest(passage, quote, place, start):
            return spot
    return next(filter(None, (_alike(passage, quote) for passage in ordered)), None)


def _nearest(passage: Passage, quote: str, place: str, start: int | None) -> Spot | None:
    found = list(_occurrences(passage.text, quote))
    if not found:
        return None
    first, last = min(found, key=lambda span: abs(span[0] - (start or 0)))
    is_same = passage.place == place and start in (None, first)
    kind = SAME if is_same else MOVED
    return Spot(passage.place, first, last, passage.text[first:last], kind)


def _occurrences(text: str, quote: str) -> Iterable[tuple[int, int]]:
    words = quote.split()
    if not words:
        return
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words))
    yield from (found.span() for found in pattern.finditer(text))


def _alike(passage: Passage, quote: str) -> Spot | None:
    if len(quote) < MIN_ALIKE or len(passage.text) < MIN_ALIKE:
        return None
    found = fuzz.partial_ratio_alignment(quote, passage.text, score_cutoff=ALIKE)
    if found is None:
        return None
    first, last = _whole_words(passage.text, found.dest_start, found.dest_end)
    return Spot(passage.place, first, last, passage.text[first:last], CHANGED)


def _whole_words(text: str, first: int, last: int) -> tuple[int, int]:
    """Widen a span to the words that it cuts."""
    while first > 0 and not text[first - 1].isspace():
        first -= 1
    while last < len(text) and not text[last].isspace():
        last += 1
    return first, last
