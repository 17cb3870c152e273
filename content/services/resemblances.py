"""Near duplicates of a newly read piece among the last 90 days and everything that is queued.

Living-documents specification §6. A warning, never a refusal.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from content.grammar import duplicates
from content.models import Document, DraftPiece, Item, Resemblance, Revision, Snapshot
from content.services import access
from halcytone.lib import zones
from halcytone.lib.rights import Actor

REACHES_BACK = timedelta(days=90)
MOST = 3_000  # pieces that a reading is compared with, the newest ones
_MARKS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`~#>|]+")


def look(document: Document, snapshot: Snapshot) -> list[Resemblance]:
    """Compare what a reading brought with what is there; returns what was found, stored anew."""
    heads = Revision.objects.filter(snapshot=snapshot, item__head__snapshot=snapshot)
    fresh = [head.item for head in heads.select_related("item__head") if _counts(head.item)]
    found = list(_found(fresh, _candidates(document))) if fresh else []
    with transaction.atomic():
        Resemblance.objects.filter(item__in=fresh).delete()
        Resemblance.objects.bulk_create(found, ignore_conflicts=True)
    return found


def of(item: Item) -> QuerySet[Resemblance]:
    """Return what a piece resembles, and what resembles it."""
    rows = Resemblance.objects.filter(Q(item=item) | Q(other=item))
    return rows.select_related("item__head", "item__document", "other__head", "other__document")


def seen_by(person: Actor, item: Item) -> list[tuple[Item, str]]:
    """Return (the other piece, why it resembles this one) for those that this person may see."""
    pairs = [(row.other if row.item_id == item.pk else row.item, row.why) for row in of(item)]
    others = access.items(person).filter(pk__in=[other.pk for other, _ in pairs])
    seen = set(others.values_list("pk", flat=True))
    return [(other, why) for other, why in pairs if other.pk in seen]


def _counts(item: Item) -> bool:
    return item.is_present and item.head is not None and item.duplicate_of_id is None


def _candidates(document: Document) -> list[Item]:
    today = zones.local(timezone.now(), document.zone)
    queued = DraftPiece.objects.filter(draft__slot_wall__gte=f"{today:%Y-%m-%dT%H:%M}")
    recent = Q(head__on__gte=today.date() - REACHES_BACK)
    rows = Item.objects.filter(recent | Q(head__in=queued.values("revision")), is_present=True)
    rows = rows.exclude(document=document).filter(duplicate_of=None, head__isnull=False)
    return list(rows.select_related("head").order_by("-head__on", "-pk")[:MOST])


def _found(fresh: Iterable[Item], others: Iterable[Item]) -> Iterable[Resemblance]:
    index: dict[tuple[str, ...], list[Item]] = defaultdict(list)
    for other in others:
        for shingle in _shingles(_profile(other)):
            index[shingle].append(other)
    for item in fresh:
        profile = _profile(item)
        near = {
            other.pk: other for shingle in _shingles(profile) for other in index.get(shingle, ())
        }
        for other in near.values():
            if (why := duplicates.near(_profile(other), profile)) is not None:
                yield Resemblance(item=item, other=other, why=why)


def _shingles(profile: duplicates.Profile) -> frozenset[tuple[str, ...]]:
    return profile.body | profile.introduction


def _profile(item: Item) -> duplicates.Profile:
    head = item.head
    assert head is not None  # noqa: S101 - both kinds of rows were asked for with a head
    return _profiled(head.title, head.content)


@lru_cache(maxsize=2 * MOST)
def _profiled(title: str, content: str) -> duplicates.Profile:
    return duplicates.Profile(title, _MARKS.sub(lambda found: found[1] or " ", content))
