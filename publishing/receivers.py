"""How publishing answers what other apps announce."""

from collections.abc import Mapping
from typing import Any

from django.dispatch import receiver

from approvals.models import Review, Seal
from approvals.signals import (
    review_approved,
    review_recalled,
)
from content.models import Document, Notice
from content.signals import source_drifted
from publishing import tasks
from publishing.models import ReleasePart
from publishing.services import erasures, holding, notices, releases, story
from publishing.signals import deliveries_due, part_refused, purges_due
from segmentation.models import Contact
from segmentation.signals import address_changed, contact_erased


@receiver(review_approved)
def plan_release(review: Review, seals: Mapping[str, Seal] | None = None, **_: Any) -> None:
    if review.draft.slot_wall:
        releases.plan(review.draft, approved=seals)


@receiver(review_recalled)
def hold_releases(review: Review, **_: Any) -> None:
    holding.hold_all(review.draft, reason=notices.RECALLED)


@receiver(source_drifted)
def hold_what_drifted(notice: Notice, document: Document, **_: Any) -> None:
    if document.drift_policy == Document.DriftPolicy.HOLD:
        holding.hold_drifted(notice)


@receiver(part_refused)
def tell_of_refusal(part: ReleasePart, **_: Any) -> None:
    if not part.waits_for_page:  # it goes by itself
        notices.tell_of_refusal(part)


@receiver(deliveries_due)
def wake_workers(**_: Any) -> None:
    tasks.nudge()


@receiver(address_changed)
def remember_address(contact: Contact, old: str, **_: Any) -> None:
    story.remember_address(contact, old)


@receiver(contact_erased)
def forget_reader(contact: Contact, address: str, **_: Any) -> None:
    erasures.forget(contact, address)


@receiver(purges_due)
def wake_purges(**_: Any) -> None:
    tasks.wake(tasks.purge_caches)
