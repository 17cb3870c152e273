"""Celery's entrance to reading and rendering: ids in, service calls."""

from celery import shared_task
from django.contrib.auth import get_user_model

from content.models import Document, Draft
from content.services import documents, drafts


@shared_task(name="content.read_document")
def read_document(document_id: int, by_id: int | None = None, correlation_id: str = "") -> str:
    """Read a document; returns the id of the job. Running it twice does no harm."""
    document = Document.objects.get(pk=document_id)
    job = documents.read(document, by=_person(by_id), correlation_id=correlation_id)
    return job.job_id


@shared_task(name="content.generate_draft")
def generate_draft(draft_id: int, by_id: int | None = None) -> None:
    """Render a draft; the same draft gives the same bytes, however often it is run."""
    drafts.generate(Draft.objects.get(pk=draft_id), by=_person(by_id))


def _person(by_id: int | None) -> object:
    """Return the person who asked, or None when the machine did."""
    return None if by_id is None else get_user_model().objects.get(pk=by_id)
