"""The fields of an item that a person may change, and what each may hold.

Sources: living-documents specification §3.1 and generation specification §1. Values come as text,
numbers, truth values or lists; the rules of a document's directives hold for them too.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from content.grammar import values, vocabulary
from content.grammar.dates import FaultError
from halcytone.lib.errors import Invalid, Problem

TITLE_MAX = 200
CONTENT_MIN = 20  # visible characters; rulings, "How short is too short"
SESSION_TYPES = ("live", "guided", "practice", "workshop")
#: Fields that are columns of a revision, by their name in a document.
COLUMNS = {
    "section": "section",
    "type": "type",
    "date": "on",
    "priority": "priority",
    "featured": "is_featured",
    "weekly": "is_weekly",
}
_DIRECTIVES = {
    "type": "type",
    "priority": "priority",
    "featured": "featured",
    "weekly": "weekly",
    "blog_category": "category",
    **{
        name: name
        for name in (
            *("seo_description", "urgency", "published", "channels", "dry_run", "template"),
            *("author", "tags", "excerpt", "slug", "call_to_action", "media_contact"),
            *("press_release", "budget", "sensitive"),
        )
    },
}


def changed(
    text: Mapping[str, Any], title: str | None, content: str | None, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a revision's text with these changes. None leaves title or content as it is.

    In `fields` None takes a field away. Raises Invalid naming each wrong field.
    """
    result = {**text, "fields": dict(text["fields"])}
    problems = []
    for name, value in {"title": title, "content": content}.items():
        if value is not None:
            result[name] = value.strip()
            problems += _basics(name, result[name])
    for name, value in fields.items():
        try:
            _set(result, name, value)
        except FaultError as fault:
            problems.append(Problem(fault.code, fault.message, attr=name, hint=fault.hint))
    if problems:
        raise Invalid(problems)
    return result


def _basics(name: str, value: str) -> list[Problem]:
    if name == "title" and not 1 <= len(value) <= TITLE_MAX:
        message = f"A title has 1 to {TITLE_MAX} characters; this one has {len(value)}."
        return [Problem("title_long" if value else "item_untitled", message, attr="title")]
    if name == "content" and len("".join(value.split())) < CONTENT_MIN:
        message = f"A text needs at least {CONTENT_MIN} visible characters."
        return [Problem("body_short", message, attr="content")]
    return []


def _set(result: dict[str, Any], name: str, value: Any) -> None:
    read = _READERS.get(name)
    if read is None:
        known = ", ".join(sorted(_READERS))
        raise FaultError("unknown_field", f"An item has no field “{name}”.", f"It has: {known}.")
    if value is None and name in COLUMNS:
        raise FaultError("required", f"{name} cannot be taken away.")
    if name in COLUMNS:
        result[COLUMNS[name]] = read(value)
        return
    is_session = name in _SESSION
    place = dict(result["fields"].get("session") or {}) if is_session else result["fields"]
    if value is None:
        place.pop(name, None)
    else:
        place[name] = read(value)
    if is_session:
        result["fields"]["session"] = place


def _directive(key: str) -> Callable[[Any], Any]:
    def reader(value: Any) -> Any:
        found = values.read(key, _as_written(value))
        return list(found) if isinstance(found, tuple) else found

    return reader


def _as_written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(member) for member in value)
    return str(value).strip()


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        message = f"“{value}” is no date."
        raise FaultError("date_invalid", message, "Write YYYY-MM-DD.") from None


def _day_text(value: Any) -> str:
    return _day(value).isoformat()


def _one_of(members: tuple[str, ...]) -> Callable[[Any], str]:
    def reader(value: Any) -> str:
        if value not in members:
            message = f"“{value}” is not in the list."
            raise FaultError("directive_value", message, f"Use one of: {', '.join(members)}.")
        return str(value)

    return reader


def _text(high: int, low: int = 1) -> Callable[[Any], str]:
    def reader(value: Any) -> str:
        if not isinstance(value, str) or not low <= len(value.strip()) <= high:
            raise FaultError("directive_value", f"Use {low} to {high} characters.")
        return value.strip()

    return reader


def _texts(count: int, high: int) -> Callable[[Any], list[str]]:
    def reader(value: Any) -> list[str]:
        if not isinstance(value, (list, tuple)) or len(value) > count:
            raise FaultError("directive_value", f"Give a list of at most {count} texts.")
        return [_text(high)(member) for member in value]

    return reader


def _number(low: float, high: float, kind: type[int] | type[float]) -> Callable[[Any], float]:
    def reader(value: Any) -> float:
        is_number = isinstance(value, (int, kind)) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            word = "whole number" if kind is int else "number"
            raise FaultError("directive_value", f"Give a {word} from {low:g} to {high:g}.")
        return kind(value)

    return reader


_SESSION: Mapping[str, Callable[[Any], Any]] = {
    "session_id": _text(100),
    "session_type": _one_of(SESSION_TYPES),
    "session_date": _day_text,
    "session_duration": _number(1, 7200, int),
    "participant_count": _number(1, 1000, int),
    "average_hrv_improvement": _number(-100, 200, float),
    "breathing_techniques": _texts(10, 100),
    "key_achievements": _texts(10, 500),
    "instructor_name": _text(100),
}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    **{name: _directive(key) for name, key in _DIRECTIVES.items()},
    **_SESSION,
    "section": _one_of(vocabulary.SECTIONS),
    "date": _day,
    "sources": _texts(50, 500),
    "link": _text(2000),
    "image": _text(2000),
    "alt": _text(1000),
}
