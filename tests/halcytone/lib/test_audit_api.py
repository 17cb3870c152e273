"""Reading the chain over the API, and evidence that can be checked without us."""

import json

import pytest
from django.core.management import CommandError, call_command

from approvals.services import exports, reviews, timeline
from halcytone.lib.audit import chain, evidence, signing, triggers
from halcytone.lib.audit.models import Entry
from halcytone.lib.errors import NotAllowed
from tests.api import Api, problem
from tests.factories import PersonFactory
from tests.factories.approvals import BRIEF, approve, rendered_draft, request_changes, voice

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(settings):
    settings.ACCOUNT_FACTS = "tests.approvals.conftest.account_facts"
    settings.FORMATS = BRIEF
    senior = voice("senior_editor", first_name="Sena", last_name="Orr")
    manager = voice("marketing_manager", group="marketing_manager")
    draft = rendered_draft(is_featured=True)
    review = reviews.submit(draft, by=draft.author, note="Please look at <b>the date</b>.")
    approve(review, senior)
    approve(review, manager)
    return review


class TestReading:
    def test_rows_are_listed_filtered_and_paged(self, review):
        api = Api.of("legal")
        found = api.get("audit", {"kind": "review.decided", "limit": 4}).json()
        assert [row["kind"] for row in found["results"]] == ["review.decided"] * 4
        assert found["results"][0]["facts"]["verdict"] == "approve"
        rest = api.client.get(found["next"], headers=api.headers).json()
        assert len(rest["results"]) == 2
        by_trail = api.get("audit", {"trail": f"draft:{review.draft_id}", "count": "true"})
        assert by_trail.json()["count"] == Entry.objects.count()
        assert api.get("audit", {"since": "2100-01-01T00:00:00Z"}).json()["results"] == []
        assert api.get("audit", {"kinds": "x"}).status_code == 400

    def test_editors_see_their_own_acts_alone(self, review):
        api = Api(review.draft.author)
        rows = api.get("audit").json()["results"]
        assert {row["actor_id"] for row in rows} == {str(review.draft.author_id)}
        other = Entry.objects.exclude(actor_id=review.draft.author_id).first()
        problem(api.get(f"audit/{other.pk}"), 404, "not_found")
        problem(Api.of("viewer").get("audit"), 403, "not_allowed")

    def test_a_row_is_never_changed_over_the_api(self, review):
        api = Api.of("admin")
        pk = Entry.objects.first().pk
        assert api.patch(f"audit/{pk}", {"actor": "x"}).status_code == 405
        assert api.delete(f"audit/{pk}").status_code == 405

    def test_an_admin_asks_whether_the_chain_is_whole(self, review):
        api = Api.of("admin")
        said = api.get("audit/verify").json()
        assert (said["is_whole"], said["rows"], said["first"]) == (True, Entry.objects.count(), 1)
        assert said["public_key"] == signing.public_key()
        problem(Api.of("legal").get("audit/verify"), 403, "not_allowed")

        from django.db import connection

        triggers.drop(connection)
        Entry.objects.filter(seq=3).update(actor="Eve")
        triggers.create(connection)
        said = api.get("audit/verify").json()
        assert (said["is_whole"], said["found"]["seq"]) == (False, 3)
        assert "altered" in said["found"]["what"]

    def test_the_last_rows_alone_can_be_walked(self, review, monkeypatch):
        from halcytone.lib.audit.verify import verify

        count = Entry.objects.count()
        verdict = verify(most=2)
        assert (verdict.rows, verdict.seq, verdict.found) == (2, count, None)


class TestTimeline:
    def test_it_is_listed_for_those_who_see_the_review(self, review):
        rows = Api.of("viewer").get(f"reviews/{review.pk}/timeline").json()["results"]
        assert rows[-1]["kind"] == "review.submitted"
        assert [row["kind"] for row in rows[:2]] == ["release.planned", "review.approved"]
        other = PersonFactory(group="contributor")
        problem(Api(other).get(f"reviews/{review.pk}/timeline"), 404, "not_found")

    def test_the_next_review_of_the_draft_has_its_own(self, review):
        reviews.recall(review, by=voice("ceo", group="executive"), reason="Wrong.")
        again = reviews.submit(review.draft, by=review.draft.author)
        kinds = [row.kind for row in timeline.entries(review)]
        assert (kinds[0], kinds[-2:]) == ("review.submitted", ["review.recalled", "release.held"])
        assert [row.kind for row in timeline.entries(again)] == ["review.submitted"]

    def test_what_is_said_about_several_formats_at_once_is_one_line(self, review):
        lines = timeline.lines(timeline.entries(review))
        lines = [line for line in lines if line.what != "Checklist ticked"]
        assert [line.what for line in lines] == [
            "Submitted",
            "Approve",
            "Approve",
            "Approved by everybody who was asked",
            "Release planned",
        ]
        assert lines[1].who == "Sena Orr as Senior editor"
        assert "Newsletter, Web page, LinkedIn" in lines[1].detail
        assert (len(lines[1].seals), lines[0].quote) == (3, "Please look at <b>the date</b>.")

    def test_a_return_is_quoted_with_its_reason(self, settings, review):
        draft = rendered_draft(is_featured=True)
        asked = reviews.submit(draft, by=draft.author)
        request_changes(asked, voice("senior_editor"))
        line = timeline.lines(timeline.entries(asked))[-1]
        assert (line.what, line.tone, line.quote) == ("Request changes", "bad", "Tone: Warmer.")


class TestEvidence:
    def test_the_json_bears_every_row_seal_and_text_and_its_signature(
        self, review, tmp_path, capsys
    ):
        by = PersonFactory(group="legal")
        document = exports.export(review, by=by, form="json")
        content = json.loads(document)
        assert len(content["entries"]) == timeline.entries(review).count()
        assert {seal["format"] for seal in content["seals"]} == {"newsletter", "web", "linkedin"}
        assert {row["kind"] for row in content["told"]} == {"review_waits", "approved"}
        assert evidence.problems_of(document, key=signing.public_key()) == []

        file = tmp_path / "evidence.json"
        file.write_text(document, encoding="utf-8")
        call_command("verify_evidence", str(file))
        assert "what was signed" in capsys.readouterr().out
        file.write_text(document.replace("Sena", "Mona"), encoding="utf-8")
        with pytest.raises(CommandError, match="it was changed"):
            call_command("verify_evidence", str(file))

    def test_the_markdown_is_signed_and_takes_no_markup_from_its_texts(self, review):
        document = exports.export(review, by=PersonFactory(group="legal"), form="markdown")
        assert "\\<b\\>the date" in document
        assert evidence.problems_of(document, key=signing.public_key()) == []
        assert evidence.problems_of(document.replace("Two", "Ten", 1)) != []
        assert evidence.problems_of("# Evidence\n") == ["There is no signature at its end."]
        assert "another key" in evidence.problems_of(document, key="0" * 64)[0]

    def test_whoever_may_not_read_the_chain_may_not_export(self, review):
        with pytest.raises(NotAllowed):
            exports.export(review, by=review.draft.author, form="json")
        problem(Api(review.draft.author).get(f"reviews/{review.pk}/evidence"), 403, "not_allowed")

    def test_a_row_that_does_not_fit_its_digest_is_named(self, review):
        chain.record("test.done", review, by=None, label="x")
        entry = evidence.as_dict(Entry.objects.last()) | {"actor": "Eve"}
        document = evidence.signed_json({"entries": [entry]})
        assert evidence.problems_of(document) == [f"Row {entry['seq']} does not fit its digest."]
