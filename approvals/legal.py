"""Legal triggers: what makes counsel look at a draft, found in its settings and its text. Pure.

Source: approvals specification, legal triggers; the words of the first are the prohibited and the
health vocabulary of the generation specification. A finding names its passage and where it stands.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LABELS: Mapping[str, str] = {
    "medical": "Medical or health claim",
    "partnership": "Partnership announcement",
    "regulatory": "Regulatory communication",
    "crisis": "Crisis or negative news",
    "competitive": "Competitive claim or comparison",
}
#: Sensitivity flag → the trigger that it sets off.
FLAGS = {
    "medical": "medical",
    "partnership": "partnership",
    "regulatory": "regulatory",
    "crisis": "crisis",
    "competitor": "competitive",
}
AROUND = 50  # characters of the text on each side of the words that were found
LONGEST = 300

#: What is said in these words is no claim.
_EXCEPTIONS = re.compile(
    r"\btreat (?:yourself|somebody|someone)\b|\bovernight shipping\b|\bno medical advice\b"
    r"|\bhealth-?tech\b",
    re.IGNORECASE,
)
_COMPANY = r"(?-i:[A-Z][\w&.-]{0,40}(?:\s[A-Z][\w&.-]{0,40}){0,4})"
_WORDS: Mapping[str, Sequence[str]] = {
    "medical": (
        r"diagnos(?:e[sd]?|is|ing)",
        r"(?:will\s+)?cur(?:es?|ed|ing)",
        r"treat(?:s|ed|ing|ment|ments)?",
        r"medical(?:ly)?\s+(?:conditions?|proven|effects?)",
        r"guaranteed?",
        r"100\s?%\s+effective",
        r"miracles?|instant\s+results",
        r"health|benefits?|may\s+help",
        r"clinical(?:ly)?|therap(?:y|ies|eutic)",
    ),
    "partnership": (
        rf"partner(?:s|ed|ing|ship|ships)?\s+(?:with|of|between|and)\s+{_COMPANY}",
        rf"{_COMPANY}(?:\s+is|,)\s+(?:our|a|the|its)\s+(?:new\s+)?partner",
        rf"joint(?:ly)?\s+(?:[a-z]+\s+){{0,3}}with\s+{_COMPANY}",
        rf"in\s+collaboration\s+with\s+{_COMPANY}",
        r"partnership",
    ),
    "regulatory": (
        r"regulator(?:s|y)?",
        r"(?:non-)?complian(?:ce|t)",
        r"(?-i:FDA|GDPR|CCPA|HIPAA)",
        r"(?:product|voluntary|safety|a|the)\s+recall(?:s|ed)?|recall\s+of|recalled\s+(?:units|devices)",
        r"licen[cs]e[sd]?|licensing",
    ),
    "competitive": (
        r"(?:better|faster|cheaper|safer|quieter|more\s+accurate)\s+than\s+(?:the\s+competition|"
        rf"others?|any(?:\s+other)?|every\s+other|all\s+other|competitors?|{_COMPANY})",
        r"leading(?!\s+(?:to|up|into|the\s+way)\b)|(?:market|industry|world)\s+leader",
        r"number\s+one|(?:no\.|\#)\s?1",
    ),
}
_PATTERNS = {
    kind: re.compile(rf"(?<![\w#@])(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)
    for kind, words in _WORDS.items()
}
#: A figure beside the name of something that is measured on a body.
_HEALTH_FIGURE = re.compile(
    r"\d[\d.,]{0,15}\s?(?:%|ms|bpm|mmHg|breaths?\s+(?:a|per)\s+minute)?[^.!?\n]{0,40}?"
    r"\b(?:HRV|heart\s+rate|blood\s+pressure|SpO2|stress\s+(?:score|level)s?)\b"
    r"|\b(?:HRV|heart\s+rate|blood\s+pressure|SpO2|stress\s+(?:score|level)s?)\b[^.!?\n]{0,40}?\d[\d.,]{0,15}"
)


@dataclass(frozen=True, slots=True)
class Found:
    """One passage, flag or setting that sets off a trigger. `passage` is quoted; `place` says where."""

    kind: str
    passage: str
    place: str


def find(
    known: Mapping[str, Any], written: Iterable[tuple[str, str]], *, competitors: Sequence[str]
) -> list[Found]:
    """Return what sets off a trigger, once for each passage. `known` are routing inputs and the tone."""
    found = [*_of_settings(known)]
    for place, text in written:
        plain = _EXCEPTIONS.sub(lambda hit: " " * len(hit.group()), text)
        found += _of_text(plain, text, place, competitors)
        if known["type"] == "session":
            found += [
                Found("medical", _around(text, hit), _line(place, text, hit.start()))
                for hit in _HEALTH_FIGURE.finditer(plain)
            ]
    once: dict[tuple[str, str], Found] = {}
    for each in found:
        once.setdefault((each.kind, each.passage), each)
    return sorted(once.values(), key=lambda each: list(LABELS).index(each.kind))


def kinds(found: Iterable[Found]) -> list[str]:
    """Return the kinds of trigger, once each, in their order."""
    return list(dict.fromkeys(each.kind for each in found))


def _of_settings(known: Mapping[str, Any]) -> Iterator[Found]:
    for flag in known["flags"]:
        if flag in FLAGS:
            yield Found(FLAGS[flag], f"the flag {flag}", "settings")
    if "medical" in str(known.get("tone") or ""):
        yield Found("medical", "the medical tone", "settings")
    if known["urgency"] == "critical":
        yield Found("crisis", "the urgency critical", "settings")
    if known.get("correction") == "crisis":
        yield Found("crisis", "a correction of class crisis", "settings")


def _of_text(plain: str, text: str, place: str, competitors: Sequence[str]) -> Iterator[Found]:
    for kind, pattern in _PATTERNS.items():
        seen_to = -1  # words that stand in the passage before are quoted there
        for hit in pattern.finditer(plain):
            if hit.end() > seen_to or "\n" in plain[seen_to - AROUND : hit.start()]:
                yield Found(kind, _around(text, hit), _line(place, text, hit.start()))
                seen_to = hit.end() + AROUND
    for name in competitors:
        for hit in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", plain, re.IGNORECASE):
            yield Found("competitive", _around(text, hit), _line(place, text, hit.start()))


def _line(place: str, text: str, at: int) -> str:
    """Return the place with its line, where a text has more than one."""
    return f"{place}, line {text.count(chr(10), 0, at) + 1}" if "\n" in text.strip() else place


def _around(text: str, hit: re.Match[str]) -> str:
    """Return the words that were found with what stands around them in their line."""
    start = max(text.rfind("\n", 0, hit.start()) + 1, hit.start() - AROUND)
    end = text.find("\n", hit.end())
    end = min(len(text) if end < 0 else end, hit.end() + AROUND)
    before = "" if start == 0 or text[start - 1] == "\n" else "…"
    after = "" if end == len(text) or text[end] == "\n" else "…"
    return f"{before}{text[start:end].strip()}{after}"[:LONGEST]
