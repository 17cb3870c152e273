"""How long a text is for X: the weighted length of twitter-text, configuration version 3."""

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

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
    r"\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3|\p{Emoji_Modifier}"
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
    if text.isascii() or not _MAY_BE_EMOJI.search(text):
        return []
    return [
        (row["match_start"], row["match_end"])
        for row in emoji.emoji_list(text)
        if text[row["match_end"] : row["match_end"] + 1] != _TEXT_STYLE
    ]


def picture_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each emoji that is shown as a picture, which © and ™ are not."""
    return [(start, end) for start, end in emoji_spans(text) if _PICTURE.search(text[start:end])]


def without_pictures(text: str) -> str:
    """Return the text without its emoji and without the blanks that stood beside them."""
    spans = picture_spans(text)
    for start, end in reversed(spans):
        before, after = text[:start], text[end:]
        text = before.rstrip(" ") + after if before.endswith(" ") else before + after.lstrip(" ")
    return text.strip() if spans else text


def _weight(char: str, weights: Weights) -> int:
    place = bisect_left(weights.light, (ord(char) + 1,)) - 1
    is_light = place >= 0 and ord(char) <= weights.light[place][1]
    return 100 if is_light else weights.default
