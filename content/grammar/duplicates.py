"""Equal and nearly equal pieces (§6)."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from halcytone.lib import canonical

SHINGLE_WORDS = 5
NEAR_TEXT = 0.80
NEAR_TITLE = 0.60
NEAR_TITLE_NEEDS = 0.30
INTRODUCTION = 200
_WORD = re.compile(r"[^\W_]+")


def fingerprint(items: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256 over the canonical JSON of a document's items."""
    return canonical.digest(list(items))


def exact_key(title: str, body: str) -> str:
    """Return what two exact duplicates share: title and first 100 characters of the visible body."""
    return f"{folded(title)}\n{folded(body)[:100]}"


def folded(text: str) -> str:
    """Return text in NFC and lower case with runs of blanks as one."""
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the sets of five neighbouring words; a shorter text is one shingle."""
    tokens = _WORD.findall(text.lower())
    if not tokens:
        return frozenset()
    if len(tokens) < SHINGLE_WORDS:
        return frozenset([tuple(tokens)])
    return frozenset(zip(*(tokens[n:] for n in range(SHINGLE_WORDS)), strict=False))


def trigrams(text: str) -> frozenset[str]:
    """Return trigrams as PostgreSQL's pg_trgm makes them: words padded by two blanks and one."""
    found: set[str] = set()
    for word in _WORD.findall(text.lower()):
        padded = f"  {word} "
        found.update(padded[n : n + 3] for n in range(len(padded) - 2))
    return frozenset(found)


def jaccard(one: frozenset[Any], other: frozenset[Any]) -> float:
    """Return shared members over all members, 0 to 1; two empty sets share nothing."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


class Profile:
    """One piece, ready to be compared with many."""

    __slots__ = ("body", "introduction", "title")

    def __init__(self, title: str, body: str) -> None:
        self.title = trigrams(title)
        self.body = shingles(body)
        self.introduction = shingles(" ".join(body.split())[:INTRODUCTION])


def near(one: Profile, other: Profile) -> str | None:
    """Return why two pieces are near duplicates, or None.

    Shingles of the whole text or the introduction share 80 %, or the titles 60 % of their
    trigrams together with 30 % on the body.
    """
    body = jaccard(one.body, other.body)
    if body >= NEAR_TEXT:
        return f"{body:.0%} of the text is the same"
    introduction = jaccard(one.introduction, other.introduction)
    if introduction >= NEAR_TEXT:
        return f"{introduction:.0%} of the introduction is the same"
    title = jaccard(one.title, other.title)
    if title >= NEAR_TITLE and body >= NEAR_TITLE_NEEDS:
        return f"the titles are {title:.0%} alike and the texts {body:.0%}"
    return None
