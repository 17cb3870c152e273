"""Writing down who did what. Three statements, however many rows.

`record` is called inside the transaction of the act, so that an act and its row are there or are not. The
head's row is locked before the next link is made: of two processes one waits for the other's commit. (That
is one statement less than an advisory lock, which would have to be taken before the head is read.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from halcytone.lib import canonical
from halcytone.lib.audit import links, signing
from halcytone.lib.audit.models import Entry, Head
from halcytone.lib.gathering import keep

log = structlog.get_logger(__name__)
ONLY_ROW = 1


@dataclass(frozen=True, slots=True)
class Fact:
    """What will become a row. `data` is JSON-able, without secrets, and without data of contacts."""

    kind: str
    subject_type: str
    subject_id: str
    subject_label: str
    actor_id: int | None
    actor: str
    trail: str
    data: Mapping[str, Any]
    at: datetime = field(default_factory=timezone.now)


def record(
    kind: str,
    subject: Model,
    *,
    by: Any,
    label: str,
    trail: str = "",
    named: str = "",
    **data: Any,
) -> None:
    """Write down an act of a person (None: the machine) upon a row; at the end of a gathering, if one runs.

    `trail` names what it is about besides, to find it again: "draft:12"; `named` is who acted without an
    account.
    """
    keep(
        record_many,
        Fact(
            kind,
            str(subject._meta.model_name),
            str(subject.pk),
            label,
            None if by is None else by.pk,
            named if by is None else str(by),
            trail,
            data,
        ),
    )


@transaction.atomic(savepoint=False)
def record_many(facts: Sequence[Fact]) -> list[Entry]:
    """Append rows to the chain, in this order."""
    if not facts:
        return []
    head = Head.objects.select_for_update().filter(pk=ONLY_ROW).first()
    if head is None:
        head, facts = _beheaded(facts)
    entries: list[Entry] = []
    last = (head.seq, head.sha256)
    for fact in facts:
        entries.append(_entry(fact, *last))
        last = (entries[-1].seq, entries[-1].sha256)
    Entry.objects.bulk_create(entries)
    seq, sha256 = last
    signature = signing.sign(head_text(seq, sha256))
    Head.objects.filter(pk=ONLY_ROW).update(seq=seq, sha256=sha256, signature=signature)
    return entries


def head_text(seq: int, sha256: str) -> str:
    """Return what is signed of the chain's head."""
    return f"halcytone audit head {seq}:{sha256}"


def _entry(fact: Fact, seq: int, previous: str) -> Entry:
    entry = Entry(
        seq=seq + 1,
        at=fact.at,
        actor_id=fact.actor_id,
        actor=_short(fact.actor, 200),
        kind=fact.kind,
        subject_type=fact.subject_type,
        subject_id=fact.subject_id,
        subject_label=_short(fact.subject_label, 250),
        trail=fact.trail,
        data=canonical.text(fact.data),
        previous=previous,
    )
    entry.sha256 = links.digest([getattr(entry, name) for name in links.FIELDS])
    return entry


def _short(text: str, most: int) -> str:
    return text.replace("\x00", "")[:most]


def _beheaded(facts: Sequence[Fact]) -> tuple[Head, Sequence[Fact]]:
    """Make the head that is not there: of a new chain, or of one that somebody beheaded, which is a row."""
    last = Entry.objects.order_by("-seq").first()
    seq, sha256 = (last.seq, last.sha256) if last else (0, links.GENESIS)
    head, is_new = Head.objects.get_or_create(pk=ONLY_ROW, defaults={"seq": seq, "sha256": sha256})
    if last is None or not is_new:
        return head, facts
    log.error("audit_head_missing", seq=seq)
    found = Fact(
        "audit.head_missing", "head", str(ONLY_ROW), "The head of the chain", None, "", "", {}
    )
    return head, [found, *facts]
