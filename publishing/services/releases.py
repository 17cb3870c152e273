"""Releases: planned when approved, started at their slot, held, asked about when late, finished."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from approvals.models import Seal
from approvals.services import fast_track, reviews
from content.models import Draft
from content.services import drafts
from halcytone.lib import rights
from halcytone.lib.errors import HalcytoneError, Invalid, WrongState
from halcytone.lib.gathering import gathering
from publishing import slots
from publishing.books import books, failures
from publishing.models import Delivery, Release
from publishing.services import (
    canary,
    endings,
    history,
    installation,
    lateness,
    occasions,
    outlook,
    parts,
    planning,
    preparation,
    presses,
    purges,
    refusals,
    sheet,
    starting,
    timing,
)
from publishing.services.refusals import Refusal
from publishing.services.sheet import Sheet
from publishing.signals import deliveries_due, release_late

log = structlog.get_logger(__name__)
Status = Release.Status
QUESTION = "Late: its slot is over. Send it now, take another time, or drop it?"


@transaction.atomic
@gathering()
def plan(
    draft: Draft,
    *,
    by: rights.Actor = None,
    slot_wall: str | None = None,
    approved: Mapping[str, Seal] | None = None,
) -> Release:
    """Plan the approved renditions of a draft for its slot. Planning again refreshes the parts.

    `approved` are the seals by format, for who has just approved them; without them they are read.
    A format without an approved seal or an enabled account is named in `left_out`, never dropped in
    silence. Raises Invalid without a slot, or when `slot_wall` differs from the one that was approved.
    """
    rights.require(by, "publishing.schedule_release", act="plan releases")
    wall = planning.slot(draft, slot_wall)
    known = sheet.read(draft)
    installation.claim_if_new(known.holder)
    release = planning.release_at(draft, wall, by, known)
    parts.plan(release, reviews.approved_seals(draft) if approved is None else approved, known)
    _cancel_other_slots(release, known)
    return release


@transaction.atomic
@gathering()
def start(release: Release, *, now: datetime | None = None) -> Release:
    """Let a planned release leave when its slot has come; later than its grace, its rule decides.

    Nothing changes before the slot, and while nothing may leave (outbound off, installation not ours,
    presses stopped): the note says so, and after the grace the release is late.
    """
    now = now or timezone.now()
    release = _locked(release)
    if release.status != Status.PLANNED:
        raise WrongState(f"{release} is {release.get_status_display().lower()}, not planned")
    _renew(release)
    if now < (release.begins_at or release.due_at):
        return release
    if now > release.due_at + timedelta(minutes=release.grace_min):
        return _too_late(release, now)
    if why := _held_back(release):
        _say(release, why)
        return release
    return _set_off(release, None, now)


@transaction.atomic
@gathering()
def hold(release: Release, *, by: rights.Actor, reason: str) -> Release:
    """Hold a release: nothing of it is claimed from now on. Raises Invalid without a reason.

    One that the machine held is held for this reason from now on, so that what answers the reason before
    does not let it go. Raises WrongState for one that a person holds.
    """
    rights.require(by, "publishing.hold_release", act="hold releases")
    release = _locked(release)
    standing = history.standing_hold(release)
    if standing is not None and standing.by_id is None:
        _say(release, _reason(reason))
    else:
        release.move(Status.HELD, note=_reason(reason))
    return record(release, "held", by, reason)


@transaction.atomic
@gathering()
def resume(release: Release, *, by: rights.Actor, reason: str) -> Release:
    """Let a held release go on. One that had not started waits for its slot, or is late."""
    rights.require(by, "publishing.schedule_release", act="resume releases")
    release = _locked(release)
    _require_status(release, Status.HELD)
    _reason(reason)
    if release.prepared_at is None and (board := occasions.no_go(release)):
        raise WrongState(
            f"{board.get_occasion_display()} it was a No-Go. Mend it and rehearse again, or let two people "
            "set it aside on the board.",
            code="no_go",
        )
    canary.go_on(release, by=by)
    release.move(Status.RELEASING if release.prepared_at else Status.PLANNED, note="")
    _nudge()
    return record(release, "resumed", by, reason)


@transaction.atomic
@gathering()
def cancel(release: Release, *, by: rights.Actor, reason: str) -> Release:
    """Cancel a release that is planned, held or late; rows that had not left are withdrawn."""
    rights.require(by, "publishing.schedule_release", act="cancel releases")
    release = _locked(release)
    release.move(Status.CANCELLED, note=_reason(reason), finished_at=timezone.now())
    _exclude_planned(release, Delivery.Reason.WITHDRAWN)
    return record(release, "cancelled", by, reason)


@transaction.atomic
@gathering()
def late_decision(
    release: Release, *, by: rights.Actor, choice: str, slot_wall: str = ""
) -> Release:
    """Do what a person decided about a late release: send_now, next_slot, new_time or drop.

    Another time breaks the seal: the draft moves there and must be approved again; this release is
    cancelled. Raises Invalid for an unknown choice or a missing time, WrongState when it is not late.
    """
    lateness.require_choice(choice, slot_wall)
    if choice == lateness.SEND_NOW:
        return send_late(release, by=by)
    if choice == lateness.DROP:
        return drop(release, by=by)
    release = _late(release, by)
    wall = slot_wall if choice == lateness.NEW_TIME else lateness.next_free(release)
    return _put_off(release, by, wall)


@transaction.atomic
@gathering()
def send_late(release: Release, *, by: rights.Actor, reason: str = "") -> Release:
    """Send a late release now: somebody's decision, written down."""
    release = _late(release, by)
    _renew(release)
    if why := _held_back(release):
        raise WrongState(why)
    return _set_off(release, by, timezone.now(), reason or "Sent late", is_late=True)


