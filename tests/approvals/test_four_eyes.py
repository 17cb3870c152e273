"""Whoever has a hand in a rendition never decides about it: not by a service, not by raw SQL."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.models import Decision, Role, Seal
from approvals.services import boards, eligibility, policies, reviews
from content.models import Authorship
from halcytone.lib.errors import NotAllowed
from tests.factories.approvals import rendered_draft, rewrite, shown, tick_lists, voice
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
INSERT = """INSERT INTO approvals_decision (stage_id, seal_id, person_id, delegate_of_id, policy_id,
    policy_row, role, round, verdict, reason, comment, shown_sha256, decided_at)
    VALUES (%s, %s, %s, %s, %s, '', 'senior_editor', 1, 'approve', '', '', '', '2026-12-01 10:00')"""


@pytest.fixture
def senior():
    return voice("senior_editor", first_name="Sena", last_name="Orr")


@pytest.fixture
def draft():
    return rendered_draft(is_featured=True)


@pytest.fixture
def review(draft, senior):
    voice("marketing_manager")
    return reviews.submit(draft, by=draft.author)


def approve(review, person, **given):
    tick_lists(review, person)
    return reviews.decide(review, by=person, verdict="approve", shown=shown(review.draft), **given)


def hand(draft, person, act, format=""):
    at = datetime(2026, 3, 3, 12, tzinfo=UTC)
    Authorship.objects.create(draft=draft, person=person, act=act, format=format, at=at)


def insert(review, *, person=None, delegate_of=None, policy=None, format="linkedin"):
    """Write a decision as somebody would who holds the database and no service."""
    seal = Seal.objects.get(review=review, format=format)
    stage = review.stages.first()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [stage.pk, seal.pk, person, delegate_of, policy])


def author(draft, senior):
    draft.author = senior
    draft.save()


ACTS = [
    (
        lambda draft, senior: hand(draft, senior, "wrote"),
        "you wrote or edited a text in it on 3 March 2026",
    ),
    (
        lambda draft, senior: hand(draft, senior, "generated"),
        "you ran the generator on 3 March 2026",
    ),
    (lambda draft, senior: hand(draft, senior, "audience"), "you set the audience on 3 March 2026"),
    (
        lambda draft, senior: hand(draft, senior, "edited", "linkedin"),
        "you edited the LinkedIn text on 3 March 2026",
    ),
    (author, "you are the author of this draft"),
]


@pytest.mark.parametrize(("act", "words"), ACTS)
def test_whoever_has_a_hand_in_a_rendition_is_refused_with_the_act_and_who_can(
    draft, senior, act, words
):
    other = voice("senior_editor", first_name="Ola", last_name="Berg")
    voice("marketing_manager")
    review = reviews.submit(draft, by=draft.author)
    act(draft, senior)

    with pytest.raises(NotAllowed) as caught:
        approve(review, senior, formats=["linkedin"])
    assert str(caught.value).startswith(f"Four eyes: {words}, so somebody else decides about it.")
    assert "Ola Berg" in str(caught.value)
    assert caught.value.code == "four_eyes"
    assert other in eligibility.eligible_people(review.stages.get(), draft.renditions.first())


@pytest.mark.parametrize(("act", "_words"), ACTS)
def test_the_database_refuses_what_no_service_has_seen(review, draft, senior, act, _words):
    act(draft, senior)

    with pytest.raises(IntegrityError, match="four eyes"):
        insert(review, person=senior.pk)


def test_an_edit_of_one_rendition_bars_from_that_one_alone(review, draft, senior):
    hand(draft, senior, "edited", "linkedin")

    assert {each.seal.format for each in approve(review, senior)} == {"newsletter", "web"}
    with pytest.raises(IntegrityError, match="four eyes"):
        insert(review, person=senior.pk)


def test_a_superuser_is_no_exception(draft, senior):
    voice("marketing_manager")
    voice("senior_editor")
    senior.is_superuser = True
    senior.save()
    hand(draft, senior, "wrote")
    review = reviews.submit(draft, by=draft.author)

    with pytest.raises(NotAllowed, match="Four eyes"):
        approve(review, senior)
    with pytest.raises(IntegrityError, match="four eyes"):
        insert(review, person=senior.pk)


def test_level_1_is_no_exception():
    writer = voice("editor", group="editor")
    voice("editor", group="editor")
    draft = rendered_draft(author=writer, priority=4, sensitive=["pricing"])
    review = reviews.submit(draft, by=writer)

    assert review.level == 1
    with pytest.raises(NotAllowed, match="Four eyes: you put the draft together"):
        approve(review, writer)
    with pytest.raises(IntegrityError, match="four eyes"):
        insert(review, person=writer.pk)


def test_a_service_account_never_decides(review):
    robot = voice("senior_editor", is_service=True)

    with pytest.raises(NotAllowed, match="Only people decide"):
        approve(review, robot)
    with pytest.raises(NotAllowed, match="Only people decide"):
        approve(review, None)
    with pytest.raises(IntegrityError, match="only people decide"):
        insert(review, person=robot.pk)


def test_nobody_decides_for_somebody_who_has_a_hand_in_it(review, draft, senior):
    with pytest.raises(IntegrityError, match="four eyes"):
        insert(review, person=senior.pk, delegate_of=draft.author.pk)


def test_the_policy_signs_at_level_1_alone(review):
    with pytest.raises(IntegrityError, match="level 1"):
        insert(review, policy=policies.active().pk)


def test_a_seal_of_another_review_is_refused(review, senior):
    other = reviews.submit(rendered_draft(is_featured=True), by=PersonFactory(group="editor"))
    seal = Seal.objects.get(review=review, format="web")

    with pytest.raises(IntegrityError, match="different reviews"), transaction.atomic():
        Decision.objects.create(
            stage=other.stages.get(),
            seal=seal,
            person=senior,
            role="senior_editor",
            verdict="approve",
        )


def test_a_role_that_somebody_does_not_hold_is_no_voice(review):
    stranger = PersonFactory(group="legal")

    with pytest.raises(NotAllowed, match="Sena Orr"):
        approve(review, stranger)


def test_somebody_without_the_right_to_decide_is_refused(review):
    viewer = voice("senior_editor", group="viewer")

    with pytest.raises(NotAllowed, match="You may not decide in reviews"):
        approve(review, viewer)


def test_who_later_puts_a_hand_in_it_has_not_approved_it(review, draft, senior):
    approve(review, senior)
    manager = Role.MARKETING_MANAGER
    before = boards.read(review).standing.of_step(review.stages.get().pk)
    linkedin = draft.renditions.get(format="linkedin")
    hand(draft, senior, "edited", "linkedin")
    rewrite(linkedin, text="Breathe out.")
    rewrite(linkedin)  # somebody else restores it: the old seal again

    after = boards.read(review).standing.of_step(review.stages.get().pk)
    assert {cell.format for cell in before if cell.filled[0]} == {"newsletter", "web", "linkedin"}
    assert {cell.format for cell in after if cell.filled[0]} == {"newsletter", "web"}
    assert any(manager in group for cell in after for group in cell.waiting)


@pytest.mark.parametrize("model", [Decision, Seal])
def test_decisions_and_seals_are_never_changed_nor_removed(review, senior, model):
    approve(review, senior)

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        model.objects.update(**({"comment": "x"} if model is Decision else {"body": "x"}))
    with (
        pytest.raises(IntegrityError, match="only together with a demo draft"),
        transaction.atomic(),
    ):
        model.objects.all()._raw_delete(using="default")


def test_a_demo_draft_can_be_removed_with_its_review_but_not_be_changed():
    senior = voice("senior_editor")
    voice("marketing_manager")
    draft = rendered_draft(is_featured=True, is_demo=True)
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Decision.objects.update(comment="x")
    review.delete()
    draft.delete()
    assert not Decision.objects.exists()
    assert not Seal.objects.exists()


def test_the_refusal_can_be_asked_for_a_seal_or_a_rendition(review, draft, senior):
    stage, web = review.stages.get(), draft.renditions.get(format="web")
    assert eligibility.refusal(senior, web, stage) == ""
    hand(draft, senior, "generated")

    assert "you ran the generator" in eligibility.refusal(senior, web, stage)
    seal = Seal.objects.get(review=review, format="web")
    assert "you ran the generator" in eligibility.refusal(senior, seal, stage)


def test_when_nobody_else_can_the_refusal_names_who_could_be_added(review, draft, senior):
    for holder in eligibility.holders(["marketing_manager"]):
        holder.approval_roles.all().delete()
    hand(draft, senior, "generated")
    PersonFactory(group="senior_editor", first_name="Ola", last_name="Berg")

    sentence = eligibility.refusal(senior, draft.renditions.first(), review.stages.get())
    assert "Nobody can yet." in sentence
    assert "Ola Berg" in sentence
    assert "could be added: an administrator gives the role" in sentence
