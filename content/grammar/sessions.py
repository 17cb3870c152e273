"""The facts table of a session summary (§3.4): its rows fill the session's fields by their labels."""

import re
from collections.abc import Sequence
from typing import Any

_NAMES = {
    "duration": "session_duration",
    "participants": "participant_count",
    "techniques": "breathing_techniques",
    "improvement": "average_hrv_improvement",
    "date": "session_date",
    "instructor": "instructor_name",
    "session id": "session_id",
}
_NUMBER = re.compile(r"[-+−]?[0-9]+(?:\.[0-9]+)?")
_UNIT_S = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s{0,3}([a-z]*)", re.IGNORECASE)


def read(rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return the session's fields that a two-column table names; duration in seconds, HRV in percent."""
    found: dict[str, Any] = {}
    for row in rows:
        name = _NAMES.get(row[0].strip().rstrip(":").casefold()) if len(row) > 1 else None
        if name is not None and row[1].strip() and name not in found:
            found[name] = _value(name, row[1].strip())
    return found


def _value(name: str, text: str) -> Any:
    if name == "session_duration":
        return _seconds(text)
    if name == "breathing_techniques":
        return [part.strip() for part in text.split(",") if part.strip()]
    number = _NUMBER.search(text)
    if name == "participant_count":
        return int(float(number.group())) if number else None
    if name == "average_hrv_improvement":
        return float(number.group().replace("−", "-")) if number else None
    return text


def _seconds(text: str) -> int | None:
    """Return “1 h 5 min” as 3900; a bare number is seconds."""
    total = 0.0
    for found in _AMOUNT.finditer(text):
        unit = found[2].lower()
        unit = unit if unit in _UNIT_S else unit.rstrip("s")
        total += float(found[1]) * _UNIT_S.get(unit, 1)
    return round(total) or None
