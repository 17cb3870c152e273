"""The routing inputs of a draft: what the rules of a policy may ask about.

What nothing can find out yet (registered figures, checked claims, outside references) is None, and
a rule that asks for it does not match. `numbers` and `quotations` are those written in the text.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from approvals import wording
from content.models import Draft, Revision
from segmentation import audience

#: Marks that people set beside the sensitivity flags, each a fact of its own.
MARKS = ("technical", "launch", "major_news")
_URGENCY = list(Draft.Urgency.values)  # from low to critical


def facts(draft: Draft) -> dict[str, Any]:
    """Return the routing inputs, JSON-able. `audience_size` is None without a segment."""
    pieces = list(draft.pieces.all())
    flags = _flags(draft, pieces)
    texts = list(_texts(draft, pieces))
    return {
        "type": draft.type,
        "priority": draft.priority,
        "urgency": max(_urgencies(draft, pieces), key=_URGENCY.index),
        "featured": draft.is_featured or any(piece.is_featured for piece in pieces),
        "weekly": draft.type == Draft.Type.WEEKLY,
        "formats": list(draft.formats),
        "audience_size": audience.count(draft.segment) if draft.segment else None,
        "budget_usd": None if draft.budget_usd is None else float(draft.budget_usd),
        "has_budget": bool(draft.budget_usd) or any(each.fields.get("budget") for each in pieces),
        "flags": [flag for flag in flags if flag not in MARKS],
        **{mark: mark in flags for mark in MARKS},
        "numbers": _found(wording.figures, texts),
        "quotations": _found(wording.quotations, texts),
        "figures": None,
        "claims": None,
        "external_references": None,
        "author_may_publish": bool(draft.author.has_perm("publishing.schedule_release")),
    }


def _flags(draft: Draft, pieces: Sequence[Revision]) -> list[str]:
    of_pieces = (piece.fields.get("sensitive") or [] for piece in pieces)
    return list(dict.fromkeys(chain(draft.sensitive, *of_pieces)))


def _urgencies(draft: Draft, pieces: Sequence[Revision]) -> Iterable[str]:
    named = (piece.fields.get("urgency") for piece in pieces)
    return (draft.urgency, *(urgency for urgency in named if urgency in _URGENCY))


def _texts(draft: Draft, pieces: Sequence[Revision]) -> Iterable[str]:
    """Yield what was written for this draft: the pieces, and renditions that a person edited."""
    for piece in pieces:
        yield piece.title
        yield piece.content
    for rendition in draft.renditions.filter(is_edited=True, format__in=draft.formats):
        yield from (text for _, text in wording.texts(wording.read(rendition.body)))


def _found(find: Any, texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(each for text in texts for each in find(text)))
