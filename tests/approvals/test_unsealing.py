"""What a change asks again, of whom, and what keeps its approval."""

import pytest

from approvals import signals
from approvals.models import Review
from approvals.services import reviews
from content.signals import draft_changed
from halcytone.lib.errors import WrongState
from tests.factories.approvals import (
    approve,
    approved,
    asked,
    changed,
    rendered_draft,
    rendition,
    request_changes,
    rewrite,
    shown,
    submit_again,
    voice,
)

pytestmark = pytest.mark.django_db


def test_an_edit_unseals_only_the_rendition_it_changes(draft, senior, manager):
    review = approved(draft, senior, manager)
    lost = []
    signals.review_unsealed.connect(receiver := lambda formats, **_: lost.append(formats))

    changed(draft.renditions.get(format="linkedin"), text="Breathe out.")

    signals.review_unsealed.disconnect(receiver)
    review.refresh_from_db()
    assert review.status == Review.Status.UNSEALED
    assert lost == [["linkedin"]]
    assert reviews.approved_seals(draft).keys() == {"newsletter", "web"}


def test_saving_without_a_change_unseals_nothing(draft, senior, manager):
    review = approved(draft, senior, manager)

    changed(draft.renditions.get(format="linkedin"))
    draft_changed.send(type(draft), draft=draft, fields=["title"])

    review.refresh_from_db()
    assert review.status == Review.Status.APPROVED


def test_after_unsealing_only_the_changed_rendition_is_asked_about(draft, senior, manager):
    review = approved(draft, senior, manager)
    changed(draft.renditions.get(format="linkedin"), text="Breathe out.")

    review = reviews.submit(draft, by=draft.author)

    assert (review.status, review.round) == (Review.Status.OPEN, 2)
    assert {format for format, _ in asked(review)} == {"linkedin"}
    assert reviews.approved_seals(draft).keys() == {"newsletter", "web"}
    approve(review, senior)
    approve(review, manager)
    assert review.status == Review.Status.APPROVED
    assert reviews.approved_seals(draft).keys() == {"newsletter", "web", "linkedin"}


def test_another_slot_unseals_every_rendition(draft, senior, manager):
    review = approved(draft, senior, manager)
    draft.slot_wall = "2026-12-08T10:00"
    draft.save()
    draft_changed.send(type(draft), draft=draft, fields=["slot_wall"])

    review.refresh_from_db()
    assert review.status == Review.Status.UNSEALED
    assert reviews.approved_seals(draft) == {}


def test_bytes_changed_behind_every_service_are_not_approved(draft, senior, manager):
    review = approved(draft, senior, manager)
    rewrite(draft.renditions.get(format="linkedin"), text="Breathe out.")

    assert reviews.approved_seals(draft).keys() == {"newsletter", "web"}
    review.refresh_from_db()
    assert review.status == Review.Status.APPROVED  # nobody announced the change


def test_a_new_format_asks_for_voices_of_its_own(draft, senior, manager):
    review = approved(draft, senior, manager)
    draft.formats = [*draft.formats, "x"]
    draft.save()
    changed(rendition(draft, "x"))

    review.refresh_from_db()
    assert review.status == Review.Status.UNSEALED
    assert "x" not in reviews.approved_seals(draft)
    assert len(reviews.approved_seals(draft)) == 3


def test_the_next_round_asks_again_only_what_was_not_approved(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)
    request_changes(review, manager, formats=["web"])

    review = submit_again(draft, note="The title stays: legal asked for it.")

    assert review.round == 2
    assert {role for _, role in asked(review)} == {"marketing_manager", "marketing_coordinator"}
    approve(review, manager)
    assert review.status == Review.Status.APPROVED


def test_a_draft_that_becomes_featured_after_its_approval_needs_the_voices_of_level_2(
    senior, manager
):
    editor = voice("editor", group="editor")
    draft = rendered_draft(sensitive=["pricing"])
    review = approved(draft, editor)
    assert review.level == 1

    draft.is_featured = True
    draft.save()
    draft_changed.send(type(draft), draft=draft, fields=["is_featured"])

    review.refresh_from_db()
    assert (review.level, review.status) == (2, Review.Status.UNSEALED)
    assert reviews.approved_seals(draft) == {}
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)
    approve(review, manager)
    assert review.status == Review.Status.APPROVED


def test_a_returned_review_is_not_rejected_and_an_unsealed_one_not_decided(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    request_changes(review, senior)
    with pytest.raises(WrongState, match="The review is changes requested"):
        reviews.decide(
            review, by=manager, verdict="reject", reason="facts", comment="No.", shown=shown(draft)
        )

    review = submit_again(draft)
    approve(review, senior)
    approve(review, manager)
    changed(draft.renditions.get(format="web"), title="Three quiet minutes")
    with pytest.raises(WrongState, match="The review is unsealed"):
        approve(review, senior)


def test_the_clock_of_a_stage_is_not_restarted_by_an_edit(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    entered = review.stages.get().entered_stage_at
    changed(draft.renditions.get(format="web"), title="Three quiet minutes")

    assert review.stages.get().entered_stage_at == entered
    request_changes(review, senior)
    review = submit_again(draft)
    assert review.stages.get().entered_stage_at > entered
