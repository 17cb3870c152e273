"""One spelling for a value, so that equal values have equal bytes and equal digests."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from typing import Any


def text(value: Any) -> str:
    """Return canonical JSON: UTF-8, NFC, sorted keys, no spare spaces, no NaN."""
    return json.dumps(
        _nfc(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON, as 64 lower-case hex digits."""
    return sha256(text(value))


def sha256(body: str | bytes) -> str:
    """Return the SHA-256 of these bytes (a text is taken as UTF-8), as 64 hex digits."""
    data = body.encode() if isinstance(body, str) else body
    return hashlib.sha256(data).hexdigest()


def _nfc(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {_nfc(key): _nfc(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_nfc(member) for member in value]
    return value
