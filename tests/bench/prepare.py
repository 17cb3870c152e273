"""The rows of a release to very many people, reasons and all, against the same INSERT … SELECT by hand."""

import os
import resource
import time

from django.db import connection
from django.utils import timezone

from publishing.models import Delivery
from publishing.services import preparation, releases
from segmentation.models import Contact
from tests.bench import people
from tests.bench.table import Row
from tests.factories.publishing import approve, make_account, make_draft, wall_now
from tests.factories.segmentation import make_segment

COUNT, ROUNDS, AIM = int(os.environ.get("BENCH_PREPARE", "200000")), 2, 1.3
MOST_MB = 256
BY_HAND = """
INSERT INTO publishing_delivery (
    release_id, part_of_id, account_id, due_at, changed_at, idempotency_key, target, contact_id, merge,
    part, state, reason, attempts, worker, provider_id, url, error_code, error
)
SELECT %s, %s, %s, now(), now(), md5(c.id::text), 'contact:' || c.id, c.id,
    jsonb_build_object('name', c.name), 1,
    CASE WHEN s.value IS NOT NULL OR NOT a.is_given THEN 'excluded' ELSE 'planned' END,
    CASE WHEN s.value IS NOT NULL THEN 'bounced' WHEN NOT a.is_given THEN 'unsubscribed' ELSE '' END,
    0, '', '', '', '', ''
FROM segmentation_contact c
JOIN segmentation_consent a ON a.contact_id = c.id AND a.channel = 'email'
    AND a.purpose = 'newsletter' AND a.list = ''
LEFT JOIN segmentation_suppression s ON s.kind = 'address' AND s.value = c.email_key AND s.is_active
"""


def run():
    if connection.vendor != "postgresql":
        return []
    people.clear()
    people.make(COUNT)
    make_account("newsletter", channel="smtp", endpoint="smtp://127.0.0.1")
    draft = make_draft(["newsletter"], slot_wall=wall_now(), segment=make_segment())
    approve(draft)
    part = releases.plan(draft).parts.get()
    before = _most_mb()
    ours, theirs = _least(part)
    grown = _most_mb() - before
    absolute = f"{ours:.1f} s against {theirs:.1f} s, {grown:.0f} MB more of memory ({_most_mb():.0f} in all)"
    if grown > MOST_MB:
        raise RuntimeError(absolute)
    people.clear()
    work = f"prepare a release for {COUNT:,}"
    return [Row(work, "INSERT … SELECT by hand", ours / theirs, AIM, absolute, is_time=True)]


def _most_mb():
    """Return the most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _least(part):
    times = ([], [])
    for _ in range(ROUNDS):
        for kept, insert in zip(times, (_prepare, _by_hand), strict=True):
            people.forget_deliveries()
            begun = time.perf_counter()
            insert(part)
            kept.append(time.perf_counter() - begun)
            if Delivery.objects.filter(part_of=part).count() != Contact.objects.count():
                raise RuntimeError("not every candidate has a row")
    return tuple(map(min, times))


def _prepare(part):
    preparation.prepare(part, timezone.now())


def _by_hand(part):
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND, [part.release_id, part.pk, part.account_id])
