"""One link of the chain: what its digest is made of. Pure."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

GENESIS = "0" * 64  # what the first row follows
#: The columns that a digest covers, in this order; the digest of the row before is the last of them.
FIELDS = (
    "seq",
    "at",
    "actor_id",
    "actor",
    "kind",
    "subject_type",
    "subject_id",
    "subject_label",
    "trail",
    "data",
    "previous",
)
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def digest(values: Sequence[Any]) -> str:
    """Return the SHA-256 over the values of FIELDS: a JSON array, moments as `moment` writes them."""
    seq, at, *rest = values
    return digest_of_text([seq, moment(at), *rest])


def digest_of_text(values: Sequence[Any]) -> str:
    """Return the same for values whose moment is written out already."""
    return sha256(_encode(list(values)).encode()).hexdigest()


def moment(at: datetime) -> str:
    """Return an instant in UTC, always with its microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
