import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from content.models import Document, Item, Revision, SyncJob
from content.services import documents, items
from content.sources.given import Given
from halcytone.lib.errors import Refused, Unavailable, WrongState
from tests.content.services.conftest import TITLES, WEEK

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(cast):
    return documents.register(by=cast.author, name="Week", kind="inline", data=WEEK.encode())


def give(document, text):
    documents.give(document, by=document.owner, data=text.encode())
    return documents.read(document)


def present(document):
    return [item.head.title for item in document.items.filter(is_present=True)]


def item(document, title):
    return Item.objects.get(document=document, head__title=title)


def test_reading_saves_a_snapshot_and_an_item_for_each_piece(document, heard):
    job = documents.read(document, by=document.owner, correlation_id="abc")
    assert (job.status, job.result, job.correlation_id) == ("completed", "read", "abc")
    assert present(document) == TITLES
    snapshot = document.snapshots.get()
    assert job.snapshot == snapshot
    assert zlib.decompress(snapshot.raw).decode() == WEEK
    assert (snapshot.strategy, snapshot.item_count) == ("living", 6)
    assert snapshot.size_bytes == len(WEEK.encode())
    assert snapshot.blocks
    assert heard == [("document_read", {"document": document, "job": job})]


def test_a_revision_says_what_was_read_where_and_who_gave_it(document):
    documents.read(document)
    head = item(document, "The second board passed its drop test").head
    assert (head.section, head.on.isoformat(), head.type) == ("hardware", "2026-11-25", "update")
    assert WEEK.splitlines()[head.line_start - 1] == f"### {head.title}"
    assert (head.number, head.origin, head.author) == (1, "source", document.owner)
    assert head.fields["published"] is True
    assert "excerpt" not in head.fields, "what is made from the text is made where it is used"


def test_an_unchanged_text_is_skipped_without_a_new_row(document):
    documents.read(document)
    job = documents.read(document)
    assert (job.status, job.result) == ("completed", "skipped")
    assert job.snapshot == document.snapshots.get()
    assert Revision.objects.count() == 6


def test_other_bytes_that_say_the_same_are_skipped_too(document):
    documents.read(document)
    assert give(document, WEEK + "\n\n").result == "skipped"
    assert document.snapshots.count() == 1


def test_a_new_token_for_the_same_text_is_remembered_so_that_it_is_parsed_once(document, source):
    source.put(document.ref, WEEK.encode())
    documents.read(document)
    source.put(document.ref, WEEK.encode())
    job = documents.read(document)
    assert (job.result, job.source_version, job.snapshot.source_version) == ("skipped", "2", "1")
    source.texts[document.ref] = replace(source.texts[document.ref], data=b"not asked for")
    assert documents.read(document).source_version == "2"
    assert document.sync_jobs.filter(result="skipped").count() == 2


def test_a_mended_warning_is_news_even_where_no_item_changed(document):
    give(document, WEEK + "\n=== SUNDRIES ===\n")
    assert any(one["code"] == "banner_unknown" for one in document.snapshots.first().problems)
    assert give(document, WEEK).result == "read"
    assert not any(one["code"] == "banner_unknown" for one in document.snapshots.first().problems)


def test_the_same_bytes_are_parsed_again_when_they_are_to_be_read_differently(document):
    documents.read(document)
    documents.change(document, by=document.owner, strategy="freeform")
    job = documents.read(document)
    assert job.result == "read"
    assert job.snapshot.strategy == "freeform"


def test_a_changed_text_makes_the_next_revision_of_that_item_alone(document):
    documents.read(document)
    give(document, WEEK.replace("Twelve boards", "Thirteen boards"))
    changed = item(document, "The second board passed its drop test")
    assert changed.head.number == 2
    assert "Thirteen" in changed.head.content
    assert changed.head.parent.number == 1
    assert changed.incoming is None
    assert Revision.objects.count() == 7


