"""Where sentences, clauses and words end, and what must never be cut in two."""

from bisect import bisect_right
from functools import lru_cache

import regex

from content.formats import urls

_SHORT_FORMS = (
    "e.g|i.e|etc|vs|cf|approx|fig|dr|mr|mrs|ms|prof|st|sr|jr|inc|ltd|co|corp|dept"
    "|ca|z.B|d.h|bzw|usw|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|u.s|u.k|a.m|p.m"
)
_AFTER_SHORT_FORM = regex.compile(rf"(?:^|[\s(\[“\"'])(?:{_SHORT_FORMS}|\p{{Lu}})\.$", regex.I)
_END = regex.compile(
    r"(?:(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s+[\"'“‘«(\[]*[^\s\p{Ll}])|[。！？]+[”」』）]*|\n+)",
)
_CLAUSE = regex.compile(r"[,;:](?=\s)|\s[–—](?=\s)|[、，；：]")
_WORD = regex.compile(r"\S(?=\s)")
_UNITS = (
    "%|‰|°\\s?[CF]|percent|per cent|million|billion|thousand|times?|points?"
    "|seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|months?|years?|nights?"
    "|[kmcµn]?m|[kmµ]?g|[km]?l|ms|s|h|bpm|[kMG]?Hz|[kKMGT]?B|metres?|meters?|kilometres?|kilometers?"
    "|litres?|liters?|grams?|degrees?|dollars?|euros?|USD|EUR|GBP|CHF|counts?|breaths?|sessions?"
    "|volunteers?|people|participants?|users?|members?|a\\.?m\\.?|p\\.?m\\."
)
_KEPT_WHOLE = regex.compile(
    rf"(?:[$€£¥]\s?)?\p{{Nd}}[\p{{Nd}}.,:/–-]*(?<=\p{{Nd}})(?:\s?(?:{_UNITS})(?![\p{{L}}\p{{Nd}}]))?"
    r"|[#＃@][\p{L}\p{M}\p{Nd}_]+"
    r"|\[\[[a-z_]+(?:\|[^\]\n]*)?\]\]"
)
_GRAPHEME = regex.compile(r"\X")


def split(text: str) -> list[str]:
    """Return the sentences of a text, in order, without the blanks between them."""
    found, start = [], 0
    for end in ends(text):
        found.append(text[start:end].strip())
        start = end
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def ends(text: str) -> list[int]:
    """Return the index behind each sentence end inside the text."""
    whole = kept_whole(text)
    return [
        match.end()
        for match in _END.finditer(text)
        if not _is_inside(match.end(), whole)
        and not (
            match[0] == "."
            and _AFTER_SHORT_FORM.search(text, max(0, match.end() - 12), match.end())
        )
    ]


def clause_ends(text: str) -> list[int]:
    """Return the index behind each comma, semicolon, colon or dash that ends a clause."""
    whole = kept_whole(text)
    return [m.end() for m in _CLAUSE.finditer(text) if not _is_inside(m.end(), whole)]


def word_ends(text: str) -> list[int]:
    """Return the index behind each word that a blank follows, never inside a number and its unit."""
    whole = kept_whole(text)
    return [m.end() for m in _WORD.finditer(text) if not _is_inside(m.end(), whole)]


def grapheme_ends(text: str) -> list[int]:
    """Return the index behind each grapheme that stands in no link, tag, or number with unit."""
    inside = {place for start, end in kept_whole(text) for place in range(start + 1, end)}
    is_plain = text.isascii() and "\r" not in text
    ends = range(1, len(text) + 1) if is_plain else (m.end() for m in _GRAPHEME.finditer(text))
    return [end for end in ends if end not in inside]


@lru_cache(maxsize=256)
def kept_whole(text: str) -> tuple[tuple[int, int], ...]:
    """Return (start, end) of links, tags, mentions, merge fields and numbers with their unit."""
    spans = sorted([*urls.spans(text), *(match.span() for match in _KEPT_WHOLE.finditer(text))])
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _is_inside(index: int, spans: tuple[tuple[int, int], ...]) -> bool:
    place = bisect_right(spans, (index,)) - 1
    return place >= 0 and spans[place][0] < index < spans[place][1]
