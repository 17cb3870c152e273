"""Take every row of the demo away again, and nothing else."""

from collections.abc import Iterable, Iterator
from functools import partial

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet

from approvals.models import Decision, Review, RoleHolder, Seal
from content.models import (
    AltText,
    Asset,
    Document,
    Draft,
    Drift,
    Item,
    Rendition,
    Revision,
    Snapshot,
)
from content.services import pictures
from halcytone.access.models import User
from halcytone.demo import people
from publishing.models import Account, Cadence, Delivery, Offset, PassportValue, Release, Stop
from segmentation.models import Contact, ImportRun, Segment, Suppression


def rows() -> Iterator[QuerySet]:
    """Yield what belongs to the demo, those first on which nothing else stands.

    What real people made from demo pieces, or sent to demo contacts, goes with them.
    """
    drafts = Draft.objects.filter(Q(is_demo=True) | Q(author__is_demo=True))
    releases = Release.objects.filter(Q(is_demo=True) | Q(draft__in=drafts))
    reviews = Review.objects.filter(draft__in=drafts)
    documents = Document.objects.filter(Q(is_demo=True) | Q(owner__is_demo=True))
    items = Item.objects.filter(document__in=documents)
    cadences = list(Cadence.objects.filter(is_demo=True).values_list("pk", flat=True))
    accounts = list(Account.objects.filter(is_demo=True).values_list("pk", flat=True))
    yield Stop.objects.filter(Q(stopped_by__is_demo=True) | Q(release__in=releases))
    yield from last_first(Delivery.objects.filter(release__in=releases), "part")
    yield releases
    yield Decision.objects.filter(stage__review__in=reviews)
    yield Seal.objects.filter(review__in=reviews)
    yield reviews
    yield Cadence.objects.filter(Q(is_demo=True) | Q(owner__is_demo=True))
    yield Rendition.objects.filter(draft__in=drafts)
    yield drafts
    yield from last_first(Revision.objects.filter(item__in=items), "number")
    yield items
    yield AltText.objects.filter(by__is_demo=True)
    yield Snapshot.objects.filter(document__in=documents)
    yield documents
    yield Segment.objects.filter(is_demo=True)
    yield Suppression.objects.filter(is_demo=True)
    yield ImportRun.objects.filter(Q(is_demo=True) | Q(created_by__is_demo=True))
    yield Contact.objects.filter(is_demo=True)
    yield Account.objects.filter(is_demo=True)
    yield apps.get_model("publishing.HistoricalCadence_documents").objects.filter(
        history__is_demo=True
    )
    yield PassportValue.history.filter(account__in=accounts)
    yield Offset.history.filter(cadence__in=cadences)
    for model in (Account, Cadence, Segment):
        yield model.history.filter(is_demo=True)
    yield RoleHolder.objects.filter(person__is_demo=True)
    yield User.objects.filter(is_demo=True)


def last_first(rows: QuerySet, field: str) -> Iterator[QuerySet]:
    """Yield rows that stand on each other in slices, those on which nothing stands first."""
    values = rows.order_by(f"-{field}").values_list(field, flat=True).distinct()
    yield from (rows.filter(**{field: value}) for value in list(values))


def pictures_of(snapshots: QuerySet[Snapshot]) -> set[str]:
    """Return the names of the images that these snapshots show."""
    rows = snapshots.exclude(media=[]).values_list("media", flat=True)
    return {entry["name"] for media in rows for entry in media}


def forget_pictures(names: Iterable[str]) -> int:
    """Delete images that nothing shows any more, with their files; return how many."""
    assets = list(Asset.objects.filter(sha256__in=[name.partition(".")[0] for name in names]))
    for asset in assets:
        asset.delete()
        transaction.on_commit(partial(default_storage.delete, pictures.path(asset)))
    return len(assets)


@transaction.atomic
def remove() -> int:
    """Delete the rows of the demo; return how many."""
    Draft.objects.filter(author__is_demo=True).update(is_demo=True)
    Item.objects.filter(document__owner__is_demo=True).update(head=None, incoming=None)
    Drift.objects.filter(decided_by__is_demo=True).update(decided_by=None)
    shown = pictures_of(Snapshot.objects.filter(document__owner__is_demo=True))
    count = sum(queryset.delete()[0] for queryset in rows())
    count += forget_pictures(shown - pictures_of(Snapshot.objects.all()))
    people.password_file().unlink(missing_ok=True)
    return count
