"""The routing inputs: every fact that a rule of a policy may ask about, with its kind and its words.

Source: approvals specification, routing. Kinds: "word" (one of the choices), "number", "yes_no" and
"words" (a list; free words where there are no choices).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from content.grammar.vocabulary import SENSITIVITIES
from content.models import Draft, FormatName

#: What a text, a flag or a setting may set off, so that counsel looks at it.
TRIGGERS = ("medical", "partnership", "regulatory", "crisis", "competitive")
#: Where a format is published, in the words of the policies.
CHANNELS = {
    FormatName.NEWSLETTER: "email",
    FormatName.WEB: "web",
    FormatName.X: "social",
    FormatName.LINKEDIN: "social",
    FormatName.FACEBOOK: "social",
    FormatName.INSTAGRAM: "social",
}


@dataclass(frozen=True, slots=True)
class Input:
    """One routing input. `choices` () means any word."""

    label: str
    kind: str
    choices: tuple[str, ...] = ()


INPUTS: Mapping[str, Input] = {
    "type": Input("content type", "word", tuple(Draft.Type.values)),
    "priority": Input("priority", "number"),
    "urgency": Input("urgency", "word", tuple(Draft.Urgency.values)),
    "featured": Input("featured", "yes_no"),
    "weekly": Input("weekly edition", "yes_no"),
    "formats": Input("formats", "words", tuple(FormatName.values)),
    "channels": Input("channels", "words", ("email", "web", "social")),
    "audience_size": Input("audience size", "number"),
    "budget_usd": Input("budget in USD", "number"),
    "has_budget": Input("has a budget", "yes_no"),
    "flags": Input("sensitivity flags", "words", tuple(SENSITIVITIES)),
    "technical": Input("technical", "yes_no"),
    "launch": Input("product launch", "yes_no"),
    "major_news": Input("major news", "yes_no"),
    "legal_triggers": Input("legal triggers", "words", TRIGGERS),
    "claims": Input("claims", "words", ("red", "amber")),
    "numbers": Input("numbers in the text", "words"),
    "names": Input("names in the text", "words"),
    "quotations": Input("quotations in the text", "words"),
    "figures": Input("figures", "words"),
    "external_references": Input("links to other hosts", "words"),
    "checks_green": Input("every check is green", "yes_no"),
    "author_may_publish": Input("author holds the publishing right", "yes_no"),
    "correction": Input("correction class", "word", ("minor", "factual", "legal", "crisis")),
}

#: Operators that each kind of input takes.
OPERATORS_OF: Mapping[str, tuple[str, ...]] = {
    "word": ("eq", "in", "present"),
    "number": ("eq", "in", "gte", "lte", "present"),
    "yes_no": ("eq", "present"),
    "words": ("has", "has_any", "present"),
}


def fits(name: str, value: Any) -> bool:
    """Tell whether a value can be the value of this input; None means that it is not known."""
    known = INPUTS[name]
    if value is None:
        return True
    if known.kind == "words":
        return isinstance(value, list) and all(_is_word(known, each) for each in value)
    return fits_one(name, value)


def fits_one(name: str, value: Any) -> bool:
    """Tell whether one value can be compared with this input, or be found in it."""
    known = INPUTS[name]
    if known.kind == "yes_no":
        return isinstance(value, bool)
    if known.kind == "number":
        return _is_number(value)
    return _is_word(known, value)


def _is_word(known: Input, value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 300 and value in (known.choices or (value,))


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15
    )  # also keeps out NaN
