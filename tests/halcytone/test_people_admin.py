"""What an administrator who is no superuser may do to the rows of people."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return PersonFactory(group="admin", is_staff=True)


@pytest.fixture
def client(administrator):
    client = Client()
    client.force_login(administrator)
    return client


def test_nobody_makes_herself_a_superuser(client, administrator):
    page = reverse("admin:access_user_change", args=[administrator.pk])
    form = {"username": administrator.username, "zone": "UTC", "is_active": "on",
            "is_staff": "on", "is_superuser": "on",
            "groups": [group.pk for group in administrator.groups.all()]}  # fmt: skip
    answer = client.post(page, form)
    assert answer.status_code == 302
    administrator.refresh_from_db()
    assert (administrator.zone, administrator.is_superuser) == ("UTC", False)


@pytest.mark.parametrize("name", ["access_user_change", "auth_user_password_change"])
def test_a_superuser_is_changed_by_superusers_alone(client, name):
    above = PersonFactory(is_superuser=True, is_staff=True)
    page = reverse(f"admin:{name}", args=[above.pk])
    form = {"username": "mine", "zone": "UTC", "password1": "q8-Lantern-far",
            "password2": "q8-Lantern-far", "usable_password": "true"}  # fmt: skip
    assert client.post(page, form).status_code == 403
    before = above.password
    above.refresh_from_db()
    assert (above.username != "mine", above.password) == (True, before)
