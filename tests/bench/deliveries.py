"""The books of a release with many deliveries, against one grouped count by hand."""

import os

from django.db import connection

from publishing.books import books
from tests.bench.table import Row, least
from tests.factories.publishing import make_release

COUNT, ROUNDS = int(os.environ.get("BENCH_DELIVERIES", "200000")), 9
AIM = 3.0
#: 96 of a hundred confirmed, three excluded, one failed.
FILL_IN = """
INSERT INTO publishing_delivery (
    release_id, part_of_id, account_id, target, part, merge, state, reason, due_at, attempts, worker,
    handed_over_at, confirmed_at, provider_id, url, error_code, error, idempotency_key, changed_at
)
SELECT {ids}, 'contact:' || n, 1, '{{}}',
    CASE WHEN n %% 100 < 96 THEN 'confirmed' WHEN n %% 100 < 99 THEN 'excluded' ELSE 'failed' END,
    CASE WHEN n %% 100 BETWEEN 96 AND 98 THEN 'no_consent' ELSE '' END,
    {now}, 1, '', {now}, CASE WHEN n %% 100 < 96 THEN {now} END, 'taken', '', '', '', {key}, {now}
FROM {numbers}
"""
FILL = {
    "postgresql": FILL_IN.format(
        ids="%s::bigint, %s::bigint, %s::bigint",
        now="now()",
        key="md5(n::text)",
        numbers="generate_series(1, %s) AS n",
    ),
    "sqlite": "WITH RECURSIVE given (a, b, c, most) AS (SELECT %s, %s, %s, %s), numbers (n) AS"
    " (SELECT 1 UNION ALL SELECT n + 1 FROM numbers, given WHERE n < most)"
    + FILL_IN.format(
        ids="a, b, c",
        now="datetime('now')",
        key="printf('%%032x', n)",
        numbers="numbers, given",
    ),
}
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
    return [Row(work, "one grouped count by hand", mine / theirs, AIM, absolute, is_time=True)]


def _fill(release, part):
    """Add rows in the states of a release that is over, without sending anything."""
    with connection.cursor() as cursor:
        cursor.execute(FILL[connection.vendor], [release.pk, part.pk, part.account_id, COUNT])
        cursor.execute("ANALYZE")


def _by_hand(release):
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND, [release.pk])
        return cursor.fetchall()