@transaction.atomic
@gathering()
def drop(release: Release, *, by: rights.Actor, reason: str = "") -> Release:
    """Drop a late release: every row of it is made and excluded as late."""
    return _drop(_late(release, by), by, reason or "Dropped: late")


@transaction.atomic
@gathering()
def finish(release: Release) -> Release:
    """Close a release on which no worker can do more: done, or incomplete with what to resolve."""
    release = _locked(release)
    if release.status not in (Status.RELEASING, Status.INCOMPLETE) or _has_more(release):
        return release
    purges.published(release)
    now_books = books(release)
    failed = " ".join(failures(release))
    if release.is_dry or (now_books.to_resolve == 0 and now_books.is_balanced):
        note = "Dry run: nothing left this machine." if release.is_dry else failed
        release.move(Status.DONE, note=note[:500], finished_at=timezone.now())
        log.info("release_done", release=release.pk)
        if not release.is_dry:
            fast_track.released(release.draft)
        return record(release, "done", None, note)
    note = f"Incomplete, {now_books.to_resolve} to resolve{f'. {failed}' if failed else ''}"[:500]
    if release.status == Status.RELEASING:
        release.move(Status.INCOMPLETE, note=note)
        log.warning("release_incomplete", release=release.pk, to_resolve=now_books.to_resolve)
        return record(release, "incomplete", None, note)
    _say(release, note)
    return release


def finish_over(ids: Collection[int]) -> None:
    """Finish those of these releases on which no worker can do more; clean ones in one transaction."""
    running = Release.objects.filter(pk__in=ids).releasing()
    for release in running.filter(parts__waits_for_page=True).distinct():
        refusals.let_go(release)
    if purges.has_cdn():
        for release in running:
            purges.published(release)
    endings.close_clean(ids)
    for release in endings.idle(ids):
        finish(release)


def finish_running() -> None:
    """Finish every running release on which no worker can do more."""
    finish_over(list(Release.objects.releasing().values_list("pk", flat=True)))


def start_due(now: datetime) -> None:
    """Start every planned release whose slot has come. One that fails never stops the others."""
    soon = Release.objects.planned().filter(due_at__lte=now + timedelta(days=2))
    for begun in starting.set_off_due(now):
        if begun:
            _nudge()
    for release in soon.order_by("due_at", "pk"):
        try:
            start(release, now=now)
        except HalcytoneError as error:
            log.warning("release_not_started", release=release.pk, code=error.code)


def reopen(release: Release) -> None:
    """Put a finished release back on its way, since a person has planned rows of it anew."""
    if release.status in (Status.INCOMPLETE, Status.DONE):
        release.move(Status.RELEASING, note="", finished_at=None)
    _nudge()


def continue_or_finish(release: Release) -> None:
    """After a row was settled: an incomplete release goes on if it can, or is finished again."""
    refusals.let_go(release)
    if release.status == Status.INCOMPLETE and _has_more(release):
        reopen(release)
    else:
        finish(release)


def record(release: Release, kind: str, by: rights.Actor, detail: str) -> Release:
    """Write down who did what to a release, in the transaction that does it."""
    history.note(release, kind, by, detail)
    return release


def _cancel_other_slots(release: Release, known: Sheet) -> None:
    """Cancel planned releases of the same draft at other slots: it leaves once."""
    waiting = (each for each in known.releases if each.status in (Status.PLANNED, Status.LATE))
    for other in (each for each in waiting if each.pk != release.pk):
        note = f"Moved to {release.slot_wall} {release.zone}"
        other.move(Status.CANCELLED, note=note, finished_at=timezone.now())
        record(other, "cancelled", None, note)


