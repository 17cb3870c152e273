"""Whom a review asks, in which order, and what each answer does."""

import pytest

from approvals.models import Decision, Level, Policy, Review, Stage
from approvals.services import queue, reviews
from content.models import Draft, Finding
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import (
    approve,
    asked,
    assessed,
    changed,
    rendered_draft,
    request_changes,
    shown,
    voice,
)
from tests.factories.people import PersonFactory
from tests.factories.segmentation import make_segment

pytestmark = pytest.mark.django_db


def test_a_review_is_approved_when_every_voice_has_spoken(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author, note="Please look at the second line.")

    approve(review, senior)
    assert review.status == Review.Status.OPEN
    assert {role for _, role in asked(review)} == {"marketing_manager", "marketing_coordinator"}
    approve(review, manager)

    assert review.status == Review.Status.APPROVED
    assert review.stages.get().status == Stage.Status.PASSED
    assert not asked(review)
    assert reviews.approved_seals(draft).keys() == {"newsletter", "web", "linkedin"}


def test_nothing_is_approved_before_the_last_voice(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)

    assert reviews.approved_seals(draft) == {}


def test_the_review_says_which_rows_matched_and_why(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)

    assert review.level == 2
    assert [row["name"] for row in review.matched] == ["featured update"]
    assert review.matched[0]["why"] == "Type is update, featured is yes, priority is 3."


def test_one_person_has_one_role_in_a_review(draft, senior, manager):
    senior.approval_roles.create(role="marketing_manager")
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)

    with pytest.raises(WrongState, match="already decided"):
        approve(review, senior, formats=["web"])
    assert review.status == Review.Status.OPEN


def test_a_role_of_another_stage_is_refused_after_the_first(senior, manager):
    senior.approval_roles.create(role="department_head")
    manager.approval_roles.create(role="department_head")
    voice("executive")
    third = voice("department_head")
    review = reviews.submit(
        assessed(rendered_draft(type="announcement")), by=PersonFactory(group="editor")
    )
    approve(review, manager)

    with pytest.raises(
        NotAllowed, match=r"already spoke as Marketing manager.*one person has one role"
    ):
        approve(review, manager)
    approve(review, third)
    assert [stage.status for stage in review.stages.all()] == ["passed", "passed", "active"]


def test_stages_of_level_3_speak_in_turn():
    people = {role: voice(role) for role in ("marketing_manager", "department_head", "executive")}
    draft = assessed(rendered_draft(type="announcement"))
    review = reviews.submit(draft, by=draft.author)

    with pytest.raises(NotAllowed, match="Marketing asks for Marketing manager"):
        approve(review, people["executive"])
    for role in ("marketing_manager", "department_head", "executive"):
        assert {asked_role for _, asked_role in asked(review)} == {role}
        approve(review, people[role])

    assert review.status == Review.Status.APPROVED


def test_a_committee_needs_all_four():
    people = [voice(role) for role in ("ceo", "cmo", "cto", "legal")]
    draft = assessed(rendered_draft(urgency="critical", priority=1))
    review = reviews.submit(draft, by=draft.author)

    assert (review.level, review.stages.get().mode) == (4, "committee")
    for person in reversed(people):
        assert review.status == Review.Status.OPEN
        approve(review, person)
    assert review.status == Review.Status.APPROVED


def test_the_ceo_has_the_last_word_in_a_committee():
    people = {role: voice(role) for role in ("ceo", "cmo", "cto", "legal")}
    draft = assessed(rendered_draft(urgency="critical", priority=1, formats=["web"]))
    review = reviews.submit(draft, by=draft.author)
    assert {role for _, role in asked(review)} == {"cmo", "cto", "legal"}
    approve(review, people["cmo"])
    with pytest.raises(NotAllowed) as refused:
        approve(review, people["ceo"])
    assert refused.value.code == "last_word"
    assert str(refused.value) == (
        "The CEO has the last word: CTO and Legal speak first about Web page."
    )
    approve(review, people["cto"])
    approve(review, people["legal"])
    assert asked(review) == {("web", "ceo")}
    assert queue.waiting_for(people["ceo"]) == [review]
    approve(review, people["ceo"])
    assert review.status == Review.Status.APPROVED


def test_seo_is_asked_about_the_web_page_alone(senior):
    seo = voice("seo", group="seo")
    draft = rendered_draft(type="blog", formats=["web", "linkedin"])
    review = reviews.submit(draft, by=draft.author)

    assert asked(review) == {
        ("web", "senior_editor"),
        ("web", "seo"),
        ("linkedin", "senior_editor"),
    }
    assert [each.seal.format for each in approve(review, seo)] == ["web"]
    with pytest.raises(NotAllowed, match="which you are not"):
        approve(review, seo, formats=["linkedin"])


