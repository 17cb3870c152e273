"""Whose turn it is: what a person finds in her queue, and how far a review is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.services import boards, queue, reviews
from content.models import Authorship
from content.signals import rendition_changed
from tests.factories.approvals import rendered_draft, rewrite, shown, voice
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def senior():
    return voice("senior_editor")


@pytest.fixture
def manager():
    return voice("marketing_manager")


@pytest.fixture
def author():
    return PersonFactory(group="editor")


def submitted(author, **settings):
    draft = rendered_draft(author=author, is_featured=True, **settings)
    return reviews.submit(draft, by=author)


def approve(review, person, **given):
    reviews.decide(review, by=person, verdict="approve", shown=shown(review.draft), **given)


def section(person, name):
    return next(each.rows for each in queue.sections(person) if each.name == name)


def test_reviews_wait_for_those_who_may_decide_next_slot_first(author, senior, manager):
    late = submitted(author, slot_wall="2026-12-08T10:00")
    open_end = submitted(author, slot_wall="")
    soon = submitted(author, slot_wall="2026-12-01T10:00")

    assert queue.waiting_for(senior) == [soon, late, open_end]
    assert queue.waiting_for(author) == []
    assert queue.waiting_for(voice("senior_editor", is_service=True)) == []
    assert queue.waiting_for(voice("senior_editor", group="viewer")) == []


def test_a_review_leaves_the_queue_with_the_decision_and_returns_with_an_edit(
    author, senior, manager
):
    review = submitted(author)
    approve(review, senior)
    assert queue.waiting_for(senior) == []
    assert queue.waiting_for(manager) == [review]

    linkedin = review.draft.renditions.get(format="linkedin")
    rewrite(linkedin, text="Breathe out.")
    rendition_changed.send(type(linkedin), rendition=linkedin)

    assert queue.waiting_for(senior) == [review]
    assert queue.mine(boards.read(review), senior) == ["linkedin"]


def test_what_somebody_has_a_hand_in_does_not_wait_for_her(author, senior, manager):
    voice("senior_editor")
    review = submitted(author)
    act = Authorship.Act.EDITED
    for format in ("web", "linkedin"):
        Authorship.objects.create(draft=review.draft, person=senior, act=act, format=format)
    assert set(queue.asks_for(senior).values_list("format", flat=True)) == {"newsletter"}
    assert queue.mine(boards.read(review), senior) == ["newsletter"]

    Authorship.objects.create(draft=review.draft, person=senior, act=act, format="newsletter")
    assert queue.waiting_for(senior) == []


def test_an_abstention_takes_a_review_out_of_the_own_queue(author, senior, manager):
    other = voice("senior_editor")
    review = submitted(author)
    reviews.decide(review, by=senior, verdict="abstain", shown=shown(review.draft))

    assert queue.waiting_for(senior) == []
    assert queue.waiting_for(other) == [review]


def test_each_review_stands_in_one_section(author, senior, manager):
    mine, others, back, done = (submitted(author) for _ in range(4))
    approve(others, senior)
    approve(done, senior)
    approve(done, manager)
    reviews.decide(
        back,
        by=senior,
        verdict="request_changes",
        reason="tone",
        comment="Warmer.",
        shown=shown(back.draft),
    )

    assert [row.review for row in section(senior, "Waiting for you")] == [mine]
    assert [row.review for row in section(senior, "Waiting for others")] == [others]
    assert [row.review for row in section(senior, "With the author")] == [back]
    assert [row.review for row in section(senior, "Approved in the last 7 days")] == [done]
    assert section(senior, "Waiting for others")[0].waits_for == [
        "Marketing manager",
        "Marketing coordinator",
    ]


def test_the_progress_says_who_spoke_and_whom_a_stage_waits_for(author, senior, manager):
    review = submitted(author)
    approve(review, senior, formats=["web"])

    (stage,) = queue.progress(review)
    web = next(each for each in stage.renditions if each.format == "web")
    assert [(place.roles, place.is_waiting) for place in web.places] == [
        ("Senior editor", False),
        ("Marketing manager or Marketing coordinator", True),
    ]
    assert web.places[0].decision.person == senior


def test_the_queue_opens_in_two_queries_a_section_however_long_it_is(author, senior, manager):
    for _ in range(12):
        submitted(author)
    with CaptureQueriesContext(connection) as asked:
        found = queue.sections(senior)

    assert len(found[0].rows) == 12
    rights_of_the_person = 2
    assert len(asked) <= 2 * len(found) + rights_of_the_person
    with CaptureQueriesContext(connection) as asked:
        assert len(queue.waiting_for(senior)) == 12
    assert len(asked) == 1
