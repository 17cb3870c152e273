"""Judging one piece before it stands in any document, and the rules by which pieces are judged. Pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from content import grammar
from content.grammar import problems, vocabulary

LIMITS = {
    "title_characters": 200,
    "body_characters_min": 20,
    "body_characters_max": 5_000,
    "blog_body_characters_max": 50_000,
    "excerpt_characters_max": 300,
    "alt_characters_max": 1_000,
    "different_urls_max": 5,
    "items_per_document": 500,
    "blocks_per_document": 20_000,
    "images_per_document": 200,
    "document_bytes": 10_485_760,
    "document_characters": 2_000_000,
}
#: Further fields that a type has, beside those of every piece (generation specification §1).
TYPES: Mapping[str, tuple[str, ...]] = {
    "update": ("tags", "excerpt"),
    "blog": ("category", "tags", "seo_description", "excerpt"),
    "announcement": ("urgency", "expires_at", "call_to_action", "media_contact", "press_release"),
    "session": ("session",),
}
#: What belongs to a whole document, and says nothing of one piece.
_OF_DOCUMENTS = frozenset({"section_missing", "section_unknown"})


def judge(piece: Mapping[str, Any], *, at: datetime, zone: str, is_strict: bool) -> dict[str, Any]:
    """Return `{is_valid, content_type, issues, warnings, suggestions, metadata}` for one piece.

    `piece` has the fields of the long JSON form. `is_strict` lets warnings count as issues.
    """
    text = json.dumps({"document": {"zone": zone}, "items": [dict(piece)]}, ensure_ascii=False)
    reading = grammar.parse(text, strategy="json", zone=zone, at=at)
    found = [one.as_dict() for one in reading.problems if one.code not in _OF_DOCUMENTS]
    by_severity: dict[str, list[dict[str, Any]]] = {"error": [], "warning": [], "info": []}
    for one in found:
        by_severity["error" if one["severity"] == "critical" else one["severity"]].append(one)
    issues = by_severity["error"] + (by_severity["warning"] if is_strict else [])
    item = reading.items[0] if reading.items else None
    return {
        "is_valid": not issues,
        "content_type": item.type if item else "",
        "issues": issues,
        "warnings": by_severity["warning"],
        "suggestions": by_severity["info"],
        "metadata": _metadata(item) if item else {},
    }


def _metadata(item: grammar.Item) -> dict[str, Any]:
    return {
        "section": item.category,
        "word_count": item.word_count,
        "character_count": item.character_count,
        "reading_time_min": item.reading_time_min,
        "complexity": item.complexity,
        "language": item.language,
        "links": list(item.links),
        "images": list(item.images),
        "evidence": item.evidence,
    }


def rules() -> dict[str, Any]:
    """Return every problem code with its severity, and every limit."""
    codes = [{"code": code, "severity": severity} for code, severity in problems.SEVERITIES.items()]
    return {"codes": sorted(codes, key=lambda one: one["code"]), "limits": LIMITS}


def types() -> list[dict[str, Any]]:
    """Return each content type with its further fields."""
    return [
        {"type": name, "fields": list(TYPES[name])} for name in vocabulary.TYPES if name in TYPES
    ]
