"""Conversation, claims, answers, comparisons and links over the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals.services import reviews
from tests.api import Api, problem
from tests.approvals.test_attachments import PDF, word
from tests.factories.approvals import request_changes, shown, voice

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(draft, senior, manager):
    return reviews.submit(draft, by=draft.author)


@pytest.fixture
def path(review):
    return f"reviews/{review.pk}"


def test_a_thread_from_its_first_word_to_its_end(path, review, senior, draft):
    api, author = Api(senior), Api(draft.author)
    wish = {
        "text": "Warmer?",
        "format": "linkedin",
        "quote": "let your shoulders drop",
        "must_fix": True,
    }
    made = api.post(f"{path}/comments", wish)
    assert made.status_code == 201
    thread = made.json()
    assert (thread["place"], thread["opener"], thread["status"]) == ("text", str(senior), "open")
    assert (
        author.post(f"{path}/comments", {"text": "Why?", "thread": thread["id"]}).status_code == 201
    )

    refused = api.post(f"{path}/decide", {"verdict": "approve", "shown": shown(draft)})
    assert "must be fixed first: “Warmer?”" in problem(refused, 400, "must_fix_open")["detail"]
    problem(author.post(f"threads/{thread['id']}/resolve"), 403, "four_eyes")
    assert api.post(f"threads/{thread['id']}/resolve").json()["status"] == "resolved"
    problem(api.post(f"threads/{thread['id']}/resolve"), 409, "wrong_state")
    assert api.post(f"threads/{thread['id']}/reopen").json()["status"] == "open"
    (standing,) = author.get(f"{path}/comments").json()["results"]
    assert standing["spot"]["kind"] == "same"
    assert [each["text"] for each in standing["thread"]["comments"]] == ["Warmer?", "Why?"]


def test_words_that_are_not_there_are_refused_with_the_field(path, senior):
    wish = {"text": "?", "format": "linkedin", "quote": "No such words here"}
    body = problem(Api(senior).post(f"{path}/comments", wish), 400, "invalid")
    assert [(each["code"], each["attr"]) for each in body["errors"]] == [
        ("quote_not_found", "quote")
    ]


def test_a_file_comes_as_multipart_and_lying_ones_are_refused(
    path, senior, manager, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    api = Api(senior)
    comment = api.post(f"{path}/comments", {"text": "See"}).json()["comments"][0]["id"]
    address = f"/api/v1/comments/{comment}/attachments"

    def send(name, data, by=api):
        return by.client.post(address, {"file": SimpleUploadedFile(name, data)}, headers=by.headers)

    assert send("offer.pdf", PDF).status_code == 201
    problem(send("scan.png", PDF), 400, "attachment_refused")
    problem(send("notes.docx", word(vbaProject="x")), 400, "attachment_refused")
    problem(send("offer.pdf", PDF, by=Api(manager)), 403, "not_allowed")
    problem(api.post(f"comments/{comment}/attachments", {}), 415, "unsupported_media_type")


def test_one_claim_at_a_time(path, senior, manager):
    first, second = Api(senior), Api(manager)
    assert first.post(f"{path}/claim").json()["person"] == senior.username
    assert first.post(f"{path}/claim").status_code == 201  # two more hours
    assert (
        "Sena Orr is looking at it"
        in problem(second.post(f"{path}/claim"), 409, "claimed")["detail"]
    )
    assert first.delete(f"{path}/claim").status_code == 204
    assert second.post(f"{path}/claim").status_code == 201


def test_requests_are_answered_before_the_next_round(path, review, draft, senior):
    request_changes(review, senior)
    author = Api(draft.author)
    again = author.post(f"drafts/{draft.pk}/submit")
    problem(again, 400, "opinions_unanswered")
    (said,) = author.get(f"{path}/answers").json()["results"]
    answers = [{"opinion": int(said["id"]), "is_done": False, "why": "It is as warm as it gets."}]
    body = author.post(f"{path}/answers", {"answers": answers}).json()
    assert body["results"][0]["answer"]["why"] == "It is as warm as it gets."
    assert author.post(f"drafts/{draft.pk}/submit").status_code == 201
    assert Api(senior).get(f"{path}/answers").json()["last_round"][0]["who"] == "Sena Orr"


def test_three_comparisons_and_no_other(path, senior, settings):
    settings.RENDITION_LIVE = "tests.approvals.test_comparisons.nothing_out"
    for since in ("approval", "live", "source"):
        body = Api(senior).get(f"{path}/compare", {"since": since}).json()
        assert [each["format"] for each in body["results"]] == ["newsletter", "web", "linkedin"]
        assert all(each["nothing"] for each in body["results"])
    problem(Api(senior).get(f"{path}/compare", {"since": "ever"}), 400, "invalid")


def test_the_address_of_a_link_is_told_once_and_never_kept(path, senior):
    api = Api(senior)
    wish = {"person_name": "Pia Lund", "email": "pia@partner.example", "stage": 1}
    made = api.post(f"{path}/links", wish, Idempotency_Key="once-and-only-once")
    assert made.status_code == 201
    assert "/review/" in made.json()["url"]
    replay = api.post(f"{path}/links", wish, Idempotency_Key="once-and-only-once")
    assert "/review/" not in replay.content.decode()
    (row,) = api.get(f"{path}/links").json()["results"]
    assert (row["state"], row["counts"], "url" in row) == ("open", False, False)
    assert api.post(f"review-links/{row['id']}/revoke").json()["state"] == "revoked"


def test_abstaining_counts_for_nothing_and_is_kept(path, review, draft, senior):
    api = Api(senior)
    wish = {"verdict": "abstain", "shown": shown(draft), "comment": "Too close to it."}
    assert api.post(f"{path}/decide", wish).json()["results"][0]["verdict"] == "abstain"
    review.refresh_from_db()
    assert review.status == "open"
    assert voice("senior_editor").username  # somebody else of the role may still decide
