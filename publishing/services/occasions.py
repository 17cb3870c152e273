"""When rehearsals are due: rows that the clock wakes, made once for each occasion of a release."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet

from approvals.models import Review
from publishing.models import Rehearsal, Release

Occasion = Rehearsal.Occasion
BEFORE = {
    Occasion.DAY: timedelta(hours=24),
    Occasion.HOUR: timedelta(hours=1),
    Occasion.LAST: timedelta(minutes=10),
}
AHEAD = timedelta(hours=27)
RECENT = timedelta(
    hours=1
)  # a review that was submitted longer ago is not rehearsed for it any more
LATE = timedelta(minutes=2)  # the clock may look so much after an occasion


def note(now: datetime) -> None:
    """Make the rehearsals that are to come: of reviews just submitted, and of the next day's releases.

    Asked by the clock, so submitting and planning pay nothing for it. What is approved within its last
    ten minutes, an urgent announcement say, leaves without one: the publisher checks every part as it
    leaves, rehearsed or not.
    """
    rows = [*_of_reviews(now), *_of_releases(now)]
    Rehearsal.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["key"], update_fields=["release"]
    )


def key_of(review: Review) -> str:
    """Return what the rehearsal of one round of a review is known by."""
    return f"review:{review.pk}:{review.round}"


def _of_reviews(now: datetime) -> Iterator[Rehearsal]:
    fresh = Review.objects.filter(status=Review.Status.OPEN, submitted_at__gt=now - RECENT)
    rows = fresh.only("pk", "round", "draft", "submitted_at")
    for review in rows:
        yield Rehearsal(
            key=key_of(review),
            draft_id=review.draft_id,
            occasion=Occasion.SUBMISSION,
            due_at=review.submitted_at,
        )


def _of_releases(now: datetime) -> Iterator[Rehearsal]:
    soon = Release.objects.planned().filter(begins_at__gt=now, begins_at__lte=now + AHEAD)
    for release in soon.only("pk", "draft", "begins_at"):
        for occasion, before in BEFORE.items():
            due_at = (release.begins_at or now) - before
            if due_at > now - LATE:
                yield Rehearsal(
                    key=f"release:{release.pk}:{occasion.value}",
                    draft_id=release.draft_id,
                    release=release,
                    occasion=occasion,
                    due_at=due_at,
                )


def no_go(release: Release) -> Rehearsal | None:
    """Return the last rehearsal of a release, if its last occasion has come and nobody set its No-Go aside."""
    rows = _done(release)
    if not rows.filter(occasion=Occasion.LAST).exists():
        return None
    latest = rows.select_related("override").order_by("-done_at", "-pk").first()
    if latest is None or latest.verdict != "no_go":
        return None
    override = getattr(latest, "override", None)
    return None if override is not None and override.confirmed_at else latest


def _done(release: Release) -> QuerySet[Rehearsal]:
    return Rehearsal.objects.done().filter(release=release)
