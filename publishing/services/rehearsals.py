"""Rehearsals: every check of the board, at each occasion once; a No-Go at the last one holds the release.

Source: publishing specification §8.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from approvals.models import Review
from content.models import Draft
from halcytone.lib import rights, trials
from halcytone.lib.errors import HalcytoneError
from halcytone.lib.gathering import gathering
from publishing import accounts, readiness, slots
from publishing.models import Rehearsal, RehearsalCheck, Release
from publishing.readiness import Finding, Leg, Subject
from publishing.readiness.base import GO, NO_GO, WARNING
from publishing.services import (
    history,
    installation,
    mailboxes,
    notices,
    occasions,
    parts,
    releases,
    seeds,
)
from publishing.timing import MAIL

log = structlog.get_logger(__name__)
Occasion = Rehearsal.Occasion
OF_USE = timedelta(days=2)  # what nobody held in this time is missed
LEASE = timedelta(minutes=5)  # a rehearsal whose process ended is taken up again after it
GRAVITY = (GO, WARNING, NO_GO)
TOLD = (Occasion.DAY, Occasion.HOUR)
RUNNING = (Release.Status.PLANNED, Release.Status.HELD, Release.Status.LATE)


def run_due(now: datetime, only: Collection[str] = tuple(Occasion)) -> None:
    """Hold the rehearsals whose time has come. Any number of processes may ask: each runs once.

    Does nothing on a machine that does not hold the installation. What is over by now is left out.
    """
    if not installation.holds_lease():
        return
    open_rows = Rehearsal.objects.filter(
        done_at=None, due_at__lte=now, due_at__gt=now - OF_USE, occasion__in=list(only)
    )
    for row in open_rows.select_related("release", "draft").order_by("due_at", "pk"):
        if _is_over(row, now) or not _taken(row, now):
            continue
        try:
            run(row, now)
        except HalcytoneError as error:
            log.warning("rehearsal_failed", rehearsal=row.pk, code=error.code)


def ask(release: Release, *, by: rights.Actor) -> Rehearsal:
    """Rehearse a release now, because a person asks. Changes nothing but the board."""
    rights.require(by, "publishing.hold_release", act="rehearse releases")
    trials.refuse()
    now = timezone.now()
    row = Rehearsal.objects.create(
        draft=release.draft,
        release=release,
        occasion=Occasion.REQUEST,
        due_at=now,
        begun_at=now,
        asked_by=by,
    )
    return run(row, now)


def run(row: Rehearsal, now: datetime) -> Rehearsal:
    """Run every check, write the board, and hold the release where the last occasion says No-Go.

    No transaction is open while others are asked.
    """
    subject = _subject(row, now)
    _try_mailboxes(subject)
    found = [(area.name, finding) for area in readiness.AREAS for finding in _of(area, subject)]
    verdict = max((finding.verdict for _, finding in found), key=GRAVITY.index, default=GO)
    with transaction.atomic(), gathering():
        since = _since(row)
        RehearsalCheck.objects.filter(rehearsal=row).delete()
        RehearsalCheck.objects.bulk_create(
            _check(row, area, finding, since.get(_key(area, finding), now))
            for area, finding in found
        )
        Rehearsal.objects.filter(pk=row.pk).update(verdict=verdict, done_at=timezone.now())
        row.refresh_from_db()
        _act(row)
    log.info("rehearsed", rehearsal=row.pk, occasion=row.occasion, verdict=row.verdict)
    return row


def _try_mailboxes(subject: Subject) -> None:
    """In the last hour, send test mails to our own mailboxes and look whether they are there."""
    if not seeds.is_time(subject.release, subject.occasion, subject.now):
        return
    parts_of_mail = [leg.part for leg in subject.legs if leg.format == MAIL and leg.part]
    for part in parts_of_mail:
        mailboxes.look_for_seeds(part)
        seeds.send(part, subject.now, is_asked=subject.occasion == Occasion.REQUEST)
        mailboxes.look_for_seeds(part)


def _act(row: Rehearsal) -> None:
    """Tell of a No-Go; at the last occasion, hold what would leave."""
    if row.verdict != NO_GO or row.release is None or row.release.is_dry:
        return
    first = row.checks.filter(verdict=NO_GO).first()
    why = f"No-Go {row.get_occasion_display().lower()}: {first.what if first else ''}"[:500]
    if row.occasion == Occasion.LAST and row.release.status == Release.Status.PLANNED:
        hold = history.standing_hold(releases.hold(row.release, by=None, reason=why))
        Rehearsal.objects.filter(pk=row.pk).update(hold=hold)
    elif row.occasion in TOLD:
        notices.tell_of_no_go(row, why)


def _of(area: readiness.Area, subject: Subject) -> Iterator[Finding]:
    try:
        yield from area.findings(subject)
    except Exception:  # a check that breaks says nothing good, and never stops the others
        log.exception("check_failed", area=area.name)
        yield Finding(area.name, NO_GO, f"{area.title} could not be looked at. The log says why.")


def _subject(row: Rehearsal, now: datetime) -> Subject:
    draft, release = row.draft, row.release
    wall, zone = (release or draft).slot_wall, (release or draft).zone
    at = slots.instant(wall, zone) if wall else None
    legs = list(_legs(draft, release))
    return Subject(draft, release, at, now, row.occasion, legs)


def _legs(draft: Draft, release: Release | None) -> Iterator[Leg]:
    by_format = {part.format: part for part in parts.of(release)} if release else {}
    renditions = list(draft.renditions.all())
    senders = accounts.find_all([(each.format, each.account) for each in renditions])
    for rendition, account in zip(renditions, senders, strict=True):
        part = by_format.get(rendition.format)
        is_left_out = release is not None and part is None and rendition.format in release.left_out
        if is_left_out or (part is not None and part.deliveries.exists()):
            continue
        yield Leg(
            part.rendition if part else rendition,
            part.account if part else account,
            part.seal if part else None,
            part,
        )


def _since(row: Rehearsal) -> dict[tuple[str, str, str, str], datetime]:
    """Return since when each finding of the rehearsal before has stood."""
    before = Rehearsal.objects.done().filter(draft=row.draft_id).exclude(pk=row.pk)
    latest = before.order_by("-done_at", "-pk").first()
    rows = latest.checks.all() if latest else ()
    return {(check.area, check.name, check.about, check.verdict): check.since for check in rows}


def _key(area: str, finding: Finding) -> tuple[str, str, str, str]:
    return area, finding.name, finding.about, finding.verdict


def _check(row: Rehearsal, area: str, finding: Finding, since: datetime) -> RehearsalCheck:
    return RehearsalCheck(
        rehearsal=row,
        area=area,
        name=finding.name[:40],
        about=finding.about[:60],
        verdict=finding.verdict,
        what=finding.what[:500],
        since=since,
        who=finding.who[:300],
        path=finding.path[:200],
        can_override=finding.can_override,
    )


def _is_over(row: Rehearsal, now: datetime) -> bool:
    """Tell whether it has lost its matter: the release left, its next occasion or another review began."""
    if row.release is not None:
        own = Rehearsal.objects.filter(release=row.release)
        later = own.filter(due_at__gt=row.due_at, due_at__lte=now)
        is_overtaken = later.exclude(occasion=Occasion.REQUEST).exists()
        return is_overtaken or row.release.status not in RUNNING
    review = Review.objects.filter(draft=row.draft).order_by("-pk").first()
    return review is None or row.key != occasions.key_of(review)


def _taken(row: Rehearsal, now: datetime) -> bool:
    """Take a rehearsal for this process: one UPDATE, which only one of several wins."""
    free = Rehearsal.objects.filter(pk=row.pk, done_at=None)
    lapsed = free.filter(begun_at__lt=now - LEASE)
    return bool(free.filter(begun_at=None).update(begun_at=now) or lapsed.update(begun_at=now))
