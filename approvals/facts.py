"""The routing inputs of a draft: what the rules of a policy may ask about.

What nothing can find out yet (checked claims, the class of a correction) is None, and a rule that asks
for it does not match. `numbers`, `names` and `quotations` are those written in the text, which nobody
has verified; `figures` are the numbers that are no dates and no times of day.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet, prefetch_related_objects

from approvals import inputs, legal, wording
from approvals.models import Competitor
from content.models import Draft, Finding, Revision
from content.services import rendering
from segmentation import audience
from segmentation.models import Contact

#: Marks that people set beside the sensitivity flags, each a fact of its own.
MARKS = ("technical", "launch", "major_news")
_URGENCY = list(Draft.Urgency.values)  # from low to critical
_USD = re.compile(r"(?:USD |\$)([0-9]+(?:\.[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class Rows:
    """What the routing inputs ask the database besides the draft."""

    competitors: QuerySet[Any]  # their names
    members: QuerySet[Any]  # one row: the number of people in the audience; none without a segment


def rows(draft: Draft) -> Rows:
    """Return what the routing inputs of a draft ask the database. No query yet."""
    segment = draft.segment
    return Rows(
        Competitor.objects.values_list("name", flat=True),
        audience.number(segment) if segment else Contact.objects.none(),
    )


def facts(draft: Draft) -> dict[str, Any]:
    """Return the routing inputs, JSON-able. `audience_size` is None without a segment."""
    return read(draft)[0]


def read(draft: Draft, known: Rows | None = None) -> tuple[dict[str, Any], list[legal.Found]]:
    """Return the routing inputs, and what in the settings and the text sets off a legal trigger."""
    known = known or rows(draft)
    pieces = rendering.pieces_of(draft)
    flags = _flags(draft, pieces)
    written = list(texts(draft, pieces))
    found = {
        "type": draft.type,
        "priority": draft.priority,
        "urgency": max(_urgencies(draft, pieces), key=_URGENCY.index),
        "featured": draft.is_featured or any(piece.is_featured for piece in pieces),
        "weekly": draft.type == Draft.Type.WEEKLY,
        "formats": list(draft.formats),
        "channels": _channels(draft),
        "audience_size": next(iter(known.members), None),
        "flags": [flag for flag in flags if flag not in MARKS],
        **{mark: mark in flags for mark in MARKS},
        **_budget(draft, pieces),
        **_of_the_text([text for _, text in written]),
        "claims": None,
        "correction": None,
        "checks_green": not warnings(draft),
        "author_may_publish": bool(draft.author.has_perm("publishing.schedule_release")),
    }
    named = list(known.competitors)
    set_off = legal.find({**found, "tone": draft.tone}, written, competitors=named)
    return found | {"legal_triggers": legal.kinds(set_off)}, set_off


def texts(draft: Draft, pieces: Sequence[Revision]) -> Iterator[tuple[str, str]]:
    """Yield (place, text) of what was written for this draft: pieces, and what a person edited."""
    for piece in pieces:
        yield f"“{piece.title}”, title", piece.title
        yield f"“{piece.title}”", piece.content
    for rendition in (each for each in rendering.in_order(draft) if each.is_edited):
        for place, text in wording.texts(wording.read(rendition.body)):
            yield f"{rendition.get_format_display()}, {place}", text


def warnings(draft: Draft) -> list[str]:
    """Return what the checks found in the renditions of a draft, in words; notes left out."""
    renditions = rendering.in_order(draft)
    prefetch_related_objects(renditions, "findings")
    found = [finding for each in renditions for finding in each.findings.all()]
    told = (each for each in found if each.severity != Finding.Severity.INFO)
    return [each.message for each in sorted(told, key=lambda each: each.pk)]


def _of_the_text(written: Sequence[str]) -> dict[str, Any]:
    return {
        "numbers": _found(wording.figures, written),
        "names": _found(wording.names, written),
        "quotations": _found(wording.quotations, written),
        "figures": [n for n in _found(wording.figures, written) if not wording.is_date(n)],
        "external_references": _hosts(written),
    }


def _channels(draft: Draft) -> list[str]:
    named = (inputs.CHANNELS[each] for each in draft.formats if each in inputs.CHANNELS)
    return list(dict.fromkeys(named))


def _budget(draft: Draft, pieces: Sequence[Revision]) -> dict[str, Any]:
    """Return whether there is a budget, and how much in USD; None where it is in another currency."""
    written = [str(piece.fields["budget"]) for piece in pieces if piece.fields.get("budget")]
    amounts = [_USD.fullmatch(each) for each in written]
    usd = [Decimal(found[1]) for found in amounts if found]
    if draft.budget_usd is not None:
        usd.append(draft.budget_usd)
    is_known = usd and len(usd) >= len(written)
    return {
        "budget_usd": float(sum(usd)) if is_known else None,
        "has_budget": bool(written) or bool(draft.budget_usd),
    }


def _hosts(written: Iterable[str]) -> list[str]:
    """Return the hosts that a text links to, besides our own, once each."""
    own = urlsplit(settings.SITE["base_url"]).hostname
    hosts = (urlsplit(link).hostname for text in written for link in wording.links(text))
    return [host for host in dict.fromkeys(hosts) if host and host != own]


def _flags(draft: Draft, pieces: Sequence[Revision]) -> list[str]:
    of_pieces = (piece.fields.get("sensitive") or [] for piece in pieces)
    return list(dict.fromkeys(chain(draft.sensitive, *of_pieces)))


def _urgencies(draft: Draft, pieces: Sequence[Revision]) -> Iterable[str]:
    named = (piece.fields.get("urgency") for piece in pieces)
    return (draft.urgency, *(urgency for urgency in named if urgency in _URGENCY))


def _found(find: Any, texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(each for text in texts for each in find(text)))
