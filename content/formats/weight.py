"""How long a text is for X: the weighted length of twitter-text, configuration version 3."""

import unicodedata
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import emoji
import regex

from content.formats import urls


@dataclass(frozen=True, slots=True)
class Weights:
    """The numbers of the configuration; an account's passport may bring others."""

    limit: int = 280
    scale: int = 100
    default: int = 200
    url: int = 23
    light: tuple[tuple[int, int], ...] = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))


VERSION_3 = Weights()
_TEXT_STYLE = "\ufe0e"
_MAY_BE_EMOJI = regex.compile(
    r"[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}]|[0-9#*]\uFE0F?\u20E3"
)
_PICTURE = regex.compile(r"\p{Emoji_Presentation}|\uFE0F")


def weighted_length(text: str, weights: Weights = VERSION_3) -> int:
    """Return the length X counts: NFC first, a URL is 23, an emoji 2, other scripts 1 or 2."""
    text = unicodedata.normalize("NFC", text)
    total, position = 0, 0
    for start, end in urls.spans(text):
        total += _plain_weight(text[position:start], weights) + weights.url * weights.scale
        position = end
    return (total + _plain_weight(text[position:], weights)) // weights.scale


def _plain_weight(text: str, weights: Weights) -> int:
    if text.isascii():
        return len(text) * 100 if weights is VERSION_3 else sum(_weight(c, weights) for c in text)
    total, position = 0, 0
    for start, end in emoji_spans(text):
        total += sum(_weight(char, weights) for char in text[position:start]) + weights.default
        position = end
    return total + sum(_weight(char, weights) for char in text[position:])


def emoji_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each emoji; one asked to look like text (U+FE0E) is none."""
    if text.isascii():
        return []
    spans: list[tuple[int, int]] = []
    position = 0
    while match := _MAY_BE_EMOJI.search(text, position):
        end = _emoji_end(text, match.start())
        if end and text[end : end + 1] != _TEXT_STYLE:
            spans.append((match.start(), end))
        position = end or match.end()
    return spans


def _emoji_end(text: str, start: int) -> int:
    """Return where the longest emoji that starts here ends, or 0."""
    ends = (start + size for size in _sizes().get(text[start], ()))
    return next((end for end in ends if text[start:end] in emoji.EMOJI_DATA), 0)


@lru_cache(maxsize=1)
def _sizes() -> dict[str, list[int]]:
    """Return by its first character how many an emoji may have, the most first."""
    sizes: dict[str, set[int]] = defaultdict(set)
    for known in emoji.EMOJI_DATA:
        sizes[known[0]].add(len(known))
    return {first: sorted(found, reverse=True) for first, found in sizes.items()}


def picture_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each emoji that is shown as a picture, which © and ™ are not."""
    return [(start, end) for start, end in emoji_spans(text) if _PICTURE.search(text[start:end])]


def without_pictures(text: str) -> str:
    """Return the text without its emoji and without the blanks that stood beside them."""
    spans = picture_spans(text)
    if not spans:
        return text
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    first, *rest = (text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
    kept = [first]
    for piece in (piece for piece in rest if piece.strip(" ")):
        if not piece[0].isalnum():
            kept[-1] = kept[-1].rstrip(" ")
        begins_line = not kept[-1] or kept[-1][-1] in "\n(["
        kept.append(piece.lstrip(" ") if begins_line else piece)
    return "".join(kept).strip()


def _weight(char: str, weights: Weights) -> int:
    place = bisect_left(weights.light, (ord(char) + 1,)) - 1
    is_light = place >= 0 and ord(char) <= weights.light[place][1]
    return 100 if is_light else weights.default
