import pytest

from content.models import Item
from content.services import documents, items, revisions
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.content.services.conftest import WEEK
from tests.factories import DocumentFactory, ItemFactory, RevisionFactory

pytestmark = pytest.mark.django_db
BOARD = "The second board passed its drop test"


@pytest.fixture
def item(cast):
    return RevisionFactory(item__document__owner=cast.author, title=BOARD).item


@pytest.fixture
def contested(cast):
    """An item that somebody edited and whose source then changed."""
    document = documents.register(by=cast.author, name="Week", kind="inline", data=WEEK.encode())
    documents.read(document)
    item = Item.objects.get(head__title=BOARD)
    items.edit(item, by=cast.editor, reason="Clearer", content="All twelve boards survived it.")
    data = WEEK.replace("Twelve boards", "Thirteen boards").encode()
    documents.give(document, by=cast.author, data=data)
    documents.read(document)
    return Item.objects.get(pk=item.pk)


def test_an_edit_makes_the_next_revision_and_leaves_the_one_before(item, cast):
    before = item.head
    after = items.edit(item, by=cast.editor, reason="Shorter", title="The board survived")
    before.refresh_from_db()
    item.refresh_from_db()
    assert item.head == after
    assert before.title == BOARD
    assert (after.number, after.parent, after.author) == (2, before, cast.editor)
    assert (after.title, after.content, after.reason) == (
        "The board survived",
        before.content,
        "Shorter",
    )
    assert after.sha256 == revisions.digest(revisions.text_of(after)) != before.sha256


def test_an_edit_that_changes_nothing_makes_no_revision(item, cast):
    head = items.edit(item, by=cast.editor, reason="", title=f" {BOARD} ", fields={"priority": 3})
    assert head == item.head
    assert item.revisions.count() == 1


def test_an_edit_needs_a_reason(item, cast):
    with pytest.raises(Invalid) as caught:
        items.edit(item, by=cast.editor, reason=" ", title="The board survived")
    assert caught.value.problems[0].attr == "reason"


def test_the_fields_of_a_document_can_be_edited_and_taken_away(item, cast):
    fields = {
        "section": "hardware",
        "date": "2026-11-25",
        "featured": True,
        "weekly": "true",
        "priority": 2,
        "type": "session",
        "tags": ["Boards", "tests"],
        "sources": ["https://halcytone.example/notes"],
        "session_duration": 1800,
        "average_hrv_improvement": 12.5,
    }
    head = items.edit(item, by=cast.editor, reason="Complete", fields=fields)
    assert (head.section, head.on.isoformat(), head.type) == ("hardware", "2026-11-25", "session")
    assert (head.is_featured, head.is_weekly, head.priority) == (True, True, 2)
    assert head.fields["tags"] == ["boards", "tests"]
    assert head.fields["session"] == {"session_duration": 1800, "average_hrv_improvement": 12.5}
    changes = {"tags": None, "session_duration": None}
    head = items.edit(item, by=cast.editor, reason="Less", fields=changes)
    assert "tags" not in head.fields
    assert head.fields["session"] == {"average_hrv_improvement": 12.5}


def test_each_wrong_field_is_named_and_nothing_is_saved(item, cast):
    wrong = {
        "colour": "red",
        "section": "cellar",
        "date": "25.11.2026",
        "priority": 9,
        "type": None,
        "tags": ["x" * 51],
        "session_duration": 7201,
        "participant_count": True,
        "breathing_techniques": "Box Breathing",
        "instructor_name": "x" * 101,
    }
    with pytest.raises(Invalid) as caught:
        items.edit(item, by=cast.editor, reason="x", title="", content="Short.", fields=wrong)
    found = {problem.attr: problem.code for problem in caught.value.problems}
    assert set(found) == {"title", "content", *wrong}
    assert (found["title"], found["content"], found["colour"]) == (
        "item_untitled",
        "body_short",
        "unknown_field",
    )
    assert item.revisions.count() == 1


def test_a_title_of_200_characters_is_kept_and_one_more_is_not(item, cast):
    assert items.edit(item, by=cast.editor, reason="x", title="x" * 200).title == "x" * 200
    with pytest.raises(Invalid):
        items.edit(item, by=cast.editor, reason="x", title="x" * 201)


def test_a_viewer_edits_nothing_and_is_told_who_can(item, cast):
    with pytest.raises(NotAllowed, match="editor"):
        items.edit(item, by=cast.viewer, reason="x", title="Mine")


def test_a_contributor_edits_items_of_her_own_documents_alone(item, cast):
    with pytest.raises(NotAllowed):
        items.edit(item, by=cast.contributor, reason="x", title="Mine")
    own = RevisionFactory(item__document=DocumentFactory(owner=cast.contributor)).item
    assert items.edit(own, by=cast.contributor, reason="x", title="Mine").title == "Mine"


def test_choosing_the_source_takes_its_text_as_it_stands(contested, cast):
    head = items.choose(contested, by=cast.author, choice="source")
    contested.refresh_from_db()
    assert (contested.head, contested.incoming) == (head, None)
    assert (head.origin, head.number) == ("source", 3)
    assert "Thirteen" in head.content


def test_choosing_the_edit_keeps_it_and_asks_no_more(contested, cast):
    head = items.choose(contested, by=cast.author, choice="edit")
    contested.refresh_from_db()
    assert (contested.head, contested.incoming) == (head, None)
    assert head.content == "All twelve boards survived it."
    documents.read(contested.document)
    contested.refresh_from_db()
    assert contested.incoming is None


def test_a_merged_text_has_everybody_who_wrote_either_as_author(contested, cast):
    head = items.choose(
        contested, by=cast.senior_editor, choice="merged", content="All thirteen boards survived."
    )
    contested.refresh_from_db()
    assert (contested.head, contested.incoming) == (head, None)
    assert (head.origin, head.title, head.content) == (
        "merged",
        BOARD,
        "All thirteen boards survived.",
    )
    assert revisions.writers([head])[head.pk] == {
        cast.author.pk,
        cast.editor.pk,
        cast.senior_editor.pk,
    }


@pytest.mark.parametrize(("choice", "attr"), [("both", "choice"), ("merged", "content")])
def test_a_choice_that_says_nothing_is_refused(contested, cast, choice, attr):
    with pytest.raises(Invalid) as caught:
        items.choose(contested, by=cast.author, choice=choice)
    assert caught.value.problems[0].attr == attr
    contested.refresh_from_db()
    assert contested.incoming is not None


def test_there_is_no_choice_where_the_source_did_not_change(item, cast):
    with pytest.raises(WrongState) as caught:
        items.choose(item, by=cast.editor, choice="source")
    assert caught.value.code == "nothing_to_choose"


def test_an_older_text_can_be_made_the_next_revision(item, cast):
    first = item.head
    items.edit(item, by=cast.editor, reason="Shorter", title="The board survived")
    head = items.restore(first, by=cast.senior_editor)
    assert (head.number, head.origin, head.title) == (3, "restored", BOARD)
    assert head.sha256 == first.sha256
    assert items.restore(first, by=cast.senior_editor) == head, "it stands already"


def test_an_edit_that_was_not_chosen_leaves_its_author_out(contested, cast):
    head = items.choose(contested, by=cast.senior_editor, choice="source")
    assert revisions.writers([head])[head.pk] == {cast.author.pk}


def test_an_item_without_a_text_cannot_be_edited(cast):
    with pytest.raises(WrongState):
        items.edit(ItemFactory(), by=cast.editor, reason="x", title="Something")