def _locked(release: Release) -> Release:
    rows = Release.objects.select_related("draft__segment").select_for_update(of=("self",))
    return rows.get(pk=release.pk)


def _late(release: Release, by: rights.Actor) -> Release:
    rights.require(by, "publishing.schedule_release", act="decide about a late release")
    release = _locked(release)
    _require_status(release, Status.LATE)
    return release


def _require_status(release: Release, status: str) -> None:
    if release.status != status:
        raise WrongState(f"{release} is {release.get_status_display().lower()}, not {status}.")


def _renew(release: Release) -> None:
    """Make the instants anew from wall clock and zone, whose rules can change; a draft that became a
    rehearsal after it was planned makes its release one.
    """
    timing.renew(release)
    due_at = slots.instant(release.slot_wall, release.zone)
    is_dry = release.is_dry or release.draft.is_dry
    if (due_at, is_dry) != (release.due_at, release.is_dry):
        Release.objects.filter(pk=release.pk).update(due_at=due_at, is_dry=is_dry)
        release.due_at, release.is_dry = due_at, is_dry


def _held_back(release: Release) -> str:
    """Return why the release may not set off now; "" when it may."""
    if release.is_dry:
        return ""
    stop = presses.stop_of(release)
    if stop:
        return f"The presses are stopped: {stop.reason}"
    return installation.why_not() or outlook.blackout(release, timezone.now())


def _too_late(release: Release, now: datetime) -> Release:
    """Do what the rule for late releases says. What was held back on purpose is always asked about."""
    if release.lateness == Draft.Lateness.DROP:
        return _drop(release, None, "Dropped by its rule: late")
    why = _held_back(release)
    if release.lateness == Draft.Lateness.SEND and not why:
        return _set_off(release, None, now, "Late, sent by its rule", is_late=True)
    if release.lateness == Draft.Lateness.NEXT_SLOT and not why:
        return _put_off(release, None, lateness.next_free(release))
    release.move(Status.LATE, note=f"{QUESTION} {why}".strip()[:500])
    log.warning("release_late", release=release.pk)
    release_late.send(sender=Release, release=release)
    return record(release, "late", None, release.note)


def _set_off(
    release: Release, by: rights.Actor, now: datetime, detail: str = "", *, is_late: bool = False
) -> Release:
    """Check every seal and make the rows. A part that was changed is refused, the others go."""
    release.move(Status.RELEASING, prepared_at=now, note="", is_late=is_late)
    record(release, "started", by, detail)
    for part in parts.of(release):
        if part.deliveries.exists():  # left out before it began
            continue
        why = parts.unfit(part)
        if refusal := Refusal(why) if why else refusals.changed(part):
            refusals.refuse(part, refusal)
        else:
            preparation.prepare(part, now)
    log.info("release_started", release=release.pk, is_late=release.is_late)
    _nudge()
    return finish(release)


def _put_off(release: Release, by: rights.Actor, wall: str) -> Release:
    """Give the draft another time. That breaks its seals: it is approved again, this release is over."""
    lateness.take(release, wall)
    drafts.change(release.draft, by=by, slot_wall=wall)
    note = f"Moved to {wall} {release.zone}; it must be approved again for that time."
    release.move(Status.CANCELLED, note=note, finished_at=timezone.now())
    return record(release, "moved", by, note)


def _drop(release: Release, by: rights.Actor, reason: str) -> Release:
    now = timezone.now()
    for part in parts.of(release):
        preparation.exclude_all(part, Delivery.Reason.LATE, now)
    release.move(Status.CANCELLED, note=reason[:500], finished_at=now)
    return record(release, "dropped", by, reason)


def _exclude_planned(release: Release, reason: str) -> None:
    release.deliveries.filter(state=Delivery.State.PLANNED).update(
        state=Delivery.State.EXCLUDED, reason=reason, changed_at=timezone.now()
    )


def _has_more(release: Release) -> bool:
    """Tell whether a worker can still do something for this release."""
    if release.is_dry:
        return False
    rows = release.deliveries
    under_way = [Delivery.State.CLAIMED, Delivery.State.HANDED_OVER]
    is_under_way = rows.filter(state__in=under_way).exists() or rows.movable().exists()
    return is_under_way or purges.is_fresh(release)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say why; the team reads it beside the release.", code="reason_missing")
    return reason.strip()[:500]


def _say(release: Release, note: str) -> None:
    if release.note != note:
        Release.objects.filter(pk=release.pk).update(note=note[:500])
        release.note = note[:500]


def _nudge() -> None:
    transaction.on_commit(lambda: deliveries_due.send(sender=Release))
