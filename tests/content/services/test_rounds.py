"""Documents that live at a source: when they are read, by how many at once, and what a failure does."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from content.models import Document, Notice, SyncJob
from content.services import documents, hosts, jobs, notices, rounds
from content.sources.memory import Memory
from halcytone.lib.errors import Invalid, Refused, Unavailable, WrongState
from tests.content.services.conftest import TITLES, WEEK, Shared

pytestmark = pytest.mark.django_db
DOWN = Unavailable("The source does not answer.", code="unreachable")


@pytest.fixture
def linked(cast, source):
    source.put("doc-1", WEEK.encode())
    return documents.link(by=cast.author, name="Week", kind="google_docs", key=" doc-1 ")


def read_now(document):
    documents.ask(document, by=document.owner)
    rounds.work()
    document.refresh_from_db()
    return document.sync_jobs.first()


def test_a_linked_document_is_read_at_once_and_then_at_its_interval(linked, source):
    now = timezone.now()
    assert (linked.source_key, linked.ref, linked.interval_minutes) == ("doc-1", "gdocs:doc-1", 30)
    assert rounds.queue_due(now) == 1
    assert rounds.queue_due(now) == 0, "it waits in the queue already"
    assert rounds.work() == 1
    assert [item.head.title for item in linked.items.all()] == TITLES
    linked.refresh_from_db()
    assert timedelta(minutes=29) < linked.due_at - timezone.now() <= timedelta(minutes=30)
    with time_machine.travel(now + timedelta(minutes=31)):
        rounds.queue_due(timezone.now())
        rounds.work()
    assert linked.sync_jobs.first().result == "skipped"


def test_the_same_text_is_linked_once(linked, cast):
    with pytest.raises(Invalid) as caught:
        documents.link(by=cast.editor, name="Again", kind="google_docs", key="doc-1")
    assert caught.value.problems[0].attr == "source_key"
    assert "“Week” reads this already" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "attr"),
    [({"kind": "inline"}, "kind"), ({"kind": "fax"}, "kind"), ({"key": "  "}, "source_key"),
     ({"interval_minutes": 20_000}, "interval_minutes"), ({"drift_policy": "panic"}, "drift_policy"),
     ({"zone": "Mars/Olympus"}, "zone"), ({"name": ""}, "name")],
)  # fmt: skip
def test_what_cannot_be_linked_is_refused_by_field(cast, source, change, attr):
    with pytest.raises(Invalid) as caught:
        documents.link(
            **{"by": cast.author, "name": "N", "kind": "google_docs", "key": "k", **change}
        )
    assert [problem.attr for problem in caught.value.problems] == [attr]


def test_no_more_documents_are_read_at_once_than_the_setting_says(linked, cast, source, settings):
    settings.SYNC_JOBS_AT_ONCE = 1
    source.put("doc-2", WEEK.encode())
    other = documents.link(by=cast.author, name="Other", kind="google_docs", key="doc-2")
    running = jobs.begin(linked, by=None)
    with pytest.raises(WrongState) as caught:
        documents.read(other)
    assert caught.value.code == "busy"
    assert not other.sync_jobs.exists()
    waiting = documents.ask(other, by=cast.author)
    assert rounds.work() == 0
    jobs.fail(running, [])
    assert rounds.work() == 1
    waiting.refresh_from_db()
    assert waiting.status == "completed"


def test_a_source_that_is_down_leaves_the_last_text_and_tells_its_owner_once(
    linked, source, settings
):
    linked.owner.email = "owner@press.example"
    linked.owner.save()
    read_now(linked)
    source.fail_with = DOWN
    for _ in range(3):
        assert read_now(linked).status == "failed"
    assert [item.head.title for item in linked.items.filter(is_present=True)] == TITLES
    assert linked.attempts == 3
    notice = Notice.objects.get()
    assert (notice.kind, notice.text, notice.closed_at) == ("source_down", str(DOWN), None)
    for _ in range(2):
        notices.mail(notice)
    assert [message.to for message in mail.outbox] == [["owner@press.example"]]
    source.fail_with = None
    assert read_now(linked).result == "skipped"
    notice.refresh_from_db()
    assert notice.closed_at
    assert linked.attempts == 0


def test_what_the_source_asks_for_is_waited_for(linked, source):
    source.fail_with = Unavailable(
        "The source asks to wait.", code="rate_limited", retry_after_s=5400
    )
    read_now(linked)
    assert timedelta(minutes=89) < linked.due_at - timezone.now() <= timedelta(minutes=90)


def test_refused_credentials_halt_the_machines_until_a_person_acts(linked, source):
    source.fail_with = Refused(
        "The source refuses our key. Give it a working one.", code="unauthorized"
    )
    read_now(linked)
    assert (linked.halted, linked.due_at) == (str(source.fail_with), None)
    assert rounds.queue_due(timezone.now() + timedelta(days=1)) == 0
    assert Notice.objects.get().kind == "credentials"
    source.fail_with = None
    assert read_now(linked).result == "read"
    assert linked.halted == ""
    assert linked.due_at


def test_five_failures_in_a_row_leave_the_host_in_peace_for_a_minute(linked, source):
    source.fail_with = DOWN
    for _ in range(5):
        read_now(linked)
    assert source.asked == 5
    assert read_now(linked).errors[0]["code"] == "source_paused"
    assert source.asked == 5
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        read_now(linked)
        assert source.asked == 6
        assert read_now(linked).errors[0]["code"] == "source_paused", "one try, and it was in vain"
    source.fail_with = None
    with time_machine.travel(timezone.now() + timedelta(seconds=200)):
        for _ in range(hosts.CLOSES_AFTER):
            read_now(linked)
        source.fail_with = DOWN
        read_now(linked)
        assert read_now(linked).errors[0]["code"] == "unreachable", (
            "it is well again: one failure is one"
        )


def test_a_document_that_lost_most_of_its_pieces_waits_for_a_person(linked, source):
    read_now(linked)
    source.put("doc-1", WEEK.split("### Breath pacing")[0].encode())
    job = read_now(linked)
    assert (job.status, job.result) == ("completed", "waiting")
    assert [item.head.title for item in linked.items.filter(is_present=True)] == TITLES
    assert Notice.objects.get(closed_at=None).kind == "source_shrunk"
    assert linked.due_at, "the schedule is untouched"


def test_an_emptied_document_waits_too(linked, source):
    read_now(linked)
    source.put("doc-1", b"# Halcytone Content\n")
    assert read_now(linked).result == "waiting"
    assert linked.items.filter(is_present=True).count() == 6


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"Some words here.\n\n" * 20_001, "source_truncated"),
        (WEEK.encode() + b"caf\xe9", "encoding"),
        (b'{"tips": [', "json_schema"),
    ],
    ids=["too many blocks", "no UTF-8", "broken JSON"],
)
def test_a_text_that_was_not_read_to_its_end_is_no_shorter_document(linked, source, data, code):
    read_now(linked)
    source.put("doc-1", data)
    job = read_now(linked)
    assert (job.status, job.snapshot) == ("failed", None)
    assert code in {error["code"] for error in job.errors}
    assert linked.snapshots.count() == 1
    assert [item.head.title for item in linked.items.filter(is_present=True)] == TITLES


def test_a_person_takes_the_shorter_document_or_refuses_it(linked, source, cast):
    from content.services import snapshots

    read_now(linked)
    source.put("doc-1", WEEK.split("### Breath pacing")[0].encode())
    first = read_now(linked).snapshot
    snapshots.refuse(first, by=linked.owner)
    assert linked.items.filter(is_present=True).count() == 6
    with pytest.raises(WrongState) as caught:
        snapshots.accept(first, by=linked.owner)
    assert caught.value.code == "not_waiting"
    source.put("doc-1", WEEK.split("### A calmer")[0].encode())
    snapshots.accept(read_now(linked).snapshot, by=linked.owner)
    assert [item.head.title for item in linked.items.filter(is_present=True)] == TITLES[:2]
    assert not Notice.objects.filter(closed_at=None).exists()


def test_a_document_that_is_whole_again_needs_nobody(linked, source):
    read_now(linked)
    source.put("doc-1", b"# Halcytone Content\n")
    waiting = read_now(linked).snapshot
    source.put("doc-1", WEEK.replace("Twelve boards", "Thirteen boards").encode())
    assert read_now(linked).result == "read"
    waiting.refresh_from_db()
    assert waiting.state == "refused"
    assert not Notice.objects.filter(closed_at=None).exists()


def test_a_source_that_tells_what_changed_is_heard_before_the_interval_is_over(linked, source):
    read_now(linked)
    rounds.listen(timezone.now())
    source.put("doc-1", WEEK.replace("Twelve boards", "Thirteen boards").encode())
    assert rounds.listen(timezone.now()) == 1
    assert rounds.queue_due(timezone.now()) == 1
    rounds.work()
    assert linked.snapshots.count() == 2
    assert rounds.listen(timezone.now()) == 0


def test_a_waiting_job_can_be_taken_back_and_a_failed_one_tried_again(linked, source):
    waiting = documents.ask(linked, by=linked.owner)
    assert jobs.cancel(waiting, by=linked.owner).status == "cancelled"
    with pytest.raises(WrongState):
        jobs.cancel(waiting, by=linked.owner)
    source.fail_with = DOWN
    failed = read_now(linked)
    source.fail_with = None
    again = jobs.retry(failed, by=linked.owner)
    assert again.correlation_id == f"retry_{failed.correlation_id}"
    rounds.work()
    again.refresh_from_db()
    assert again.result == "read"
    with pytest.raises(WrongState):
        jobs.retry(again, by=linked.owner)


def test_everything_that_failed_is_tried_again_in_one_go(linked, source):
    source.fail_with = DOWN
    read_now(linked)
    assert len(jobs.retry_failed(SyncJob.objects.all(), by=linked.owner)) == 1
    assert jobs.retry_failed(SyncJob.objects.all(), by=linked.owner) == []


def test_old_jobs_are_forgotten_and_the_last_completed_one_stays(linked, source):
    for _ in range(3):
        read_now(linked)
    SyncJob.objects.update(completed_at=timezone.now() - timedelta(days=8))
    jobs.forget_old()
    assert linked.sync_jobs.count() == 1
    assert read_now(linked).result == "skipped"


class Noticed(Memory):
    """A source that tells of a change while it is being read."""

    def fetch(self, ref, known):
        Document.objects.update(due_at=timezone.now())
        return super().fetch(ref, known)


def test_a_notice_that_comes_while_a_document_is_read_is_not_lost(linked, source):
    linked.refresh_from_db()
    Shared.memory = Noticed()
    Shared.memory.put("doc-1", WEEK.encode())
    read_now(linked)
    assert linked.due_at <= timezone.now()
