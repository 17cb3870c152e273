"""Walking a long audit chain of which one row was altered by hand, against reading and digesting its rows.

The yardstick reads the same columns and makes one SHA-256 over each row's own text, and judges nothing.
"""

import os
import time
from hashlib import sha256

from django.db import connection, transaction

from halcytone.lib.audit import chain, triggers
from halcytone.lib.audit.verify import verify
from tests.bench.table import Row

COUNT, AT_ONCE = int(os.environ.get("BENCH_AUDIT", "100000")), 10_000
AIM_S_OF_MILLION = 60
TABLE = "audit_entry"


def run():
    first = _fill()
    altered = first + COUNT - 2
    _alter(altered)
    began = time.perf_counter()
    verdict = verify()
    took = time.perf_counter() - began
    if verdict.found is None or verdict.found.seq != altered:
        raise RuntimeError(f"row {altered} was altered, and this was found: {verdict.found}")
    bare = _bare()
    million = took * 1_000_000 / COUNT
    absolute = (
        f"{took:.1f} s ({million:.0f} s a million, at most {AIM_S_OF_MILLION}) against {bare:.1f} s"
    )
    work = f"verify {COUNT:,} audit rows, naming the altered one"
    return [Row(work, "a bare read and digest", took / bare, None, absolute, is_time=True)]


def _fill():
    """Append COUNT rows; returns the number of the first."""
    facts = [
        chain.Fact("review.decided", "review", str(number), f"Piece {number}", 7, "A voice",
                   f"draft:{number % 500}", {"decision": "approved", "format": "newsletter", "seal": f"{number:064x}"})
        for number in range(AT_ONCE)
    ]  # fmt: skip
    first = chain.record_many(facts)[0].seq
    for _ in range(COUNT // AT_ONCE - 1):
        chain.record_many(facts)
    return first


def _alter(seq):
    """Change one row as somebody with the database's own password would."""
    triggers.drop(connection)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {TABLE} SET actor = 'Another voice' WHERE seq = %s", [seq])
    finally:
        triggers.create(connection)


def _bare():
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {TABLE} ORDER BY seq")
        while rows := cursor.fetchmany(AT_ONCE):
            for row in rows:
                sha256(repr(row).encode()).hexdigest()
    return time.perf_counter() - began
