"""The frozen texts of items: how the next one is made, and who had a hand in it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils.module_loading import import_string

from content.models import Item, Revision
from halcytone.lib import canonical

Origin = Revision.Origin

#: What makes a text the same text. Lines and reasons do not.
TEXT = (
    "title",
    "content",
    "section",
    "type",
    "on",
    "priority",
    "is_featured",
    "is_weekly",
    "fields",
)


def text_of(revision: Revision) -> dict[str, Any]:
    """Return the fields of a revision that are its text."""
    return {name: getattr(revision, name) for name in TEXT}


def digest(text: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a revision's text, the same for equal texts."""
    return canonical.digest({**text, "on": text["on"].isoformat()})


def channels_published(revisions: Iterable[Revision]) -> Mapping[int, Mapping[str, datetime]]:
    """Return {revision: {channel: when it first went out there}}, asked for all of them at once."""
    find: Callable[[Sequence[Revision]], Mapping[int, Mapping[str, datetime]]] = import_string(
        settings.REVISION_CHANNELS
    )
    return find(list(revisions))


def append(item: Item, text: Mapping[str, Any], **rest: Any) -> Revision:
    """Save the next revision of an item whose row is locked. `rest` are its other columns."""
    last = item.revisions.aggregate(last=Max("number"))["last"] or 0
    return Revision.objects.create(item=item, number=last + 1, sha256=digest(text), **text, **rest)


def writers(revisions: Iterable[Revision]) -> dict[int, set[int]]:
    """Return for each revision id the ids of the people who wrote a text that it grew from.

    A merged text grew from its parent and from the source text that lay beside it.
    """
    wanted = list(revisions)
    rows = Revision.objects.filter(item__in={revision.item_id for revision in wanted})
    known = {row.pk: row for row in rows.order_by("number")}
    return {
        revision.pk: {
            author
            for pk in _ancestry(revision.pk, known)
            if (author := known[pk].author_id) is not None
        }
        for revision in wanted
    }


def _ancestry(start: int, known: Mapping[int, Revision]) -> set[int]:
    seen: set[int] = set()
    waiting: list[int | None] = [start]
    while waiting:
        pk = waiting.pop()
        if pk is not None and pk not in seen:
            seen.add(pk)
            waiting += [known[pk].parent_id, _source_beside(known[pk], known)]
    return seen


def _source_beside(revision: Revision, known: Mapping[int, Revision]) -> int | None:
    if revision.origin != Origin.MERGED:
        return None
    sources = [
        row.pk
        for row in known.values()
        if row.item_id == revision.item_id
        and row.origin == Origin.SOURCE
        and row.number < revision.number
    ]
    return sources[-1] if sources else None
