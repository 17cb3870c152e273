"""Reading a document: fetch, parse, and then everything in one transaction or nothing at all."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from content import alts, grammar, places, readings
from content.grammar.problems import in_order
from content.models import Document, Notice, Snapshot, SyncJob
from content.services import (
    access,
    alt_texts,
    drifts,
    hosts,
    intake,
    jobs,
    notices,
    pictures,
    resemblances,
    snapshots,
)
from content.services.jobs import RUNNING
from content.signals import document_read, reading_asked
from content.sources.base import Fetched, Known, Ref, Source, Text
from halcytone.lib import canonical, plugins
from halcytone.lib.errors import Refused, RemoteError, Unavailable, WrongState
from halcytone.lib.rights import Actor

logger = structlog.get_logger(__name__)
#: Asking again with the same credentials is of no use: a person must change them.
CREDENTIAL_CODES = frozenset({"unauthorized", "forbidden", "credentials_missing"})

#: A text with one of these and no item was not read to its end: no snapshot is made of it (§9).
UNREAD_CODES = frozenset({"source_truncated", "encoding", "json_schema"})


def read(document: Document, *, by: Actor = None, correlation_id: str = "") -> SyncJob:
    """Fetch and parse a document now, and take in what is new. Returns the finished job.

    The job is `completed` with result `read`, `skipped` (nothing new since the last completed one) or
    `waiting` (most of it is gone: a person takes or refuses it), or `failed` with its errors, each in
    the shape of a problem; then nothing was saved and the last snapshot stays. An edit is never
    overwritten. Raises WrongState while another job reads this document, or when it is switched off.
    """
    document = _readable(document, by)
    return run(jobs.begin(document, by=by, correlation_id=correlation_id))


def ask(document: Document, *, by: Actor, **wish: Any) -> SyncJob:
    """Put the reading of a document in the queue of the workers; returns the waiting job.

    `wish` is that of `jobs.ask`. A person who asks lifts what kept machines from trying.
    """
    document = _readable(document, by)
    with transaction.atomic():
        if document.halted:
            Document.objects.filter(pk=document.pk).update(halted="")
        job = jobs.ask(document, by=by, **wish)
        reading_asked.send(SyncJob, job=job)
    return job


def run(job: SyncJob) -> SyncJob:
    """Do a job that is in progress; returns it finished."""
    document = job.document
    with _never_left_running(job):
        error = _work(document, job)
    _plan_next(document, error)
    if job.result == "read" and job.snapshot is not None:
        resemblances.look(document, job.snapshot)
    logger.info(
        "document_read",
        document=document.pk,
        job=job.job_id,
        status=job.status,
        result=job.result,
    )
    return job


def ref_of(document: Document) -> Ref:
    """Return what a source is asked for."""
    key = document.source_key or document.ref
    return Ref(key, document.file_name, bytes(document.data or b""))


def source_of(document: Document) -> Source:
    return plugins.load("SOURCES", document.kind, Source)  # type: ignore[type-abstract]


def fingerprint(reading: grammar.Reading) -> str:
    """Return the SHA-256 over the canonical JSON of the items (living-documents, §6)."""
    return canonical.digest([item.identity() for item in reading.items])


def _readable(document: Document, by: Actor) -> Document:
    access.require_document(by, document, act="read this document")
    document = Document.objects.get(pk=document.pk)
    if not document.is_active:
        raise WrongState("This document is switched off. Switch it on to read it.", code="inactive")
    return document


def _work(document: Document, job: SyncJob) -> RemoteError | None:
    """Do the job; returns what the source refused or could not answer, if it did."""
    before = jobs.last_completed(document)
    last = before.snapshot if before else None
    known = _known(document, before)
    try:
        fetched = _fetch(document, known)
    except RemoteError as error:
        jobs.fail(job, [jobs.problem(error.code, str(error))])
        return error
    job.source_version = fetched.version if fetched else known.version
    if fetched is None:
        jobs.finish(job, "skipped", last)
    else:
        _take(document, job, fetched, last)
    return None


def _take(document: Document, job: SyncJob, fetched: Fetched, last: Snapshot | None) -> None:
    reading, media = parsed(document, fetched)
    problems = [problem.as_dict() for problem in reading.problems]
    if _is_unread(reading):
        jobs.fail(job, problems)
    elif snapshots.is_shrunken(document, reading):
        _save(document, job, fetched, reading, media, snapshots.SHRUNKEN)
    elif all(_is_lost(item) for item in reading.items):
        jobs.fail(job, problems)
    elif last and _says_the_same(last, document, reading, problems):
        jobs.finish(job, "skipped", last)
    else:
        _save(document, job, fetched, reading, media)


def _is_unread(reading: grammar.Reading) -> bool:
    """Tell whether nothing was read: over a limit, not UTF-8, or broken JSON. That is no shorter document."""
    return not reading.items and any(problem.code in UNREAD_CODES for problem in reading.problems)


def _is_lost(item: grammar.Item) -> bool:
    """Tell whether an item cannot arrive; one that only lacks an alternative text is mended here."""
    return item.is_blocked and set(item.codes) != {alts.CODE}


def _known(document: Document, before: SyncJob | None) -> Known:
    """Return what the source told last. The same text is parsed again when it is to be read differently.

    The token may be newer than the bytes: when what came under it said the same.
    """
    last = before.snapshot if before else None
    if before is None or last is None:
        return Known()
    if (last.asked_strategy, last.zone) != (document.strategy, document.zone):
        return Known()
    stored = {entry["address"]: entry["name"] for entry in last.media}
    version = before.source_version or last.source_version
    return Known(version, lambda: zlib.decompress(last.raw), stored)


def _fetch(document: Document, known: Known) -> Fetched | None:
    host = hosts.name_of(document)
    hosts.require_well(host)
    try:
        fetched = source_of(document).fetch(ref_of(document), known)
    except Unavailable:
        hosts.failed(host)
        raise
    hosts.succeeded(host)
    return fetched


def parsed(document: Document, fetched: Fetched) -> tuple[grammar.Reading, list[dict[str, Any]]]:
    """Return what the text says, with its images stored, and these images."""
    given = fetched.text or Text("")
    name = document.file_name or document.name
    asked = readings.Asked(name, document.zone, document.strategy, timezone.now())
    reading = readings.read(fetched.data, fetched.text, asked)
    written = given.markdown if fetched.text else fetched.data.decode("utf-8", "replace")
    settled = pictures.settle(reading.items, given.pictures, written)
    said = alt_texts.said(document)
    by_address = {
        entry["address"]: said[entry["name"]] for entry in settled.media if entry["name"] in said
    }
    told = alts.still_missing(reading.problems, written.split("\n"), by_address)
    told = alts.hinted(told, written.split("\n"), given.pictures)
    problems = [one for one in told if one.code != "image_not_fetched"]
    linked = places.linked(in_order([*problems, *settled.problems]), given.places)
    items = alts.applied(settled.items, {f"media:{name}": text for name, text in said.items()})
    media = alts.shown_in(settled.media, items, given.pictures)
    return replace(reading, items=items, problems=linked), media


def read_anew(document: Document, fetched: Fetched, *, by: Actor) -> SyncJob:
    """Read a text that is here once more, without asking its source. Returns the finished job."""
    job = jobs.begin(document, by=by)
    with _never_left_running(job):
        job.source_version = fetched.version
        before = jobs.last_completed(document)
        _take(document, job, fetched, before.snapshot if before else None)
    return job


def _says_the_same(
    last: Snapshot, document: Document, reading: grammar.Reading, problems: list[dict[str, Any]]
) -> bool:
    """Tell whether nothing is new; a mended remark is, even where no item changed."""
    return (
        last.fingerprint == fingerprint(reading)
        and last.problems == problems
        and (last.asked_strategy, last.zone) == (document.strategy, document.zone)
    )


def _save(
    document: Document,
    job: SyncJob,
    fetched: Fetched,
    reading: grammar.Reading,
    media: list[dict[str, Any]],
    state: str = Snapshot.State.TAKEN,
) -> None:
    text = fetched.text or Text("")
    with transaction.atomic():
        snapshot = Snapshot.objects.create(
            document=document,
            state=state,
            source_version=fetched.version,
            fingerprint=fingerprint(reading),
            asked_strategy=document.strategy,
            zone=document.zone,
            strategy=reading.strategy,
            decided_by=reading.decided_by[:300],
            raw=zlib.compress(fetched.data),
            size_bytes=len(fetched.data),
            text=text.markdown,
            title=(text.title or reading.title)[:300],
            media=media,
            blocks=places.of_blocks(reading.blocks, text.places),
            problems=[problem.as_dict() for problem in reading.problems],
            item_count=len(reading.items),
            asked_by=job.asked_by,
            correlation_id=job.correlation_id,
        )
        if state == Snapshot.State.WAITING:
            jobs.finish(job, "waiting", snapshot)
            snapshots.announce(snapshot)
            return
        snapshots.supersede(document)
        intake.take_in(document, snapshot, reading.items)
        drifts.look(document, snapshot)
        jobs.finish(job, "read", snapshot, reading.items)
        document_read.send(Document, document=document, job=job)


def _plan_next(document: Document, error: RemoteError | None) -> None:
    """Say when machines read the document next, and tell its owner once what stands in the way.

    A moment that somebody set while it was being read (a notice of a change) stays.
    """
    rows = Document.objects.filter(pk=document.pk)
    if error is None:
        rows.update(attempts=0, halted="")
        notices.close(document, *notices.TROUBLES)
    elif isinstance(error, Refused) and error.code in CREDENTIAL_CODES and document.is_remote:
        rows.update(attempts=document.attempts + 1, halted=str(error)[:300], due_at=None)
        return notices.tell(document, Notice.Kind.CREDENTIALS, str(error))
    else:
        rows.update(attempts=document.attempts + 1)
        if document.is_remote:
            notices.tell(document, Notice.Kind.DOWN, str(error))
    rows.filter(_was_due(document)).update(due_at=_next_at(document, error))
    return None


def _was_due(document: Document) -> Q:
    known = document.due_at
    return Q(due_at__isnull=True) if known is None else Q(due_at=known)


def _next_at(document: Document, error: RemoteError | None) -> datetime | None:
    """Return the moment of the next reading: after the interval, or when the source said."""
    if not document.interval_minutes:
        return None
    wait = timedelta(minutes=document.interval_minutes)
    asked_s = error.retry_after_s if isinstance(error, Unavailable) else None
    if asked_s is not None:
        asked = timedelta(seconds=asked_s)
        wait = max(asked, wait) if asked_s > 60 else asked
    return timezone.now() + wait


@contextmanager
def _never_left_running(job: SyncJob) -> Iterator[None]:
    """Mark the job failed when the work was left by an error that is nobody's plan."""
    try:
        yield
    finally:
        if SyncJob.objects.filter(pk=job.pk, status__in=RUNNING).exists():
            jobs.fail(job, [jobs.problem("stopped", "Reading stopped on an error of the program.")])
