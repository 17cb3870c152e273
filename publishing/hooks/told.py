"""One thing that a service told, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from halcytone.lib import canonical

#: Kinds of the life of a mail; others are kept too.
BOUNCED, SOFT_BOUNCED, COMPLAINED, UNSUBSCRIBED = (
    "bounced",
    "soft_bounced",
    "complained",
    "unsubscribed",
)
KINDS = frozenset(
    ("sent", "delivered", "deferred", BOUNCED, SOFT_BOUNCED, COMPLAINED, UNSUBSCRIBED, "rejected",
     "failed", "opened", "clicked", "replied", "comment", "mention", "deleted", "token_revoked",
     "content.published", "content.updated", "content_updated", "deployment", "manual")
)  # fmt: skip
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Told:
    """What was told. `event_id` "" = the service gives none: a digest of everything told stands for it.

    `key` is the idempotency key of a delivery, `message_id` the service's own name of it; "" = not told.
    """

    kind: str
    at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    event_id: str = ""
    recipient: str = ""
    message_id: str = ""
    key: str = ""
    code: str = ""

    @property
    def identity(self) -> str:
        """Return what makes this event the same whenever it is told again; at most 200 characters."""
        if self.event_id:
            return self.event_id[:200]
        return canonical.sha256(
            canonical.text({"kind": self.kind, "to": self.recipient, "told": self.payload})
        )


def instant(value: object, otherwise: datetime) -> datetime:
    """Return an instant as services write it (ISO 8601, or seconds since 1970); else `otherwise`."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / (1000 if value > 1e11 else 1), UTC)
        text = str(value or "").strip()
        if text.isdecimal():
            return instant(int(text), otherwise)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise


def text(value: object, most: int) -> str:
    """Return a told text as the database can keep it: no NUL, no half of a pair, at most so many characters."""
    found = str(value if value is not None else "").replace("\0", "")[:most]
    return found.encode("utf-8", "replace").decode()


def plain(value: Any, depth: int = 20) -> Any:
    """Return what was told as JSON that every database keeps: texts without NUL, not too deep."""
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return {text(name, 200): plain(one, depth - 1) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, depth - 1) for one in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value if isinstance(value, int | float | bool | None) else text(value, 100_000)
