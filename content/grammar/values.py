"""What a directive's value may be (§3.1). A reader takes the text and returns the value or raises FaultError."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from content.grammar import vocabulary
from content.grammar.dates import FaultError, is_zone

_SLUG = re.compile(r"[a-z0-9-]+")
_BUDGET = re.compile(r"(?:([A-Z]{3}) |[$€£])[0-9]+(?:\.[0-9]+)?")
MAX_TAG = 50
MAX_EXCERPT = 300


def read(key: str, text: str) -> Any:
    """Return the value of a directive; raises FaultError `directive_value` with the wrong character.

    Times stay text: they need the document's zone (dates.read_moment).
    """
    if not text:
        raise FaultError("directive_value", f"{key} has no value.", hint(key))
    return _READERS[key](text)


def hint(key: str) -> str:
    """Say in one sentence what a key takes."""
    return _HINTS[key]


def _one_of(members: Sequence[str]) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if text not in members:
            raise FaultError("directive_value", f"“{text}” is not in the list.", _list(members))
        return text

    return reader


def _list(members: Sequence[str]) -> str:
    return "Use one of: " + ", ".join(members) + "."


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise FaultError(
            "directive_value", f"“{text}” is neither true nor false.", "Use true or false."
        )
    return text == "true"


def _type(text: str) -> str:
    return _one_of(vocabulary.TYPES)(vocabulary.TYPE_ALIASES.get(text, text))


def _priority(text: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise FaultError(
            "directive_value", f"“{text}” is no priority from 1 to 5.", hint("priority")
        )
    return int(text)


def _length(low: int, high: int) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if low <= len(text) <= high:
            return text
        offset = high if len(text) > high else 0
        message = f"{len(text)} characters; {low} to {high} are allowed."
        raise FaultError("directive_value", message, f"Use {low} to {high} characters.", offset)

    return reader


def members(text: str) -> list[tuple[str, int]]:
    """Split a comma list; each member with the index where it starts. Blanks round commas go."""
    found, start = [], 0
    for part in text.split(","):
        lead = len(part) - len(part.lstrip())
        found.append((part.strip(), start + lead))
        start += len(part) + 1
    return found


def _members(text: str) -> tuple[str, ...]:
    seen: list[str] = []
    for member, offset in members(text):
        if not member:
            raise FaultError("directive_value", "A member of the list is empty.", _COMMA, offset)
        if member in seen:
            raise FaultError("directive_value", f"“{member}” stands twice.", _COMMA, offset)
        seen.append(member)
    return tuple(seen)


def _each_of(allowed: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def reader(text: str) -> tuple[str, ...]:
        chosen = _members(text)
        for member, offset in members(text):
            if member not in allowed:
                message = f"“{member}” is not in the list."
                raise FaultError("directive_value", message, _list(allowed), offset)
        return chosen

    return reader


def _tags(text: str) -> tuple[str, ...]:
    tags = _members(text.lower())
    for member, offset in members(text):
        if len(member) > MAX_TAG:
            message = f"A tag has {len(member)} characters; at most {MAX_TAG} are allowed."
            raise FaultError("directive_value", message, hint("tags"), offset + MAX_TAG)
    return tags


def _slug(text: str) -> str:
    if len(text) > 100:
        raise FaultError("directive_value", "A slug has at most 100 characters.", hint("slug"), 100)
    if _SLUG.fullmatch(text):
        return text
    wrong = _SLUG.match(text)
    offset = wrong.end() if wrong else 0
    raise FaultError(
        "directive_value", f"“{text[offset]}” is not allowed in a slug.", hint("slug"), offset
    )


def _budget(text: str) -> str:
    found = _BUDGET.fullmatch(text)
    if found is None or (found[1] and found[1] not in vocabulary.CURRENCIES):
        raise FaultError(
            "directive_value", f"“{text}” is no amount with a currency.", hint("budget")
        )
    return text


def _zone(text: str) -> str:
    if not is_zone(text):
        raise FaultError("directive_value", f"“{text}” is no IANA time zone.", hint("zone"))
    return text


_COMMA = "Separate different members with commas, none of them empty."
_TIME = "A day (10:00 is meant) or a time: YYYY-MM-DD or YYYY-MM-DDTHH:MM, with Z or an offset if needed."
_READERS: dict[str, Callable[[str], Any]] = {
    "type": _type,
    "category": _one_of(vocabulary.BLOG_CATEGORIES),
    "seo_description": _length(50, 160),
    "urgency": _one_of(vocabulary.URGENCIES),
    "published": _flag,
    "featured": _flag,
    "channels": _each_of(vocabulary.CHANNELS),
    "priority": _priority,
    "scheduled_for": str,
    "dry_run": _flag,
    "template": _one_of(vocabulary.TEMPLATES),
    "author": _length(1, 100),
    "tags": _tags,
    "excerpt": _length(1, MAX_EXCERPT),
    "slug": _slug,
    "expires_at": str,
    "call_to_action": _length(1, 200),
    "media_contact": _length(1, 200),
    "press_release": _flag,
    "source": str,
    "budget": _budget,
    "sensitive": _each_of(vocabulary.SENSITIVITIES),
    "weekly": _flag,
    "zone": _zone,
}
_BOOLEAN = "Use true or false."
_HINTS = {
    "type": _list(vocabulary.TYPES),
    "category": _list(vocabulary.BLOG_CATEGORIES),
    "seo_description": "Use 50 to 160 characters, best 120 to 160.",
    "urgency": _list(vocabulary.URGENCIES),
    "published": _BOOLEAN,
    "featured": _BOOLEAN,
    "channels": "A comma list of " + ", ".join(vocabulary.CHANNELS) + ".",
    "priority": "Use 1 (urgent) to 5 (archive); 3 is normal.",
    "scheduled_for": _TIME,
    "dry_run": _BOOLEAN,
    "template": _list(vocabulary.TEMPLATES),
    "author": "Use at most 100 characters.",
    "tags": f"A comma list of different tags, each at most {MAX_TAG} characters.",
    "excerpt": f"Use at most {MAX_EXCERPT} characters.",
    "slug": "Use small letters a to z, digits and hyphens, at most 100.",
    "expires_at": _TIME,
    "call_to_action": "Use at most 200 characters.",
    "media_contact": "Use at most 200 characters.",
    "press_release": _BOOLEAN,
    "source": "Name the URL or the citation.",
    "budget": "Write USD 500.00 or $500.00, without a thousands sign.",
    "sensitive": "A comma list of " + ", ".join(vocabulary.SENSITIVITIES) + ".",
    "weekly": _BOOLEAN,
    "zone": "Use an IANA name such as America/New_York.",
}
