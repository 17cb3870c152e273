"""Channels over the API: passports, checks, the sign-in, and what a place would say to a content."""

from datetime import timedelta

import pytest
from django.utils import timezone

from publishing.channels import tokens
from publishing.models import Account, PassportValue, Token
from publishing.services import connections
from tests.api import Api, problem
from tests.factories.publishing import make_account, make_release

pytestmark = pytest.mark.django_db
VALUE = {"name": "per_hour", "value": 50, "reason": "Agreed", "review_on": "2030-01-01"}


@pytest.fixture
def api():
    return Api.of("marketing_manager")


@pytest.fixture
def account():
    return make_account("x", channel="x", endpoint="https://api.x.com")


def value_of(answer, name):
    return next(each for each in answer.json()["values"] if each["name"] == name)


def test_a_passport_says_of_each_value_where_it_comes_from(api, account):
    path = f"accounts/{account.pk}/passport"
    before = value_of(api.get(path), "per_hour")
    assert (before["value"], before["level"], before["version"]) == (15, "default", None)
    after = value_of(api.post(path, VALUE), "per_hour")
    assert after == {
        "name": "per_hour", "value": 50, "default": 15, "level": "account",
        "reason": "Agreed", "review_on": "2030-01-01", "version": 1,
    }  # fmt: skip
    restored = api.post(f"{path}/restore", {"name": "per_hour"})
    assert value_of(restored, "per_hour")["value"] == 15


def test_a_value_for_the_channel_is_shown_as_one(api, account):
    answer = api.post(f"accounts/{account.pk}/passport", VALUE | {"for_channel": True})
    assert value_of(answer, "per_hour")["level"] == "channel"
    assert PassportValue.objects.get().account is None


def test_wrong_values_and_older_versions_are_refused(api, account):
    path = f"accounts/{account.pk}/passport"
    body = problem(api.post(path, VALUE | {"value": "fast"}), 400, "invalid")
    assert [each["attr"] for each in body["errors"]] == ["per_hour"]
    api.post(path, VALUE)
    api.post(path, VALUE | {"value": 60, "version": 1})
    problem(api.post(path, VALUE | {"value": 70, "version": 1}), 412, "version_mismatch")
    problem(api.post(f"{path}/restore", {"name": "per_day"}), 400, "invalid")


def test_no_answer_shows_a_token(api, account):
    now = timezone.now()
    token = tokens.Token("access-secret-1", "refresh-secret-1", now, now + timedelta(hours=2))
    connections.keep(account, token, None)
    paths = ("accounts", f"accounts/{account.pk}", f"accounts/{account.pk}/passport",
             f"accounts/{account.pk}/check", "channels/status")  # fmt: skip
    for path in paths:
        answer = api.get(path)
        assert answer.status_code == 200
        assert "secret-1" not in answer.content.decode()
        assert Token.objects.get().sealed not in answer.content.decode()


def test_the_status_of_all_channels_names_what_stands_against_them(api, account):
    Account.objects.update(is_enabled=False)
    (one,) = api.get("channels/status").json()["results"]
    assert (one["key"], one["status"], one["is_enabled"]) == ("our-x", "not_asked", False)
    assert (one["cost_this_month"], one["monthly_budget"], one["currency"]) == ("0", "25", "USD")
    assert [window["name"] for window in one["pace"]] == ["per_day", "per_hour"]
    assert [each["verdict"] for each in one["findings"]] == ["no_go"]


def test_connecting_answers_where_to_sign_in(api, account):
    answer = api.post(f"accounts/{account.pk}/connect")
    assert "/i/oauth2/authorize?" in answer.json()["authorize_url"]


def test_there_is_nothing_to_renew_without_a_sign_in(api, account):
    problem(api.post(f"accounts/{account.pk}/refresh"), 409, "wrong_state")
    answer = api.post(f"accounts/{account.pk}/disconnect")
    assert answer.json() == {"status": "disconnected", "said": "Disconnected."}


def test_a_content_is_judged_as_the_place_would(api, account):
    path = f"accounts/{account.pk}/validate"
    good = api.post(path, {"content": {"parts": [{"text": "Sit."}]}}).json()
    assert good == {
        "is_valid": True,
        "issues": [],
        "metadata": {"account": "our-x", "channel": "x", "api_version": "2"},
    }
    long = {"parts": [{"text": "x" * 281}], "media": [{"alt": "A"}] * 5}
    bad = api.post(path, {"content": long}).json()
    assert not bad["is_valid"]
    assert [each["code"] for each in bad["issues"]] == ["refused_there", "too_many"]


def test_a_preview_shows_the_parts_and_counts_them(api, account):
    content = {"parts": [{"text": "Sit."}, {"text": "Breathe in."}]}
    found = api.post(f"accounts/{account.pk}/preview", {"content": content}).json()
    assert found["formatted_content"] == "Sit.\n\nBreathe in."
    assert (found["character_count"], found["word_count"]) == (17, 3)
    assert (found["estimated_reach"], found["estimated_engagement"]) == (None, None)
    assert found["metadata"]["parts"] == 2


def test_an_account_that_something_was_planned_for_stays(api, press):
    used = make_release("web").parts.get().account
    problem(api.delete(f"accounts/{used.pk}"), 409, "wrong_state")
    free = make_account("x", key="spare", is_default=False)
    assert api.delete(f"accounts/{free.pk}").status_code == 204
    assert Account.history.filter(key="spare", history_type="-").exists()


def test_what_asks_the_place_cannot_be_tried(api):
    """A trial is rolled back here; a token that the place has renewed would be lost with it."""
    account = make_account("x", channel="x")
    problem(api.post(f"accounts/{account.pk}/refresh?dry_run=true"), 409, "cannot_be_tried")
