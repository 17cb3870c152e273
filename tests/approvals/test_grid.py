"""The grid of a review: every seal against every stage, and what holds no more."""

import pytest

from approvals.services import grid, reviews
from content.models import Authorship
from content.services import drafts
from tests.factories.approvals import approve, changed, request_changes, submit_again

pytestmark = pytest.mark.django_db


def band(review, format):
    return next(one for one in grid.read(review).bands if one.format == format)


@pytest.fixture
def review(draft, senior, manager):
    return reviews.submit(draft, by=draft.author)


def test_there_is_a_band_for_each_format_and_a_column_for_each_stage(review, senior):
    found = grid.read(review)
    assert [one.format for one in found.bands] == ["newsletter", "web", "linkedin"]
    assert [stage.name for stage in found.stages] == [stage.name for stage in review.stages.all()]
    (line,) = band(review, "web").lines
    assert line.is_current
    assert line.cells[0].asked == "Senior editor or Marketing manager or Marketing coordinator"
    assert not band(review, "web").is_approved


def test_an_edit_crosses_out_what_was_said_about_its_format_alone(review, senior, manager):
    approve(review, senior, comment="Calm and true.")
    changed(review.draft.renditions.get(format="linkedin"), text="Breathe out, slowly.")

    old, new = band(review, "linkedin").lines
    assert (old.is_current, new.is_current) == (False, True)
    (cell,) = old.cells
    assert cell.is_gone
    assert [(one.person, one.comment) for one in cell.decisions] == [(senior, "Calm and true.")]
    assert new.cells[0].decisions == []
    assert "Senior editor" in new.cells[0].asked
    assert any("text" in sentence.lower() for sentence in new.changes)
    (web,) = band(review, "web").lines
    assert web.is_current
    assert not web.cells[0].is_gone


def test_a_moved_slot_crosses_out_everything(review, senior, manager):
    approve(review, senior)
    approve(review, manager)
    assert all(one.is_approved for one in grid.read(review).bands)
    drafts.change(review.draft, by=review.draft.author, slot_wall="2027-01-05T10:00")
    review.refresh_from_db()
    for one in grid.read(review).bands:
        assert not one.is_approved
        assert all(cell.is_gone for line in one.lines for cell in line.cells if cell.decisions)


def test_rounds_and_reasons_stay_to_be_read(review, senior, manager):
    request_changes(review, senior)
    changed(review.draft.renditions.get(format="web"), html="<p>Breathe out.</p>")
    submit_again(review.draft)
    review.refresh_from_db()
    approve(review, senior)
    first, second = band(review, "web").lines
    assert [one.get_verdict_display() for one in first.cells[0].decisions] == ["Request changes"]
    assert [(one.round, one.verdict) for one in second.cells[0].decisions] == [(2, "approve")]


def test_a_voice_of_somebody_with_a_hand_in_it_is_marked(review, senior, manager):
    approve(review, senior)
    act = Authorship.Act.EDITED
    Authorship.objects.create(draft=review.draft, person=senior, act=act, format="web")
    (cell,) = band(review, "web").lines[0].cells
    assert list(cell.barred.values()) == [
        f"{senior} has had a hand in it since, so this does not count."
    ]


def test_the_page_says_in_words_what_is_crossed_out(client, review, senior, manager):
    approve(review, senior)
    changed(review.draft.renditions.get(format="web"), html="<p>Breathe out.</p>")
    type(senior).objects.filter(pk=senior.pk).update(is_staff=True)
    client.force_login(senior)
    page = client.get(f"/admin/reviews/{review.pk}/grid/").content.decode()
    assert "no longer holds" in page
    assert page.count('scope="rowgroup"') == 3
    assert client.get("/admin/reviews/999999/grid/").status_code == 404
