"""Pack text into the numbered parts of a thread."""

from collections.abc import Iterable, Sequence

from content.formats import sentences
from content.formats.truncate import Length, last_fit
from content.formats.weight import VERSION_3, weighted_length

MAX_PARTS = 10
LIMIT = VERSION_3.limit


def pack(
    text: str, limit: int = LIMIT, length: Length = weighted_length, *, advised: int | None = None
) -> list[str]:
    """Return the text in parts of at most `limit`: whole sentences, as many as fit in each.

    A sentence longer than a part is cut at a clause, then at a word. With `advised`, a part takes no
    further sentence beyond that length. Line ends and empty lines stay; sentences without a blank
    between them, as in Japanese, get none.
    """
    parts: list[str] = []
    room = limit if advised is None else min(limit, advised)
    for glue, piece in _pieces(text, limit, length):
        joined = parts[-1] + glue + piece if parts else piece
        if parts and length(joined) <= room:
            parts[-1] = joined
        else:
            parts.append(piece)
    return parts


def thread(text: str, closing: str, advised: int = LIMIT) -> list[str]:
    """Return the text in numbered parts, `closing` (link, tags) behind the last; one part has none.

    A part's text weighs at most `advised`, but for a sentence that fits whole in no less; all of it
    weighs at most 280. The list may be longer than MAX_PARTS: the caller decides what to leave out.
    """
    parts = with_closing(pack(text, advised=advised), closing, LIMIT)
    if len(parts) == 1:
        return parts
    for digits in (1, 2, 3):
        room = LIMIT - weighted_length(number(10**digits - 1, 10**digits - 1))
        parts = with_closing(pack(text, room, advised=advised), closing, room)
        if len(str(len(parts))) <= digits:
            break
    return numbered(parts)


def with_closing(parts: Sequence[str], closing: str, room: int) -> list[str]:
    """Return parts whose last one ends with `closing`, in a part of its own where it needs one."""
    if not closing:
        return list(parts)
    last = f"{parts[-1]}\n\n{closing}" if parts else closing
    if parts and weighted_length(last) <= room:
        return [*parts[:-1], last]
    return [*parts, closing]


def numbered(parts: Sequence[str]) -> list[str]:
    """Return the parts with `i/N` at their end; a single part stays as it is."""
    if len(parts) == 1:
        return list(parts)
    return [part + number(place, len(parts)) for place, part in enumerate(parts, 1)]


def number(place: int, total: int) -> str:
    return f"\n\n{place}/{total}"


def _pieces(text: str, limit: int, length: Length) -> Iterable[tuple[str, str]]:
    """Yield (what stands before it, sentence or a part of one that fits)."""
    glue, place = "", 0
    for sentence in sentences.split(text):
        start = text.index(sentence, place)
        gap = text[place:start]
        glue = "\n" * min(2, gap.count("\n")) or " " * bool(gap)
        for piece in _cut(sentence, limit, length):
            yield glue, piece
            glue = " "
        place = start + len(sentence)


def _cut(sentence: str, limit: int, length: Length) -> Iterable[str]:
    while length(sentence) > limit:
        end = _best_end(sentence, limit, length)
        yield sentence[:end].rstrip()
        sentence = sentence[end:].lstrip()
    if sentence:
        yield sentence


def _best_end(sentence: str, limit: int, length: Length) -> int:
    for places in (sentences.clause_ends, sentences.word_ends, sentences.grapheme_ends):
        end = last_fit(sentence, places(sentence), limit, length)
        if end and (places is sentences.grapheme_ends or sentence[:end].strip()):
            return end
    return max(1, last_fit(sentence, list(range(1, len(sentence))), limit, length))