def test_a_text_that_changed_while_it_was_read_is_not_decided_about(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    seen = shown(draft)
    changed(draft.renditions.get(format="web"), title="Three quiet minutes")

    with pytest.raises(WrongState, match="changed while you were reading: Web page"):
        approve(review, senior, shown=seen)
    assert not Decision.objects.exists()


def test_an_audience_that_changed_while_it_was_read_is_not_decided_about(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    seen = shown(draft)
    everybody = make_segment()
    Draft.objects.filter(pk=draft.pk).update(segment=everybody, slot_wall="2031-01-07T10:00")

    with pytest.raises(WrongState, match="slot moved") as caught:
        approve(review, senior, shown=seen)
    assert caught.value.code == "changed_meanwhile"
    assert "The audience rule changed." in str(caught.value)
    assert not Decision.objects.exists()


def test_what_was_not_on_the_screen_is_not_decided_about(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)

    with pytest.raises(Invalid, match="LinkedIn was not on the screen"):
        approve(review, senior, formats=["linkedin"], shown={})


def test_a_request_for_changes_returns_the_draft_and_others_may_still_speak(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    request_changes(review, senior)
    assert review.status == Review.Status.CHANGES_REQUESTED
    assert review.stages.get().status == Stage.Status.RETURNED

    request_changes(review, manager, formats=["web"])
    assert review.status == Review.Status.CHANGES_REQUESTED
    assert Decision.objects.filter(person=manager).count() == 1


@pytest.mark.parametrize("verdict", ["request_changes", "reject"])
def test_a_refusal_needs_a_reason_and_a_comment(draft, senior, manager, verdict):
    review = reviews.submit(draft, by=draft.author)

    with pytest.raises(Invalid) as caught:
        reviews.decide(review, by=senior, verdict=verdict, shown=shown(draft))
    assert [problem.attr for problem in caught.value.problems] == ["reason", "comment"]


def test_an_abstention_fills_no_place(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    reviews.decide(review, by=senior, verdict="abstain", shown=shown(draft))
    approve(review, manager)

    assert review.status == Review.Status.OPEN
    assert {role for _, role in asked(review)} == {"senior_editor"}


def test_a_rejection_ends_the_review(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    reviews.decide(
        review, by=senior, verdict="reject", reason="facts", comment="Wrong.", shown=shown(draft)
    )

    assert review.status == Review.Status.REJECTED
    assert not asked(review)
    with pytest.raises(WrongState):
        approve(review, manager)


def test_a_rendition_with_an_error_cannot_be_approved(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    web = draft.renditions.get(format="web")
    Finding.objects.create(rendition=web, severity="critical", code="claim", message="Red claim.")

    with pytest.raises(Invalid, match="Web page: Red claim"):
        approve(review, senior)


def follow(*stages):
    """Make new reviews follow a policy of one row with these stages."""
    Policy.objects.update(is_active=False)
    policy = Policy.objects.create(preset="house", version=1, is_active=True)
    Level.objects.create(policy=policy, position=1, name="everything", number=2, stages=stages)


def test_groups_of_a_sequential_stage_speak_one_after_the_other(draft, senior, manager):
    roles = [["senior_editor"], ["marketing_manager"]]
    follow({"name": "Chain", "mode": "sequential", "roles": roles})
    review = reviews.submit(draft, by=draft.author)

    with pytest.raises(NotAllowed, match="waits for Senior editor, not for Marketing manager"):
        approve(review, manager)
    approve(review, senior)
    approve(review, manager)
    assert review.status == Review.Status.APPROVED


def test_a_quorum_approves_before_everybody_has_spoken(draft, senior, manager):
    roles = [["senior_editor"], ["marketing_manager"], ["legal"]]
    voice("legal", group="legal")
    follow({"name": "Two of three", "mode": "committee", "roles": roles, "quorum": 2})
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)
    approve(review, manager)

    assert review.status == Review.Status.APPROVED


def test_a_second_stage_starts_with_the_renditions_that_passed_the_first(draft, senior, manager):
    stages = [("Text", "senior_editor"), ("Market", "marketing_manager")]
    follow(*({"name": name, "mode": "single", "roles": [[role]]} for name, role in stages))
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior, formats=["web"])

    assert ("web", "marketing_manager") in asked(review)
    assert [stage.status for stage in review.stages.all()] == ["active", "active"]
    approve(review, senior)
    assert [stage.status for stage in review.stages.all()] == ["passed", "active"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"verdict": "maybe"}, "unknown_verdict"),
        ({"verdict": "approve", "reason": "mood"}, "unknown_reason"),
    ],
)
def test_an_answer_that_does_not_exist_is_refused(draft, senior, manager, given, code):
    review = reviews.submit(draft, by=draft.author)

    with pytest.raises(Invalid) as caught:
        reviews.decide(review, by=senior, shown=shown(draft), **given)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_what_waits_for_nobody_is_not_decided_about(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    with pytest.raises(Invalid, match="at least one format"):
        approve(review, senior, formats=[])
    with pytest.raises(WrongState, match="Facebook waits for no decision"):
        approve(review, senior, formats=["facebook"])


def test_a_second_voice_of_a_role_is_heard_while_the_stage_is_open(draft, senior, manager):
    other = voice("senior_editor")
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)
    request_changes(review, other, formats=["web"])

    assert review.status == Review.Status.CHANGES_REQUESTED


def test_a_policy_that_changes_does_not_change_a_running_review(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    follow({"name": "Text", "mode": "single", "roles": [["senior_editor"]]})
    approve(review, senior)

    assert (str(review.policy), review.status) == ("standard v1", Review.Status.OPEN)
