"""Whether a bounce is for good. Sources: RFC 3463 (enhanced status codes), and the services' own words."""

import re
from collections.abc import Mapping
from typing import Any

CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.-])([45]\d\d)(?=[ -])")
#: Fields in which services say how bad it is, and their words for what may pass.
FIELDS = ("Type", "type", "event", "bounce_type", "bounceType", "bounceSubType", "severity", "hard_bounce",
          "bounce_class", "TypeCode")  # fmt: skip
SOFT = frozenset(
    ("softbounce", "soft_bounce", "soft_bounced", "soft", "transient", "temporary", "dnserror",
     "mailboxfull", "messagetoolarge", "contentrejected", "undetermined", "blocked", "false", "soft bounce")
)  # fmt: skip
FULL = "5.2.2"  # a mailbox that is full today


def code(*texts: object) -> str:
    """Return the first enhanced status code in these texts, made of a reply code if need be; or ""."""
    joined = " ".join(str(text) for text in texts if text)[:5_000]
    if found := CODE.search(joined):
        return found[1]
    reply = REPLY.search(joined)
    return f"{reply[1][0]}.0.0" if reply else ""


def is_soft(raw: Mapping[str, Any], status: str) -> bool:
    """Tell whether a bounce may pass: by the service's own word first, then by the code."""
    words = {str(raw[name]).strip().lower() for name in FIELDS if name in raw}
    nested = raw.get("bounce")
    if isinstance(nested, Mapping):
        words |= {str(nested[name]).strip().lower() for name in FIELDS if name in nested}
    if words & SOFT:
        return True
    return status.startswith("4.") or status == FULL
