"""What can be told about a piece from its words alone (§4); each result names its evidence."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from content.grammar import words
from content.grammar.vocabulary import TECHNIQUES

WORDS_PER_MINUTE = 200
EXCERPT_LENGTH = 200
SEO_MIN, SEO_MAX = 50, 160
_ANNOUNCEMENT = (
    "announcement",
    "launch",
    "release",
    "new partnership",
    "urgent",
    "breaking",
    "press release",
)
_BLOG = (
    "science",
    "technique",
    "guide",
    "how to",
    "tips",
    "benefits",
    "research",
    "study",
    "article",
)
_CATEGORIES = (
    ("Breathing Techniques", ("breath", "breathing", "technique", "exercise")),
    ("Science & Research", ("science", "research", "study", "data")),
    ("Wellness", ("wellness", "health", "mindfulness", "meditation")),
    ("Technology", ("technology", "app", "device", "hardware")),
    ("Community", ("community", "story", "testimonial", "user")),
)
_URGENCIES = (
    ("critical", ("urgent", "critical", "immediate", "breaking")),
    ("high", ("important", "major", "significant")),
    ("low", ("minor", "small", "routine")),
)
_SENTENCE = re.compile(r"[.!?…]+(?=\s|$)")
_WORD = re.compile(r"[^\W_]+(?:['’\-.,][^\W_]+)*")
_TAG_WORDS = tuple(
    dict.fromkeys(
        [word for members in words.SECTION_WORDS.values() for word in members if word != "about"]
        + [word for _, members in _CATEGORIES for word in members]
    )
)
_LANGUAGES = {
    "en": frozenset(
        [
            "the",
            "and",
            "of",
            "to",
            "in",
            "is",
            "that",
            "for",
            "with",
            "you",
            "it",
            "on",
            "are",
            "this",
            "was",
            "not",
        ]
    ),
    "de": frozenset(
        [
            "der",
            "die",
            "das",
            "und",
            "ist",
            "nicht",
            "mit",
            "ein",
            "eine",
            "für",
            "auf",
            "den",
            "von",
            "zu",
            "sich",
            "wir",
        ]
    ),
    "fr": frozenset(
        [
            "le",
            "la",
            "les",
            "et",
            "des",
            "est",
            "une",
            "pour",
            "dans",
            "que",
            "pas",
            "avec",
            "sur",
            "vous",
            "nous",
            "du",
        ]
    ),
    "es": frozenset(
        [
            "el",
            "la",
            "los",
            "las",
            "y",
            "es",
            "una",
            "para",
            "con",
            "que",
            "no",
            "por",
            "se",
            "del",
            "en",
            "su",
        ]
    ),
    "it": frozenset(
        [
            "il",
            "la",
            "gli",
            "e",
            "di",
            "che",
            "non",
            "per",
            "con",
            "una",
            "sono",
            "del",
            "è",
            "un",
            "si",
            "le",
        ]
    ),
    "nl": frozenset(
        [
            "de",
            "het",
            "een",
            "en",
            "van",
            "is",
            "niet",
            "met",
            "voor",
            "op",
            "dat",
            "zijn",
            "te",
            "wij",
            "ook",
            "je",
        ]
    ),
}
_SMALL = {
    word: tuple(code for code, small in _LANGUAGES.items() if word in small)
    for word in frozenset().union(*_LANGUAGES.values())
}
_TECHNIQUES = words.pattern(TECHNIQUES)
MAX_TAGS = 5


class Told(NamedTuple):
    """A detected value and the sentence that says why."""

    value: str
    evidence: str


def content_type(title: str, body: str) -> Told:
    """Return announcement, blog or update; the title rules, the body needs two signal words."""
    if "🎉" in title:
        return Told("announcement", "announcement: the title has *🎉*")
    if (hit := words.first_hit(_ANNOUNCEMENT, title)) is not None:
        return Told("announcement", f"announcement: the title has *{hit.lower()}*")
    if (hit := words.first_hit(_BLOG, title)) is not None:
        return Told("blog", f"blog: the title has *{hit.lower()}*")
    found = words.hits(_BLOG, body)
    if len(found) > 1:
        return Told("blog", f"blog: the body has *{found[0]}* and *{found[1]}*")
    return Told("update", "update: no word of another type was found")


def _first_rule(
    rules: Sequence[tuple[str, Sequence[str]]], title: str, body: str, default: str
) -> Told:
    ranks = {word: rank for rank, (_, members) in enumerate(rules) for word in members}
    known = tuple(ranks)
    found = [
        (ranks[hit], place, hit)
        for place, text in enumerate((title, body))
        for hit in words.hits(known, text)
    ]
    if not found:
        return Told(default, f"{default}: no word of another value was found")
    rank, place, hit = min(found, key=lambda one: one[:2])
    value = rules[rank][0]
    return Told(value, f"{value}: the {('title', 'body')[place]} has *{hit}*")


def blog_category(title: str, body: str) -> Told:
    return _first_rule(_CATEGORIES, title, body, "General")


def urgency(title: str, body: str) -> Told:
    return _first_rule(_URGENCIES, title, body, "medium")


def excerpt(body: str) -> str:
    """Return the first 200 characters, cut at the last blank past 100, plus “…”; short ones as is."""
    folded = " ".join(body.split())
    if len(folded) <= EXCERPT_LENGTH:
        return folded
    cut = folded[:EXCERPT_LENGTH]
    if (blank := cut.rfind(" ")) > 100:
        cut = cut[:blank]
    return cut.rstrip() + "…"


def seo_description(body: str) -> str | None:
    """Return up to 160 characters of whole words, or None for a body under 50 characters."""
    folded = " ".join(body.split())
    if len(folded) < SEO_MIN:
        return None
    if len(folded) <= SEO_MAX:
        return folded
    cut = folded[: SEO_MAX - 1]
    blank = cut.rfind(" ")
    return (cut[:blank] if blank >= SEO_MIN else cut).rstrip(" ,;:–-") + "…"


def word_count(text: str) -> int:
    return len(_WORD.findall(text))


def reading_time_min(words_in_text: int) -> int:
    """Return words ÷ 200 in whole minutes, at least 1."""
    return max(1, words_in_text // WORDS_PER_MINUTE)


def complexity(text: str) -> str:
    """Return complex, moderate or simple by the mean words per sentence (25, 15)."""
    sentences = sum(1 for part in _SENTENCE.split(text) if _WORD.search(part))
    mean = word_count(text) / sentences if sentences else 0
    if mean > 25:
        return "complex"
    return "moderate" if mean > 15 else "simple"


def language(text: str) -> str | None:
    """Return the language whose small words are most frequent, or None if there are hardly any."""
    tokens = [word.lower() for word in _WORD.findall(text[:600])]
    score = Counter(code for token in tokens if token in _SMALL for code in _SMALL[token])
    for code, count in score.most_common(1):
        return code if count >= max(2, len(tokens) // 20) else None
    return None


def techniques(text: str) -> tuple[str, ...]:
    """Return the known breathing techniques that a text names."""
    if _TECHNIQUES.search(text) is None:
        return ()
    return tuple(name for name in TECHNIQUES if words.first_hit((name,), text))


def tags(title: str, body: str) -> tuple[str, ...]:
    """Return up to five known words of the field, those of the title first."""
    return tuple(dict.fromkeys(words.hits(_TAG_WORDS, title) + words.hits(_TAG_WORDS, body)))[
        :MAX_TAGS
    ]
