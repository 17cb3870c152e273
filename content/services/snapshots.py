"""Snapshots that wait: a fetch that lost most of a document is kept aside until a person decides."""

import zlib

from django.db import transaction

from content import grammar, identity
from content.models import Document, Notice, Snapshot, SyncJob
from content.services import access, drifts, intake, notices, pictures
from content.signals import document_read
from halcytone.lib.errors import WrongState
from halcytone.lib.rights import Actor

State = Snapshot.State
SHRUNKEN = State.WAITING
KEPT_SHARE = 0.5  # of the items that must still be there (living-documents specification §9)


def is_shrunken(document: Document, reading: grammar.Reading) -> bool:
    """Tell whether more than half of the items of a remote document are gone, or all of it.

    What a person gives herself she has seen: a given text replaces the one before.
    """
    if not document.is_remote:
        return False
    said = intake.last_said(document)
    before = [
        identity.Text(one.title, one.content, one.section, place)
        for place, item in enumerate(document.items.filter(is_present=True))
        if (one := said.get(item.pk))
    ]
    now = [
        identity.Text(one.title, one.content, one.category, place)
        for place, one in enumerate(reading.items)
    ]
    kept = sum(match is not None for match in identity.match(before, now))
    return bool(before) and kept < KEPT_SHARE * len(before)


def announce(snapshot: Snapshot) -> None:
    """Tell the owner that a snapshot waits; an older one that waited is passed over."""
    supersede(snapshot.document, besides=snapshot)
    before = snapshot.document.items.filter(is_present=True).count()
    text = (
        f"The last reading found {snapshot.item_count} of {before} pieces. Nothing was changed. Take "
        "the shorter document, or refuse it and mend the source."
    )
    notices.tell(snapshot.document, Notice.Kind.SHRUNK, text, snapshot)


def supersede(document: Document, besides: Snapshot | None = None) -> None:
    """Refuse what waits: a newer reading has taken its place."""
    waiting = document.snapshots.filter(state=State.WAITING)
    if besides is not None:
        waiting.exclude(pk=besides.pk).update(state=State.REFUSED)
    else:
        waiting.update(state=State.REFUSED)
        notices.close(document, Notice.Kind.SHRUNK)


@transaction.atomic
def accept(snapshot: Snapshot, *, by: Actor) -> Snapshot:
    """Take in a snapshot that waits, as it was read. Raises WrongState when it does not wait."""
    document = _locked(snapshot, by, act="take in this reading")
    _move(snapshot, State.TAKEN)
    intake.take_in(document, snapshot, items_of(snapshot))
    drifts.look(document, snapshot)
    notices.close(document, Notice.Kind.SHRUNK)
    job = SyncJob.objects.filter(snapshot=snapshot).first()
    document_read.send(Document, document=document, job=job)
    return snapshot


@transaction.atomic
def refuse(snapshot: Snapshot, *, by: Actor) -> Snapshot:
    """Put a snapshot that waits away; the document stays as it was last taken in."""
    document = _locked(snapshot, by, act="refuse this reading")
    _move(snapshot, State.REFUSED)
    notices.close(document, Notice.Kind.SHRUNK)
    return snapshot


def text_of(snapshot: Snapshot) -> str:
    """Return the text that a snapshot was read from, as people see it beside its problems."""
    return snapshot.text or zlib.decompress(snapshot.raw).decode("utf-8-sig", "replace")


def items_of(snapshot: Snapshot) -> tuple[grammar.Item, ...]:
    """Read a snapshot's text once more, as it was read when it was fetched."""
    reading = grammar.parse(
        snapshot.text or zlib.decompress(snapshot.raw),
        name="" if snapshot.text else snapshot.document.file_name or snapshot.document.name,
        zone=snapshot.zone,
        strategy=snapshot.asked_strategy,
        at=snapshot.fetched_at,
    )
    return pictures.named(reading.items, snapshot.media)


def _locked(snapshot: Snapshot, by: Actor, *, act: str) -> Document:
    access.require_document(by, snapshot.document, act=act)
    return Document.objects.select_for_update().get(pk=snapshot.document_id)


def _move(snapshot: Snapshot, state: str) -> None:
    rows = Snapshot.objects.filter(pk=snapshot.pk, state=State.WAITING)
    if not rows.update(state=state):
        snapshot.refresh_from_db()
        raise WrongState(
            f"This reading does not wait for anybody: it is {snapshot.get_state_display()}.",
            code="not_waiting",
        )
    snapshot.state = state
