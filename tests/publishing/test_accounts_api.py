"""Accounts over the API: added, changed with their ETag, and never a secret in or out."""

import pytest

from publishing.models import Account
from tests.api import Api, problem
from tests.factories.publishing import make_account

pytestmark = pytest.mark.django_db
SITE = {
    "key": "site",
    "channel": "platform",
    "name": "Site",
    "format": "web",
    "endpoint": "https://platform.halcytone.example",
    "credential": "platform_key",
}


@pytest.fixture
def api():
    return Api.of("marketing_manager")


def test_an_account_is_added_and_answered_without_its_credential(api):
    made = api.post("accounts", SITE)
    assert made.status_code == 201
    body = made.json()
    assert (body["has_credential"], body["version"]) == (True, 1)
    assert "platform_key" not in made.content.decode()
    assert made["ETag"] == f'"account-{body["id"]}-1"'
    assert Account.objects.get().history.get().history_user == api.person


def test_a_secret_in_place_of_its_name_is_refused_and_not_repeated(api):
    token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    refused = api.post("accounts", SITE | {"credential": token})
    body = problem(refused, 400, "invalid")
    assert [(each["attr"], each["code"]) for each in body["errors"]] == [
        ("credential", "secret_shown")
    ]
    assert token not in refused.content.decode()


@pytest.mark.parametrize("name", ["secret", "password", "token", "version", "is_demo"])
def test_there_is_no_field_for_a_secret(api, name):
    body = problem(api.post("accounts", SITE | {name: "x"}), 400, "invalid")
    assert [(each["attr"], each["code"]) for each in body["errors"]] == [(name, "unknown_field")]


def test_every_broken_rule_is_named_by_its_field(api):
    wrong = SITE | {"format": "newsletter", "endpoint": "http://platform.halcytone.example"}
    body = problem(api.post("accounts", wrong), 400, "invalid")
    assert [each["attr"] for each in body["errors"]] == ["format", "endpoint"]


def test_a_change_names_the_version_that_was_read(api):
    made = api.post("accounts", SITE)
    path = f"accounts/{made.json()['id']}"
    problem(api.patch(path, {"name": "Our site"}), 428, "precondition_required")
    changed = api.patch(path, {"name": "Our site"}, etag=made["ETag"])
    assert (changed.status_code, changed.json()["name"]) == (200, "Our site")
    problem(api.patch(path, {"name": "Mine"}, etag=made["ETag"]), 412, "version_mismatch")
    assert api.patch(path, {"is_enabled": False}, etag=changed["ETag"]).json()["version"] == 3


def test_a_trial_adds_nothing(api):
    assert api.post("accounts?dry_run=true", SITE).status_code == 201
    assert not Account.objects.exists()


def test_a_social_manager_changes_networks_alone():
    api = Api.of("social_manager")
    site, profile = make_account("web", channel="platform"), make_account(
        "x", channel="x", endpoint="https://api.x.com"
    )  # fmt: skip
    body = problem(api.patch(f"accounts/{site.pk}", {"name": "Mine"}, "*"), 403, "not_allowed")
    assert "networks" in body["detail"]
    assert api.patch(f"accounts/{profile.pk}", {"name": "Ours"}, "*").status_code == 200
