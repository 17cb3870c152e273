import pytest

from content.models import Document, Revision, Snapshot
from content.services import documents, items
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.content.services.conftest import WEEK
from tests.factories import DraftFactory

pytestmark = pytest.mark.django_db


def register(by, **changes):
    given = {"name": "December", "kind": "inline", "data": WEEK.encode(), **changes}
    return documents.register(by=by, **given)


def problems_of(action):
    with pytest.raises(Invalid) as caught:
        action()
    return {problem.attr: problem.code for problem in caught.value.problems}


def test_a_registered_document_keeps_the_bytes_as_they_were_given(cast):
    data = b"\xef\xbb\xbf# Notes\r\n"
    document = register(cast.editor, kind="upload", data=data, file_name="notes.md")
    document.refresh_from_db()
    assert bytes(document.data) == data
    assert (document.owner, document.given_by) == (cast.editor, cast.editor)
    assert document.zone == "America/New_York"
    assert not document.snapshots.exists()


def test_internal_is_another_word_for_inline(cast):
    assert register(cast.editor, kind="internal").kind == Document.Kind.INLINE


def test_every_wrong_setting_is_named(cast):
    def wrong():
        register(cast.editor, name=" ", kind="fax", zone="Mars/Base", strategy="guess", data=b"")

    assert problems_of(wrong) == {
        "name": "invalid_field",
        "kind": "invalid_field",
        "zone": "invalid_field",
        "strategy": "invalid_field",
        "data": "nothing_given",
    }
    assert not Document.objects.exists()


def test_a_text_of_more_than_ten_megabytes_is_refused_by_its_own_code(cast):
    with pytest.raises(Invalid) as caught:
        register(cast.editor, data=b"x" * 10_485_761)
    assert caught.value.code == "too_large"


def test_an_upload_needs_a_name_of_a_kind_that_is_read(cast):
    assert problems_of(lambda: register(cast.editor, kind="upload")) == {"data": "type_refused"}


def test_who_may_not_add_documents_is_told_who_can(cast):
    with pytest.raises(NotAllowed, match="editor"):
        register(cast.viewer)


def test_giving_a_new_text_notes_who_gave_it(cast):
    document = register(cast.author)
    given = documents.give(document, by=cast.editor, data=b"# Other")
    assert bytes(given.data) == b"# Other"
    assert (given.owner, given.given_by, given.version) == (cast.author, cast.editor, 2)


def test_a_new_upload_may_bring_a_new_name_and_keeps_the_old_one_otherwise(cast):
    document = register(cast.author, kind="upload", file_name="a.md")
    assert documents.give(document, by=cast.author, data=b"# B").file_name == "a.md"
    document = documents.give(document, by=cast.author, data=b"[]", file_name="b.json")
    assert document.file_name == "b.json"


def test_a_contributor_changes_her_own_document_and_no_other(cast):
    own = register(cast.contributor)
    documents.give(own, by=cast.contributor, data=b"# Mine")
    with pytest.raises(NotAllowed):
        documents.give(register(cast.editor), by=cast.contributor, data=b"# Not mine")


def test_a_change_without_a_difference_writes_nothing(cast):
    document = register(cast.editor)
    assert documents.change(document, by=cast.editor, name="December").version == 1
    assert documents.change(document, by=cast.editor, name="January").version == 2


def test_a_change_on_an_old_version_is_refused(cast):
    document = register(cast.editor)
    documents.change(document, by=cast.editor, version=1, name="January")
    with pytest.raises(WrongState) as caught:
        documents.change(document, by=cast.editor, version=1, name="March")
    assert caught.value.code == "version_mismatch"


def test_an_unknown_or_wrong_field_is_named(cast):
    document = register(cast.editor)
    wrong = {"colour": "red", "zone": "Mars/Base"}
    assert problems_of(lambda: documents.change(document, by=cast.editor, **wrong)) == {
        "colour": "unknown_field",
        "zone": "invalid_field",
    }


def test_only_who_manages_documents_hands_them_over(cast):
    document = register(cast.editor)
    with pytest.raises(NotAllowed):
        documents.change(document, by=cast.editor, owner=cast.author)
    changed = documents.change(document, by=cast.senior_editor, owner=cast.author)
    assert changed.owner == cast.author


def test_removing_a_document_takes_all_that_was_read_from_it(cast):
    document = register(cast.editor)
    documents.read(document)
    items.edit(document.items.first(), by=cast.author, reason="Shorter", title="No signal")
    documents.remove(document, by=cast.editor)
    assert not Document.objects.exists()
    assert not Snapshot.objects.exists()


def test_a_document_that_a_draft_uses_stays_whole(cast):
    document = register(cast.editor)
    documents.read(document)
    item = document.items.first()
    items.edit(item, by=cast.author, reason="Shorter", title="No signal")
    item.refresh_from_db()
    DraftFactory(revisions=[item.head])
    with pytest.raises(WrongState) as caught:
        documents.remove(document, by=cast.editor)
    assert caught.value.code == "in_use"
    assert Revision.objects.get(pk=item.head_id).parent is not None


def test_an_editor_removes_no_document_of_another(cast):
    document = register(cast.author)
    with pytest.raises(NotAllowed):
        documents.remove(document, by=cast.editor)
    documents.remove(document, by=cast.senior_editor)


def test_a_contributor_sees_her_own_documents_and_their_items_only(cast):
    own, other = register(cast.contributor), register(cast.editor)
    documents.read(own)
    documents.read(other)
    assert list(documents.visible_to(cast.contributor)) == [own]
    assert {item.document for item in items.visible_to(cast.contributor)} == {own}
    assert documents.visible_to(cast.viewer).count() == 2
    assert items.visible_to(cast.viewer).count() == own.items.count() + other.items.count()
    assert not documents.visible_to(cast.outsider).exists()


def test_trying_a_text_saves_nothing(cast):
    reading = documents.try_parse(WEEK.encode(), name="notes.md")
    assert len(reading.items) == 6
    assert not Document.objects.exists()
    with pytest.raises(Invalid):
        documents.try_parse(b"", name="notes.md")
