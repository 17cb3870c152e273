"""A source changes under renditions: exactly the touched sentences are found, and people decide."""

import json

import pytest

from content.models import Drift, Notice, Usage
from content.services import documents, drafts, drift_decisions, renditions, rounds
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.content.services.conftest import WEEK

pytestmark = pytest.mark.django_db
OLD = "Twelve boards fell onto concrete, six times each, and all of them still measured."
NEW = "Eleven boards fell onto concrete, six times each, and all of them still measured."


@pytest.fixture
def document(cast, source):
    source.put("doc-1", WEEK.encode())
    linked = documents.link(by=cast.author, name="Week", kind="google_docs", key="doc-1")
    return read(linked)


def read(document):
    documents.ask(document, by=document.owner)
    rounds.work()
    document.refresh_from_db()
    return document


def edited(document, source, old, new):
    source.put("doc-1", source.texts["doc-1"].data.replace(old.encode(), new.encode()))
    return read(document)


def draft_of(document, *titles, by, formats=("newsletter", "web", "x", "linkedin", "facebook")):
    revisions = [item.head for item in document.items.all() if item.head.title in titles]
    draft = drafts.create(
        by=by, type="update", title=titles[0], revisions=revisions, formats=list(formats)
    )
    drafts.generate(draft, by=by)
    return draft


@pytest.fixture
def draft(document, cast):
    return draft_of(document, "The second board passed its drop test", by=cast.editor)


def test_every_rendition_knows_the_block_of_its_sentence(draft, document):
    rows = Usage.objects.filter(sentence=OLD)
    assert {row.rendition.format for row in rows} == {
        "newsletter",
        "web",
        "x",
        "linkedin",
        "facebook",
    }
    blocks = {block["hash"]: block["text"] for block in document.snapshots.first().blocks}
    assert {blocks[row.block_hash] for row in rows} == {OLD}


def test_one_changed_figure_lists_exactly_the_renditions_that_used_it(
    draft, document, source, cast
):
    other = draft_of(document, "Breathing is for everyone", by=cast.editor)
    edited(document, source, "Twelve boards", "Eleven boards")
    rows = Drift.objects.all()
    assert {row.rendition.draft for row in rows} == {draft}
    assert {row.rendition.format for row in rows} == set(draft.formats)
    row = rows.filter(rendition__format="linkedin").get()
    assert (row.change, row.sentence, row.new_sentence, row.is_claim) == (
        "changed",
        OLD,
        NEW,
        False,
    )
    assert not Drift.objects.filter(rendition__draft=other).exists()
    notice = Notice.objects.get(kind="drift")
    assert notice.snapshot == document.snapshots.first()


def test_an_added_space_or_a_typographic_quote_lists_nothing(draft, document, source):
    edited(document, source, "six times each, and", "six  times each, and")
    assert not Drift.objects.exists()
    edited(
        document,
        source,
        "six  times each, and all of them still measured.",
        "six times each – and all of them still measured!",
    )
    assert not Drift.objects.exists()


def test_a_removed_passage_is_told_as_removed(draft, document, source):
    edited(document, source, f"- **Content:** {OLD}", "- **Content:** Nothing of the sort was ever tried out in this house, they say.")  # fmt: skip
    assert {row.change for row in Drift.objects.filter(sentence=OLD)} == {"removed"}


def test_reading_touches_no_rendition(draft, document, source):
    before = {one.format: one.digest for one in draft.renditions.all()}
    edited(document, source, "Twelve boards", "Eleven boards")
    assert {one.format: one.digest for one in draft.renditions.all()} == before


def test_the_new_sentence_is_taken_over_in_one_rendition_alone(draft, document, source, cast):
    edited(document, source, "Twelve boards", "Eleven boards")
    before = {one.format: one.digest for one in draft.renditions.all()}
    row = Drift.objects.get(rendition__format="newsletter", where="text")
    drift_decisions.take_over(row, by=cast.editor)
    after = {one.format: one.digest for one in draft.renditions.all()}
    assert {name for name in after if after[name] != before[name]} == {"newsletter"}
    content = renditions.content(draft.renditions.get(format="newsletter"))
    assert NEW in content["text"]
    assert NEW in content["html"]
    assert OLD not in json.dumps(content)
    assert {
        one.similarity for one in Usage.objects.filter(rendition=row.rendition, sentence=NEW)
    } == {1.0}
    assert not Drift.objects.filter(rendition=row.rendition, decision="").exists()
    row.refresh_from_db()
    assert (row.decision, row.decided_by) == ("taken", cast.editor)
    with pytest.raises(WrongState):
        drift_decisions.take_over(row, by=cast.editor)


