"""Submitting and deciding, over the API."""

import pytest

from approvals.models import Decision, Review
from tests.api import Api, problem
from tests.factories.approvals import rendered_draft, rewrite, shown, tick_lists, voice

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return rendered_draft(is_featured=True)


@pytest.fixture
def author(draft):
    return Api(draft.author)


@pytest.fixture
def senior():
    return Api(voice("senior_editor"))


@pytest.fixture
def manager():
    return Api(voice("marketing_manager", group="marketing_manager"))


@pytest.fixture
def review(author, draft, senior, manager):
    made = author.post(f"drafts/{draft.pk}/submit", {"note": "For Tuesday"}).json()
    tick_lists(Review.objects.get(pk=made["id"]), senior.person)
    return made


def approval(draft, **changes):
    return {"verdict": "approve", "shown": shown(draft)} | changes


def test_submitting_says_which_rows_matched_and_who_is_asked(review):
    assert review["status"] == "open"
    assert review["matched"]
    assert review["stages"][0]["renditions"][0]["places"]
    assert set(review["seals"]) == set(review["shown"])


def test_a_draft_is_submitted_once(author, draft, review):
    problem(author.post(f"drafts/{draft.pk}/submit"), 409, "wrong_state")


def test_two_voices_approve_exactly_what_they_saw(draft, review, senior, manager):
    path = f"reviews/{review['id']}"
    assert senior.get(path).json()["mine"]
    first = senior.post(f"{path}/decide", approval(draft))
    assert first.status_code == 201
    assert {row["verdict"] for row in first.json()["results"]} == {"approve"}
    second = manager.post(f"{path}/decide", approval(draft))
    assert (first.json()["status"], second.json()["status"]) == ("open", "approved")
    assert manager.get(path).json()["status"] == "approved"
    for rendition in draft.renditions.all():
        assert manager.get(f"renditions/{rendition.pk}/seal").json()["is_approved"]


def test_the_author_is_refused_with_the_rule(author, draft, review):
    body = problem(author.post(f"reviews/{review['id']}/decide", approval(draft)), 403, "four_eyes")
    assert "Four eyes" in body["detail"]


def test_something_else_than_what_stands_there_now_cannot_be_approved(draft, review, senior):
    stale = approval(draft)
    rewrite(draft.renditions.get(format="linkedin"), text="Changed meanwhile.")
    response = senior.post(f"reviews/{review['id']}/decide", stale)
    assert response.status_code == 409
    assert not Decision.objects.exists()


def test_one_key_decides_once(draft, review, senior):
    path = f"reviews/{review['id']}/decide"
    first = senior.post(path, approval(draft), Idempotency_Key="k1")
    again = senior.post(path, approval(draft), Idempotency_Key="k1")
    assert first.content == again.content
    assert again["Idempotent-Replay"] == "true"


def test_a_request_for_changes_needs_its_reason(draft, review, senior):
    body = approval(draft, verdict="request_changes")
    assert senior.post(f"reviews/{review['id']}/decide", body).status_code == 400
    body |= {"reason": "tone", "comment": "Warmer, please."}
    assert senior.post(f"reviews/{review['id']}/decide", body).status_code == 201
    assert senior.get(f"reviews/{review['id']}").json()["status"] == "changes_requested"


def test_a_seal_shows_what_it_is_over(senior, draft):
    rendition = draft.renditions.get(format="newsletter")
    seal = senior.get(f"renditions/{rendition.pk}/seal").json()
    assert seal["content"]["rendition_sha256"] == rendition.digest
    assert not seal["is_approved"]
    assert len(seal["sha256"]) == 64


def test_a_review_is_withdrawn_by_its_submitter_with_a_reason(author, review):
    problem(author.post(f"reviews/{review['id']}/withdraw", {}), 400, "invalid")
    gone = author.post(f"reviews/{review['id']}/withdraw", {"reason": "Too early"})
    assert gone.json()["status"] == "withdrawn"


def test_reviews_of_drafts_that_cannot_be_seen_are_hidden(review):
    contributor = Api.of("contributor")
    assert contributor.get("reviews").json()["results"] == []
    problem(contributor.get(f"reviews/{review['id']}"), 404, "not_found")


def test_a_viewer_cannot_submit_or_decide(draft, review):
    viewer = Api.of("viewer")
    problem(viewer.post(f"drafts/{draft.pk}/submit"), 403, "not_allowed")
    assert viewer.post(f"reviews/{review['id']}/decide", approval(draft)).status_code == 403


def test_a_service_account_never_decides(draft, review):
    robot = Api(voice("senior_editor", is_service=True))
    problem(robot.post(f"reviews/{review['id']}/decide", approval(draft)), 403, "service_account")
