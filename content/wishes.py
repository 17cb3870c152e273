"""What a piece asks for, in words: whether and when it wishes to go out, where, and how it is filed. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from halcytone.lib import zones

PRIORITIES = ("", "1, urgent", "2, high", "3, normal", "4, low", "5, archive")
_CHANNELS = {"email": "e-mail", "web": "web", "social": "networks", "preview": "preview only"}
#: The other fields, in the order in which they are told.
_REST = {
    "blog_category": "Category",
    "urgency": "Urgency",
    "tags": "Tags",
    "author": "Author",
    "excerpt": "Excerpt",
    "seo_description": "For search",
    "slug": "Address",
    "template": "Template",
    "link": "Link",
    "call_to_action": "Call to action",
    "media_contact": "Media contact",
    "sources": "Sources",
    "budget": "Budget",
    "sensitive": "Sensitive",
}


def label(fields: Mapping[str, Any]) -> str:
    """Return the publication label that the fields amount to; “Published” is for the ledger to say."""
    if not fields.get("published"):
        return "Draft"
    if fields.get("dry_run"):
        return "Preview"
    return "Scheduled" if fields.get("scheduled_for") else "Ready"


def told(fields: Mapping[str, Any], zone: str) -> list[tuple[str, str]]:
    """Return what the fields of a revision say as (name, words), those that are set alone."""
    zone = fields.get("zone") or zone
    found = [
        (name, clocks(fields[key], zone))
        for key, name in (("scheduled_for", "Wishes to go out"), ("expires_at", "Holds until"))
        if fields.get(key)
    ]
    channels = [_CHANNELS.get(one, one) for one in fields.get("channels") or ()]
    found += [("Meant for", ", ".join(channels))] if channels else []
    found += [(name, _words(fields[key])) for key, name in _REST.items() if _is_told(fields, key)]
    return found


def clocks(moment: datetime | str, zone: str) -> str:
    """Return an instant on the clock of a zone and in UTC: "Tue 10 Mar 2026 10:00 EDT = 14:00 UTC"."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    here, there = zones.local(at, zone), zones.local(at, "UTC")
    day = "" if there.date() == here.date() else f"{there:%a} {there.day} {there:%b} "
    return f"{here:%a} {here.day} {here:%b %Y %H:%M %Z} = {day}{there:%H:%M} UTC"


def _is_told(fields: Mapping[str, Any], key: str) -> bool:
    return bool(fields.get(key)) and (key, fields[key]) != ("template", "auto")


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