def test_it_is_kept_with_a_reason_by_whoever_may_change_the_draft(draft, document, source, cast):
    edited(document, source, "Twelve boards", "Eleven boards")
    row = Drift.objects.get(rendition__format="linkedin")
    with pytest.raises(NotAllowed):
        drift_decisions.keep(row, by=cast.viewer, reason="No")
    with pytest.raises(Invalid, match="why it stays"):
        drift_decisions.keep(row, by=cast.editor, reason=" ")
    assert (
        drift_decisions.keep(row, by=cast.editor, reason="The test is the old one").decision
        == "kept"
    )
    edited(document, source, "Eleven boards", "Ten boards")
    assert Drift.objects.filter(rendition__format="linkedin").count() == 2, "a new change asks anew"


def test_a_source_that_says_it_again_closes_the_question(draft, document, source):
    edited(document, source, "Twelve boards", "Eleven boards")
    edited(document, source, "Eleven boards", "Twelve boards")
    assert {row.decision for row in Drift.objects.all()} == {"returned"}
    assert Notice.objects.get(kind="drift").closed_at


def test_a_second_change_renews_what_is_open_already(draft, document, source):
    edited(document, source, "Twelve boards", "Eleven boards")
    count = Drift.objects.count()
    edited(document, source, "Eleven boards", "Ten boards")
    assert Drift.objects.count() == count
    assert all("Ten boards" in row.new_text for row in Drift.objects.all())


def test_a_rendition_that_was_made_anew_closes_its_questions(draft, document, source, cast):
    edited(document, source, "Twelve boards", "Eleven boards")
    fresh = [place.revision.item for place in draft.places.all()]
    for item in fresh:
        item.refresh_from_db()
    drafts.change(draft, by=cast.editor, revisions=[item.head for item in fresh])
    drafts.generate(draft, by=cast.editor)
    assert {row.decision for row in Drift.objects.all()} == {"gone"}


def test_a_person_s_own_words_are_taken_by_hand(draft, document, source, cast):
    rendition = draft.renditions.get(format="linkedin")
    text = renditions.content(rendition)["text"].replace(OLD, "Twelve boards fell onto concrete six times each and still measured.")  # fmt: skip
    renditions.edit(rendition, by=cast.editor, content={"text": text}, reason="Shorter")
    edited(document, source, "Twelve boards", "Eleven boards")
    row = Drift.objects.get(rendition=rendition)
    assert row.sentence.startswith("Twelve boards fell onto concrete six")


def test_what_changes_elsewhere_leaves_an_open_question_as_it_is(draft, document, source):
    edited(document, source, "Twelve boards", "Eleven boards")
    before = list(Drift.objects.order_by("pk").values())
    edited(document, source, "Sit, let your", "Sit down, let your")
    edited(document, source, "Eleven boards fell", "Eleven boards, fell")
    edited(document, source, "Sit down, let your", "Stand, let your")
    assert list(Drift.objects.order_by("pk").values()) == before
    assert {row["new_sentence"] for row in before if row["where"] == "text"} == {NEW}


@pytest.mark.parametrize(
    ("old", "new"),
    [("Twelve boards", "Eleven boards"), (OLD, "Nothing of the sort was ever tried out here.")],
    ids=["changed", "removed"],
)
def test_what_was_kept_is_asked_again_only_when_its_own_passage_changes(
    draft, document, source, cast, old, new
):
    edited(document, source, old, new)
    row = Drift.objects.filter(rendition__format="linkedin").first()
    drift_decisions.keep(row, by=cast.editor, reason="The test is the old one")
    count = Drift.objects.count()
    edited(document, source, "Sit, let your", "Sit down, let your")
    assert Drift.objects.count() == count
    edited(document, source, new, OLD.replace("Twelve", "Nine") if new[0] == "N" else "Nine boards")
    asked = Drift.objects.get(rendition__format="linkedin", decision="", where=row.where)
    assert asked.new_sentence == OLD.replace("Twelve", "Nine")


def test_a_rendition_of_an_older_text_is_told_what_stands_in_its_place(document, source, cast):
    old = document.items.get(head__title="The second board passed its drop test").head
    edited(document, source, "Twelve boards", "Eleven boards")
    draft = drafts.create(
        by=cast.editor, type="update", title="Boards", revisions=[old], formats=["linkedin"]
    )
    drafts.generate(draft, by=cast.editor)
    edited(document, source, "Sit, let your", "Sit down, let your")
    row = Drift.objects.get(rendition__draft=draft)
    assert (row.change, row.sentence, row.new_sentence) == ("changed", OLD, NEW)
