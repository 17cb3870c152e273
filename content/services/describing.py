"""Saying what an image of a document shows, where its source cannot say it."""

import zlib

import structlog
from django.db import transaction

from content import pictures as rules
from content.models import AltText, Document, Snapshot, SyncJob
from content.services import access, jobs, reads
from content.sources.base import Fetched, Picture, Place, Text
from halcytone.lib.errors import Invalid, Problem
from halcytone.lib.rights import Actor

logger = structlog.get_logger(__name__)


def describe(document: Document, *, by: Actor, name: str, text: str) -> SyncJob | None:
    """Give an image of the document its alternative text, 1–1,000 characters or "decorative".

    The last reading is read anew with it, without asking the source. Returns that job, None when the
    image had this text already. Raises Invalid.
    """
    access.require_document(by, document, act="describe the images of this document")
    text = " ".join(text.split())
    if not 1 <= len(text) <= rules.MAX_ALT:
        message = f"Say what it shows in 1 to {rules.MAX_ALT:,} characters, or write decorative."
        raise Invalid([Problem("image_no_alt", message, attr="text")])
    last = jobs.last_completed(document)
    snapshot = last.snapshot if last else None
    if snapshot is None or name not in {entry["name"] for entry in snapshot.media}:
        message = "The document has no such image now. Read it again, then describe its images."
        raise Invalid([Problem("not_found", message, attr="name")])
    with transaction.atomic():
        row, is_new = AltText.objects.get_or_create(
            document=document, name=name, defaults={"text": text, "by": by}
        )
        if not is_new and row.text == text:
            return None
        AltText.objects.filter(pk=row.pk).update(text=text, by=by)
    logger.info("image_described", document=document.pk, by=by and by.pk)
    return reads.read_anew(document, fetched_of(snapshot), by=by)


def fetched_of(snapshot: Snapshot) -> Fetched:
    """Return a snapshot as if it had just been fetched; its images are those that are stored."""
    data = zlib.decompress(snapshot.raw)
    if not snapshot.text:
        return Fetched(data, snapshot.source_version)
    places = tuple(
        Place(block["line_start"], block.get("source_id", ""), block.get("source_url", ""))
        for block in snapshot.blocks
    )
    text = Text(snapshot.text, title=snapshot.title, places=places, pictures=stored(snapshot))
    return Fetched(data, snapshot.source_version, text)


def stored(snapshot: Snapshot) -> dict[str, Picture]:
    """Return the images of a snapshot by their address in its text."""
    return {entry["address"]: Picture(stored=entry["name"]) for entry in snapshot.media}
