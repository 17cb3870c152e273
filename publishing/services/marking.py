"""Marking rows as handed over: one statement, which asks once more whether they may leave at all.

It is asked for every batch of mails, so the ORM composes its conditions only once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection

from halcytone.lib import statements
from publishing.services import installation, queue

_MARK = """
UPDATE publishing_delivery SET state = 'handed_over', attempts = attempts + 1,
    handed_over_at = %s, changed_at = %s, lease_until = %s
WHERE state = 'claimed' AND worker = %s AND id {among} AND part_of_id IN ({parts})
"""


def mark(worker: str, ids: Sequence[int], now: datetime) -> int:
    """Mark those of these rows that are this worker's and may leave now; returns how many were.

    They may leave when the installation is ours, and their part runs, not refused and not stopped.
    """
    if settings.OUTBOUND == "off":
        return 0
    vendor = connection.vendor
    statement, conditions = _composed(vendor, installation.fingerprint())
    at, until = (
        connection.ops.adapt_datetimefield_value(moment)
        for moment in (now, now + timedelta(seconds=settings.LEASE_S))
    )
    given = [at, at, until, worker, statements.ids(vendor, ids), *conditions]
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        count: int = cursor.rowcount
    return count


@lru_cache(maxsize=8)
def _composed(vendor: str, fingerprint: str) -> tuple[str, list[Any]]:
    """Return the statement, in which `fingerprint` stands, and the parameters of its conditions."""
    parts = queue.running_parts().filter(installation.is_held(fingerprint)).values("pk")
    composed, conditions = statements.inlined(*parts.query.sql_with_params())
    return _MARK.format(among=statements.AMONG[vendor], parts=composed), conditions
