"""The list of documents: how each stands, and what in it waits for a person. A few queries for a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from content.models import Document, Drift, Item, Notice, Snapshot, SyncJob
from content.services import documents


@dataclass(frozen=True, slots=True)
class Row:
    """One document of the list; the numbers count rows that its pages show."""

    document: Document
    job: SyncJob | None
    is_waiting: bool  # a shrunken reading waits for a person
    is_down: bool
    pieces: int
    blocked: int
    torn: int  # edited here and changed at the source
    drifted: int


def needing(rows: QuerySet[Document]) -> QuerySet[Document]:
    """Return the documents in which something waits for a person."""
    mine = OuterRef("pk")
    last = SyncJob.objects.filter(document=mine).values("status")[:1]
    pieces = Item.objects.filter(document=mine, is_present=True)
    return rows.annotate(last_status=Subquery(last)).filter(
        Q(last_status=SyncJob.Status.FAILED)
        | ~Q(halted="")
        | Exists(Snapshot.objects.filter(document=mine, state=Snapshot.State.WAITING))
        | Exists(pieces.filter(Q(is_blocked=True) | Q(incoming__isnull=False)))
        | Exists(_open().filter(notice__document=mine))
    )


def of(page: Iterable[Document]) -> list[Row]:
    """Return these documents as rows of the list, in their order."""
    page = list(page)
    latest = {job.document_id: job for job in documents.latest_jobs(page)}
    waiting = set(_of(page, Snapshot.objects.filter(state=Snapshot.State.WAITING)))
    down = set(_of(page, Notice.objects.filter(kind=Notice.Kind.DOWN, closed_at=None)))
    pieces, drifted = _pieces(page), _drifted(page)
    return [
        Row(
            document,
            latest.get(document.pk),
            document.pk in waiting,
            document.pk in down,
            **pieces.get(document.pk, {"pieces": 0, "blocked": 0, "torn": 0}),
            drifted=drifted.get(document.pk, 0),
        )
        for document in page
    ]


def _of(page: Iterable[Document], rows: QuerySet[Any]) -> Iterable[int]:
    return rows.filter(document__in=page).values_list("document", flat=True)


def _pieces(page: Iterable[Document]) -> Mapping[int, dict[str, int]]:
    rows = Item.objects.filter(document__in=page, is_present=True).order_by().values("document")
    counted = rows.annotate(
        all=Count("pk"),
        bad=Count("pk", filter=Q(is_blocked=True)),
        two=Count("pk", filter=Q(incoming__isnull=False)),
    ).values_list("document", "all", "bad", "two")
    return {
        pk: {"pieces": pieces, "blocked": blocked, "torn": torn}
        for pk, pieces, blocked, torn in counted
    }


def _open() -> QuerySet[Drift]:
    return Drift.objects.filter(decision=Drift.Decision.OPEN)


def _drifted(page: Iterable[Document]) -> Mapping[int, int]:
    """Count each sentence of a rendition once, as their page shows them."""
    rows = _open().filter(notice__document__in=page).order_by()
    told = rows.values(document=F("notice__document"), r=F("rendition"), s=F("sentence")).distinct()
    found: dict[int, int] = {}
    for row in told:
        found[row["document"]] = found.get(row["document"], 0) + 1
    return found
