"""Contacts, consent, suppressions and segments, over the API."""

import pytest

from segmentation.models import Contact, Suppression
from tests.api import Api, problem
from tests.factories.segmentation import make_contact, make_segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return Api.of("marketing_manager")


class TestContacts:
    def test_a_contact_is_made_and_her_status_follows_her_answers(self, api):
        made = api.post(
            "contacts", {"email": "Ana@Halcytone.example", "name": "Ana", "tags": ["Early"]}
        )
        assert made.status_code == 201
        assert made.json()["status"] == "pending"
        path = f"contacts/{made.json()['id']}"
        said = api.post(f"{path}/consents", {"is_given": True, "wording": "Write to me."})
        assert said.status_code == 201
        assert api.get(path).json()["status"] == "active"
        api.post(f"{path}/consents", {"is_given": False})
        assert api.get(path).json()["status"] == "unsubscribed"
        assert [row["is_given"] for row in api.get(f"{path}/consents").json()["results"]] == [
            False,
            True,
        ]

    def test_wrong_values_are_named_each(self, api):
        found = problem(
            api.post("contacts", {"email": "no", "language": 5, "shoe_size": 1}), 400, "invalid"
        )
        assert "shoe_size" in {each["attr"] for each in found["errors"]}

    @pytest.mark.parametrize(
        "value", [{}, {"a": 1}, [[1]], True, 10**400, -1, "x" * 5000, "\ufffe"]
    )
    @pytest.mark.parametrize(
        "field",
        ["email", "name", "tags", "birth_day", "last_active_at", "engagement", "timezone", "stage"],
    )
    def test_a_value_of_any_shape_is_taken_or_refused_but_never_breaks(self, api, field, value):
        response = api.post("contacts", {"external_id": "e1", field: value})
        assert response.status_code in (201, 400), response.content

    def test_a_contact_is_changed_under_her_tag(self, api):
        path = f"contacts/{make_contact('ana@halcytone.example').pk}"
        tag = api.get(path)["ETag"]
        assert api.patch(path, {"name": "Ana B."}, etag=tag).json()["name"] == "Ana B."
        problem(api.patch(path, {"name": "Ana C."}, etag=tag), 412, "version_mismatch")

    def test_a_known_address_is_refused(self, api):
        make_contact("ana@halcytone.example")
        body = problem(api.post("contacts", {"email": "ANA@halcytone.example"}), 400, "invalid")
        assert body["errors"][0]["code"] == "duplicate"

    def test_people_without_the_right_see_and_write_nothing(self):
        path = f"contacts/{make_contact().pk}"
        problem(Api.of("viewer").get(path), 403, "not_allowed")
        problem(
            Api.of("editor").post("contacts", {"email": "b@halcytone.example"}), 403, "not_allowed"
        )
        assert Contact.objects.count() == 1


class TestSuppressions:
    def test_an_address_is_suppressed_once_and_lifted_with_a_reason(self, api):
        body = {
            "reason": "do_not_contact",
            "value": "Ana@halcytone.example",
            "note": "Asked by phone",
        }
        made = api.post("suppressions", body)
        assert made.status_code == 201
        assert made.json()["value"] == "ana@halcytone.example"
        api.post("suppressions", body)
        assert Suppression.objects.count() == 1
        lifted = api.post(f"suppressions/{made.json()['id']}/lift", {"reason": "She called again"})
        assert not lifted.json()["is_active"]

    def test_what_only_she_can_lift_is_refused_with_a_sentence(self, api):
        made = api.post(
            "suppressions", {"reason": "complaint", "value": "ana@halcytone.example"}
        ).json()
        problem(
            api.post(f"suppressions/{made['id']}/lift", {"reason": "x"}), 403, "cannot_be_lifted"
        )

    def test_an_unknown_reason_is_refused(self, api):
        problem(
            api.post("suppressions", {"reason": "mood", "value": "a@b.example"}), 400, "invalid"
        )


class TestSegments:
    rule = {"all": [{"field": "language", "op": "eq", "value": "en"}]}

    def test_a_segment_is_counted_with_the_reasons_of_the_others(self, api):
        make_contact(answer=True)
        make_contact(answer=False)
        segment = make_segment()
        found = api.get(f"segments/{segment.pk}/count").json()
        assert found["count"] == found["breakdown"]["to_write"] == 1
        assert found["breakdown"]["candidates"] == 2

    def test_a_rule_can_be_counted_before_it_is_saved(self, api):
        make_contact(answer=True)
        assert api.post("segments/count", {"rule": {}}).json()["count"] == 1

    def test_a_wrong_rule_is_refused_with_its_place(self, api):
        body = {"key": "wrong", "name": "Wrong", "rule": {"all": [{"nonsense": 1}]}}
        found = problem(api.post("segments", body), 400, found_code(api, body))
        assert found["errors"][0]["attr"].startswith("rule")

    @pytest.mark.parametrize(
        "rule", [None, 1, "x", [], {"all": 5}, {"all": [None]}, {"not": []}, {"": {}}]
    )
    def test_a_rule_of_any_shape_is_taken_or_refused_but_never_breaks(self, api, rule):
        assert api.post("segments/count", {"rule": rule}).status_code in (200, 400)


def found_code(api, body):
    return api.post("segments", body).json()["code"]
