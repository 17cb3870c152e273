"""Working weeks, absences, delegations, late reviews and the short way over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals.models import Delegation
from approvals.services import escalation, reviews
from halcytone.lib import zones
from tests.api import Api, problem
from tests.factories import PersonFactory
from tests.factories.approvals import rendered_draft, tick_lists, voice

pytestmark = pytest.mark.django_db
TODAY = zones.local(timezone.now(), "America/New_York").date()
DAYS = {"starts_on": str(TODAY), "ends_on": str(TODAY + timedelta(days=3))}


@pytest.fixture
def stand_in():
    return PersonFactory(group="senior_editor")


def test_a_person_keeps_her_own_week(manager):
    api = Api(voice("legal", group="legal"))
    week = api.post("working-calendars", {"days": [1, 2, 3], "country": "fr"}).json()
    assert (week["days"], week["country"], week["start"]) == ([1, 2, 3], "FR", "09:00:00")
    path = f"working-calendars/{week['id']}"
    got = api.get(path)
    problem(api.patch(path, {"days": [1]}), 428, "precondition_required")
    changed = api.patch(path, {"end": "16:00"}, etag=got["ETag"]).json()
    assert (changed["days"], changed["end"]) == ([1, 2, 3], "16:00:00")
    problem(api.patch(path, {"end": "08:00"}, etag="*"), 400, "invalid")
    problem(api.post("working-calendars", {}), 409, "wrong_state")
    problem(Api(voice("seo", group="seo")).get(path), 404, "not_found")
    assert Api.of("admin").get(path).status_code == 200
    assert api.delete(path).status_code == 204


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({"country": "XX"}, "country"),
        ({"country": "US", "subdivision": "QQ"}, "subdivision"),
        ({"subdivision": "NY"}, "country"),
        ({"days": []}, "days"),
        ({"days_off": ["never"]}, "days_off.0"),
        ({"hours": 3}, "hours"),
    ],
)
def test_what_cannot_be_a_week_is_named(manager, body, attr):
    answer = Api(manager).post("working-calendars", body)
    assert answer.status_code == 400
    assert [each["attr"] for each in answer.json()["errors"]] == [attr]


def test_absences_are_kept_by_whom_they_are_about(manager, stand_in):
    api = Api(manager)
    absence = api.post("absences", {**DAYS, "note": "Leave"}).json()
    path = f"absences/{absence['id']}"
    assert api.get("absences").json()["results"] == [absence]
    assert Api(stand_in).get("absences").json()["results"] == []
    etag = api.get(path)["ETag"]
    assert api.patch(path, {"note": "Longer"}, etag=etag).json()["note"] == "Longer"
    problem(api.patch(path, {"note": "x"}, etag=etag), 412, "version_mismatch")
    problem(
        Api(stand_in).post("absences", {**DAYS, "person": manager.username}), 403, "not_allowed"
    )
    assert api.delete(path).status_code == 204


def test_a_delegation_is_made_seen_by_both_and_ended(manager, senior, stand_in):
    api = Api(manager)
    made = api.post("delegations", {**DAYS, "delegate": stand_in.username, "types": ["blog"]})
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["person"], row["delegate"]) == (manager.username, stand_in.username)
    assert (row["types"], row["is_over"]) == (["blog"], False)
    path = f"delegations/{row['id']}"
    assert Api(stand_in).get(path).json()["id"] == row["id"]
    problem(Api(senior).get(path), 404, "not_found")
    changed = api.patch(path, {"types": []}, etag=made["ETag"]).json()
    assert changed["types"] == []
    assert api.delete(path).status_code == 204
    assert Delegation.objects.get().ended_by == manager
    assert api.get(path).json()["is_over"]


def test_a_loop_is_refused_over_the_api(manager, senior):
    Api(manager).post("delegations", {**DAYS, "delegate": senior.username})
    answer = problem(
        Api(senior).post("delegations", {**DAYS, "delegate": manager.username}), 400, "invalid"
    )
    assert answer["errors"][0]["code"] == "delegation_loop"
    problem(Api(senior).post("delegations", {**DAYS, "delegate": "nobody"}), 400, "invalid")


def test_those_who_never_decide_have_no_working_time():
    for group in ("viewer", "contributor", "service"):
        for route in ("working-calendars", "absences", "delegations"):
            problem(Api.of(group).get(route), 403, "not_allowed")


def test_a_review_tells_when_each_stage_is_due_and_its_light(senior, manager):
    wall = (timezone.now() + timedelta(days=20)).strftime("%Y-%m-%dT10:00")
    draft = rendered_draft(is_featured=True, slot_wall=wall)
    review = reviews.submit(draft, by=draft.author)
    shown = Api(senior).get(f"reviews/{review.pk}").json()["stages"][0]["stage"]
    assert shown["due_at"] == review.stages.get().due_at.isoformat().replace("+00:00", "Z")
    assert (shown["light"], shown["clock"]) == ("green", "working")


def test_the_decision_of_a_delegate_names_both(senior, manager, stand_in):
    Api(manager).post("delegations", {**DAYS, "delegate": stand_in.username})
    draft = rendered_draft(is_featured=True, slot_wall="")
    review = reviews.submit(draft, by=draft.author)
    api = Api(stand_in)
    seen = api.get(f"reviews/{review.pk}").json()
    assert set(seen["mine"]) == {"newsletter", "web", "linkedin"}
    tick_lists(review, stand_in)
    answer = api.post(f"reviews/{review.pk}/decide", {"verdict": "approve", "shown": seen["shown"]})
    assert answer.status_code == 201, answer.content
    first = answer.json()["results"][0]
    assert (first["person"], first["delegate_of"]) == (stand_in.username, manager.username)


def test_a_late_review_is_decided_about(senior, manager):
    draft = rendered_draft(is_featured=True, slot_wall="2026-12-01T10:00")
    review = reviews.submit(draft, by=draft.author)
    escalation.mark_late(review)
    path = f"reviews/{review.pk}/late-decision"
    problem(Api(senior).post(path, {"choice": "wait"}), 400, "invalid")
    problem(Api.of("social_manager").post(path, {"choice": "withdraw"}), 403, "not_allowed")
    assert Api(draft.author).post(path, {"choice": "withdraw"}).json()["status"] == "withdrawn"


def test_the_short_way_is_started_and_followed(manager):
    draft = rendered_draft(priority=1)
    body = {"matter": "market", "reason": "The recall of a partner."}
    problem(Api(draft.author).post(f"drafts/{draft.pk}/fast-track", body), 403, "not_allowed")
    api = Api(manager)
    track = api.post(f"drafts/{draft.pk}/fast-track", body).json()
    assert [each["name"] for each in track["steps"]][:2] == ["Classify", "Team together"]
    done = api.post(f"fast-tracks/{track['id']}/done", {"step": 2}).json()
    assert done["steps"][1]["done_by"] == manager.username
    problem(api.post(f"fast-tracks/{track['id']}/done", {"step": 7}), 409, "step_before")
