"""The books of a release with many deliveries, against one grouped count by hand."""

import os
import random

from django.db import connection
from django.utils import timezone

from publishing.books import books
from publishing.models import Delivery
from tests.bench.table import Row, least
from tests.factories.publishing import make_release

COUNT, ROUNDS = int(os.environ.get("BENCH_DELIVERIES", "100000")), 15
State = Delivery.State
BY_HAND = """
SELECT p.format, d.state, d.reason, count(*) FROM publishing_delivery d
JOIN publishing_releasepart p ON p.id = d.part_of_id
WHERE d.release_id = %s GROUP BY p.format, d.state, d.reason
"""


def run():
    release = make_release("web")
    _fill(release, release.parts.get())
    mine, theirs = least(
        lambda _: lambda: books(release), lambda _: lambda: _by_hand(release), rounds=ROUNDS
    )
    found = books(release)
    if found.candidates != COUNT or not found.is_balanced:
        raise RuntimeError(f"the books are wrong: {found}")
    absolute = f"{mine * 1000:.0f} ms against {theirs * 1000:.0f} ms"
    work = f"books of {COUNT:,} deliveries"
    return [Row(work, "one grouped count by hand", mine / theirs, None, absolute, is_time=True)]


def _fill(release, part):
    """Add rows in the states of a release that is over, without sending anything."""
    chance, now = random.Random(7), timezone.now()
    rows = []
    for number in range(COUNT):
        state = chance.choices([State.CONFIRMED, State.EXCLUDED, State.FAILED], [96, 3, 1])[0]
        is_done = state == State.CONFIRMED
        rows.append(
            Delivery(
                release=release,
                part_of=part,
                account=part.account,
                target=f"contact:{number}",
                idempotency_key=f"{number:032x}",
                state=state,
                reason="no_consent" if state == State.EXCLUDED else "",
                handed_over_at=now,
                confirmed_at=now if is_done else None,
                provider_id="taken" if is_done else "",
            )
        )
    Delivery.objects.bulk_create(rows, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _by_hand(release):
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND, [release.pk])
        return cursor.fetchall()
