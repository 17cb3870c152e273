"""Which sentence of a rendition comes from which block of a source, and what became of that block.

Living-documents specification §10. Pure: texts and blocks in, values out.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz

from content import plaintext
from content.formats import sentences
from content.grammar.blocks import folded

SIMILAR = 0.6  # share of words, and of equal text, from which two texts are one
_READ = ("subject", "preheader", "title", "excerpt", "text")
_LEAD = re.compile(r"^(?:[-*•>]+|\d+[.)])\s+")
_TAIL = re.compile(r"\s*(?:\(https?://\S+\)|https?://\S+)$")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_MARKS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`~#]+")
_QUOTED = re.compile(r"[\"“„«]([^\"”“»]{3,})[\"”“»]")
_FIGURE = re.compile(
    r"[$€£¥]?\s?\d[\d.,:/–-]*(?:\s?(?:%|percent|‰|[$€£¥]|USD|EUR|GBP))?", re.IGNORECASE
)
_NAME = re.compile(r"(?<=[\w,;:–-] )[A-ZÀ-ÖØ-Þ][\w'’-]+(?: [A-ZÀ-ÖØ-Þ][\w'’-]+)*")
MIN_WORDS = 2


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that a rendition says; `where` is its place in it ("subject", "part 3")."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A sentence and the block it was made from; `similarity` 1.0 where the words are the block's."""

    sentence: Sentence
    block: Mapping[str, Any]
    similarity: float


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a block: `same`, `cosmetic`, `changed` or `removed`, and what stands there now."""

    kind: str
    text: str = ""
    block: Mapping[str, Any] | None = None

    @property
    def matters(self) -> bool:
        return self.kind in ("changed", "removed")


def said(content: Mapping[str, Any]) -> list[Sentence]:
    """Return the sentences of a rendition's content in reading order, each once."""
    found = dict.fromkeys(
        Sentence(where, text)
        for where, whole in _texts(content)
        for line in whole.splitlines()
        for sentence in sentences.split(_LEAD.sub("", line.strip()))
        if _is_said(text := _TAIL.sub("", sentence).strip())
    )
    return list(found)


def _is_said(text: str) -> bool:
    """Tell whether a text is more than a number of a part or a single word."""
    return sum(not word.isdigit() for word in _words(text)) >= MIN_WORDS


def _texts(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _READ:
        if isinstance(content.get(name), str):
            yield name, content[name]
    for number, part in enumerate(content.get("parts") or (), start=1):
        yield f"part {number}", str(part.get("text", "")) if isinstance(part, dict) else str(part)
    if isinstance(content.get("html"), str) and not content.get("text"):
        yield "text", plaintext.from_html(content["html"])


def links(spoken: Iterable[Sentence], blocks: Sequence[Mapping[str, Any]]) -> list[Link]:
    """Return the block of each sentence that has one; the others are not linked."""
    prepared = [
        (block, _plain(block["text"]), frozenset(_words(block["text"]))) for block in blocks
    ]
    found = (_best(sentence, prepared) for sentence in spoken)
    return [link for link in found if link is not None]


def _best(
    sentence: Sentence, prepared: Sequence[tuple[Mapping[str, Any], str, frozenset[str]]]
) -> Link | None:
    text, words = _plain(sentence.text).rstrip("…"), frozenset(_words(sentence.text))
    best: tuple[float, int] = (0.0, 0)
    for place, (_, whole, theirs) in enumerate(prepared):
        if text and text in whole:
            return Link(sentence, prepared[place][0], 1.0)
        share = len(words & theirs) / len(words) if words else 0.0
        best = max(best, (share, -place))
    if best[0] < SIMILAR:
        return None
    return Link(sentence, prepared[-best[1]][0], round(best[0], 2))


def fate(kind: str, text: str, after: Sequence[Mapping[str, Any]], known: frozenset[str]) -> Fate:
    """Return what became of a block with this text. `known` are hashes that stood there before.

    A block that was only moved, or whose spacing, quotes or dashes differ, is the same; one with the same
    words is another in punctuation alone.
    """
    plain = folded(text)
    if any(folded(block["text"]) == plain for block in after):
        return Fate("same", text)
    for block in after:
        if _words(block["text"]) == _words(text):
            return Fate("cosmetic", str(block["text"]), block)
    fresh = [block for block in after if block["hash"] not in known]
    scored = [
        (fuzz.ratio(plain, folded(block["text"])) / 100 + 0.001 * (block["kind"] == kind), -place)
        for place, block in enumerate(fresh)
    ]
    score, place = max(scored, default=(0.0, 0))
    if score < SIMILAR:
        return Fate("removed")
    return Fate("changed", str(fresh[-place]["text"]), fresh[-place])


def successor(sentence: str, old: str, new: str) -> str:
    """Return the sentence of the new text that stands where this one stood; "" when it is gone."""
    if not new:
        return ""
    if folded(sentence) == folded(old):
        return new
    choices = sentences.split(new)
    score, best = max((fuzz.ratio(sentence, each), each) for each in choices)
    return best if score >= 50 else new


def is_claim_change(old: str, new: str) -> bool:
    """Tell whether a number, date, price, percentage, name or quotation differs between two texts."""
    return claims(old) != claims(new)


def claims(text: str) -> Counter[str]:
    """Return the figures, quotations and names of a text, folded."""
    plain = folded(text)
    found = [*_FIGURE.findall(plain), *_QUOTED.findall(plain), *_NAME.findall(plain)]
    return Counter(" ".join(each.split()).rstrip(".,:;-–/") for each in found)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    return folded(_MARKS.sub(lambda found: found[1] or "", text)).casefold().rstrip(".")


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(folded(text).casefold()))
