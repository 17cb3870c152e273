"""Releases that are over, many at once: which of them have nothing on its way, and the end of clean ones."""

from collections.abc import Collection

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from approvals.services import fast_track
from halcytone.lib import states
from halcytone.lib.gathering import gathering
from publishing.models import Delivery, Purge, Release, ReleasePart
from publishing.models.releases import ReleaseQuerySet
from publishing.services import history

log = structlog.get_logger(__name__)
State = Delivery.State
#: With rows in these alone a release has nothing to resolve, and nothing to tell.
CLEAN = (State.CONFIRMED, State.EXCLUDED)


def idle(ids: Collection[int]) -> ReleaseQuerySet:
    """Return those of these running releases of which no row is on its way or waits for a worker."""
    rows = Delivery.objects.filter(release=OuterRef("pk"))
    under_way = rows.filter(state__in=[State.CLAIMED, State.HANDED_OVER])
    movable = Delivery.objects.movable().filter(release=OuterRef("pk"))
    is_idle = Q(is_dry=True) | (~Exists(under_way) & ~Exists(movable))
    return Release.objects.filter(is_idle, pk__in=ids).releasing()


@transaction.atomic
@gathering()
def close_clean(ids: Collection[int]) -> None:
    """Move those of these running releases to done whose books balance with nothing to tell.

    What they are is what `releases.finish` finds of one: every row is confirmed or excluded, no part was
    refused, every purge is settled, and it is no rehearsal. All others are left as they are.
    """
    running = Release.objects.filter(pk__in=ids).releasing().order_by("pk")
    locked = list(running.select_related("draft").select_for_update(of=("self",)))
    unclean = _unclean([release.pk for release in locked])
    closed = [release for release in locked if release.pk not in unclean]
    if not closed:
        return
    states.move_alike(closed, Release.Status.DONE, note="", finished_at=timezone.now())
    fast_track.all_released([release.draft for release in closed])
    history.note_all(closed, "done", None)
    for release in closed:
        log.info("release_done", release=release.pk)


def _unclean(ids: Collection[int]) -> set[int]:
    others = [state for state in State.values if state not in CLEAN]
    rows = Delivery.objects.filter(release=OuterRef("pk"), state__in=others)
    refused = ReleasePart.objects.filter(release=OuterRef("pk"), refusal__gt="")
    purges = Purge.objects.filter(order__release=OuterRef("pk")).exclude(
        state=Purge.State.CONFIRMED
    )
    is_unclean = Q(is_dry=True) | Q(Exists(rows)) | Q(Exists(refused)) | Q(Exists(purges))
    return set(Release.objects.filter(is_unclean, pk__in=ids).values_list("pk", flat=True))
