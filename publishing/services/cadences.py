"""The weekly rhythm: read, assemble and release at wall-clock times. A look every minute is enough.

The crontab of the scheduler is never the truth: each look works out from the clock, the zone and the
rows what is due, and each step of a turn happens once, whoever looks and how many do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction

from approvals.models import Review
from approvals.services import escalation
from content.models import Authorship, Draft, SyncJob
from content.services import authorship, documents, drafts
from halcytone.lib.errors import HalcytoneError
from publishing import slots
from publishing.models import Cadence, CadenceSlot, Rehearsal, Release
from publishing.services import boards, installation, occasions, rehearsals, releases
from publishing.slots import Turn

log = structlog.get_logger(__name__)
Act = Authorship.Act

READING = timedelta(minutes=5)  # what reading the documents may take
LOOK_BACK = timedelta(days=21)  # how far missed turns are named


def reconcile(now: datetime) -> None:
    """Do every step of every cadence that is due, and start the releases whose slot has come.

    Does nothing on a machine that does not hold the installation. One cadence never stops another.
    """
    if not installation.holds_lease():
        return
    for cadence in Cadence.objects.filter(is_enabled=True).select_related(
        "recipe", "segment", "owner"
    ):
        for turn in _turns_at(cadence, now):
            _do_steps(cadence, turn, now)
    occasions.note(now)
    rehearsals.run_due(now, [Rehearsal.Occasion.LAST])  # what it holds does not set off
    releases.start_due(now)
    releases.finish_running()
    rehearsals.run_due(now)
    boards.sign_with_decisions(now)


def next_slots(cadence: Cadence, now: datetime, count: int = 5) -> Sequence[Turn]:
    """Return the next turns with their instants in UTC and the offset of the zone at each."""
    return slots.next_turns(cadence.rhythm, now, count)


def _turns_at(cadence: Cadence, now: datetime) -> list[Turn]:
    """Return the turns to look at: the next one, and earlier ones since the cadence first ran."""
    first = cadence.slots.order_by("slot_wall").first()
    since = now - timedelta(minutes=cadence.grace_min)
    if first is not None:
        since = max(slots.instant(first.slot_wall, cadence.zone), now - LOOK_BACK) - timedelta(
            minutes=1
        )
    found: list[Turn] = []
    for turn in slots.turns(cadence.rhythm, since):
        if min(turn.read_at, turn.assemble_at) > now:
            return found
        found.append(turn)
    return found


def _do_steps(cadence: Cadence, turn: Turn, now: datetime) -> None:
    row, _ = CadenceSlot.objects.get_or_create(cadence=cadence, slot_wall=turn.wall)
    is_over = now > turn.release_at + timedelta(minutes=cadence.grace_min)
    if is_over and not row.assembled_at:
        _miss(row, now)
        return
    is_read = (
        _is_read(cadence, row, now) if now >= turn.read_at else turn.read_at > turn.assemble_at
    )
    if is_read and now >= turn.assemble_at and not row.assembled_at:
        _assemble(cadence, row, turn, now)
    if now >= turn.release_at and not row.released_at:
        _release(row, now)


def _miss(row: CadenceSlot, now: datetime) -> None:
    """Write down that a turn was missed: nobody looked between its steps and the end of its grace."""
    changed = CadenceSlot.objects.filter(pk=row.pk, released_at__isnull=True).update(
        assembled_at=now,
        released_at=now,
        note="Missed: the schedule did not run. Nothing was assembled and nothing left.",
    )
    if changed:
        log.warning("cadence_missed", cadence=row.cadence_id, slot=row.slot_wall)


def _is_read(cadence: Cadence, row: CadenceSlot, now: datetime) -> bool:
    """Read if nobody has begun to; tell whether the reading is over.

    Fetching takes its time, so the step is claimed before it. Whoever else looks meanwhile waits for
    READING, which also bounds the wait for a process that ended in the middle.
    """
    if row.read_at:
        return now - row.read_at >= READING
    if CadenceSlot.objects.filter(pk=row.pk, read_at__isnull=True).update(read_at=now):
        _read(cadence, row)
        return True
    return False


def _read(cadence: Cadence, row: CadenceSlot) -> None:
    failed = []
    for document in cadence.documents.filter(is_active=True):
        try:
            job = documents.read(document)
        except HalcytoneError as error:
            failed.append(f"{document}: {error}")
            continue
        if job.status == SyncJob.Status.FAILED:
            failed.append(f"{document} could not be read")
    if failed:
        _note(row, f"Not read, the last reading stands: {'; '.join(failed)}")
    log.info("cadence_read", cadence=cadence.pk, slot=row.slot_wall, failed=len(failed))


def _assemble(cadence: Cadence, row: CadenceSlot, turn: Turn, now: datetime) -> None:
    """Assemble and render the edition in one transaction with its claim; submitting is a person's act."""
    try:
        with transaction.atomic():
            claimed = CadenceSlot.objects.filter(pk=row.pk, assembled_at__isnull=True)
            if claimed.update(assembled_at=now):
                CadenceSlot.objects.filter(pk=row.pk).update(draft=_edition(cadence, turn))
                log.info("cadence_assembled", cadence=cadence.pk, slot=row.slot_wall)
    except HalcytoneError as error:
        CadenceSlot.objects.filter(pk=row.pk, assembled_at__isnull=True).update(assembled_at=now)
        _note(row, f"Not assembled: {error}")
        log.warning("cadence_not_assembled", cadence=cadence.pk, code=error.code)


