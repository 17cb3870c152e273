"""What the rules of a draft's pieces find, beside what each format finds in its own rendition.

Source: generation specification §1, sessions and cross-field rules. Pure.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from content.formats.base import ERROR, WARNING, Edition, Finding, Piece

URGENT = 2  # the priority from which a piece should reach people by mail
WORKSHOP_MIN = 5
SESSION_MAX_AGE = timedelta(days=30)
_NEEDED = {
    "session_id": "the session's id",
    "session_duration": "its duration",
    "participant_count": "the number of participants",
    "breathing_techniques": "the techniques",
    "average_hrv_improvement": "the average HRV improvement",
}


def of(edition: Edition, formats: Iterable[str], priority: int) -> list[Finding]:
    """Return the findings on an edition that goes to these formats."""
    found = [
        finding
        for piece in edition.pieces
        if piece.type == "session"
        for finding in _session(piece, edition.slot.date())
    ]
    if priority <= URGENT and "newsletter" not in formats:
        message = f"Priority {priority} without a newsletter reaches few people in time."
        hint = "Add the newsletter, or lower the priority."
        found.append(Finding(WARNING, "priority_without_email", message, hint, where="formats"))
    return found


def _session(piece: Piece, day: date) -> list[Finding]:
    facts = piece.fields
    missing = [words for name, words in _NEEDED.items() if facts.get(name) in (None, "", [])]
    found = []
    if missing:
        message = f"“{piece.title}” lacks {', '.join(missing)}."
        hint = "Add them to the facts table, or to the fields of the item."
        found.append(Finding(WARNING, "session_incomplete", message, hint, where="session"))
    found += [
        Finding(ERROR, "session_contradiction", f"“{piece.title}”: {message}", where="session")
        for message in (*_people(facts), *_dates(facts, day))
    ]
    return [finding.of(piece) for finding in found]


def _people(facts: Mapping[str, Any]) -> list[str]:
    kind, count = facts.get("session_type", "guided"), facts.get("participant_count")
    found = []
    if kind == "live" and not facts.get("instructor_name"):
        found.append("a live session names its instructor.")
    if kind == "workshop" and count is not None and count < WORKSHOP_MIN:
        found.append(f"a workshop has at least {WORKSHOP_MIN} participants.")
    return found


def _dates(facts: Mapping[str, Any], day: date) -> list[str]:
    """Compare with the day of publication: the same draft must give the same findings."""
    try:
        held_on = date.fromisoformat(str(facts.get("session_date") or ""))
    except ValueError:
        return []
    if held_on > day:
        return ["the session lies after the day of publication."]
    if day - held_on > SESSION_MAX_AGE:
        return [f"the session is more than {SESSION_MAX_AGE.days} days old."]
    return []
