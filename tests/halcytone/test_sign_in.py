"""Guessing passwords: who is stopped, and what is told to whom."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
PASSWORD = "q8-Lantern-far"


@pytest.fixture(autouse=True)
def _no_memory():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person():
    person = PersonFactory(group="editor", is_staff=True)
    person.set_password(PASSWORD)
    person.save()
    return person


def sign_in(login, password, caller="203.0.113.7"):
    form = {"login": login, "password": password}
    answer = Client().post("/accounts/login/", form, headers={"X-Forwarded-For": caller})
    return answer.status_code == 302, answer.content.decode()


def test_after_ten_failures_the_right_password_is_refused_too(person):
    for _ in range(10):
        assert not sign_in(person.username, "wrong")[0]
    assert not sign_in(person.username, PASSWORD)[0]


def test_behind_the_proxy_one_caller_who_fails_locks_out_nobody_else(person, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(11):
        sign_in(f"nobody{number}", "wrong")
    assert not sign_in(person.username, PASSWORD)[0]
    assert sign_in(person.username, PASSWORD, caller="203.0.113.8")[0]
    assert not sign_in(person.username, PASSWORD, caller="203.0.113.8, 203.0.113.7")[0]


def test_the_admins_own_form_is_not_a_way_around(person):
    answer = Client().post("/admin/login/", {"username": person.username, "password": PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_stranger_learns_no_name_from_signing_in_or_from_a_new_password(person):
    said = [sign_in(login, "wrong")[1].count("correct") for login in (person.username, "nobody")]
    assert said[0] == said[1]
    answers = [
        Client().post("/accounts/password/reset/", {"email": email})
        for email in (person.email, "nobody@halcytone.example")
    ]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
