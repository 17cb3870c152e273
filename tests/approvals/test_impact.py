"""The impact form: asked for from level 3 on, before submission, with its open questions named."""

import json
from datetime import date

import pytest
from django.utils.html import strip_tags

from approvals.models import ImpactAssessment
from approvals.services import checklists, impact, reviews
from halcytone.lib.audit.models import Entry
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import approve, assessed, items_of, rendered_draft, voice
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people():
    for role in ("marketing_manager", "department_head", "executive"):
        voice(role)


@pytest.fixture
def launch():
    return rendered_draft(type="announcement")


def test_without_the_form_a_launch_is_not_submitted_and_each_question_is_named(launch):
    with pytest.raises(Invalid) as refused:
        reviews.submit(launch, by=launch.author)

    assert refused.value.code == "impact_missing"
    assert [each.attr for each in refused.value.problems] == [
        f"impact.{name}" for name in impact.QUESTIONS
    ]
    assert not launch.reviews.exists()


def test_only_the_open_questions_are_named(launch):
    impact.save(
        launch, by=launch.author, market_significance="high", competitive_implications=False
    )
    assessed_alone = [each.attr for each in impact.problems(launch, 3)]
    assert "impact.competitive_implications" not in assessed_alone
    assert len(assessed_alone) == 4


def test_with_the_form_it_is_submitted_and_the_form_stays_as_it_was(launch):
    review = reviews.submit(assessed(launch), by=launch.author)
    assert review.level == 3
    with pytest.raises(WrongState, match="Withdraw it to change the form"):
        assessed(launch, market_significance="low")
    reviews.withdraw(review, by=launch.author, reason="Later.")
    assessed(launch, market_significance="low")
    assert ImpactAssessment.objects.get().market_significance == "low"
    assert ImpactAssessment.objects.get().history.count() == 2


def test_what_was_answered_is_in_the_audit_chain_and_saving_it_again_is_not(launch):
    given = {"market_significance": "high", "stakeholders": ["Support"], "note": "Tell them early."}
    for _ in range(2):
        impact.save(launch, by=launch.author, **given)
    impact.save(launch, by=launch.author, market_significance="low", board_told_on=date(2026, 3, 4))
    first, second = Entry.objects.filter(kind="impact.assessed").order_by("seq")
    assert (first.actor_id, first.trail) == (launch.author.pk, f"draft:{launch.pk}")
    assert json.loads(first.data)["answers"] == given
    assert json.loads(second.data)["answers"] == {
        "market_significance": "low",
        "board_told_on": "2026-03-04",
    }


def test_nobody_to_notify_is_an_answer(launch):
    assessed(launch, stakeholders=[])
    assert impact.problems(launch, 3) == []


def test_a_lower_level_needs_no_form():
    draft = rendered_draft(is_featured=True)
    assert impact.problems(draft, 2) == []


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        ({"market_significance": "huge"}, "market_significance"),
        ({"media_coordination": "yes"}, "media_coordination"),
        ({"stakeholders": "Support"}, "stakeholders"),
        ({"stakeholders": [" "]}, "stakeholders"),
        ({"stakeholders": [3]}, "stakeholders"),
        ({"stakeholders": ["x"] * 51}, "stakeholders"),
        ({"draft_id": 3}, "draft_id"),
    ],
)
def test_an_answer_that_is_none_is_named(launch, answers, place):
    with pytest.raises(Invalid) as refused:
        impact.save(launch, by=launch.author, **answers)
    assert [each.attr for each in refused.value.problems] == [place]
    assert impact.of(launch) is None


def test_only_those_who_may_change_the_draft_fill_it_in(launch):
    for person in (PersonFactory(group="viewer"), None):
        with pytest.raises(NotAllowed, match="impact form"):
            impact.save(launch, by=person, market_significance="low")


def test_the_page_of_an_announcement_shows_its_three_phases(client, launch):
    boss = voice("marketing_manager", group="marketing_manager", is_staff=True)
    review = reviews.submit(assessed(launch, stakeholders=["Support"]), by=launch.author)
    client.force_login(boss)
    phases = of_phases(client, review)
    assert "Impact form answered by" in phases
    assert "Reviews 0 of 3 stages passed" in phases
    assert (
        "Launch 0 of 5 done; still open: renditions are adapted, stakeholders are told," in phases
    )
    *first, last = items_of("launch")
    checklists.tick(review, by=boss, items=first)
    assert "Launch 4 of 5 done; still open: monitoring is on" in of_phases(client, review)
    approve(review, boss)
    checklists.tick(review, by=boss, items=[last])
    phases = of_phases(client, review)
    assert "Reviews 1 of 3 stages passed" in phases
    assert "Launch 5 of 5 done" in phases


def test_what_needs_no_impact_form_has_no_phases(client):
    boss = voice("marketing_manager", group="marketing_manager", is_staff=True)
    voice("senior_editor")
    draft = rendered_draft(is_featured=True)
    review = reviews.submit(draft, by=draft.author)
    client.force_login(boss)
    assert "Three phases" not in client.get(f"/admin/reviews/{review.pk}/").content.decode()


def of_phases(client, review):
    page = client.get(f"/admin/reviews/{review.pk}/").content.decode()
    section = page.partition("Three phases")[2].partition("</section>")[0]
    return " ".join(strip_tags(section).split())
