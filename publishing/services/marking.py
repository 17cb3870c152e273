"""Marking rows as claimed and as handed over: one statement each, whose conditions the ORM composes once.

They are asked for every batch of mails. The row itself is found by its id and by nothing else: what else
is asked of it stands so (`||`, `+`) that no planner takes an index of open rows, or all rows of a part.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef

from halcytone.lib import statements
from publishing.models import Release
from publishing.services import installation, queue

_CLAIM = """
UPDATE publishing_delivery SET state = 'claimed', worker = %s, changed_at = %s, lease_until = %s
WHERE id {among}
"""
_MARK = """
UPDATE publishing_delivery SET state = 'handed_over', attempts = attempts + 1,
    handed_over_at = %s, changed_at = %s, lease_until = %s
WHERE state || '' = 'claimed' AND worker = %s AND id {among} AND +part_of_id IN ({parts})
"""


def claim(worker: str, ids: Sequence[int], now: datetime) -> None:
    """Mark these rows, which the caller has locked, as this worker's for LEASE_S seconds."""
    vendor = connection.vendor
    given = [worker, *_lease(now), statements.ids(vendor, ids)]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(among=statements.AMONG[vendor]), given)


def mark(worker: str, ids: Sequence[int], now: datetime, *, is_alone: bool = True) -> int:
    """Mark those of these rows that are this worker's and may leave now; returns how many were.

    They may leave when the installation is ours, and their part runs, not refused and not stopped;
    `is_alone`: and when no other release of its draft was ever prepared, which could have done the same.
    """
    if settings.OUTBOUND == "off":
        return 0
    vendor = connection.vendor
    statement, conditions = _composed(vendor, installation.fingerprint(), is_alone)
    at, until = _lease(now)
    given = [at, at, until, worker, statements.ids(vendor, ids), *conditions]
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        count: int = cursor.rowcount
    return count


def _lease(now: datetime) -> tuple[Any, Any]:
    """Return this instant and the end of a lease that begins at it, as the database takes them."""
    adapted = connection.ops.adapt_datetimefield_value
    return adapted(now), adapted(now + timedelta(seconds=settings.LEASE_S))


@lru_cache(maxsize=16)
def _composed(vendor: str, fingerprint: str, is_alone: bool) -> tuple[str, list[Any]]:
    """Return the statement, in which `fingerprint` stands, and the parameters of its conditions."""
    parts = queue.running_parts().filter(installation.is_held(fingerprint))
    if is_alone:
        others = Release.objects.filter(draft=OuterRef("release__draft"), prepared_at__isnull=False)
        parts = parts.exclude(Exists(others.exclude(pk=OuterRef("release")).order_by()))
    composed, conditions = statements.inlined(*parts.values("pk").query.sql_with_params())
    return _MARK.format(among=statements.AMONG[vendor], parts=composed), conditions