def _edition(cadence: Cadence, turn: Turn) -> Draft:
    draft = drafts.assemble(
        cadence.recipe,
        by=None,
        owner=cadence.owner,
        documents=list(cadence.documents.filter(is_active=True)),
        slot_wall=turn.wall,
        zone=cadence.zone,
        segment=cadence.segment,
        leave_out=_published_items(cadence),
    )
    if cadence.segment is not None:
        name = cadence.segment.name[:200]
        authorship.record(draft, _chose_audience(cadence), Act.AUDIENCE, detail=name)
    draft = drafts.change(draft, by=None, lateness=cadence.lateness)
    drafts.generate(draft, by=None)
    return draft


def _chose_audience(cadence: Cadence) -> Any:
    """Return the person who gave the cadence its segment; None when no version says who."""
    chooser, before = None, None
    for version in cadence.history.select_related("history_user").order_by("history_id"):
        if version.segment_id != before:
            chooser, before = version.history_user, version.segment_id
    return chooser


def _published_items(cadence: Cadence) -> list[int]:
    """Return the items of earlier editions of this cadence that went out, or are about to."""
    gone = Release.objects.exclude(status=Release.Status.CANCELLED)
    earlier = Draft.objects.filter(
        pk__in=cadence.slots.filter(draft__isnull=False).values("draft"),
        releases__in=gone,
    )
    return list(earlier.values_list("pieces__item", flat=True).distinct())


@transaction.atomic
def _release(row: CadenceSlot, now: datetime) -> None:
    """Tie the turn to its release, or say that nothing was approved in time. `start_due` sends."""
    if not CadenceSlot.objects.filter(pk=row.pk, released_at__isnull=True).update(released_at=now):
        return
    row.refresh_from_db()
    if row.draft is None:
        _note(row, "Nothing was assembled, so nothing leaves.")
        return
    running = row.draft.releases.exclude(status=Release.Status.CANCELLED)
    release = running.filter(slot_wall=row.slot_wall).first()
    CadenceSlot.objects.filter(pk=row.pk).update(release=release)
    if release is None:
        _ask_about_approval(row, row.draft)


def _ask_about_approval(row: CadenceSlot, draft: Draft) -> None:
    """The slot came without an approval: the review is late, and the turn says whom to ask."""
    unfinished = (
        Review.Status.OPEN,
        Review.Status.LATE,
    )  # the clock of reviews may have been first
    late = Review.objects.filter(draft=draft, status__in=unfinished).first()
    if late is not None:
        escalation.mark_late(late)
    what = "Its review is not finished" if late else "It was not approved"
    _note(
        row,
        f"Nothing left: {what.lower()} at the slot. Approve it and give it a new slot, or drop it.",
    )
    log.warning("cadence_unapproved", cadence=row.cadence_id, slot=row.slot_wall, draft=draft.pk)


def _note(row: CadenceSlot, note: str) -> None:
    CadenceSlot.objects.filter(pk=row.pk).update(note=note[:300])
