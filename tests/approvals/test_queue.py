"""Whose turn it is: what a person finds in her queue, and how far a review is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Review, Stage
from approvals.services import boards, claims, metrics, queue, reviews, sections
from content.models import Authorship
from content.signals import rendition_changed
from tests.factories.approvals import rendered_draft, rewrite, shown, tick_lists, voice
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
    tick_lists(review, person)
    reviews.decide(review, by=person, verdict="approve", shown=shown(review.draft), **given)


def section(person, name):
    return next(each.rows for each in sections.read(person).sections if each.name == name)


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
    mine, others, back, done, changed = (submitted(author) for _ in range(5))
    approve(others, senior)
    for review in (done, changed):
        approve(review, senior)
        approve(review, manager)
    web = changed.draft.renditions.get(format="web")
    rewrite(web, title="Three quiet minutes")
    rendition_changed.send(type(web), rendition=web)
    reviews.decide(
        back,
        by=senior,
        verdict="request_changes",
        reason="tone",
        comment="Warmer.",
        shown=shown(back.draft),
    )

    assert [row.review for row in section(senior, "Pending your approval")] == [mine]
    assert [row.review for row in section(senior, "Active reviews")] == []
    assert [row.review for row in section(senior, "Waiting for others")] == [others]
    assert [row.review for row in section(senior, "Unsealed")] == [changed]
    assert [row.review for row in section(senior, "With the author")] == [back]
    assert [row.review for row in section(senior, "Recently approved")] == [done]
    assert section(senior, "Waiting for others")[0].waits_for == [
        "Marketing manager",
        "Marketing coordinator",
    ]
    seen_by_the_author = section(author, "Waiting for others")
    assert {row.review for row in seen_by_the_author} == {mine, others}


def test_who_has_no_part_finds_what_runs_among_the_active_reviews(author, senior, manager):
    review = submitted(author)
    (row,) = section(PersonFactory(group="viewer"), "Active reviews")
    assert row.review == review
    assert row.steps == "●"
    assert row.steps_words.startswith("0 of 1 stages passed: ")
    assert row.formats == ["Newsletter", "Web page", "LinkedIn"]


def test_the_row_says_what_changed_since_somebody_looked(author, senior, manager):
    review = submitted(author)
    approve(review, senior)
    web = review.draft.renditions.get(format="web")
    rewrite(web, title="Three quiet minutes")
    rendition_changed.send(type(web), rendition=web)

    (row,) = section(senior, "Pending your approval")
    assert row.changed == "Web page changed"
    (row,) = section(manager, "Pending your approval")
    assert row.changed == ""
    claims.see(review, by=senior)
    (row,) = section(senior, "Pending your approval")
    assert row.changed == ""


@pytest.mark.parametrize(
    ("hours", "light"), [(3, "green"), (1.2, "amber"), (0.5, "red"), (-1, "overdue")]
)
def test_the_light_weighs_the_time_left_against_what_the_stage_usually_needs(hours, light):
    stage = Stage(name="Together", status="active", sla_h=24)
    due = timezone.now() + timedelta(hours=hours)
    assert sections.light(due, [stage], {"Together": [3600.0]}) == light
    assert sections.light(None, [stage], {}) == ""


def test_the_usual_time_of_a_stage_is_that_of_its_latest_decisions(author, senior, manager):
    review = submitted(author)
    stage = review.stages.get()
    Stage.objects.update(entered_stage_at=timezone.now() - timedelta(hours=2))
    approve(review, senior)
    (*_, last) = metrics.recent_times([stage.name])[stage.name]
    assert 7_200 <= last < 7_260
    assert metrics.recent_times(["No such stage"]) == metrics.recent_times([]) == {}


def test_filters_leave_what_they_name_and_count_over_everything(author, senior, manager):
    web = submitted(author, formats=("web",))
    both = submitted(author, formats=("web", "linkedin"))
    found = sections.read(senior, sections.Filters(format="linkedin"))
    assert [row.review for row in found.sections[0].rows] == [both]
    assert (found.total, found.sections[0].count) == (1, 1)
    assert found.counts == {
        "format": {"web": 2, "linkedin": 1},
        "level": {2: 2},
        "preset": {"standard": 2},
    }
    assert sections.read(senior, sections.Filters(level=3)).total == 0
    assert sections.read(senior, sections.Filters(preset="standard")).total == 2
    assert web in {row.review for row in sections.read(senior).sections[0].rows}


def test_a_long_section_has_pages(author, senior, manager):
    made = [submitted(author) for _ in range(3)]
    first = sections.read(senior, only="pending", page=1, size=2).sections
    second = sections.read(senior, only="pending", page=2, size=2).sections
    assert [one.key for one in first] == ["pending"]
    assert [row.review for row in (*first[0].rows, *second[0].rows)] == made
    assert first[0].count == second[0].count == 3


def test_what_was_approved_is_shown_with_what_its_release_did(author, senior, manager, settings):
    settings.REVIEW_RESULTS = "tests.approvals.test_queue.results"
    review = submitted(author)
    approve(review, senior)
    approve(review, manager)
    (row,) = section(senior, "Recently approved")
    assert row.result["confirmed"] == review.draft_id

    Review.objects.update(approved_at=timezone.now() - timedelta(days=8))
    assert section(senior, "Recently approved") == []


def results(drafts):
    return {pk: {"confirmed": pk} for pk in drafts}


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
    def asked_for(count):
        for _ in range(count):
            submitted(author)
        person = type(senior).objects.get(pk=senior.pk)
        with CaptureQueriesContext(connection) as asked:
            found = sections.read(person)
        assert found.sections[0].count >= count
        return len(asked)

    few, many = asked_for(1), asked_for(14)
    assert few == many <= 2 * len(sections.SECTIONS)
    assert len(queue.waiting_for(senior)) == 15
    with CaptureQueriesContext(connection) as asked:
        assert len(queue.waiting_for(senior)) == 15
    of_the_mandates = 1
    assert len(asked) == 1 + of_the_mandates
    assert queue.count_for(senior) == 15


def test_the_page_filters_by_addresses_and_pages(client, author, senior, manager):
    review = submitted(author, title="Quiet minutes")
    type(senior).objects.filter(pk=senior.pk).update(is_staff=True)
    client.force_login(senior)
    page = client.get("/admin/reviews/").content.decode()
    assert f'href="/admin/reviews/{review.pk}/"' in page
    assert "Pending your approval" in page
    assert "Approve</button>" not in page
    assert "Web page (1)" in page

    page = client.get("/admin/reviews/?section=pending&format=x&level=nonsense&page=7")
    assert page.status_code == 200
    assert "Nothing here with this filter." in page.content.decode()
