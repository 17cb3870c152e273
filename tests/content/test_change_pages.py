"""The desk's pages about linked documents and what changed in them."""

import pytest

from content.models import Document, Drift
from content.services import documents, drafts, items, rounds
from halcytone.lib.errors import Refused
from tests.content.services.conftest import WEEK, cast, source  # noqa: F401

pytestmark = pytest.mark.django_db
LINK = "/admin/documents/link/"


@pytest.fixture
def desk(client, cast):  # noqa: F811
    cast.editor.is_staff = True
    cast.editor.save()
    client.force_login(cast.editor)
    return client


@pytest.fixture
def document(cast, source):  # noqa: F811
    source.put("doc-1", WEEK.encode())
    linked = documents.link(by=cast.editor, name="Week", kind="google_docs", key="doc-1")
    rounds.queue_due(linked.due_at)
    rounds.work()
    return linked


@pytest.fixture
def drifted(document, source, cast):  # noqa: F811
    revisions = [item.head for item in document.items.all()][:4]
    draft = drafts.create(by=cast.editor, type="update", title="This week", revisions=revisions,
                          formats=["newsletter", "linkedin"])  # fmt: skip
    drafts.generate(draft, by=cast.editor)
    source.put("doc-1", WEEK.replace("Twelve boards", "Eleven boards").encode())
    documents.ask(document, by=cast.editor)
    rounds.work()
    return draft


def answers(**changes):
    return {"kind": "google_docs", "key": "doc-1", "name": "", "strategy": "auto",
            "interval_minutes": "30", "drift_policy": "notify", **changes}  # fmt: skip


def test_a_document_is_tried_before_it_is_added(desk, source):  # noqa: F811
    source.put("doc-1", WEEK.encode())
    tried = desk.post(LINK, answers(step="try"))
    assert "It can be read" in tried.content.decode()
    assert "The second board passed its drop test" in tried.content.decode()
    assert not Document.objects.exists()
    added = desk.post(LINK, answers(step="add", title="Halcytone Content"))
    document = Document.objects.get()
    assert added.headers["Location"] == f"/admin/documents/{document.pk}/"
    assert (document.name, document.sync_jobs.get().status) == ("Halcytone Content", "pending")
    assert "A worker reads it" in desk.get(added.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Refused("The source refuses our key.", code="unauthorized"), "working credentials"),
        (None, "There is no text named doc-1."),
    ],
)
def test_a_trial_that_fails_says_so_at_the_field_and_saves_nothing(desk, source, error, words):  # noqa: F811
    source.fail_with = error
    answer = desk.post(LINK, answers(step="try"))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Document.objects.exists()


def test_the_page_shows_where_a_document_is_read_from_and_when_again(desk, document):
    page = desk.get(f"/admin/documents/{document.pk}/").content.decode()
    assert "next reading in" in page
    assert "Fetch now" in page
    desk.post(f"/admin/documents/{document.pk}/read/")
    assert document.sync_jobs.first().status == "pending"


def test_how_a_document_is_read_can_be_changed(desk, document):
    url = f"/admin/documents/{document.pk}/settings/"
    form = {"name": "Week", "strategy": "auto", "interval_minutes": "5", "drift_policy": "hold", "is_active": "on"}  # fmt: skip
    assert desk.post(url, form | {"interval_minutes": "99999"}).status_code == 422
    assert desk.post(url, form).status_code == 302
    document.refresh_from_db()
    assert (document.interval_minutes, document.drift_policy) == (5, "hold")


def test_a_changed_sentence_stands_on_its_page_with_what_may_be_done(desk, document, drifted):
    page = desk.get(f"/admin/documents/{document.pk}/drift/").content.decode()
    assert "Twelve boards fell onto concrete" in page
    assert '<ins><span class="visually-hidden">added: </span>Eleven</ins>' in page
    assert "Take it over" in page
    assert "sentence" in desk.get(f"/admin/documents/{document.pk}/").content.decode()
    row = Drift.objects.filter(rendition__format="newsletter").first()
    desk.post(f"/admin/drifts/{row.pk}/decide/", {"decision": "keep", "reason": "The old test"})
    row.refresh_from_db()
    assert (row.decision, row.reason) == ("kept", "The old test")
    assert (
        "The old test"
        in desk.get(f"/admin/documents/{document.pk}/drift/?show=all").content.decode()
    )


def test_home_and_the_draft_say_that_the_source_changed(desk, document, drifted):
    home = desk.get("/admin/").content.decode()
    assert "come from passages that changed" in home
    assert f"/admin/documents/{document.pk}/drift/" in home
    draft = desk.get(f"/admin/drafts/{drifted.pk}/").content.decode()
    assert "Week changed after this was made:" in draft


def test_two_readings_and_two_versions_are_compared(desk, document, drifted, cast):  # noqa: F811
    newest = document.snapshots.first()
    page = desk.get(f"/admin/snapshots/{newest.pk}/compare/").content.decode()
    assert '<del><span class="visually-hidden">removed: </span>Twelve</del>' in page
    item = document.items.get(head__title="The second board passed its drop test")
    items.edit(item, by=cast.editor, reason="Shorter", title="The board passed")
    first = item.revisions.order_by("number").first()
    page = desk.get(f"/admin/revisions/{item.revisions.first().pk}/compare/?with={first.pk}")
    assert "second" in page.content.decode()
    desk.post(f"/admin/revisions/{first.pk}/restore/")
    item.refresh_from_db()
    assert item.head.title == "The second board passed its drop test"


def test_a_shorter_document_is_looked_at_and_taken(desk, document, source):  # noqa: F811
    source.put("doc-1", WEEK.split("### Breath pacing")[0].encode())
    documents.ask(document, by=document.owner)
    rounds.work()
    page = desk.get(f"/admin/documents/{document.pk}/").content.decode()
    assert "Most of this document is gone" in page
    waiting = document.snapshots.get(state="waiting")
    assert (
        "Take the shorter document"
        in desk.get(f"/admin/snapshots/{waiting.pk}/compare/").content.decode()
    )
    desk.post(f"/admin/snapshots/{waiting.pk}/settle/", {"answer": "accept"})
    assert document.items.filter(is_present=True).count() == 1
