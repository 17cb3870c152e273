"""Many releases whose slot has come, set off together where nothing about them has to be decided.

Each is checked as `releases.start` checks one. What is late, stopped, changed, spread over time, sent to
readers or cut into several parts is left as it is, for `releases.start` to deal with by itself.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.services import approved
from halcytone.lib import states
from halcytone.lib.errors import HalcytoneError
from halcytone.lib.gathering import gathering
from publishing import accounts, slots, timing
from publishing.channels.base import Channel
from publishing.models import (
    CadenceSlot,
    ClosedDay,
    Delivery,
    Release,
    ReleasePart,
    Rollout,
    Stop,
)
from publishing.services import history, installation, pages, parts, preparation, refusals

log = structlog.get_logger(__name__)
A_DAY = timedelta(days=1)
TOGETHER = 200  # releases that are started in one transaction; others send them meanwhile


def set_off_due(now: datetime) -> Iterator[int]:
    """Start what is due and goes by itself, many in one transaction; yields how many, after each.

    When one of them spoils it for the others, each has its turn alone.
    """
    due = Release.objects.planned().filter(due_at__lte=now).order_by("due_at", "pk")
    ids = list(due.values_list("pk", flat=True))
    for first in range(0, len(ids), TOGETHER):
        try:
            yield len(set_off(ids[first : first + TOGETHER], now))
        except (HalcytoneError, IntegrityError) as error:
            log.warning("releases_not_started_together", error=type(error).__name__)


@transaction.atomic
@gathering()
def set_off(ids: Collection[int], now: datetime) -> list[Release]:
    """Start those of these planned releases that go by themselves; returns them.

    In one transaction, and in as many statements for hundreds as for one.
    """
    if installation.why_not() or _is_closed(now):
        return []
    rows = _plain(ids).select_related("draft__segment").select_for_update(of=("self",))
    due = {row.pk: row for row in rows.order_by("due_at", "pk") if _is_due(row, now)}
    of_release: dict[int, list[ReleasePart]] = {pk: [] for pk in due}
    for part in parts.of_all(due.values()):
        of_release[part.release_id].append(part)
    fit = _fit([part for own in of_release.values() for part in own])
    begun = [due[pk] for pk, own in of_release.items() if own and all(map(fit.__contains__, own))]
    states.move_alike(begun, Release.Status.RELEASING, prepared_at=now, note="", is_late=False)
    history.note_all(begun, "started", None)
    Delivery.objects.bulk_create(
        (_row(part, now) for release in begun for part in of_release[release.pk]), batch_size=500
    )
    for release in begun:
        log.info("release_started", release=release.pk, is_late=False)
    return begun


def _plain(ids: Collection[int]) -> QuerySet[Release]:
    """Return those of these that no stop, rhythm, choice or other release of the draft concerns."""
    same_draft = {"draft": OuterRef("draft")}
    others = Release.objects.filter(**same_draft, prepared_at__isnull=False)
    stops = Stop.objects.filter(
        Q(scope=Stop.Scope.EVERYTHING) | Q(release=OuterRef("pk")), lifted_at__isnull=True
    )
    made = Delivery.objects.filter(release=OuterRef("pk"))
    return (
        Release.objects.planned()
        .filter(pk__in=ids, is_dry=False, draft__is_dry=False)
        .exclude(Exists(Rollout.objects.filter(**same_draft)))
        .exclude(Exists(CadenceSlot.objects.filter(**same_draft)))
        .exclude(Exists(others) | Exists(stops) | Exists(made))
    )


def _is_due(release: Release, now: datetime) -> bool:
    """Tell whether its slot has come and its grace is not over, by wall clock and zone as they are now."""
    at = slots.instant(release.slot_wall, release.zone)
    is_known = (release.due_at, release.begins_at) == (at, at)
    return is_known and at <= now <= at + timedelta(minutes=release.grace_min)


def _is_closed(now: datetime) -> bool:
    """Tell whether it may be a day anywhere on which nothing leaves."""
    days = ClosedDay.objects.filter(kind=ClosedDay.Kind.BLACKOUT)
    return days.filter(first__lte=(now + A_DAY).date(), last__gte=(now - A_DAY).date()).exists()


def _fit(found: Sequence[ReleasePart]) -> set[ReleasePart]:
    """Return those of these parts that are what was approved, and leave as one post or page at their slot."""
    may_leave = approved.of_all(part.release.draft for part in found)
    channels = {part.account_id: accounts.plan_of(part.account) for part in _of_accounts(found)}
    taken = _taken(found)
    return {
        part
        for part in found
        if part.account.is_enabled
        and part.pk not in taken
        and refusals.stands(part, may_leave)
        and _is_alone(part, channels[part.account_id])
    }


def _of_accounts(found: Iterable[ReleasePart]) -> Iterable[ReleasePart]:
    """Return one part of each account."""
    return {part.account_id: part for part in found}.values()


def _is_alone(part: ReleasePart, channel: Channel) -> bool:
    slot = timing.Slot(part.release.slot_wall, part.release.zone)
    at = slot.instant()
    due = timing.plan(slot, [part.format], timing.Choices(), {}, at)[part.format]
    is_known = (part.due_at, part.window_until) == (due.at, due.until)
    is_for_all = not channel.takes_recipients and part.format != timing.MAIL
    return is_known and is_for_all and len(channel.parts(json.loads(part.rendition.body))) == 1


def _taken(found: Iterable[ReleasePart]) -> set[int]:
    """Return the pages whose address another page has, or would have with these."""
    slugs = {part.pk: pages.slug_of(part.seal.body) for part in found if part.format == pages.WEB}
    counts = Counter(slugs.values())
    known = pages.slugs_held() if slugs else frozenset()
    return {pk for pk, slug in slugs.items() if slug and (counts[slug] > 1 or slug in known)}


def _row(part: ReleasePart, now: datetime) -> Delivery:
    target = "page" if part.format == pages.WEB else "post"
    return Delivery(
        release_id=part.release_id,
        part_of=part,
        account=part.account,
        target=target,
        due_at=max(part.due_at or now, now),
        changed_at=now,
        idempotency_key=preparation.key_of(part, target, 1),
    )
