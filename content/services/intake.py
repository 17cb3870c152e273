"""Taking a reading in: which item is which, what is new, and what waits for a person's choice."""

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from django.db.models import Max, QuerySet
from slugify import slugify

from content import identity
from content.grammar import enrich
from content.grammar.item import Item as Found
from content.models import Document, Item, Revision, Snapshot
from content.services import revisions
from content.services.revisions import Origin

#: What is told from the words alone, or says where an item stands: no field of its text.
_NO_FIELDS = frozenset(
    (
        *("title", "content", "category", "type", "date", "priority", "featured", "weekly"),
        *("line_start", "line_end", "block_ids", "codes", "blocked", "duplicate_of", "evidence"),
        *("reading_time_min", "word_count", "character_count", "complexity", "language"),
        *("techniques", "links", "images", "heading", "label", "archived"),
    )
)


def take_in(document: Document, snapshot: Snapshot, found: Sequence[Found]) -> list[Item]:
    """Save what a reading says, inside the caller's transaction; return its items in order.

    An item whose text changed gets the next revision. It becomes the head, except where a person's
    text stands: there it waits as `incoming`. Items that are no longer there stay, marked as gone.
    """
    known = list(_locked(document))
    said = last_said(document)
    items = _identified(document, snapshot, known, said, found)
    fresh = _append_changed(document, snapshot, items, said, found)
    for position, (item, one) in enumerate(zip(items, found, strict=True)):
        item.position, item.snapshot, item.is_present = position, snapshot, True
        item.is_blocked = one.is_blocked
        item.duplicate_of = None if one.duplicate_of is None else items[one.duplicate_of]
        if item.pk in fresh:
            _offer(item, fresh[item.pk])
    columns = ["position", "snapshot", "is_present", "is_blocked", "duplicate_of"]
    Item.objects.bulk_update(items, [*columns, "head", "incoming"], batch_size=200)
    gone = document.items.exclude(pk__in=[item.pk for item in items])
    gone.update(is_present=False, duplicate_of=None)
    return items


def _locked(document: Document) -> QuerySet[Item]:
    rows = document.items.select_for_update(of=("self",)).select_related("head")
    return rows.order_by("-is_present", "position", "pk")


def last_said(document: Document) -> dict[int, Revision]:
    """Return for each item id what the document last said of it."""
    rows = Revision.objects.filter(item__document=document, origin=Origin.SOURCE)
    return {row.item_id: row for row in rows.order_by("number")}


def _identified(
    document: Document,
    snapshot: Snapshot,
    known: Sequence[Item],
    said: Mapping[int, Revision],
    found: Sequence[Found],
) -> list[Item]:
    known = [item for item in known if item.pk in said]
    before = [_as_text(said[item.pk], item.position) for item in known]
    now = [
        identity.Text(one.title, one.content, one.category, position)
        for position, one in enumerate(found)
    ]
    matches = identity.match(before, now)
    taken = set(document.items.values_list("key", flat=True))
    items = [
        known[index]
        if index is not None
        else Item(document=document, key=_free_key(text, taken), snapshot=snapshot)
        for index, text in zip(matches, now, strict=True)
    ]
    Item.objects.bulk_create(item for item in items if item.pk is None)
    return items


def _append_changed(
    document: Document,
    snapshot: Snapshot,
    items: Sequence[Item],
    said: Mapping[int, Revision],
    found: Sequence[Found],
) -> dict[int, Revision]:
    """Save the next revision of each item whose source text changed; return them by item id."""
    highest = Revision.objects.filter(item__document=document).values("item")
    last = dict(highest.annotate(last=Max("number")).values_list("item", "last"))
    fresh = {}
    for item, one in zip(items, found, strict=True):
        before = said.get(item.pk)
        text = text_of(one, before.on if before else None)
        digest = revisions.digest(text)
        if before is None or before.sha256 != digest:
            fresh[item.pk] = Revision(
                item=item,
                number=last.get(item.pk, 0) + 1,
                parent=before,
                snapshot=snapshot,
                origin=Origin.SOURCE,
                author=document.given_by,
                line_start=one.line_start,
                line_end=one.line_end,
                sha256=digest,
                **text,
            )
    Revision.objects.bulk_create(fresh.values())
    return fresh


def _offer(item: Item, revision: Revision) -> None:
    head = item.head
    is_free = head is None or head.origin == Origin.SOURCE or head.sha256 == revision.sha256
    if is_free:
        item.head, item.incoming = revision, None
    else:
        item.incoming = revision


def _as_text(said: Revision, position: int) -> identity.Text:
    return identity.Text(said.title, said.content, said.section, position)


def _free_key(text: identity.Text, taken: set[str]) -> str:
    """Return a key that no item of the document has; it stays with the item for good."""
    digest = sha256("\n".join(identity.exact_key(text)).encode()).hexdigest()[:40]
    number = 1
    while (key := f"{digest}-{number}") in taken:
        number += 1
    taken.add(key)
    return key


def text_of(found: Found, known_on: date | None = None) -> dict[str, Any]:
    """Return a found item in the columns of a revision.

    `known_on` is the date it had before; an item without a date keeps that of its first reading.
    """
    return {
        "title": found.title,
        "content": found.content,
        "section": found.category,
        "type": found.type,
        "on": found.on if found.is_dated or known_on is None else known_on,
        "priority": found.priority,
        "is_featured": found.featured,
        "is_weekly": found.weekly,
        "fields": _fields(found),
    }


def _fields(found: Found) -> dict[str, Any]:
    """Return what the document says beyond the columns; what it does not say is left out.

    An excerpt, address or description that was made from the text is made again where it is used,
    so that an edit of the text does not leave an old one standing.
    """
    made = {
        "excerpt": enrich.excerpt(found.text),
        "slug": slugify(found.title, max_length=100),
        "seo_description": enrich.seo_description(found.text),
    }
    return {
        name: value
        for name, value in found.as_dict().items()
        if name not in _NO_FIELDS and value not in (None, [], "") and value != made.get(name)
    }
