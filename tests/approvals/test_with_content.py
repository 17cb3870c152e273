"""Approvals over what the content services really render, edit and change."""

import pytest
import time_machine
from django.utils import timezone

from approvals.models import Review
from approvals.services import firing, lateness, reviews
from content.models import FormatName
from content.services import drafts, renditions
from halcytone.lib.errors import Invalid, NotAllowed
from tests.factories.approvals import approve, shown, voice
from tests.factories.content import DraftFactory, RevisionFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
#: Instagram is made by wish alone, of a draft that has images.
FORMATS = set(FormatName.values) - {FormatName.INSTAGRAM}
CALM = "Sit, let your shoulders drop, and breathe out for longer than you breathe in. " * 4


@pytest.fixture(autouse=True)
def _real_formats(settings, _formats):
    settings.FORMATS = _formats


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
        formats=[name for name in FormatName.values if name in FORMATS],
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
    assert reviews.approved_seals(rendered).keys() == FORMATS

    linkedin = rendered.renditions.get(format="linkedin")
    renditions.edit(linkedin, by=author, content={"text": CALM[:160]}, reason="Shorter.")

    review.refresh_from_db()
    assert review.status == Review.Status.UNSEALED
    assert reviews.approved_seals(rendered).keys() == FORMATS - {"linkedin"}
    assert reviews.submit(rendered, by=author) == review
    assert {ask.format for ask in review.asks.all()} == {"linkedin"}


def test_generating_again_without_a_change_keeps_the_approval(rendered, author, senior, manager):
    review = reviews.submit(rendered, by=author)
    approve(review, senior)
    approve(review, manager)
    drafts.generate(rendered, by=author)

    review.refresh_from_db()
    assert review.status == Review.Status.APPROVED
    assert reviews.approved_seals(rendered).keys() == FORMATS


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


def test_a_late_weekly_edition_moves_to_the_next_week_with_its_page_and_all_that_links_to_it(
    author,
):
    voice("team_lead"), voice("marketing_manager")
    with time_machine.travel("2026-03-09T19:00:00Z", tick=False) as now:
        draft = DraftFactory(
            author=author,
            type="weekly",
            title="",
            revisions=[RevisionFactory(content=CALM, title="Two quiet minutes for the office")],
            formats=[name for name in FormatName.values if name in FORMATS],
            slot_wall="2026-03-10T10:00",
            zone="America/New_York",
        )
        drafts.generate(draft, by=author)
        review = reviews.submit(draft, by=author)
        now.move_to("2026-03-10T14:00:00Z")
        firing.tick(timezone.now())
        review.refresh_from_db()
        assert review.status == Review.Status.LATE
        review = lateness.decide(review, by=author, choice="next_slot")

    assert (review.status, review.round) == (Review.Status.OPEN, 2)
    assert review.draft.slot_wall == "2026-03-17T10:00"
    bodies = {each.format: each.body for each in draft.renditions.all()}
    assert "weekly-march-17-2026" in bodies["web"]
    assert all("weekly-march-10-2026" not in body for body in bodies.values())


def test_twenty_one_images_for_linkedin_are_refused_before_approval(author):
    images = " ".join(f"![Lake {n}](https://a.example/{n}.png)" for n in range(21))
    draft = DraftFactory(
        author=author,
        type="update",
        title="Twenty-one lakes",
        revisions=[RevisionFactory(content=f"{CALM}\n\n{images}", title="Twenty-one lakes")],
        formats=["linkedin"],
    )
    drafts.generate(draft, by=author)
    with pytest.raises(Invalid) as refused:
        reviews.submit(draft, by=author)
    [problem] = [one for one in refused.value.problems if one.code == "images_many"]
    assert problem.attr == "linkedin"
    assert "21 images, 1 more than the 20 allowed" in problem.message


def test_instagram_without_an_image_is_refused_before_approval(author):
    draft = DraftFactory(
        author=author,
        type="update",
        title="Two quiet minutes for the office",
        revisions=[RevisionFactory(content=CALM, title="Two quiet minutes for the office")],
        formats=["instagram"],
    )
    drafts.generate(draft, by=author)
    with pytest.raises(Invalid) as refused:
        reviews.submit(draft, by=author)
    assert "images_missing" in {one.code for one in refused.value.problems}
