"""How publishing answers what other apps announce."""

from typing import Any

from django.dispatch import receiver

from approvals.models import Review
from approvals.signals import review_approved, review_recalled
from publishing import tasks
from publishing.services import releases
from publishing.signals import deliveries_due


@receiver(review_approved)
def plan_release(review: Review, **_: Any) -> None:
    if review.draft.slot_wall:
        releases.plan(review.draft)


@receiver(review_recalled)
def hold_releases(review: Review, **_: Any) -> None:
    releases.hold_all(review.draft, reason="The approval was recalled.")


@receiver(deliveries_due)
def wake_workers(**_: Any) -> None:
    tasks.nudge()
