"""The jobs of reading: asked for, taken by one worker, ended, given up, tried again, counted.

At most one running job a document and `SYNC_JOBS_AT_ONCE` in all, both held by the database.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from content import grammar
from content.models import Document, Snapshot, SyncJob
from content.services import access
from halcytone.lib.errors import WrongState
from halcytone.lib.rights import Actor

Status = SyncJob.Status
RUNNING = (Status.PENDING, Status.IN_PROGRESS)
#: A job that has run this long has lost its process: no fetch and no task may take as long.
LOST_AFTER = timedelta(minutes=15)
KEPT = timedelta(days=7)
OWN_CHANNELS = ("email", "web")  # the others are social
RETRIED = timedelta(hours=24)


def begin(document: Document, *, by: Actor, correlation_id: str = "") -> SyncJob:
    """Return a job of this document that is in progress, for the caller to do.

    Raises WrongState while another one reads it (`already_running`), or while as many documents as
    may are being read (`busy`).
    """
    give_up_lost()
    job = _created(document, by=by, correlation_id=correlation_id)
    if not _take(job.pk):
        SyncJob.objects.filter(pk=job.pk).delete()
        raise WrongState(
            f"{settings.SYNC_JOBS_AT_ONCE} documents are being read right now. Wait a moment, then "
            "read this one again.",
            code="busy",
        )
    job.refresh_from_db()
    return job


def ask(
    document: Document,
    *,
    by: Actor,
    correlation_id: str = "",
    channels: Sequence[str] = (),
    scheduled_for: datetime | None = None,
    metadata: dict[str, Any] | None = None,
) -> SyncJob:
    """Put a job in the queue; a worker takes it, not before `scheduled_for`.

    Raises WrongState (`already_running`) while another one waits or runs.
    """
    give_up_lost()
    return _created(
        document,
        by=by,
        correlation_id=correlation_id,
        channels=list(channels),
        scheduled_for=scheduled_for,
        metadata=metadata or {},
    )


def take_next(now: datetime) -> SyncJob | None:
    """Return the longest waiting job that is due, in progress now; None when there is none to take."""
    waiting = SyncJob.objects.filter(status=Status.PENDING).exclude(scheduled_for__gt=now)
    for pk in waiting.order_by("created_at", "pk").values_list("pk", flat=True)[:20]:
        if _take(pk):
            return SyncJob.objects.select_related("document").get(pk=pk)
    return None


def finish(
    job: SyncJob, result: str, snapshot: Snapshot | None, items: Iterable[grammar.Item] = ()
) -> None:
    """End a job well: `read`, `skipped` (nothing new) or `waiting` (for a person).

    A job that was asked for some channels ends `partial` when not all of them have an item.
    """
    found = _per_channel(job.channels, list(items)) if result == "read" else {}
    empty = sum(not each["items"] for each in found.values())
    status = Status.PARTIAL if 0 < empty < len(found) else Status.COMPLETED
    _close(
        job,
        status=status,
        result=result,
        snapshot=snapshot,
        results=found,
        source_version=job.source_version,
    )


def _per_channel(
    channels: Iterable[str], items: Sequence[grammar.Item]
) -> dict[str, dict[str, int]]:
    return {
        channel: {
            "items": sum(
                not item.is_blocked
                and (channel if channel in OWN_CHANNELS else "social") in item.channels
                for item in items
            )
        }
        for channel in channels
    }


def fail(job: SyncJob, errors: Sequence[dict[str, Any]]) -> None:
    """End a job with its errors, each in the shape of a problem."""
    _close(job, status=Status.FAILED, errors=list(errors))


@transaction.atomic
def cancel(job: SyncJob, *, by: Actor) -> SyncJob:
    """Take a waiting job back. Raises WrongState when it runs or is over."""
    access.require_document(by, job.document, act="cancel this reading")
    rows = SyncJob.objects.filter(pk=job.pk, status=Status.PENDING)
    if not rows.update(status=Status.CANCELLED, completed_at=timezone.now()):
        job.refresh_from_db()
        raise WrongState(
            f"This reading is {job.get_status_display()}; only one that waits can be cancelled."
        )
    job.refresh_from_db()
    return job


def retry(job: SyncJob, *, by: Actor) -> SyncJob:
    """Ask again for what a failed or cancelled job did not do."""
    access.require_document(by, job.document, act="read this document again")
    if job.status not in (Status.FAILED, Status.PARTIAL, Status.CANCELLED):
        raise WrongState(
            f"This reading is {job.get_status_display()}; only one that failed is tried again."
        )
    return ask(
        job.document, by=by, correlation_id=retry_id(job.correlation_id), channels=job.channels
    )


def retry_failed(jobs: QuerySet[SyncJob], *, by: Actor) -> list[SyncJob]:
    """Ask again for each document whose last job failed in the last 24 hours."""
    newest = SyncJob.objects.filter(document=OuterRef("document")).values("pk")[:1]
    failed = jobs.filter(
        pk=Subquery(newest), status=Status.FAILED, created_at__gte=timezone.now() - RETRIED
    )
    return [
        retry(job, by=by)
        for job in failed.select_related("document")
        if access.may_change_document(by, job.document)
    ]


def retry_id(correlation_id: str) -> str:
    return f"retry_{correlation_id.removeprefix('retry_')}"[:64]


def latest(documents: Iterable[Document]) -> QuerySet[SyncJob]:
    """Return the newest job of each of these documents that was ever read."""
    newest = SyncJob.objects.filter(document=OuterRef("document")).values("pk")[:1]
    return SyncJob.objects.filter(
        document__in=[document.pk for document in documents], pk=Subquery(newest)
    )


def last_completed(document: Document) -> SyncJob | None:
    """Return the last job that read the document or found nothing new; a failed one never counts.

    What is large in its snapshot comes when it is asked for: a text that did not change needs none of it.
    """
    done = document.sync_jobs.filter(status=Status.COMPLETED).select_related("snapshot")
    light = done.defer(*(f"snapshot__{name}" for name in ("raw", "text", "blocks", "problems")))
    return light.order_by("-completed_at", "-pk").first()


def give_up_lost() -> None:
    """Fail the jobs whose process has ended before they were done."""
    lost = SyncJob.objects.filter(
        status=Status.IN_PROGRESS, started_at__lt=timezone.now() - LOST_AFTER
    )
    lost.update(
        status=Status.FAILED,
        completed_at=timezone.now(),
        errors=[problem("lost", "The process that read this document ended before it was done.")],
    )


def forget_old() -> int:
    """Remove ended jobs after seven days; the last completed one of each document stays."""
    kept = SyncJob.objects.filter(document=OuterRef("document"), status=Status.COMPLETED)
    newest = kept.order_by("-completed_at", "-pk").values("pk")[:1]
    old = SyncJob.objects.filter(completed_at__lt=timezone.now() - KEPT).exclude(
        pk=Subquery(newest)
    )
    return old.delete()[0]


def problem(code: str, message: str) -> dict[str, Any]:
    """Return an error of a whole document in the shape of a problem."""
    return {"line": 1, "column": 1, "severity": "error", "code": code, "message": message}


def _created(document: Document, *, by: Actor, correlation_id: str, **values: Any) -> SyncJob:
    now = timezone.now()
    previous = document.sync_jobs.first()
    try:
        with transaction.atomic():
            return SyncJob.objects.create(
                job_id=f"sync_{now:%Y%m%d%H%M%S}_{str(document.pk)[:8]}_{secrets.token_hex(3)}",
                document=document,
                correlation_id=correlation_id or _correlation_after(previous),
                asked_by=by,
                created_at=now,
                **values,
            )
    except IntegrityError:
        raise WrongState(
            "This document is being read right now. Wait until that is done, then read it again.",
            code="already_running",
        ) from None


def _correlation_after(previous: SyncJob | None) -> str:
    """Return the id of a new attempt; a retry carries that of the attempt that failed."""
    if previous is None or previous.status != Status.FAILED:
        return uuid4().hex
    return retry_id(previous.correlation_id)


def _take(pk: int) -> bool:
    """Put a waiting job in progress, if there is a free place and nobody else was faster."""
    taken = set(SyncJob.objects.filter(status=Status.IN_PROGRESS).values_list("slot", flat=True))
    for slot in range(1, settings.SYNC_JOBS_AT_ONCE + 1):
        if slot in taken:
            continue
        rows = SyncJob.objects.filter(pk=pk, status=Status.PENDING)
        try:
            with transaction.atomic():
                return bool(
                    rows.update(status=Status.IN_PROGRESS, slot=slot, started_at=timezone.now())
                )
        except IntegrityError:
            continue
    return False


def _close(job: SyncJob, **values: Any) -> None:
    """Write how a job ended, unless it was given up as lost in the meantime."""
    values["completed_at"] = timezone.now()
    if not SyncJob.objects.filter(pk=job.pk, status__in=RUNNING).update(**values):
        job.refresh_from_db()
        raise WrongState("This reading took too long and was given up. Read the document again.")
    for name, value in values.items():
        setattr(job, name, value)
