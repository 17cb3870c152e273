"""Approvals over what the content services really render, edit and change."""

import pytest

from approvals.models import Review
from approvals.services import reviews
from content.models import FormatName
from content.services import drafts, renditions
from halcytone.lib.errors import NotAllowed
from tests.factories.approvals import approve, shown, voice
from tests.factories.content import DraftFactory, RevisionFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
CALM = "Sit, let your shoulders drop, and breathe out for longer than you breathe in. " * 4


@pytest.fixture
def author():
    return PersonFactory(group="editor")


@pytest.fixture
def rendered(author):
    draft = DraftFactory(
        author=author,
        type="update",
        title="Two quiet minutes for the office",
        revisions=[RevisionFactory(content=CALM, title="Two quiet minutes for the office")],
        formats=list(FormatName.values),
        slot_wall="2026-12-01T10:00",
        zone="America/New_York",
        is_featured=True,
    )
    drafts.generate(draft, by=author)
    return draft


def test_an_edit_of_the_linkedin_text_unseals_linkedin_alone(rendered, author, senior, manager):
    review = reviews.submit(rendered, by=author)
    approve(review, senior)
    approve(review, manager)
    assert reviews.approved_seals(rendered).keys() == set(FormatName.values)

    linkedin = rendered.renditions.get(format="linkedin")
    renditions.edit(linkedin, by=author, content={"text": CALM[:160]}, reason="Shorter.")

    review.refresh_from_db()
    assert review.status == Review.Status.UNSEALED
    assert reviews.approved_seals(rendered).keys() == set(FormatName.values) - {"linkedin"}
    assert reviews.submit(rendered, by=author) == review
    assert {ask.format for ask in review.asks.all()} == {"linkedin"}


def test_generating_again_without_a_change_keeps_the_approval(rendered, author, senior, manager):
    review = reviews.submit(rendered, by=author)
    approve(review, senior)
    approve(review, manager)
    drafts.generate(rendered, by=author)

    review.refresh_from_db()
    assert review.status == Review.Status.APPROVED
    assert reviews.approved_seals(rendered).keys() == set(FormatName.values)


def test_another_slot_set_by_the_service_unseals_everything(rendered, author, senior, manager):
    review = reviews.submit(rendered, by=author)
    approve(review, senior)
    approve(review, manager)
    drafts.change(rendered, by=author, slot_wall="2026-12-08T10:00")

    review.refresh_from_db()
    assert review.status == Review.Status.UNSEALED
    assert reviews.approved_seals(rendered) == {}


def test_an_approver_who_edits_one_rendition_is_barred_from_that_one(
    rendered, author, senior, manager
):
    other = voice("senior_editor")
    review = reviews.submit(rendered, by=author)
    linkedin = rendered.renditions.get(format="linkedin")
    renditions.edit(linkedin, by=senior, content={"text": CALM[:160]}, reason="Shorter.")

    approve(review, senior, formats=["web"])
    with pytest.raises(NotAllowed, match="Four eyes: you edited the LinkedIn text on"):
        approve(review, senior, formats=["linkedin"])
    approve(review, other, formats=["linkedin"], shown=shown(rendered))
    assert review.status == Review.Status.OPEN


def test_a_person_who_wrote_a_piece_is_refused_for_every_rendition(author, senior, manager):
    writer = voice("senior_editor")
    piece = RevisionFactory(content=CALM, title="Two quiet minutes", author=writer)
    draft = DraftFactory(author=author, revisions=[piece], formats=["web", "x"], is_featured=True)
    drafts.generate(draft, by=author)
    review = reviews.submit(draft, by=author)

    with pytest.raises(NotAllowed, match="Four eyes: you wrote or edited a text in it"):
        approve(review, writer)