def test_an_edit_is_never_overwritten(document, cast):
    documents.read(document)
    edited = item(document, "The second board passed its drop test")
    items.edit(edited, by=cast.editor, reason="Clearer", content="All twelve boards survived it.")
    give(document, WEEK.replace("Twelve boards", "Thirteen boards"))
    edited.refresh_from_db()
    assert edited.head.content == "All twelve boards survived it."
    assert "Thirteen" in edited.incoming.content
    assert edited.incoming.parent.number == 1, "a source's text grows from the source's text"


def test_a_source_that_says_what_was_edited_takes_over_without_a_question(document, cast):
    documents.read(document)
    edited = item(document, "Breathing is for everyone")
    items.edit(edited, by=cast.editor, reason="Warmer", title="Breathing is for all of us")
    give(document, WEEK.replace("Breathing is for everyone", "Breathing is for all of us"))
    edited.refresh_from_db()
    assert (edited.head.origin, edited.incoming) == ("source", None)


def test_an_item_that_vanished_stays_and_comes_back_as_itself(document):
    documents.read(document)
    gone = item(document, "Breathing is for everyone")
    give(document, WEEK.split("## [Vision]")[0])
    gone.refresh_from_db()
    assert not gone.is_present
    assert present(document) == TITLES[:-1]
    give(document, WEEK)
    gone.refresh_from_db()
    assert gone.is_present
    assert gone.revisions.count() == 1
    assert Item.objects.count() == 6


def test_an_item_without_a_date_keeps_the_day_of_its_first_reading(document):
    undated = WEEK.replace("- **Date:** 2026-11-22\n", "")
    give(document, undated)
    first = item(document, "Breathing is for everyone").head
    long_ago = first.on - timedelta(days=30)
    Revision.objects.filter(pk=first.pk).update(on=long_ago)
    give(document, undated.replace("a borrowed phone", "any borrowed phone"))
    assert item(document, "Breathing is for everyone").head.on == long_ago


def test_an_exact_duplicate_is_linked_to_the_newer_one(document):
    block = WEEK[WEEK.index("### Two minutes") : WEEK.index("## [Vision]")]
    give(document, WEEK.replace(block, block + block.replace("2026-11-23", "2026-11-27")))
    older, newer = document.items.filter(head__title="Two minutes before a meeting")
    assert older.duplicate_of == newer
    assert newer.duplicate_of is None
    assert older.key != newer.key


def test_an_item_with_an_error_arrives_blocked_and_the_others_as_usual(document):
    give(document, WEEK.replace("- **Date:** 2026-11-22", "- **Date:** 03/06/2026"))
    blocked = item(document, "Breathing is for everyone")
    assert blocked.is_blocked
    assert document.items.filter(is_blocked=False).count() == 5
    [problem] = [
        one for one in document.snapshots.get().problems if one["code"] == "date_ambiguous"
    ]
    assert WEEK.splitlines()[problem["line"] - 1] == "- **Date:** 2026-11-22"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("<!-- published: true -->\n", "document_empty"),
        ("## [Tips] Habits\n### Short\n- **Content:** Too short\n", "body_short"),
        ('{"tips": [', "json_schema"),
    ],
)
def test_a_document_with_nothing_good_fails_and_the_last_snapshot_stays(document, data, code):
    documents.read(document)
    job = give(document, data)
    assert (job.status, job.result, job.snapshot) == ("failed", "", None)
    assert code in {error["code"] for error in job.errors}
    assert present(document) == TITLES
    assert document.snapshots.count() == 1


def test_a_failed_job_is_never_the_last_one(document):
    documents.read(document)
    give(document, "<!-- published: true -->\n")
    assert give(document, WEEK).result == "skipped", "compared with the last completed one"
    failed = give(document, "<!-- published: false -->\n")
    again = documents.read(document)
    assert again.status == "failed", "what failed is tried again, not skipped"
    assert again.correlation_id == f"retry_{failed.correlation_id}"
    assert documents.read(document).correlation_id == again.correlation_id


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("The source does not answer. It is asked again later."),
        Refused("The source refused the key.", code="credentials_refused"),
    ],
)
def test_a_source_that_fails_saves_its_words_and_nothing_else(document, source, error):
    source.put(document.ref, WEEK.encode())
    documents.read(document)
    source.put(document.ref, b"### Other")
    source.fail_with = error
    job = documents.read(document)
    assert job.status == "failed"
    assert [(one["code"], one["message"]) for one in job.errors] == [(error.code, str(error))]
    assert present(document) == TITLES
    source.fail_with = None
    source.put(document.ref, WEEK.encode() + b"\n### More\n- **Content:** One more of these texts.")
    assert documents.read(document).status == "completed"


