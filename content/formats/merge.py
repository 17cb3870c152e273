"""Merge fields: the few words of a newsletter that differ from reader to reader.

Written `[[name|Subscriber]]` or `[[unsubscribe_url]]`. Names and fallbacks are part of the sealed
text; a newsletter is split once and joined for each reader.
"""

import html
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from halcytone.lib.errors import Invalid

NAMES = frozenset({"name", "email", "unsubscribe_url", "preferences_url", "view_url"})
REQUIRED = frozenset({"unsubscribe_url", "preferences_url"})
FIELD = re.compile(r"\[\[(?P<name>[a-z_]+)(?:\|(?P<fallback>[^\]\n]*))?\]\]")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a reader's value fills; `fallback` is used when the value is missing or ""."""

    name: str
    fallback: str = ""


Part = str | Slot


def fields(text: str) -> set[str]:
    """Return the names of the merge fields in a text, allowed or not."""
    return {match["name"] for match in FIELD.finditer(text)}


def split(text: str, *, also: Collection[str] = ()) -> tuple[Part, ...]:
    """Return the fixed texts and slots of a text, in order. Raises Invalid for an unknown field.

    `also` are fields of this text alone, which nobody wrote: the publisher's own links.
    """
    if unknown := sorted(fields(text) - NAMES.union(also)):
        allowed = ", ".join(sorted(NAMES))
        raise Invalid(f"Unknown merge field {unknown[0]}. Allowed: {allowed}.", code="merge_field")
    parts: list[Part] = []
    position = 0
    for match in FIELD.finditer(text):
        parts += [text[position : match.start()], Slot(match["name"], match["fallback"] or "")]
        position = match.end()
    return tuple(part for part in [*parts, text[position:]] if part != "")


def fill(parts: Sequence[Part], values: Mapping[str, str]) -> str:
    """Return the plain text with this reader's values, each on one line."""
    return "".join(part if isinstance(part, str) else _value(part, values) for part in parts)


def fill_html(parts: Sequence[Part], values: Mapping[str, str]) -> str:
    """Return the HTML with this reader's values, escaped for text and attributes alike.

    A fallback stands in the HTML already, escaped.
    """
    return "".join(part if isinstance(part, str) else _escaped(part, values) for part in parts)


def _value(slot: Slot, values: Mapping[str, str]) -> str:
    return " ".join(values.get(slot.name, "").split()) or slot.fallback


def _escaped(slot: Slot, values: Mapping[str, str]) -> str:
    value = " ".join(values.get(slot.name, "").split())
    return html.escape(value, quote=True) if value else slot.fallback
