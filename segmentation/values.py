"""The values of rule conditions: what each kind of field takes, and their one spelling. Pure."""

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from segmentation import fields

MAX_VALUES = 100
MAX_CHARACTERS = 200
MAX_NUMBER = 10**12
MAX_DAYS = 36_500
YEARS = range(1900, 2200)
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")


def mistake(kind: str, op: str, condition: Mapping[str, Any]) -> str:
    """Return a sentence about what is wrong with a condition's value; "" when nothing is.

    `kind` "" = an attribute whose kind is not known here: only the shape is looked at.
    """
    takes = fields.TAKES.get(op, "one")
    if takes == "nothing":
        return f'"{op}" takes no value.' if "value" in condition else ""
    if "value" not in condition:
        return f'"{op}" needs a value.'
    value = condition["value"]
    if takes == "days":
        return "" if is_days(value) else f'"{op}" takes a number of days from 0 to {MAX_DAYS}.'
    if takes == "several":
        return _several(kind, op, value)
    if takes == "two":
        return _two(kind, op, value)
    return "" if fits(kind, op, value) else f'"{op}" takes {expected(kind, op)}.'


def fits(kind: str, op: str, value: Any) -> bool:
    """Tell whether one value is of the kind that this field and operator take."""
    if op in fields.DAYS and op != "between":
        return is_date(value)
    checks = {
        fields.TEXT: is_text,
        fields.LIST: is_text,
        fields.INTEGER: is_integer,
        fields.NUMBER: is_number,
        fields.BOOLEAN: is_boolean,
        fields.DATE: is_date,
        fields.MOMENT: is_date,
        "": is_scalar,
    }
    return checks[kind](value)


def expected(kind: str, op: str) -> str:
    """Return the words for what `fits` accepts."""
    if op in fields.DAYS and op != "between":
        return "a day as YYYY-MM-DD"
    return {
        fields.TEXT: f"a text of 1 to {MAX_CHARACTERS} characters",
        fields.LIST: f"texts of 1 to {MAX_CHARACTERS} characters",
        fields.INTEGER: "a whole number",
        fields.NUMBER: "a number",
        fields.BOOLEAN: "true or false",
        fields.DATE: "days as YYYY-MM-DD",
        fields.MOMENT: "days as YYYY-MM-DD",
        "": "a text, a number, true or false",
    }[kind]


def canonical(op: str, value: Any) -> Any:
    """Return the one spelling of a value that `mistake` found right. Idempotent.

    Sets are distinct and sorted; members of lists are folded, because lists ignore case.
    """
    if isinstance(value, list) and op in ("has_any", "has_all"):
        return sorted({fold(member) for member in value})
    if isinstance(value, list):
        members = [_scalar(member) for member in value]
        return members if op == "between" else sorted(set(members), key=lambda one: (str(one), one))
    return _scalar(value)


def fold(text: str) -> str:
    """Return the spelling in which members of lists (tags, interests …) are kept and compared."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(folded.split())


def is_slug(value: Any, *, may_be_empty: bool = False) -> bool:
    if value == "" and isinstance(value, str):
        return may_be_empty
    return isinstance(value, str) and SLUG.fullmatch(value) is not None


def is_text(value: Any) -> bool:
    """A text that both databases can hold: no NUL, no half of a surrogate pair, not blank."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CHARACTERS or "\0" in value:
        return False
    return bool(value.strip()) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value) and abs(value) <= MAX_NUMBER
    return is_integer(value)


def is_days(value: Any) -> bool:
    return is_integer(value) and 0 <= value <= MAX_DAYS


def is_date(value: Any) -> bool:
    if not isinstance(value, str) or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) is None:
        return False
    try:
        return date.fromisoformat(value).year in YEARS
    except ValueError:
        return False


def is_scalar(value: Any) -> bool:
    return is_text(value) or is_number(value) or is_boolean(value)


def _several(kind: str, op: str, value: Any) -> str:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_VALUES:
        return f'"{op}" takes a list of 1 to {MAX_VALUES} values.'
    listed = op in ("has_any", "has_all")
    if not all(is_text(one) if listed else fits(kind, op, one) for one in value):
        return f'"{op}" takes {expected(fields.LIST if listed else kind, op)}.'
    return "" if len({type(one) for one in value if not is_number(one)}) < 2 else "Mixed kinds."


def _two(kind: str, op: str, value: Any) -> str:
    if not isinstance(value, list) or len(value) != 2:
        return f'"{op}" takes two values, from and to.'
    if not all(fits(kind, op, one) for one in value):
        return f'"{op}" takes {expected(kind, op)}.'
    if not (all(is_number(one) for one in value) or all(is_date(one) for one in value)):
        return f'"{op}" takes two numbers or two days.'
    return f'"{op}" needs the smaller value first.' if value[0] > value[1] else ""


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
