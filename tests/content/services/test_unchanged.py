"""Documents that did not change: one question each at their source, and nothing is read, written or kept."""

import gc
import tracemalloc
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from content.models import Document, Item, Revision, Snapshot, SyncJob
from content.services import documents, jobs, rounds
from content.sources.memory import Memory
from tests.content.services.conftest import WEEK, Shared

pytestmark = pytest.mark.django_db
HALF_AN_HOUR = timedelta(minutes=30)
LETTER = """\
## [Tips] Small habits
### Two minutes, part {number}
- **Date:** 2026-11-23
- **Content:** Sit, let your shoulders drop, breathe in for {number} counts and out for six.
"""
GROWTH_BYTES = 100_000  # less than a kilobyte for each reading


class Counting(Memory):
    """Counts how often it gave a text out."""

    given = 0

    def fetch(self, ref, known):
        found = super().fetch(ref, known)
        self.given += found is not None
        return found


@pytest.fixture
def counting(source):
    Shared.memory = Counting()
    return Shared.memory


def linked(cast, source, count, text=LETTER):
    for number in range(count):
        source.put(f"doc-{number}", text.replace("{number}", str(number + 1)).encode())
        documents.link(
            by=cast.author, name=f"Letter {number}", kind="google_docs", key=f"doc-{number}"
        )
    work()


def work():
    """Read every document that is due, as many as a round takes at a time; returns how many."""
    done = 0
    while rounds.queue_due(timezone.now()):
        done += rounds.work()
    return done


def read_again(times):
    """Read all documents so often, half an hour apart; returns how many were read."""
    done = 0
    for number in range(times):
        with time_machine.travel(timezone.now() + (number + 1) * HALF_AN_HOUR):
            done += work()
        Document.objects.update(due_at=timezone.now())
    return done


def stored():
    snapshots, revisions, items = (
        list(model.objects.order_by("pk").values()) for model in (Snapshot, Revision, Item)
    )
    return [{**row, "raw": bytes(row["raw"])} for row in snapshots], revisions, items


def test_200_unchanged_documents_cost_one_question_each_and_leave_no_trace(cast, counting):
    linked(cast, counting, 200)
    assert (counting.asked, counting.given, Snapshot.objects.count()) == (200, 200, 200)
    before = stored()
    assert read_again(1) == 200
    assert counting.asked == 400
    assert counting.given == 200, "a text that is not given is not read"
    assert stored() == before
    later = SyncJob.objects.order_by("pk")[200:]
    assert {(job.status, job.result, job.source_version) for job in later} == {
        ("completed", "skipped", "1")
    }


def test_what_was_read_before_is_not_even_unpacked(cast, counting):
    linked(cast, counting, 3)
    Snapshot.objects.update(raw=b"this is no zlib", text="")
    assert read_again(1) == 3
    assert {job.result for job in SyncJob.objects.order_by("pk")[3:]} == {"skipped"}


@pytest.mark.parametrize("text", [LETTER, WEEK], ids=["one piece", "six pieces"])
def test_a_reading_takes_as_many_queries_however_many_wait_and_however_long_the_text(
    cast, counting, text
):
    linked(cast, counting, 9, text)
    counts = []
    for waiting in (1, 3, 9):
        for document in Document.objects.all()[:waiting]:
            jobs.ask(document, by=None)
        with CaptureQueriesContext(connection) as queries:
            assert rounds.work() == waiting
        counts.append(len(queries))
    each = (counts[1] - counts[0]) // 2
    assert [count - counts[0] for count in counts] == [0, 2 * each, 8 * each]
    assert each <= 14


def test_google_is_asked_for_the_number_of_the_revision_and_nothing_else(cast, sandbox_settings):
    blocks = [
        {"style": "HEADING_1", "text": "[Tips] Small habits"},
        {"style": "HEADING_2", "text": "Two minutes"},
        {"text": "Sit, let your shoulders drop, breathe in for four counts and out for six."},
    ]
    for number in range(5):
        path = f"/_sandbox/documents/letter-{number}"
        sandbox_settings.ask("sources", "PUT", path, {"title": "Letter", "blocks": blocks})
        documents.link(
            by=cast.author, name=f"Letter {number}", kind="google_docs", key=f"letter-{number}"
        )
    work()
    before = stored()
    assert len(before[0]) == 5
    sandbox_settings.ask("sources", "DELETE", "/_sandbox/requests")
    assert read_again(2) == 10
    paths = [request["path"].partition("?")[0] for request in sandbox_settings.requests("sources")]
    assert sorted(paths) == sorted(2 * [f"/v1/documents/letter-{number}" for number in range(5)])
    assert stored() == before


def test_memory_stays_flat_however_often_nothing_is_new(cast, counting):
    linked(cast, counting, 20)
    read_again(1)  # what is made once and kept: plug-ins, compiled queries
    gc.collect()
    tracemalloc.start()
    try:
        read_again(1)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        assert read_again(5) == 100
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < GROWTH_BYTES
    finally:
        tracemalloc.stop()