def test_one_document_is_read_by_one_job_at_a_time(document):
    SyncJob.objects.create(job_id="sync_1", document=document, status="in_progress")
    with pytest.raises(WrongState) as caught:
        documents.read(document)
    assert caught.value.code == "already_running"


def test_a_job_whose_process_died_is_given_up_and_the_document_read(document):
    long_ago = timezone.now() - timedelta(minutes=16)
    lost = SyncJob.objects.create(
        job_id="sync_1", document=document, status="in_progress", started_at=long_ago
    )
    assert documents.read(document).result == "read"
    lost.refresh_from_db()
    assert (lost.status, lost.errors[0]["code"]) == ("failed", "lost")


class GivenUp(Given):
    """Takes so long that its job is given up in the meantime."""

    def fetch(self, ref, known):
        SyncJob.objects.update(status="failed")
        return super().fetch(ref, known)


def test_a_job_that_was_given_up_saves_nothing(document, settings):
    settings.SOURCES = {"inline": {"BACKEND": "tests.content.services.test_reads.GivenUp"}}
    with pytest.raises(WrongState):
        documents.read(document)
    assert not document.items.exists()
    assert not document.snapshots.exists()


class Broken(Given):
    def fetch(self, ref, known):
        raise ZeroDivisionError


def test_an_error_of_the_program_leaves_no_running_job(document, settings):
    settings.SOURCES = {"inline": {"BACKEND": "tests.content.services.test_reads.Broken"}}
    with pytest.raises(ZeroDivisionError):
        documents.read(document)
    assert document.sync_jobs.get().status == "failed"
    assert document.sync_jobs.get().errors[0]["code"] == "stopped"


class Watching(Given):
    transactions = []

    def fetch(self, ref, known):
        self.transactions.append(connection.in_atomic_block)
        return super().fetch(ref, known)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_source_is_asked(document, settings):
    settings.SOURCES = {"inline": {"BACKEND": "tests.content.services.test_reads.Watching"}}
    assert documents.read(document).result == "read"
    assert Watching.transactions == [False]


def test_a_document_that_is_switched_off_is_not_read(document):
    documents.change(document, by=document.owner, is_active=False)
    with pytest.raises(WrongState) as caught:
        documents.read(document)
    assert caught.value.code == "inactive"


def test_what_fails_while_saving_leaves_nothing_half_read(document):
    from content.signals import document_read

    def refuse(**_told):
        raise WrongState("Not now.")

    document_read.connect(refuse)
    try:
        with pytest.raises(WrongState):
            documents.read(document)
    finally:
        document_read.disconnect(refuse)
    assert not document.items.exists()
    assert not document.snapshots.exists()
    assert document.sync_jobs.get().status == "failed"


def test_the_latest_jobs_are_one_for_each_document(document, cast):
    documents.read(document)
    last = documents.read(document)
    never = documents.register(by=cast.author, name="New", kind="inline", data=b"# New")
    assert list(documents.latest_jobs([document, never])) == [last]


def test_reading_500_items_takes_as_many_queries_as_reading_5(
    document, django_assert_max_num_queries
):
    def text(count):
        pieces = (
            f"### Habit number {n}\n- **Date:** 2026-11-23\n"
            f"- **Content:** Habit {n} takes {n} breaths and a quiet corner of the room.\n"
            for n in range(count)
        )
        return "## [Tips] Habits\n" + "\n".join(pieces)

    documents.give(document, by=document.owner, data=text(500).encode())
    with django_assert_max_num_queries(70):
        assert documents.read(document).snapshot.item_count == 500
    assert Document.objects.get().items.count() == 500
