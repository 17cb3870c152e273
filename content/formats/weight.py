"""How long a text is for X: the weighted length of twitter-text, configuration version 3."""

import re
import unicodedata
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
_TEXT_STYLE, _KEYCAP = "\ufe0e", "\u20e3"
_PICTURES = "\U0001f000-\U0001ffff"  # where most emoji stand
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
    if weights is VERSION_3 and text.isascii():
        return len(text) * 100
    total, position = 0, 0
    for start, end in emoji_spans(text):
        total += _weight(text[position:start], weights) + weights.default
        position = end
    return total + _weight(text[position:], weights)


def emoji_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each emoji; one asked to look like text (U+FE0E) is none."""
    if text.isascii():
        return []
    spans: list[tuple[int, int]] = []
    position = 0
    begins = _begins(has_keycaps=_KEYCAP in text)
    while match := begins.search(text, position):
        end = _emoji_end(text, match.start())
        if end and text[end : end + 1] != _TEXT_STYLE:
            spans.append((match.start(), end))
        position = end or match.end()
    return spans


def _emoji_end(text: str, start: int) -> int:
    """Return where the longest emoji that starts here ends, or 0."""
    for size in _sizes().get(text[start], ()):
        if text[start : start + size] in emoji.EMOJI_DATA:
            return start + size
    return 0


@lru_cache(maxsize=2)
def _begins(*, has_keycaps: bool) -> re.Pattern[str]:
    """Return what an emoji may begin with: its first character, or one that a keycap follows."""
    firsts = "".join(first for first in _sizes() if "\x7f" < first < _PICTURES[0])
    keycaps = rf"|[0-9#*]\uFE0F?{_KEYCAP}" if has_keycaps else ""
    return re.compile(f"[{firsts}{_PICTURES}]{keycaps}")


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


def _weight(text: str, weights: Weights) -> int:
    """Return what the characters weigh, emoji aside."""
    heavy = len(text) - len("".join(_light(weights.light).findall(text)))
    return len(text) * 100 + heavy * (weights.default - 100)


@lru_cache(maxsize=4)
def _light(ranges: tuple[tuple[int, int], ...]) -> regex.Pattern[str]:
    spans = "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in ranges)
    return regex.compile(f"[{spans}]+")
