"""“I am looking at it”: who has taken a review in hand, and who else has it on the screen.

A claim keeps nobody from deciding: it tells the others. Source: approvals specification §8.
"""

from datetime import timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from approvals import signals
from approvals.models import Presence, Review, ReviewClaim
from approvals.services import eligibility
from halcytone.lib import rights
from halcytone.lib.errors import WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
LASTS = timedelta(hours=2)
HERE = timedelta(seconds=75)  # since the last sign of a page that polls every 25 seconds
KEPT = timedelta(days=1)


def claim(review: Review, *, by: Actor) -> ReviewClaim:
    """Take a review in hand for two hours, or for two more.

    Raises NotAllowed without the right to decide; WrongState while somebody else's claim holds.
    """
    rights.require(by, eligibility.RIGHT, act="claim reviews")
    if review.status in Review.FINAL:
        raise WrongState(f"The review is {review.get_status_display().lower()}.")
    now = timezone.now()
    free = ReviewClaim.objects.filter(Q(person=by) | Q(until__lte=now), review=review)
    with transaction.atomic():
        if not free.update(person=by, claimed_at=now, until=now + LASTS):
            _begin(review, by)
        log.info("review_claimed", review=review.pk, person=by.pk)
        signals.review_claimed.send(ReviewClaim, review=review, person=by)
    return ReviewClaim.objects.select_related("person").get(review=review)


@transaction.atomic
def release(review: Review, *, by: Actor) -> None:
    """Give a claimed review back; nothing happens when one has none."""
    if ReviewClaim.objects.filter(review=review, person=by).delete()[0]:
        log.info("review_released", review=review.pk, person=by.pk)
        signals.review_released.send(ReviewClaim, review=review, person=by)


def current(review: Review) -> ReviewClaim | None:
    """Return the claim that holds now."""
    rows = ReviewClaim.objects.filter(review=review, until__gt=timezone.now())
    return rows.select_related("person").first()


@transaction.atomic
def see(review: Review, *, by: Actor) -> None:
    """Note that somebody has a review on her screen."""
    now = timezone.now()
    Presence.objects.update_or_create(review=review, person=by, defaults={"seen_at": now})
    Presence.objects.filter(seen_at__lt=now - KEPT).delete()


def others(review: Review, *, besides: Actor) -> list[Presence]:
    """Return who else has the review on the screen at this moment, by name."""
    rows = Presence.objects.filter(review=review, seen_at__gt=timezone.now() - HERE)
    return list(rows.exclude(person=besides).select_related("person").order_by("person__username"))


def _begin(review: Review, by: Actor) -> None:
    now = timezone.now()
    try:
        with transaction.atomic():
            ReviewClaim.objects.create(review=review, person=by, claimed_at=now, until=now + LASTS)
    except IntegrityError as error:
        holder = ReviewClaim.objects.select_related("person").filter(review=review).first()
        name = holder.person if holder else "Somebody else"
        raise WrongState(
            f"{name} is looking at it already. You can decide all the same, or ask {name} to give it back.",
            code="claimed",
        ) from error
