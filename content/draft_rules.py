"""The rules for the settings of a draft (generation specification §1). Pure: values and a time in."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from content.grammar import vocabulary
from content.grammar.dates import a_year_after
from content.models import Draft
from halcytone.lib import zones
from halcytone.lib.errors import Problem

TEMPLATES = ("auto", "weekly_update", "plain")
TONES = ("auto", "professional", "encouraging", "medical_scientific")
#: What may be said of a draft's subject: sensitivity flags, and the marks of approvals §1.
FLAGS = (*vocabulary.SENSITIVITIES, "technical", "launch", "major_news")
WALL = "%Y-%m-%dT%H:%M"


def check(settings: Mapping[str, Any], formats: Collection[str]) -> list[Problem]:
    """Return what is wrong with these settings, in their order; `formats` are the known ones.

    Slot and zone together are `check_slot`'s.
    """
    found = []
    for name, value in settings.items():
        message = _wrong_formats(value, formats) if name == "formats" else _CHECKS[name](value)
        if message:
            found.append(Problem("invalid_field", message, attr=name))
    return found


def check_slot(slot_wall: str, zone: str, now: datetime) -> list[Problem]:
    """Return why nothing can leave at this wall-clock time; an empty one is no slot yet."""
    if not slot_wall or zone not in available_timezones():
        return []
    try:
        wall = datetime.strptime(slot_wall, WALL)  # noqa: DTZ007 a wall clock has no offset
    except ValueError:
        message = "Write the slot as YYYY-MM-DDTHH:MM on the wall clock of its zone."
        return [Problem("invalid_field", message, attr="slot_wall")]
    if zones.is_skipped(wall, zone):
        later = zones.local(zones.instant(wall, zone), zone)
        message = f"{slot_wall} does not exist in {zone}: the clock change skips it."
        hint = f"Take {later:{WALL}}."
        return [Problem("schedule_nonexistent", message, attr="slot_wall", hint=hint)]
    return _when(wall, zone, now)


def instant(slot_wall: str, zone: str) -> datetime:
    """Return the instant of a draft's slot."""
    return zones.instant(datetime.strptime(slot_wall, WALL), zone)  # noqa: DTZ007


def _when(wall: datetime, zone: str, now: datetime) -> list[Problem]:
    if zones.instant(wall, zone) <= now:
        message = f"{wall:{WALL}} in {zone} has passed. Choose a slot in the future."
        return [Problem("schedule_past", message, attr="slot_wall")]
    if wall.date() > a_year_after(zones.local(now, zone).date()):
        message = f"{wall:{WALL}} is more than a year ahead. Choose an earlier slot."
        return [Problem("schedule_too_far", message, attr="slot_wall")]
    return []


def derived(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an announcement's urgency decides: its priority, and that it is featured."""
    priority = {"critical": 1, "high": 2}.get(settings["urgency"])
    if settings["type"] != Draft.Type.ANNOUNCEMENT or priority is None or settings["is_dry"]:
        return {}
    return {"priority": priority, "is_featured": True}


def _wrong_formats(value: Any, known: Collection[str]) -> str:
    if not value or isinstance(value, str):
        return f"Choose at least one format of {', '.join(known)}."
    unknown = [str(name) for name in value if name not in known]
    if unknown:
        return f"“{unknown[0]}” is no format. Known: {', '.join(known)}."
    return "A format is named twice." if len(set(value)) < len(value) else ""


def _text(label: str, high: int, low: int = 0) -> Callable[[Any], str]:
    def rule(value: Any) -> str:
        if isinstance(value, str) and low <= len(value.strip()) and len(value) <= high:
            return ""
        return f"{label} has {low} to {high} characters."

    return rule


def _one_of(label: str, members: Collection[str]) -> Callable[[Any], str]:
    def rule(value: Any) -> str:
        return "" if value in members else f"{label} is one of {', '.join(members)}."

    return rule


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "Use true or false."


def _priority(value: Any) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return "" if is_number and 1 <= value <= 5 else "Priority is 1 (urgent) to 5 (archive)."


def _sensitive(value: Any) -> str:
    if isinstance(value, (list, tuple)) and all(flag in FLAGS for flag in value):
        return "" if len(set(value)) == len(value) else "A sensitivity flag is named twice."
    return f"Sensitivity flags are {', '.join(FLAGS)}."


def _budget(value: Any) -> str:
    if value is None or (isinstance(value, (int, Decimal)) and 0 <= value < 10**10):
        return ""
    return "The budget is an amount in US dollars, not below 0."


def _zone(value: Any) -> str:
    known = value in available_timezones()
    return "" if known else f"“{value}” is no IANA time zone, such as America/New_York."


_CHECKS: Mapping[str, Callable[[Any], str]] = {
    "type": _one_of("A draft's type", Draft.Type.values),
    "title": _text("A title", 200, 1),
    "subject": _text("A subject", 100),
    "preheader": _text("A preheader", 150),
    "template": _one_of("The template", TEMPLATES),
    "tone": _one_of("The tone", TONES),
    "priority": _priority,
    "urgency": _one_of("Urgency", Draft.Urgency.values),
    "is_featured": _flag,
    "sensitive": _sensitive,
    "budget_usd": _budget,
    "slot_wall": _text("A slot", 16),
    "zone": _zone,
    "lateness": _one_of("What happens to a late release", Draft.Lateness.values),
    "is_dry": _flag,
}
NAMES = (*_CHECKS, "formats")
