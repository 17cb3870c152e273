"""Reading a document: fetch, parse, and then everything in one transaction or nothing at all."""

import secrets
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from content import grammar
from content.models import Document, Snapshot, SyncJob
from content.services import access, intake
from content.signals import document_read
from content.sources.base import Fetched, Ref, Source
from halcytone.lib import canonical, plugins
from halcytone.lib.errors import RemoteError, WrongState
from halcytone.lib.rights import Actor

logger = structlog.get_logger(__name__)
Status = SyncJob.Status
RUNNING = (Status.PENDING, Status.IN_PROGRESS)
#: A job that has run this long has lost its process: no fetch and no task may take as long.
LOST_AFTER = timedelta(minutes=15)


def read(document: Document, *, by: Actor = None, correlation_id: str = "") -> SyncJob:
    """Fetch and parse a document, and take in what is new. Returns the finished job.

    The job is `completed` with result `read` or `skipped` (nothing new since the last completed
    one), or `failed` with its errors, each in the shape of a problem; then nothing was saved and
    the last snapshot stays. An edit is never overwritten. Raises WrongState while another job reads
    this document, or when it is switched off.
    """
    access.require_document(by, document, act="read this document")
    document = Document.objects.get(pk=document.pk)
    if not document.is_active:
        raise WrongState("This document is switched off. Switch it on to read it.", code="inactive")
    job = _begin(document, by, correlation_id)
    with _never_left_running(job):
        _work(document, job)
    logger.info(
        "document_read",
        document=document.pk,
        job=job.job_id,
        status=job.status,
        result=job.result,
    )
    return job


def _work(document: Document, job: SyncJob) -> None:
    last = _last_snapshot(document)
    try:
        fetched = _fetch(document, last)
    except RemoteError as error:
        return _fail(job, [_trouble(error)])
    if fetched is None:
        return _finish(job, "skipped", last)
    reading = grammar.parse(
        fetched.data,
        name=document.file_name or document.name,
        zone=document.zone,
        strategy=document.strategy,
        at=timezone.now(),
    )
    problems = [problem.as_dict() for problem in reading.problems]
    if all(item.is_blocked for item in reading.items):
        return _fail(job, problems)
    if last and _says_the_same(last, document, reading, problems):
        return _finish(job, "skipped", last)
    return _save(document, job, fetched, reading, problems)


def _begin(document: Document, by: Actor, correlation_id: str) -> SyncJob:
    now = timezone.now()
    _give_up_lost(document)
    previous = document.sync_jobs.first()
    try:
        with transaction.atomic():
            return SyncJob.objects.create(
                job_id=f"sync_{now:%Y%m%d%H%M%S}_{str(document.pk)[:8]}_{secrets.token_hex(3)}",
                document=document,
                status=Status.IN_PROGRESS,
                correlation_id=correlation_id or _correlation_after(previous),
                asked_by=by,
                created_at=now,
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
    return f"retry_{previous.correlation_id.removeprefix('retry_')}"[:64]


def _give_up_lost(document: Document) -> None:
    lost = document.sync_jobs.filter(status__in=RUNNING, created_at__lt=timezone.now() - LOST_AFTER)
    lost.update(
        status=Status.FAILED,
        completed_at=timezone.now(),
        errors=[_problem("lost", "The process that read this document ended before it was done.")],
    )


@contextmanager
def _never_left_running(job: SyncJob) -> Iterator[None]:
    """Mark the job failed when the work was left by an error that is nobody's plan."""
    try:
        yield
    finally:
        if SyncJob.objects.filter(pk=job.pk, status__in=RUNNING).exists():
            _fail(job, [_problem("stopped", "Reading stopped on an error of the program.")])


def latest_jobs(documents: Iterable[Document]) -> QuerySet[SyncJob]:
    """Return the newest job of each of these documents that was ever read."""
    newest = SyncJob.objects.filter(document=OuterRef("document")).values("pk")[:1]
    return SyncJob.objects.filter(
        document__in=[document.pk for document in documents], pk=Subquery(newest)
    )


def _last_snapshot(document: Document) -> Snapshot | None:
    done = document.sync_jobs.filter(status=Status.COMPLETED).select_related("snapshot")
    last = done.order_by("-completed_at", "-pk").first()
    return last.snapshot if last else None


def _fetch(document: Document, last: Snapshot | None) -> Fetched | None:
    """Ask the source. The same text must be parsed again when it is to be read differently."""
    source = plugins.load("SOURCES", document.kind, Source)  # type: ignore[type-abstract]
    as_before = last and (last.asked_strategy, last.zone) == (document.strategy, document.zone)
    known_version = last.source_version if last and as_before else ""
    ref = Ref(document.ref, document.file_name, bytes(document.data or b""))
    return source.fetch(ref, known_version)


def _says_the_same(
    last: Snapshot, document: Document, reading: grammar.Reading, problems: list[dict[str, Any]]
) -> bool:
    """Tell whether nothing is new; a mended remark is, even where no item changed."""
    return (
        last.fingerprint == fingerprint(reading)
        and last.problems == problems
        and (last.asked_strategy, last.zone) == (document.strategy, document.zone)
    )


def fingerprint(reading: grammar.Reading) -> str:
    """Return the SHA-256 over the canonical JSON of the items (living-documents, §6)."""
    return canonical.digest([item.identity() for item in reading.items])


def _save(
    document: Document,
    job: SyncJob,
    fetched: Fetched,
    reading: grammar.Reading,
    problems: list[dict[str, Any]],
) -> None:
    with transaction.atomic():
        snapshot = Snapshot.objects.create(
            document=document,
            source_version=fetched.version,
            fingerprint=fingerprint(reading),
            asked_strategy=document.strategy,
            zone=document.zone,
            strategy=reading.strategy,
            decided_by=reading.decided_by[:300],
            raw=zlib.compress(fetched.data),
            size_bytes=len(fetched.data),
            blocks=[block.as_dict() for block in reading.blocks],
            problems=problems,
            item_count=len(reading.items),
            asked_by=job.asked_by,
            correlation_id=job.correlation_id,
        )
        intake.take_in(document, snapshot, reading.items)
        _finish(job, "read", snapshot)
        document_read.send(Document, document=document, job=job)


def _finish(job: SyncJob, result: str, snapshot: Snapshot | None) -> None:
    _close(job, status=Status.COMPLETED, result=result, snapshot=snapshot)


def _fail(job: SyncJob, errors: Sequence[dict[str, Any]]) -> None:
    _close(job, status=Status.FAILED, errors=list(errors))


def _close(job: SyncJob, **values: Any) -> None:
    """Write how a job ended, unless it was given up as lost in the meantime."""
    values["completed_at"] = timezone.now()
    if not SyncJob.objects.filter(pk=job.pk, status__in=RUNNING).update(**values):
        job.refresh_from_db()
        raise WrongState("This reading took too long and was given up. Read the document again.")
    for name, value in values.items():
        setattr(job, name, value)


def _trouble(error: RemoteError) -> dict[str, Any]:
    return _problem(error.code, str(error))


def _problem(code: str, message: str) -> dict[str, Any]:
    return {"line": 1, "column": 1, "severity": "error", "code": code, "message": message}
