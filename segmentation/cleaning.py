"""One cleaned value for each field of a contact, from a form, a program or a cell of a file. Pure.

Texts are NFC and trimmed; lists are folded (`values.fold`), distinct, in the order given.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any
from zoneinfo import available_timezones

from django.utils.dateparse import parse_datetime

from halcytone.lib.errors import Invalid, Problem
from segmentation import addresses, values

#: Older words for stages that imports may bring (audience specification, contacts).
STAGES = {"visited": "engaged", "blacklisted": "blocked"}
LISTS = ("interests", "goals", "tags", "features_used", "preferred_times", "device_types")
MAX_MEMBERS = 50
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def clean(field: str, value: Any) -> Any:
    """Return the value to store. An empty text, None or [] gives the field's empty value.

    Raises Invalid with one problem, whose `attr` is the field: unknown field, or a wrong value.
    """
    if field not in CLEANERS:
        raise Invalid([Problem("unknown_field", f'A contact has no field "{field}".', field)])
    if isinstance(value, str):
        value = unicodedata.normalize("NFC", value).strip()
    if value in ("", None, []):
        return empty(field)
    try:
        return CLEANERS[field](value)
    except (ValueError, OverflowError) as error:
        raise Invalid([Problem("wrong_value", str(error), field)]) from error


def empty(field: str) -> Any:
    """Return the value of a field that nobody has filled."""
    if field in LISTS:
        return []
    if field in ("external_id", *NUMBERS, "birth_day", "birth_month", "birth_year"):
        return None
    return EMPTY.get(field, "")


def check_birthday(day: int | None, month: int | None, year: int | None) -> None:
    """Raise Invalid when the parts do not make a day: 30 February, or a month without a day."""
    if day is None and month is None and year is None:
        return
    try:
        date(year or 2000, month or 0, day or 0)
    except ValueError as error:
        message = "Day and month of birth belong together and name a day that exists."
        raise Invalid([Problem("wrong_value", message, "birth_day")]) from error


def _text(limit: int, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("A text is needed here.")
    if len(value) > limit:
        raise ValueError(f"At most {limit} characters; these are {len(value)}.")
    if "\0" in value or not _is_utf8(value):
        raise ValueError("The text holds a character that cannot be stored.")
    return value


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _language(value: Any) -> str:
    text = _text(10, value)
    if not LANGUAGE.fullmatch(text):
        raise ValueError("A language is a code such as en or pt-BR.")
    return text


def _zone(value: Any) -> str:
    if value not in _zones():
        raise ValueError("Not a time zone by name, such as Europe/Berlin.")
    return str(value)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _stage(value: Any) -> str:
    word = STAGES.get(str(value).casefold(), str(value).casefold())
    if word not in ("new", "engaged", "contacted", "blocked"):
        raise ValueError("A stage is new, engaged, contacted or blocked.")
    return word


def _members(value: Any) -> list[str]:
    """A list, or a text with ";", "|" or "," between its members."""
    if isinstance(value, str):
        value = re.split(r"[;|,]", value)
    if not isinstance(value, (list, tuple)):
        raise ValueError("A list of texts is needed here.")
    members = dict.fromkeys(values.fold(_text(100, member)) for member in value)
    members.pop("", None)
    if len(members) > MAX_MEMBERS:
        raise ValueError(f"At most {MAX_MEMBERS} members; these are {len(members)}.")
    return list(members)


def _whole(low: int, high: int, value: Any) -> int:
    number = int(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    if number is None or not low <= number <= high:
        raise ValueError(f"A whole number from {low} to {high} is needed here.")
    return number


def _number(high: float, value: Any) -> float:
    number = math.nan if isinstance(value, bool) else float(value)
    if not 0 <= number <= high:
        raise ValueError(f"A number from 0 to {high:g} is needed here.")
    return number


def moment(value: Any) -> datetime:
    """Return an aware UTC instant; a day alone means its start. Raises ValueError."""
    if isinstance(value, str):
        value = parse_datetime(value) or datetime.combine(
            date.fromisoformat(value), datetime.min.time()
        )
    if not isinstance(value, datetime):
        raise ValueError("A date is needed here, as YYYY-MM-DD or with time and zone.")
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


TEXTS = {
    "external_id": 100, "name": 200, "headline": 200, "location": 200, "profession": 100,
    "industry": 40, "experience_level": 20,
}  # fmt: skip
NUMBERS = {
    "sessions_per_week": 1000.0, "avg_duration_min": 1440.0, "sharing_frequency": 1.0,
    "engagement": 100.0, "relevance": 100.0,
}  # fmt: skip
COUNTS = ("content_interactions", "total_active_days", "feedback_given")
EMPTY: Mapping[str, Any] = {
    "language": "en", "stage": "new", "last_active_at": None, **dict.fromkeys(COUNTS, 0),
}  # fmt: skip
CLEANERS: Mapping[str, Callable[[Any], Any]] = {
    "email": addresses.spelled,
    **{name: partial(_text, limit) for name, limit in TEXTS.items()},
    **{name: partial(_number, high) for name, high in NUMBERS.items()},
    **dict.fromkeys(COUNTS, partial(_whole, 0, 2_147_483_647)),
    **dict.fromkeys(LISTS, _members),
    "language": _language,
    "timezone": _zone,
    "stage": _stage,
    "birth_day": partial(_whole, 1, 31),
    "birth_month": partial(_whole, 1, 12),
    "birth_year": partial(_whole, 1900, 2100),
    "last_active_at": moment,
}
