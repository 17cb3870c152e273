"""The desk's pages about accounts: the list, one account with its passport, changing a value, connecting."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.utils import timezone

from publishing.channels import tokens
from publishing.models import Account, Connection, PassportValue
from publishing.services import connections
from tests.factories import PersonFactory
from tests.factories.publishing import make_account

pytestmark = pytest.mark.django_db
FORM = {"level": "account", "value": "50", "reason": "Agreed", "review_on": "2030-01-01"}


@pytest.fixture
def account():
    return make_account("x", channel="x", endpoint="https://api.x.com")


@pytest.fixture
def desk(client):
    client.force_login(PersonFactory(group="marketing_manager", is_staff=True))
    return client


def test_the_list_says_how_each_account_stands(desk, account):
    Account.objects.update(is_enabled=False)
    page = desk.get("/admin/accounts/").content.decode()
    assert "0 of 15" in page
    assert "$0.00 of $25" in page
    assert "Our x is switched off." in page


def test_an_account_shows_every_value_with_what_the_channel_says(desk, account):
    desk.post(f"/admin/accounts/{account.pk}/passport/per_hour/", FORM)
    page = desk.get(f"/admin/accounts/{account.pk}/").content.decode()
    assert "<b>50</b>" in page
    assert "Agreed" in page
    assert f"/admin/accounts/{account.pk}/connect/" in page


def test_an_account_says_whether_its_token_is_renewed_by_itself(desk, account):
    now = timezone.now()
    for refresh, is_said in (("r", False), ("", True)):
        token = tokens.Token("a", refresh, now, now + timedelta(days=3))
        connections.keep(account, token, None)
        page = desk.get(f"/admin/accounts/{account.pk}/").content.decode()
        assert ("It is not renewed by itself" in page) == is_said
        assert ("token, renewed by itself" in page) != is_said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": "fast"}, "is a whole number"),
        ({"reason": ""}, "This field is required"),
        ({"review_on": "soon"}, "Enter a valid date"),
    ],
)
def test_a_wrong_value_is_said_at_its_field_and_nothing_is_kept(desk, account, changes, said):
    answer = desk.post(f"/admin/accounts/{account.pk}/passport/per_hour/", FORM | changes)
    assert said in answer.content.decode()
    assert not PassportValue.objects.exists()


def test_the_channels_own_value_can_be_taken_back(desk, account):
    desk.post(f"/admin/accounts/{account.pk}/passport/per_hour/", FORM)
    row = PassportValue.objects.get()
    desk.post(f"/admin/accounts/{account.pk}/values/{row.pk}/restore/")
    assert not PassportValue.objects.exists()


def test_connecting_leads_to_the_place(desk, account):
    answer = desk.get(f"/admin/accounts/{account.pk}/connect/")
    assert answer.status_code == 302
    assert "code_challenge=" in answer.headers["Location"]


def test_an_account_says_who_connected_it_and_that_it_is_stopped(desk, account):
    connections.disconnect(account, by=PersonFactory(group="social_manager", username="sol-ito"))
    connections.lost(account)
    page = desk.get(f"/admin/accounts/{account.pk}/").content.decode()
    assert "<b>Disconnected</b>" in page
    assert "sol-ito" in page
    assert "Stopped: Account Our x" in " ".join(page.split())


def way_back(desk, account, **said):
    place = desk.get(f"/admin/accounts/{account.pk}/connect/").headers["Location"]
    state = parse_qs(urlsplit(place).query)["state"][0]
    return f"/admin/accounts/connected/?{urlencode({'state': state, **said})}"


def test_the_way_back_keeps_nothing_until_the_button(desk, account):
    page = desk.get(way_back(desk, account, code="c")).content.decode()
    assert "Connect Our x" in page
    assert "Finish" in page
    assert not Connection.objects.exists()
    answer = desk.post("/admin/accounts/connected/", {"state": "s", "code": "c"}, follow=True)
    assert "did not begin here" in answer.content.decode()


def test_a_way_back_that_did_not_begin_here_says_so_at_once(desk, account):
    page = desk.get("/admin/accounts/connected/?state=s&code=c").content.decode()
    assert "did not begin here" in page
    assert "Finish" not in page


def test_a_denied_sign_in_leads_to_the_account(desk, account):
    page = desk.get(way_back(desk, account, error="access_denied")).content.decode()
    assert "It was not allowed." in page
    assert f"/admin/accounts/{account.pk}/connect/" in page
    assert "Finish" not in page
