"""Whole words: which section a text speaks of, and which signal words stand in it."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from content.grammar.vocabulary import DEFAULT_SECTION, SECTIONS

SECTION_WORDS = {
    "breathscape": ("breathscape", "app", "software", "update"),
    "hardware": ("hardware", "device", "sensor", "prototype"),
    "tips": ("tip", "wellness", "breathing", "technique"),
    "vision": ("vision", "mission", "about", "company"),
    "community": ("community", "story", "member"),
}


_WORD = re.compile(r"\w+")


def _plural(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


_SECTION_OF = {
    form: section
    for section, words in SECTION_WORDS.items()
    for word in words
    for form in (word, _plural(word))
}


@lru_cache(maxsize=64)
def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern of whole words or phrases in any case; blanks in a phrase may be wider."""
    forms = sorted(words, key=len, reverse=True)
    joined = "|".join(r"\s+".join(re.escape(part) for part in form.split()) for form in forms)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


_SECTION = pattern(tuple(_SECTION_OF))


def section_of(text: str) -> tuple[str, str] | None:
    """Return (section, word) of the leftmost section word in a text, or None."""
    found = _SECTION.search(text)
    return None if found is None else (_SECTION_OF[found.group().lower()], found.group())


def section_by_score(texts: Iterable[str]) -> str:
    """Return the section with most hits; ties go by the order of the sections."""
    score = dict.fromkeys(SECTIONS, 0)
    for text in texts:
        for found in _SECTION.finditer(text):
            score[_SECTION_OF[found.group().lower()]] += 1
    best = max(score, key=lambda section: score[section])
    return best if score[best] else DEFAULT_SECTION


@lru_cache(maxsize=64)
def _beginnings(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_WORD.findall(word.lower())[0] for word in words)


@lru_cache(maxsize=8)
def _words_in(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _may_hit(words: tuple[str, ...], text: str) -> bool:
    """Tell whether a search is worth its time: some word of the text begins one of these."""
    return not _beginnings(words).isdisjoint(_words_in(text))


def first_hit(words: Sequence[str], text: str) -> str | None:
    """Return the leftmost of these words in the text as it is written there."""
    words = tuple(words)
    found = pattern(words).search(text) if _may_hit(words, text) else None
    return None if found is None else " ".join(found.group().split())


def hits(words: Sequence[str], text: str) -> list[str]:
    """Return the different words of the list that stand in the text, lower-case, in reading order."""
    words = tuple(words)
    if not _may_hit(words, text):
        return []
    found = (" ".join(hit.group().lower().split()) for hit in pattern(words).finditer(text))
    return list(dict.fromkeys(found))
