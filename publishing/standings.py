"""How far each rendition has come, and where each text went out. Content asks through settings."""

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.db.models import Count, F, Min, Q
from django.urls import reverse

from approvals.models import Review
from approvals.services import reviews
from content import editions
from content.models import Rendition, Revision
from publishing import slots
from publishing.models import Cadence, CadenceSlot, Delivery, Release, ReleasePart

WAITING = (
    Release.Status.PLANNED,
    Release.Status.HELD,
    Release.Status.LATE,
    Release.Status.RELEASING,
)


def of(renditions: Collection[Rendition]) -> dict[int, dict[str, Any]]:
    """Return {rendition: {"state", "slot_wall", "zone", "url", "release_id"}}, asked for all at once.

    `state` is draft, in_review, approved or published; a rendition is published when one of its own
    deliveries is confirmed. `url` is the public link where there is one.
    """
    ids = [rendition.pk for rendition in renditions]
    parts = ReleasePart.objects.filter(rendition__in=ids).select_related("release")
    planned = {part.rendition_id: part.release for part in parts if part.release.status in WAITING}
    out = _published(ids)
    reviewed = {rendition.draft_id: reviews.running(rendition.draft) for rendition in renditions}
    return {
        rendition.pk: _standing(
            rendition,
            planned.get(rendition.pk),
            out.get(rendition.pk),
            reviewed[rendition.draft_id],
        )
        for rendition in renditions
    }


def live_of(renditions: Collection[Rendition]) -> dict[int, dict[str, Any]]:
    """Return {rendition: {"seal_id", "at", "url"}} of what is out: its last confirmed publication.

    Rehearsals do not count. A page is one draft's alone, so what is at its address is of this draft.
    """
    parts = ReleasePart.objects.filter(
        rendition__in=[each.pk for each in renditions], release__is_dry=False
    )
    found: dict[int, dict[str, Any]] = {}
    for part in parts.order_by("-release__due_at", "-pk"):
        if part.rendition_id not in found:
            rows = part.deliveries.filter(state=Delivery.State.CONFIRMED, part=1).order_by()
            for at, url in rows.values_list("confirmed_at", "url")[:1]:
                found[part.rendition_id] = {"seal_id": part.seal_id, "at": at, "url": url}
    return found


def channels_of(revisions: Collection[Revision]) -> dict[int, dict[str, datetime]]:
    """Return {revision: {channel: when the first delivery was confirmed}}, in the order of time.

    Read from the ledger in one query for all of them; rehearsals do not count. A channel is `email`,
    `web` or the format's own name. What counts are the bytes that were approved and the texts they were
    made of, whatever the draft holds since. A text that is not meant for a format did not go out with it.
    """
    meant = {one.pk: one for one in revisions}
    parts = _parts_made_of(meant)
    out = Delivery.objects.filter(
        part_of__in={part for part, _, _ in parts}, state=Delivery.State.CONFIRMED
    )
    first = dict(out.order_by().values_list("part_of").annotate(first=Min("confirmed_at")))
    found: dict[int, dict[str, datetime]] = {pk: {} for pk in meant}
    for part, format, pk in sorted(
        (row for row in parts if row[0] in first), key=lambda row: first[row[0]]
    ):
        if editions.is_for(meant[pk].fields, format):
            found[pk].setdefault(editions.CHANNEL_OF.get(format, format), first[part])
    return found


def _parts_made_of(revisions: Collection[int]) -> list[tuple[int, str, int]]:
    """Return (part, format, revision) of the parts of releases whose approved bytes were made of these."""
    rows = ReleasePart.objects.filter(
        release__is_dry=False,
        rendition__versions__revisions__in=revisions,
        rendition__versions__body=F("seal__body"),
    )
    named = rows.order_by().values_list("pk", "format", "rendition__versions__revisions")
    return list(named.distinct())


def results_of(drafts: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return {draft: {"status", "candidates", "confirmed", "failed", "url"}} of its latest release.

    Numbers are counts of ledger rows, `url` is the page that opens them. One query; a draft without
    a release is missing.
    """
    state = Delivery.State
    rows = (
        Release.objects.filter(draft__in=drafts)
        .exclude(status=Release.Status.CANCELLED)
        .order_by("due_at", "pk")
        .annotate(
            candidates=Count("deliveries"),
            confirmed=Count("deliveries", filter=Q(deliveries__state=state.CONFIRMED)),
            failed=Count("deliveries", filter=Q(deliveries__state=state.FAILED)),
        )
    )
    return {
        row.draft_id: {
            "status": row.status,
            "candidates": row.candidates,
            "confirmed": row.confirmed,
            "failed": row.failed,
            "url": reverse("publishing:release", args=[row.pk]),
        }
        for row in rows
    }


def turns_between(since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Return the turns of every rhythm whose slot is in this span, in the order of time.

    Each is {"cadence", "name", "wall", "zone", "at", "draft"}: `at` is the instant, `draft` the id of
    the edition that was put together for it, or None. Two queries.
    """
    rhythms = list(Cadence.objects.filter(is_enabled=True))
    made = CadenceSlot.objects.filter(cadence__in=rhythms, draft__isnull=False)
    editions = {(row.cadence_id, row.slot_wall): row.draft_id for row in made}
    found = [
        {
            "cadence": rhythm.pk,
            "name": rhythm.name,
            "wall": turn.wall,
            "zone": turn.zone,
            "at": turn.release_at,
            "draft": editions.get((rhythm.pk, turn.wall)),
        }
        for rhythm in rhythms
        for turn in takewhile(
            lambda turn: turn.release_at < until,
            slots.turns(rhythm.rhythm, since - timedelta(seconds=1)),
        )
    ]
    return sorted(found, key=lambda turn: (turn["at"], turn["cadence"]))


def _published(ids: Collection[int]) -> dict[int, str]:
    rows = Delivery.objects.filter(
        part_of__rendition__in=ids, state=Delivery.State.CONFIRMED, release__is_dry=False
    )
    found: dict[int, str] = {}
    for pk, url in rows.order_by("part").values_list("part_of__rendition", "url").distinct():
        found[pk] = found.get(pk) or url
    return found


def _standing(
    rendition: Rendition, release: Release | None, url: str | None, review: Review | None
) -> dict[str, Any]:
    draft = rendition.draft
    if url is not None:
        state = "published"
    elif release is not None:
        state = "approved"
    elif review is None:
        state = "draft"
    else:
        state = "approved" if review.status == Review.Status.APPROVED else "in_review"
    return {
        "state": state,
        "slot_wall": release.slot_wall if release else draft.slot_wall,
        "zone": release.zone if release else draft.zone,
        "url": url or "",
        "release_id": release.pk if release else None,
    }
