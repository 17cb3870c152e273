"""Celery's entrance to reading and rendering: ids in, service calls."""

import time

import structlog
from celery import Task, shared_task
from django.contrib.auth import get_user_model
from django.utils import timezone
from kombu.exceptions import OperationalError

from content.models import Document, Draft, Notice
from content.services import documents, drafts, jobs, notices, rounds

log = structlog.get_logger(__name__)
READ_S = 20  # one task's share, so that a worker also does other things


@shared_task(name="content.read_document")
def read_document(document_id: int, by_id: int | None = None, correlation_id: str = "") -> str:
    """Read a document; returns the id of the job. Running it twice does no harm."""
    document = Document.objects.get(pk=document_id)
    job = documents.read(document, by=_person(by_id), correlation_id=correlation_id)
    return job.job_id


@shared_task(name="content.look_at_documents")
def look_at_documents() -> None:
    """Queue what is due, hear what changed, forget what is old. Beat runs this every minute."""
    now = timezone.now()
    rounds.listen(now)
    rounds.queue_due(now)
    jobs.forget_old()
    read_waiting()


@shared_task(name="content.look_at_source")
def look_at_source(kind: str) -> None:
    """Hear what changed at one kind of source, which said that something did, and read it."""
    now = timezone.now()
    rounds.listen_to(kind, now)
    rounds.queue_due(now)
    read_waiting()


@shared_task(name="content.read_waiting")
def read_waiting() -> None:
    """Read what waits in the queue; when the time is up, the next task goes on."""
    until = time.monotonic() + READ_S
    rounds.work(until=until)
    if time.monotonic() >= until:
        nudge()


@shared_task(name="content.mail_notice")
def mail_notice(notice_id: int) -> None:
    """Write to the owner of a document; at most once, however often it is run."""
    notices.mail(Notice.objects.select_related("document__owner").get(pk=notice_id))


def nudge() -> None:
    """Wake a worker for the queue. Without a broker the queue waits for the next look."""
    wake(read_waiting)


def wake(task: Task, *args: object) -> None:
    try:
        task.apply_async(args, retry=False)
    except OperationalError:
        log.warning("broker_unreachable")


@shared_task(name="content.generate_draft")
def generate_draft(draft_id: int, by_id: int | None = None) -> None:
    """Render a draft; the same draft gives the same bytes, however often it is run."""
    drafts.generate(Draft.objects.get(pk=draft_id), by=_person(by_id))


def _person(by_id: int | None) -> object:
    """Return the person who asked, or None when the machine did."""
    return None if by_id is None else get_user_model().objects.get(pk=by_id)
