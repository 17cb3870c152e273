"""Which block of which document each sentence of a rendition was made from."""

import json
from collections.abc import Iterable
from typing import Any

from content import drift
from content.models import Draft, Rendition, Revision, Snapshot, Usage
from content.services import drifts

Span = tuple[int, int, int]


def record(draft: Draft, renditions: Iterable[Rendition]) -> None:
    """Write down anew where the sentences of these renditions of a draft come from.

    What somebody wrote herself and no block resembles is not linked.
    """
    blocks = _blocks_of(draft)
    for rendition in renditions:
        spoken = drift.said(json.loads(rendition.body))
        Usage.objects.filter(rendition=rendition).delete()
        Usage.objects.bulk_create(
            [_usage(rendition, link) for link in drift.links(spoken, blocks)], batch_size=500
        )
        drifts.settle_gone(rendition)


def _usage(rendition: Rendition, link: drift.Link) -> Usage:
    return Usage(
        rendition=rendition,
        document_id=link.block["document"],
        block_hash=link.block["hash"],
        block_kind=link.block["kind"],
        block_text=link.block["text"],
        block_place=link.block["place"],
        where=link.sentence.where[:60],
        sentence=link.sentence.text,
        similarity=link.similarity,
    )


def _blocks_of(draft: Draft) -> list[dict[str, Any]]:
    """Return the blocks that the pieces of a draft come from, each with its document's id, in order.

    Those of the snapshot that a piece was read from come first, then those of the item's newest one: an
    edit may have taken its words from there. An edited text has no snapshot of its own.
    """
    places = draft.places.select_related("revision__item").order_by("position")
    spans = [span for place in places for span in _spans(place.revision)]
    rows = Snapshot.objects.filter(pk__in={pk for pk, _, _ in spans}).only("document_id", "blocks")
    snapshots = {row.pk: row for row in rows}
    return [
        {**block, "document": snapshots[pk].document_id}
        for pk, first, last in dict.fromkeys(spans)
        if pk in snapshots
        for block in snapshots[pk].blocks
        if first <= block["line_start"] <= last
    ]


def _spans(piece: Revision) -> list[Span]:
    """Return (snapshot, first line, last line) of where a piece stands: as it was read, and now."""
    newest = piece.item.revisions.filter(snapshot__isnull=False).order_by("-number").first()
    rows = [row for row in (piece, newest) if row is not None and row.line_start is not None]
    return [
        (row.snapshot_id or piece.item.snapshot_id, row.line_start or 0, row.line_end or 0)
        for row in rows
    ]
