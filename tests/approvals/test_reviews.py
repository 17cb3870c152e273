"""From submission to approval, and back: which renditions are asked about, and whom."""

import pytest

from approvals import signals
from approvals.models import Ask, Decision, Review, Stage
from approvals.services import reviews
from content.models import Finding
from content.signals import draft_changed, rendition_changed
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import rendered_draft, rendition, rewrite, shown, voice
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def senior():
    return voice("senior_editor", first_name="Sena", last_name="Orr")


@pytest.fixture
def manager():
    return voice("marketing_manager", group="marketing_manager", first_name="Mira", last_name="Aas")


@pytest.fixture
def draft():
    return rendered_draft(is_featured=True)


def approve(review, person, **given):
    given.setdefault("shown", shown(review.draft))
    return reviews.decide(review, by=person, verdict="approve", **given)


def request_changes(review, person, **given):
    given.setdefault("shown", shown(review.draft))
    return reviews.decide(
        review, by=person, verdict="request_changes", reason="tone", comment="Warmer.", **given
    )


def approved(draft, *people):
    review = reviews.submit(draft, by=draft.author)
    for person in people:
        approve(review, person)
    assert review.status == Review.Status.APPROVED
    return review


def changed(rendition, **content):
    rewrite(rendition, **content)
    rendition_changed.send(type(rendition), rendition=rendition)


def asked(review):
    asks = Ask.objects.filter(stage__review=review)
    return {(ask.format, ask.role) for ask in asks}


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
    review = reviews.submit(rendered_draft(type="announcement"), by=PersonFactory(group="editor"))
    approve(review, manager)

    with pytest.raises(
        NotAllowed, match=r"already spoke as Marketing manager.*one person has one role"
    ):
        approve(review, manager)
    approve(review, third)
    assert [stage.status for stage in review.stages.all()] == ["passed", "passed", "active"]


def test_stages_of_level_3_speak_in_turn():
    people = {role: voice(role) for role in ("marketing_manager", "department_head", "executive")}
    draft = rendered_draft(type="announcement")
    review = reviews.submit(draft, by=draft.author)

    with pytest.raises(NotAllowed, match="Marketing asks for Marketing manager"):
        approve(review, people["executive"])
    for role in ("marketing_manager", "department_head", "executive"):
        assert {asked_role for _, asked_role in asked(review)} == {role}
        approve(review, people[role])

    assert review.status == Review.Status.APPROVED


def test_a_committee_needs_all_four():
    people = [voice(role) for role in ("ceo", "cmo", "cto", "legal")]
    draft = rendered_draft(urgency="critical", priority=1)
    review = reviews.submit(draft, by=draft.author)

    assert (review.level, review.stages.get().mode) == (4, "committee")
    for person in reversed(people):
        assert review.status == Review.Status.OPEN
        approve(review, person)
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


def test_a_text_that_changed_while_it_was_read_is_not_decided_about(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    seen = shown(draft)
    changed(draft.renditions.get(format="web"), title="Three quiet minutes")

    with pytest.raises(WrongState, match="The text changed while you were reading: Web page"):
        approve(review, senior, shown=seen)
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


def test_the_next_round_asks_again_only_what_was_not_approved(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)
    request_changes(review, manager, formats=["web"])

    review = reviews.submit(draft, by=draft.author, note="The title stays: legal asked for it.")

    assert review.round == 2
    assert {role for _, role in asked(review)} == {"marketing_manager", "marketing_coordinator"}
    approve(review, manager)
    assert review.status == Review.Status.APPROVED


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


def test_a_recalled_approval_lets_nothing_out(draft, senior, manager):
    review = approved(draft, senior, manager)
    reviews.recall(review, by=manager, reason="The study was withdrawn.")

    assert review.status == Review.Status.RECALLED
    assert reviews.approved_seals(draft) == {}


def test_a_withdrawn_draft_can_be_submitted_anew(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    with pytest.raises(NotAllowed, match="withdraw the review of somebody else"):
        reviews.withdraw(review, by=voice("legal", group="legal"), reason="No.")
    reviews.withdraw(review, by=draft.author, reason="A new picture is coming.")

    assert reviews.submit(draft, by=draft.author).pk != review.pk


def test_a_draft_in_review_is_not_submitted_twice(draft, senior, manager):
    reviews.submit(draft, by=draft.author)

    with pytest.raises(WrongState, match="already in review"):
        reviews.submit(draft, by=draft.author)


def test_the_gate_names_each_rule_its_place_and_who_can_change_it(draft, senior, manager):
    web = draft.renditions.get(format="web")
    Finding.objects.create(
        rendition=web,
        severity="error",
        code="title_long",
        message="The title is too long.",
        where="title",
    )
    draft.renditions.filter(format="linkedin").delete()
    rewrite(
        draft.renditions.get(format="newsletter"),
        subject="",
        preheader="",
        html="<p></p>",
        text=" ",
    )

    with pytest.raises(Invalid) as caught:
        reviews.submit(draft, by=draft.author)
    problems = {problem.code: problem for problem in caught.value.problems}
    assert problems.keys() == {"rendition_missing", "rendition_empty", "title_long"}
    assert problems["title_long"].message == "Web page, title: The title is too long."
    assert problems["title_long"].attr == "web"
    assert f"{draft.author} can change it." in problems["title_long"].hint


def test_a_rendition_with_an_error_cannot_be_approved(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    web = draft.renditions.get(format="web")
    Finding.objects.create(rendition=web, severity="critical", code="claim", message="Red claim.")

    with pytest.raises(Invalid, match="Web page: Red claim"):
        approve(review, senior)


def test_a_viewer_may_not_submit(draft, senior, manager):
    with pytest.raises(NotAllowed, match="submit drafts for review"):
        reviews.submit(draft, by=PersonFactory(group="viewer"))
    with pytest.raises(NotAllowed, match="person's act"):
        reviews.submit(draft, by=None)


def test_submission_says_which_voice_nobody_can_give_and_who_could_be_added(draft, senior):
    with pytest.raises(Invalid) as caught:
        reviews.submit(draft, by=draft.author)

    (problem,) = caught.value.problems
    assert "nobody can decide as Marketing manager or Marketing coordinator" in problem.message
    assert "No active person holds this role." in problem.message
    assert "Sena Orr could be added" in problem.hint


def test_one_person_for_two_roles_is_not_enough(draft, senior):
    senior.approval_roles.create(role="marketing_manager")

    with pytest.raises(Invalid, match="nobody can decide as"):
        reviews.submit(draft, by=draft.author)


def test_a_draft_that_becomes_featured_after_its_approval_needs_the_voices_of_level_2(
    senior, manager
):
    draft = rendered_draft()
    editor = voice("editor", group="editor")
    draft.author.groups.clear()
    draft.author.user_permissions.clear()
    review = reviews.submit(draft, by=voice("data", group="senior_editor"))
    if review.status == Review.Status.OPEN:
        approve(review, editor)
    assert review.level == 1

    draft.is_featured = True
    draft.save()
    draft_changed.send(type(draft), draft=draft, fields=["is_featured"])

    review.refresh_from_db()
    assert (review.level, review.status) == (2, Review.Status.UNSEALED)
    assert reviews.approved_seals(draft) == {}
    review = reviews.submit(draft, by=review.submitted_by)
    approve(review, senior)
    approve(review, manager)
    assert review.status == Review.Status.APPROVED
