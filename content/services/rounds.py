"""What the clock asks of living documents: read what is due, and hear early of what changed."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Lower, Replace
from django.utils import timezone

from content.models import Document, SourceCursor, SyncJob
from content.services import jobs, reads
from content.services.jobs import RUNNING
from content.signals import change_told
from content.sources.base import Source
from halcytone.lib import plugins
from halcytone.lib.errors import RemoteError, WrongState

logger = structlog.get_logger(__name__)
LOOK_EVERY = timedelta(seconds=60)


def due(now: datetime) -> list[Document]:
    """Return the documents whose time has come and that nothing reads or halts."""
    running = SyncJob.objects.filter(document=OuterRef("pk"), status__in=RUNNING)
    rows = Document.objects.filter(is_active=True, halted="", due_at__lte=now)
    return list(rows.filter(~Exists(running)).order_by("due_at")[:200])


def queue_due(now: datetime) -> int:
    """Put every due document in the queue; returns how many. Any number of callers may."""
    count = 0
    for document in due(now):
        try:
            jobs.ask(document, by=None)
        except WrongState:  # somebody was faster
            continue
        count += 1
    return count


def work(*, until: float = float("inf")) -> int:
    """Do waiting jobs until there is none, or until `time.monotonic()` passes `until`."""
    done = 0
    jobs.give_up_lost()
    while time.monotonic() < until and (job := jobs.take_next(timezone.now())):
        try:
            reads.run(job)
        except Exception:  # one document never stops the others; the job says that it failed
            logger.exception("reading_failed", job=job.job_id)
        done += 1
    return done


def listen(now: datetime) -> int:
    """Ask each kind of source once what changed, and make those documents due. Returns how many."""
    return sum(listen_to(kind, now) for kind in settings.SOURCES)


def told(kind: str) -> None:
    """A source says that something changed: a worker asks it at once what that is."""
    with transaction.atomic():
        change_told.send(Document, kind=kind)
    logger.info("change_told", kind=kind)


def told_of(kind: str, ids: Iterable[str], now: datetime) -> int:
    """A source names what changed: make those documents due at once. Returns how many.

    Dashes and case of an id do not count.
    """
    bare = Replace(Lower("source_key"), Value("-"), Value(""))
    meant = {id.replace("-", "").lower() for id in ids} - {""}
    with transaction.atomic():
        count = _heard(kind).alias(bare=bare).filter(bare__in=meant).update(due_at=now)
        if count:
            change_told.send(Document, kind=kind)
    logger.info("change_told", kind=kind, documents=count)
    return count


def _heard(kind: str) -> QuerySet[Document]:
    """Return the documents of a kind that machines read."""
    return Document.objects.filter(kind=kind, is_active=True, halted="", interval_minutes__gt=0)


def listen_to(kind: str, now: datetime) -> int:
    """Ask one kind of source what changed, and make those documents due. Returns how many."""
    rows = _heard(kind)
    if not rows.exists():
        return 0
    source = plugins.load("SOURCES", kind, Source)  # type: ignore[type-abstract]
    cursor, _ = SourceCursor.objects.get_or_create(kind=kind)
    try:
        changes = source.changed(cursor.token)
    except RemoteError as error:
        logger.warning("changes_unheard", kind=kind, code=error.code)
        return 0
    if changes is None:
        return 0
    SourceCursor.objects.filter(pk=cursor.pk).update(token=changes.token, heard_at=now)
    return rows.filter(source_key__in=changes.keys).update(due_at=now)
