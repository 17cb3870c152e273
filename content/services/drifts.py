"""The source changed under a rendition: found once for each reading that says something else.

Reading never touches a rendition. Each touched sentence becomes a row with the old and the new text;
`drift_decisions` has what people do about them.
"""

import json
from collections.abc import Iterable

import structlog
from django.utils import timezone

from content import drift
from content.models import Document, Drift, Notice, Rendition, Snapshot, Usage
from content.services import notices
from content.signals import source_drifted

logger = structlog.get_logger(__name__)
Decision = Drift.Decision
_STANDING = (Decision.OPEN, Decision.KEPT, Decision.CORRECTION)


def look(document: Document, snapshot: Snapshot) -> list[Drift]:
    """Compare what renditions used of a document with what it says now; returns what is new.

    Called inside the transaction that takes a reading in. One notice for a document and reading.
    """
    after = snapshot.blocks
    hashes = {block["hash"] for block in after}
    _close_returned(document, hashes)
    used = Usage.objects.filter(document=document).exclude(block_hash__in=hashes)
    touched = list(used.select_related("rendition__draft"))
    if not touched:
        return []
    known = frozenset(_hashes_before(document, snapshot))
    told, fates = _standing(touched), dict[tuple[str, frozenset[str]], drift.Fate]()
    found = []
    for usage in touched:
        row = told.get(_key(usage))
        text = usage.block_text if row is None else row.new_text or usage.block_text
        beside = known if row or usage.block_hash in known else _beside(usage) or known
        if (text, beside) not in fates:
            fates[text, beside] = drift.fate(usage.block_kind, text, after, beside)
        fate = fates[text, beside]
        if fate.matters and not (row and row.change == fate.kind == Drift.Change.REMOVED):
            found.append(_drift(usage, fate))
    return _told(document, snapshot, found)


def settle_gone(rendition: Rendition) -> None:
    """Close the drifts of sentences that a rendition does not say any more."""
    if not Drift.objects.filter(rendition=rendition, decision=Decision.OPEN).exists():
        return
    said = {each.text for each in drift.said(json.loads(rendition.body))}
    open_rows = Drift.objects.filter(rendition=rendition, decision=Decision.OPEN)
    gone = [row for row in open_rows if row.sentence not in said]
    _close(gone, Decision.GONE)


def _hashes_before(document: Document, snapshot: Snapshot) -> Iterable[str]:
    rows = document.snapshots.filter(state=Snapshot.State.TAKEN).exclude(pk=snapshot.pk)
    before = rows.only("blocks").first()
    return [block["hash"] for block in before.blocks] if before else []


def _key(row: Usage | Drift) -> tuple[int, str, str]:
    return row.rendition_id, row.where, row.sentence


def _standing(touched: Iterable[Usage]) -> dict[tuple[int, str, str], Drift]:
    """Return what was told of these sentences before and still holds: asked, or decided to stay.

    Its `new_text` is what the source has said since, so that only another change is news.
    """
    rows = Drift.objects.filter(rendition__in={usage.rendition_id for usage in touched})
    last = {_key(row): row for row in rows.order_by("pk")}
    return {key: row for key, row in last.items() if row.decision in _STANDING}


def _beside(usage: Usage) -> frozenset[str]:
    """Return what stood beside a block that was gone already when its rendition was made."""
    texts = usage.rendition.draft.pieces.values("snapshot")
    rows = Snapshot.objects.filter(document=usage.document_id, pk__in=texts).only("blocks")
    sides = (frozenset(block["hash"] for block in row.blocks) for row in rows)
    return next((side for side in sides if usage.block_hash in side), frozenset())


def _drift(usage: Usage, fate: drift.Fate) -> Drift:
    new = drift.successor(usage.sentence, usage.block_text, fate.text)
    return Drift(
        rendition=usage.rendition,
        change=fate.kind,
        is_claim=drift.is_claim_change(usage.sentence, new),
        where=usage.where,
        sentence=usage.sentence,
        old_text=usage.block_text,
        new_text=fate.text,
        new_sentence=new,
        source_url=(fate.block or {}).get("source_url", "")[:1000],
    )


def _told(document: Document, snapshot: Snapshot, found: list[Drift]) -> list[Drift]:
    """Save what is new, under one notice; what was open already says the newest text."""
    known = {
        _key(row): row
        for row in Drift.objects.filter(
            rendition__in={each.rendition_id for each in found}, decision=Decision.OPEN
        )
    }
    fresh = []
    for each in found:
        before = known.get(_key(each))
        if before is None and each.sentence != each.new_sentence:
            fresh.append(each)
        elif before is not None and before.new_text != each.new_text:
            _renew(before, each)
    if not fresh:
        return []
    names = len({each.rendition_id for each in fresh})
    text = f"{len(fresh)} sentence(s) in {names} rendition(s) come from passages that changed."
    notice = notices.open_for(document, Notice.Kind.DRIFT, text, snapshot)
    for each in fresh:
        each.notice = notice
    Drift.objects.bulk_create(fresh)
    logger.info("source_drifted", document=document.pk, notice=notice.pk, sentences=len(fresh))
    source_drifted.send(Notice, notice=notice, document=document)
    return fresh


def _renew(row: Drift, now: Drift) -> None:
    for name in ("change", "is_claim", "new_text", "new_sentence", "source_url"):
        setattr(row, name, getattr(now, name))
    row.save(update_fields=["change", "is_claim", "new_text", "new_sentence", "source_url"])


def _close_returned(document: Document, hashes: Iterable[str]) -> None:
    """Close what the source says again as it did before."""
    back = Usage.objects.filter(document=document, block_hash__in=hashes)
    says = set(back.values_list("rendition_id", "where", "sentence"))
    rows = Drift.objects.filter(notice__document=document, decision=Decision.OPEN)
    _close(
        [row for row in rows if _key(row) in says],
        Decision.RETURNED,
    )


def _close(rows: Iterable[Drift], decision: str) -> None:
    rows = list(rows)
    Drift.objects.filter(pk__in=[row.pk for row in rows], decision=Decision.OPEN).update(
        decision=decision, decided_at=timezone.now()
    )
    for notice in {row.notice for row in rows}:
        close_notice(notice)


def close_notice(notice: Notice) -> None:
    """Close a notice of which every sentence is decided."""
    if not notice.drifts.filter(decision=Decision.OPEN).exists():
        Notice.objects.filter(pk=notice.pk, closed_at=None).update(closed_at=timezone.now())
