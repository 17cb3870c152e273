"""A late review: its three ways on, who may take them, and what stays when one is refused."""

import pytest
import time_machine
from django.utils import timezone

from approvals.services import firing, lateness, queue, reviews
from content.services import drafts
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import approve, rendered_draft, voice
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-03-05T14:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def late(now, senior, manager):
    """A featured update whose slot on Friday 10:00 came while it waited."""
    draft = rendered_draft(is_featured=True, slot_wall="2026-03-06T10:00")
    drafts.generate(draft, by=draft.author)
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)
    now.move_to("2026-03-06T15:00:00Z")
    firing.tick(timezone.now())
    review.refresh_from_db()
    assert review.status == "late"
    return review


def decide(review, choice, by=None, **given):
    return lateness.decide(review, by=by or review.draft.author, choice=choice, **given)


def test_the_next_slot_is_the_next_working_day_and_everybody_is_asked_again(late, senior, manager):
    review = decide(late, "next_slot")
    assert (review.status, review.round) == ("open", 2)
    assert review.draft.slot_wall == "2026-03-09T10:00"  # Friday is over, Monday is next
    assert queue.waiting_for(senior) == queue.waiting_for(manager) == [review]
    stage = review.stages.get()
    assert stage.entered_stage_at == timezone.now()
    assert f"{stage.due_at:%a %H:%M}" == "Mon 13:00"
    slots = review.due_events.filter(kind="slot", is_cancelled=False).order_by("at")
    assert [each.done_at is None for each in slots] == [False, True]


def test_the_next_slot_of_the_weekly_edition_is_a_week_later():
    draft = rendered_draft(type="weekly", slot_wall="2026-03-03T10:00")
    assert lateness.next_slot(draft, timezone.now()) == "2026-03-10T10:00"


def test_a_new_time_is_taken_as_given(late):
    review = decide(late, "new_time", slot_wall="2026-03-12T16:00", zone="Europe/Paris")
    assert (review.status, review.draft.slot_wall) == ("open", "2026-03-12T16:00")
    assert review.draft.zone == "Europe/Paris"


@pytest.mark.parametrize(
    ("wall", "code"), [("", "slot_missing"), ("2026-03-06T09:00", None), ("x", None)]
)
def test_a_time_that_will_not_do_changes_nothing(late, wall, code):
    with pytest.raises(Invalid) as caught:
        decide(late, "new_time", slot_wall=wall)
    assert code in (None, caught.value.problems[0].code)
    late.refresh_from_db()
    assert (late.status, late.draft.slot_wall) == ("late", "2026-03-06T10:00")


def test_withdrawing_ends_it(late):
    review = decide(late, "withdraw", reason="Old by now.")
    assert (review.status, review.closing_reason) == ("withdrawn", "Old by now.")


def test_others_are_refused_and_told_who_decides(late, senior):
    with pytest.raises(NotAllowed, match=f"{late.draft.author} decides what becomes of it"):
        decide(late, "next_slot", by=PersonFactory(group="editor"))
    with pytest.raises(Invalid, match="Choose one of"):
        decide(late, "wait")


def test_only_a_late_review_is_decided_about(late):
    decide(late, "next_slot")
    with pytest.raises(WrongState, match="in review, not late"):
        decide(late, "next_slot")


def test_whoever_manages_drafts_may_decide(late):
    keeper = voice("seo", group="marketing_manager")
    assert decide(late, "next_slot", by=keeper).status == "open"
