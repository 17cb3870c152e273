"""What no text that goes out may hold, and what it should hold little of."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import regex

from content.formats.base import ERROR, WARNING, Finding
from content.formats.merge import FIELD
from content.formats.weight import picture_spans

Make = Callable[..., Finding]

_LEFT_OVER = regex.compile(
    r"(?<!\w)TODO(?!\w)|\bLorem ipsum\b|\{\{?\s*[A-Za-z_][\w .-]{0,60}\}?\}", regex.IGNORECASE
)
_SPAM = re.compile(
    r"(?<![\w-])(?:free|urgent|act now|click now|click here|limited time)(?![\w-])|!!!",
    re.IGNORECASE,
)
# Marks nobody sees. Joiners of scripts and emoji and marks of direction stay.
_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u180E\u200B\u2060-\u2064\uFEFF"
    r"\uFFF9-\uFFFF\U000E0001]"
)
_TODO = "TODO"
_HINTS = ("{", "todo", "lorem ipsum", "ı", "ſ")  # without one of them nothing is left over


def left_overs(
    make: Make, text: str, where: str, *, fields: frozenset[str] = frozenset()
) -> list[Finding]:
    """Find TODO, Lorem ipsum, {placeholders}, invisible characters, and merge fields but these."""
    found = [*_placeholders(make, text, where), *_merge_fields(make, text, fields)]
    if match := _INVISIBLE.search(text):
        near = text[max(0, match.start() - 20) : match.start()].split("\n")[-1]
        message = (
            f"An invisible character (U+{ord(match[0]):04X}) stands in the {where} after “{near}”."
        )
        found.append(make(ERROR, "invisible", message, hint="Delete it.", evidence=near))
    return [replace(finding, where=where) for finding in found]


def _placeholders(make: Make, text: str, where: str) -> Iterator[Finding]:
    lower = text.lower().replace("i\u0307", "i")  # what İ becomes
    if not any(hint in lower for hint in _HINTS):
        return
    hint = "Write what belongs there."
    for match in _LEFT_OVER.finditer(text):
        if match[0].upper() != _TODO or match[0] == _TODO:
            message = f"“{match[0]}” is still in the {where}."
            yield make(ERROR, "placeholder", message, hint=hint, evidence=match[0])


def _merge_fields(make: Make, text: str, fields: frozenset[str]) -> Iterator[Finding]:
    hint = f"Merge fields here: {', '.join(sorted(fields)) or 'none'}."
    for match in FIELD.finditer(text):
        if match["name"] not in fields:
            message = f"“{match[0]}” cannot be filled in here."
            yield make(ERROR, "merge_field", message, hint=hint, evidence=match[0])


def spam(make: Make, subject: str) -> list[Finding]:
    """Find the words that send a mail to the junk folder; `stress-free` is none of them."""
    return [
        make(
            ERROR,
            "subject_spam",
            f"The subject has the spam word “{match[0]}”.",
            hint="Say it in other words.",
            where="subject",
            evidence=match[0],
        )
        for match in _SPAM.finditer(subject)
    ]


def shouting(make: Make, text: str, where: str, *, emoji: int, marks: int) -> list[Finding]:
    """Find more emoji or exclamation marks than the tone of this place allows."""
    found = pictures(make, text, where, most=emoji)
    if (count := text.count("!") + text.count("！")) > marks:
        found.append(
            make(
                WARNING,
                "exclamation_many",
                f"{count} exclamation marks, {count - marks} more than "
                f"the {marks} that suit this place.",
                hint="A full stop is calmer.",
                where=where,
            )
        )
    return found


def pictures(make: Make, text: str, where: str, *, most: int) -> list[Finding]:
    """Find more emoji than the tone of this place allows."""
    count = len(picture_spans(text))
    if count <= most:
        return []
    message = f"{count} emoji, {count - most} more than the {most} that suit this place."
    return [make(WARNING, "emoji_many", message, hint="Leave some out.", where=where)]


def length(
    make: Make,
    text: str,
    where: str,
    *,
    hard: tuple[int, int],
    advised: tuple[int, int] | None = None,
) -> list[Finding]:
    """Find a text that is outside of its limits (error), or of what is advised (warning)."""
    size = len(text)
    if not hard[0] <= size <= hard[1]:
        return [_outside(make, ERROR, size, where, hard)]
    if advised and not advised[0] <= size <= advised[1]:
        return [_outside(make, WARNING, size, where, advised)]
    return []


def _outside(make: Make, severity: str, size: int, where: str, bounds: tuple[int, int]) -> Finding:
    low, high = bounds
    name = where.replace(" ", "_").lower()
    verb = "allowed" if severity == ERROR else "advised"
    if size < low:
        message = f"The {where} has {size} characters, {low - size} fewer than the {low} {verb}."
        return make(severity, f"{name}_short", message, hint="Say a little more.", where=where)
    message = f"The {where} has {size:,} characters, {size - high:,} more than the {high:,} {verb}."
    return make(severity, f"{name}_long", message, hint="Shorten it.", where=where)
