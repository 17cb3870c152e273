"""The gate, the way back, and what is announced."""

import pytest

from approvals import signals
from approvals.models import Review
from approvals.services import reviews
from content.models import Finding
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import (
    approved,
    rewrite,
    voice,
)
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


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


def test_taking_back_needs_a_reason(draft, senior, manager):
    review = approved(draft, senior, manager)
    with pytest.raises(Invalid, match="Say why"):
        reviews.recall(review, by=manager, reason=" ")
    with pytest.raises(NotAllowed, match="recall an approval"):
        reviews.recall(review, by=PersonFactory(group="viewer"), reason="No.")


def test_each_event_is_announced_once(draft, senior, manager):
    heard = []
    receivers = {
        name: lambda name=name, **_: heard.append(name)
        for name in ("review_submitted", "review_decided", "review_approved", "review_recalled")
    }
    for name, receiver in receivers.items():
        getattr(signals, name).connect(receiver)
    review = approved(draft, senior, manager)
    reviews.recall(review, by=manager, reason="The study was withdrawn.")
    for name, receiver in receivers.items():
        getattr(signals, name).disconnect(receiver)

    assert heard == [
        "review_submitted",
        *["review_decided"] * 6,
        "review_approved",
        "review_recalled",
    ]
