"""Which item of a new reading is which item of the ones before."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

SIMILAR = 60.0  # percent of equal text from which two texts in one section are one item
_COMPARED = 1_000  # characters of each text that the comparison looks at
_KEY_BODY = 100  # characters of the body in an exact key


@dataclass(frozen=True, slots=True)
class Text:
    """What a document said of one item; `position` counts from 0 over the whole document."""

    title: str
    body: str
    section: str
    position: int


def exact_key(text: Text) -> tuple[str, str]:
    """Return the lower-cased title and the first 100 characters of the body.

    Source: living-documents specification, "Exact duplicate item".
    """
    return text.title.lower(), text.body[:_KEY_BODY]


def match(known: Sequence[Text], found: Sequence[Text]) -> list[int | None]:
    """Return for each found text the index of the known one that it is now, or None if it is new.

    No known text is given twice. First the exact key decides, then the title in the same section,
    then the most similar text of the same section, the nearest one if several are as similar.
    `known` comes in order of preference.
    """
    result: list[int | None] = [None] * len(found)
    free = dict(enumerate(known))
    for key in (exact_key, _title_in_section):
        _match_by(key, free, found, result)
    _match_similar(free, found, result)
    return result


def _title_in_section(text: Text) -> tuple[str, str]:
    return text.section, text.title.lower()


def _match_by(
    key: Callable[[Text], Hashable],
    free: dict[int, Text],
    found: Sequence[Text],
    result: list[int | None],
) -> None:
    waiting = defaultdict(list)
    for index, text in free.items():
        waiting[key(text)].append(index)
    for place, text in enumerate(found):
        if result[place] is None and waiting[key(text)]:
            result[place] = index = waiting[key(text)].pop(0)
            del free[index]


def _match_similar(free: dict[int, Text], found: Sequence[Text], result: list[int | None]) -> None:
    pairs = [
        (-score, abs(text.position - other.position), place, index)
        for place, text in enumerate(found)
        if result[place] is None
        for index, other in free.items()
        if other.section == text.section and (score := _similarity(text, other)) >= SIMILAR
    ]
    for _, _, place, index in sorted(pairs):
        if result[place] is None and index in free:
            result[place] = index
            del free[index]


def _similarity(one: Text, other: Text) -> float:
    first, second = (f"{text.title}\n{text.body}"[:_COMPARED] for text in (one, other))
    return fuzz.ratio(first, second, score_cutoff=SIMILAR)
