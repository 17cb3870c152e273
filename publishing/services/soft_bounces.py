"""Soft bounces: each may pass; five over three releases in thirty days may not.

Source: audience specification, suppression reason `soft_bounce_limit`; it ends by itself after 90 days.
"""

from datetime import datetime, timedelta

from django.db.models import Count

from publishing.hooks.told import SOFT_BOUNCED
from publishing.models import Delivery, Event
from segmentation.models import Suppression
from segmentation.services import suppressions

LIMIT, RELEASES, WITHIN = 5, 3, timedelta(days=30)


def count(delivery: Delivery, at: datetime) -> bool:
    """Suppress the reader of this delivery when her soft bounces are too many; True when they are."""
    contact = delivery.contact
    if contact is None or not contact.email_key:
        return False
    bounces = Event.objects.filter(
        kind=SOFT_BOUNCED, delivery__contact=contact, at__gt=at - WITHIN, at__lte=at + WITHIN
    )
    total = bounces.aggregate(
        bounces=Count("pk"), releases=Count("delivery__release", distinct=True)
    )
    if total["bounces"] < LIMIT or total["releases"] < RELEASES:
        return False
    suppressions.add(
        reason=Suppression.Reason.SOFT_BOUNCE_LIMIT,
        value=contact.email_key,
        note=f"{total['bounces']} soft bounces over {total['releases']} releases",
    )
    return True
