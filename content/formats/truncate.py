"""Make a text short enough without cutting a grapheme, a link, a tag, or a number from its unit."""

from bisect import bisect_right
from collections.abc import Callable

from content.formats import sentences

ELLIPSIS = "…"
SENTENCE_REACH, WORD_REACH = 50, 20  # how far back a good end is looked for, in characters

#: How many times the limit no text is long that fits: a URL of 4,096 characters weighs 23.
_FAR = 200

Length = Callable[[str], int]


def truncate(text: str, limit: int, length: Length = len) -> str:
    """Return the text, or its beginning, in at most `limit` by this measure.

    Looks back 50 characters for a sentence end, then 20 for a word end, else cuts at the limit; an
    ellipsis marks the last two. What must stay whole and does not fit is left out.
    """
    text = text[: _FAR * max(1, limit)]
    if length(text) <= limit:
        return text
    edges = sentences.grapheme_ends(text)
    full = last_fit(text, edges, limit, length)
    if end := _last(sentences.ends(text), full - SENTENCE_REACH, full):
        return text[:end].rstrip()
    cut = last_fit(text, edges, limit - length(ELLIPSIS), length)
    end = _last(sentences.word_ends(text), cut - WORD_REACH, cut) or cut
    return text[:end].rstrip(" \t\n,;:–—-") + ELLIPSIS


def whole_sentences(text: str, limit: int, length: Length = len) -> str:
    """Return as many whole sentences as fit if they fill a third of it, else a cut text."""
    text = text[: _FAR * max(1, limit)]
    if length(text) <= limit:
        return text
    end = last_fit(text, sentences.ends(text), limit, length)
    said = text[:end].rstrip()
    return said if length(said) * 3 >= limit else truncate(text, limit, length)


def last_fit(text: str, edges: list[int], limit: int, length: Length) -> int:
    """Return the last of these rising places whose beginning of the text fits, or 0."""
    low, high = 0, len(edges)
    while low < high:
        middle = (low + high) // 2
        if length(text[: edges[middle]]) <= limit:
            low = middle + 1
        else:
            high = middle
    return edges[low - 1] if low else 0


def _last(places: list[int], after: int, up_to: int) -> int:
    """Return the last place in (after, up_to], or 0."""
    found = bisect_right(places, up_to) - 1
    return places[found] if found >= 0 and places[found] > max(0, after) else 0
