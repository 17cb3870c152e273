"""The desk's page of an item: two texts to choose from, and pieces that say nearly the same."""

import pytest

from content.models import Resemblance
from content.services import documents, items, resemblances, rounds
from tests.content.services.conftest import WEEK, cast, source  # noqa: F401
from tests.factories.content import ItemFactory, RevisionFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
TITLE = "The second board passed its drop test"


@pytest.fixture
def desk(client, cast):  # noqa: F811
    cast.editor.is_staff = True
    cast.editor.save()
    client.force_login(cast.editor)
    return client


@pytest.fixture
def torn(cast, source):  # noqa: F811
    """An item that was edited here and then changed in its document."""
    source.put("doc-1", WEEK.encode())
    linked = documents.link(by=cast.editor, name="Week", kind="google_docs", key="doc-1")
    rounds.queue_due(linked.due_at)
    rounds.work()
    item = linked.items.get(head__title=TITLE)
    text = item.head.content.replace("concrete", "stone")
    items.edit(item, by=cast.editor, reason="It was stone", content=text)
    source.put("doc-1", WEEK.replace("Twelve boards", "Eleven boards").encode())
    documents.ask(linked, by=cast.editor)
    rounds.work()
    item.refresh_from_db()
    return item


def choose(desk, item, **wish):
    return desk.post(f"/admin/items/{item.pk}/choose/", wish)


def test_two_texts_are_shown_word_by_word_with_a_form_to_merge_them(desk, torn):
    page = desk.get(f"/admin/items/{torn.pk}/").content.decode()
    assert '<del><span class="visually-hidden">removed: </span>stone</del>' in page
    assert '<ins><span class="visually-hidden">added: </span>Eleven</ins>' in page
    assert 'for="merge_content"' in page
    form = page.split('aria-label="Merge by hand"')[1].split("</form>")[0]
    assert f'value="{TITLE}"' in form
    assert "Twelve boards fell onto stone" in form


def test_a_merged_text_is_the_next_version_and_settles_it(desk, torn):
    answer = choose(
        desk, torn, choice="merged", title=TITLE, content="Eleven boards fell on stone."
    )
    assert answer.headers["Location"] == f"/admin/items/{torn.pk}/"
    torn.refresh_from_db()
    assert (torn.head.origin, torn.head.content) == ("merged", "Eleven boards fell on stone.")
    assert torn.incoming is None
    assert "Changed in two places" not in desk.get(f"/admin/items/{torn.pk}/").content.decode()


def test_a_merge_that_is_refused_keeps_what_was_typed_and_changes_nothing(desk, torn):
    answer = choose(desk, torn, choice="merged", title="", content="Eleven boards fell on stone.")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "<details open>" in page
    assert "Eleven boards fell on stone." in page
    torn.refresh_from_db()
    assert torn.incoming is not None


def test_a_merge_that_came_too_late_is_told(desk, torn):
    choose(desk, torn, choice="source")
    choose(desk, torn, choice="merged", title=TITLE, content="Too late.")
    page = desk.get(f"/admin/items/{torn.pk}/").content.decode()
    assert "There is no newer text from the source to choose." in page


def test_a_piece_that_says_nearly_the_same_is_named_and_compared(desk):
    one, other = (RevisionFactory(item=ItemFactory()) for _ in range(2))
    Resemblance.objects.create(item=one.item, other=other.item, why="The same beginning.")
    for mine, theirs in ((one, other), (other, one)):
        page = desk.get(f"/admin/items/{mine.item_id}/").content.decode()
        link = f"/admin/revisions/{mine.pk}/compare/?with={theirs.pk}"
        assert link in page
        assert "The same beginning." in page
        beside = desk.get(link).content.decode()
        assert f'<a href="/admin/items/{theirs.item_id}/">{theirs.title}</a>' in beside
    assert desk.get(f"/admin/revisions/{one.pk}/compare/?with=999999").status_code == 404


def test_only_pieces_that_a_person_may_see_are_named():
    person = PersonFactory(group="contributor")
    one, other = RevisionFactory(item=ItemFactory(document__owner=person)), RevisionFactory()
    Resemblance.objects.create(item=one.item, other=other.item, why="The same beginning.")
    assert resemblances.seen_by(person, one.item) == []
    assert resemblances.seen_by(other.author, one.item) == []
    editor = PersonFactory(group="editor")
    assert resemblances.seen_by(editor, one.item) == [(other.item, "The same beginning.")]


def test_the_next_version_is_the_one_behind_all_that_are_kept(desk, torn):
    assert [one.number for one in torn.revisions.all()] == [3, 2, 1]
    page = desk.get(f"/admin/items/{torn.pk}/").content.decode()
    assert "Save as version 4" in page
    desk.post(f"/admin/items/{torn.pk}/", {"title": TITLE, "content": torn.head.content + " Twice.", "reason": "More"})  # fmt: skip
    torn.refresh_from_db()
    assert (torn.head.number, torn.incoming.number) == (4, 3)


def test_the_page_says_what_the_piece_asks_for(desk, cast):  # noqa: F811
    text = (
        "<!-- published: true -->\n<!-- scheduled_for: 2027-03-16T10:00 -->\n# Letter\n"
        "## [Tips] Small habits\n### Two minutes\n- **Tags:** calm\n- **Author:** Jo Roe\n"
        "- **Content:** Sit, breathe in for four counts, out for six. Repeat ten times.\n"
    )
    document = documents.register(
        by=cast.editor, name="Letter", kind="inline", data=text.encode(), file_name=""
    )
    documents.read(document, by=cast.editor)
    page = desk.get(f"/admin/items/{document.items.get().pk}/").content.decode()
    for words in ("Scheduled", "Tue 16 Mar 2027 10:00 EDT = 14:00 UTC", "calm", "Jo Roe"):
        assert words in page
    assert "10:00 EDT = 14:00 UTC" in desk.get(f"/admin/documents/{document.pk}/").content.decode()
