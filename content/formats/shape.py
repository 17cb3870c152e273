"""The shape of a rendition's content: which fields it has, and of what kind each one is."""

import json
import unicodedata
from collections.abc import Mapping
from enum import Enum
from typing import Any

from halcytone.lib import canonical
from halcytone.lib.errors import Problem


class Kind(Enum):
    TEXT = "text"
    TEXTS = "a list of texts"
    PARTS = 'a list of parts, each {"text": "…"}'
    NUMBER = "a whole number"
    DATA = "an object"
    ROWS = "a list of objects"


def problems(name: str, fields: Mapping[str, Kind], content: Any) -> list[Problem]:
    """Return what keeps `content` from having exactly these fields, in reading order."""
    if not isinstance(content, Mapping):
        return [Problem("edit_shape", f"The content of {name} must be an object.", attr=name)]
    return [
        *_unknown(name, fields, content),
        *_missing(name, fields, content),
        *_wrong(name, fields, content),
    ]


def clean(value: Any) -> Any:
    """Return a copy of plain data as it comes out of canonical JSON: in NFC, its keys in order."""
    if isinstance(value, str):
        return str.__str__(unicodedata.normalize("NFC", value))
    if isinstance(value, (list, tuple)):
        return [clean(member) for member in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        made = {clean(key): clean(member) for key, member in value.items()}
        return {key: made[key] for key in sorted(made)}
    if value is None or type(value) in (bool, int):
        return value
    return json.loads(canonical.text(value))


def _unknown(name: str, fields: Mapping[str, Kind], content: Mapping[Any, Any]) -> list[Problem]:
    hint = f"{name} has these fields: {', '.join(fields)}."
    return [
        Problem("edit_unknown", f"{name} has no field “{key}”.", attr=f"{name}.{key}", hint=hint)
        for key in content
        if key not in fields
    ]


def _missing(name: str, fields: Mapping[str, Kind], content: Mapping[Any, Any]) -> list[Problem]:
    return [
        Problem("edit_missing", f"{name} needs the field “{key}”.", attr=f"{name}.{key}")
        for key in fields
        if key not in content
    ]


def _wrong(name: str, fields: Mapping[str, Kind], content: Mapping[Any, Any]) -> list[Problem]:
    return [
        Problem("edit_kind", f"{name}.{key} must be {kind.value}.", attr=f"{name}.{key}")
        for key, kind in fields.items()
        if key in content and not _is(kind, content[key])
    ]


def _is(kind: Kind, value: Any) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.TEXTS:
            return isinstance(value, list) and all(isinstance(member, str) for member in value)
        case Kind.PARTS:
            return isinstance(value, list) and all(_is_part(member) for member in value)
        case Kind.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.DATA:
            return isinstance(value, Mapping)
        case Kind.ROWS:
            return isinstance(value, list) and all(isinstance(row, Mapping) for row in value)


def _is_part(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"text"} and isinstance(value["text"], str)
