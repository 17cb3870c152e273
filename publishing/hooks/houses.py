"""Webhooks of the CRM and of the Platform: `{"event", "id"?, "timestamp"?, …}`, one or a list."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from halcytone.lib.errors import Invalid
from publishing.hooks import bounces, told
from publishing.hooks.told import Told

MOST = 1_000  # events of one call
#: Their words → ours.
WORDS = {"open": "opened", "click": "clicked", "bounce": "bounced", "hard_bounce": "bounced",
         "soft_bounce": told.SOFT_BOUNCED, "complaint": "complained", "spam": "complained",
         "unsubscribe": "unsubscribed", "delivery": "delivered"}  # fmt: skip


def read(body: bytes, now: datetime) -> list[Told]:
    """Return what was told. Raises Invalid for what is no such JSON."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid("The body is not JSON.", code="parse_error") from error
    events = given if isinstance(given, list) else [given]
    if len(events) > MOST:
        raise Invalid(f"A call brings at most {MOST:,} events.", code="too_many")
    if not all(isinstance(event, dict) for event in events):
        raise Invalid('An event is an object, {"event": "…", …}.', code="parse_error")
    return [_told(event, now) for event in events]


def _told(event: Mapping[str, Any], now: datetime) -> Told:
    raw = told.plain(event)
    word = str(event.get("event") or event.get("event_type") or told.UNKNOWN).lower()
    kind = WORDS.get(word, word).removeprefix("email.")
    data = {**_mapping(event.get("metadata")), **_mapping(event.get("data"))}
    status = bounces.code(data.get("reason"), event.get("reason"), data.get("code"))
    if kind == told.BOUNCED and bounces.is_soft({**raw, **data}, status):
        kind = told.SOFT_BOUNCED
    about = ("message_id", "content_id", "post_id", "campaign_id")
    message = next((value for name in about if (value := event.get(name) or data.get(name))), "")
    return Told(
        kind=told.text(kind, 40),
        at=told.instant(event.get("timestamp"), now),
        payload=raw,
        event_id=told.text(event.get("event_id") or event.get("id") or "", 200),
        recipient=told.text(event.get("email") or data.get("email") or "", 254),
        message_id=told.text(message, 200),
        key=told.text(data.get("key") or event.get("key") or "", 32),
        code=status,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
