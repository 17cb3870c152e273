"""What reviewers asked for in a round, and what the author answers before the next."""

import pytest

from approvals.services import consolidation, reviews
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import approve, request_changes, shown, submit_again

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(draft, senior, manager):
    """Sent back by both, side by side."""
    review = reviews.submit(draft, by=draft.author)
    request_changes(review, senior, formats=["web"])
    reviews.decide(
        review, by=manager, verdict="request_changes", reason="facts", comment="Seven, not six.",
        shown=shown(draft), formats=["newsletter", "linkedin"],
    )  # fmt: skip
    return review


def test_one_request_does_not_hide_the_other_and_each_stands_once(review, senior, manager):
    said = consolidation.opinions(review)
    assert [(one.first.person, one.first.reason, one.formats) for one in said] == [
        (senior, "tone", ["web"]),
        (manager, "facts", ["newsletter", "linkedin"]),
    ]


def test_the_draft_is_not_submitted_again_before_each_has_its_answer(review, draft, manager):
    first, second = consolidation.opinions(review)
    consolidation.answer(review, by=draft.author, answers={first.key: (True, "")})

    with pytest.raises(Invalid, match="Mira Aas asked for changes in Newsletter, LinkedIn") as no:
        reviews.submit(draft, by=draft.author)
    assert no.value.code == "opinions_unanswered"
    consolidation.answer(
        review, by=draft.author, answers={second.key: (False, "Six is what the study says.")}
    )
    assert reviews.submit(draft, by=draft.author).round == 2


def test_reviewers_of_the_next_round_see_the_answers(review, draft):
    submit_again(draft)
    review.refresh_from_db()
    assert [one.answer.is_done for one in consolidation.last_round(review)] == [True, True]
    assert consolidation.opinions(review) == []


def test_not_done_needs_its_reason_and_an_unknown_key_is_named(review, draft):
    first, _ = consolidation.opinions(review)
    with pytest.raises(Invalid, match="why it is not done") as no:
        consolidation.answer(
            review, by=draft.author, answers={first.key: (False, " "), 999_999: (True, "")}
        )
    assert [problem.code for problem in no.value.problems] == ["why_missing", "not_found"]
    assert len(consolidation.unanswered(review)) == 2


def test_only_whoever_may_change_the_draft_answers(review, senior):
    from tests.factories.people import PersonFactory

    key = consolidation.opinions(review)[0].key
    with pytest.raises(NotAllowed):
        consolidation.answer(review, by=PersonFactory(group="viewer"), answers={key: (True, "")})


def test_a_running_review_waits_for_no_answers(draft, senior, manager):
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior, comment="Lovely.")
    with pytest.raises(WrongState):
        consolidation.answer(review, by=draft.author, answers={1: (True, "")})
    (said,) = consolidation.opinions(review)
    assert (said.first.comment, said.needs_answer) == ("Lovely.", False)
