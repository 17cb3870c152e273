"""Renewals that fail: what a place refused is left to people, what it could not answer waits longer each time."""

from datetime import UTC, datetime, timedelta

import pytest

from halcytone.lib.errors import Refused, RemoteError
from halcytone.lib.notices.models import Notification
from publishing.channels import tokens
from publishing.models import Connection, Token
from publishing.services import connections, passports, renewals
from tests.factories import PersonFactory
from tests.factories.publishing import make_account

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
DUE = NOW + timedelta(minutes=96)  # 80 % of two hours
MINUTE = timedelta(minutes=1)


@pytest.fixture
def manager():
    return PersonFactory(group="social_manager")


@pytest.fixture
def account(sandbox_settings):
    return make_account("x", channel="x", endpoint="https://api.x.com")


def keep(account, refresh="refresh-secret-1", **changes):
    given = {"made_at": NOW, "ends_at": NOW + timedelta(hours=2), "scopes": ("tweet.read",)}
    connections.keep(account, tokens.Token("access-secret-1", refresh, **given | changes), None)


def asked(sandbox):
    return len([one for one in sandbox.requests("x") if one["path"] == "/2/oauth2/token"])


def minutes(sandbox, count):
    """Return how often the place was asked in each of these minutes, one after another."""
    found = []
    for minute in range(count):
        before = asked(sandbox)
        renewals.refresh_due(DUE + minute * MINUTE)
        found.append(asked(sandbox) - before)
    return found


def test_what_was_refused_is_asked_once_and_told_once(account, manager, sandbox):
    keep(account, "invalid-refresh")
    assert minutes(sandbox, 5) == [1, 0, 0, 0, 0]
    assert Connection.objects.get().status == "unauthorized"
    (told,) = Notification.objects.filter(person=manager)
    assert told.subject == "Our x must be connected again"
    assert told.is_now
    assert "social manager" in told.text


def test_a_token_that_is_renewed_no_more_ends(account, sandbox):
    keep(account, "invalid-refresh")
    slot = NOW + timedelta(hours=3)
    assert [each.name for each in passports.standing(account, slot)] != ["token"]
    renewals.refresh_due(DUE)
    assert {each.name for each in passports.standing(account, slot)} >= {"connection", "token"}


def test_it_is_asked_again_when_a_person_has_connected(account, sandbox):
    keep(account, "invalid-refresh")
    renewals.refresh_due(DUE)
    keep(account, "good-refresh", made_at=NOW + MINUTE)
    assert renewals.refresh_due(DUE + 2 * MINUTE) == 1
    assert Connection.objects.get().status == "connected"


def test_a_person_may_ask_again_herself(account, manager, sandbox):
    keep(account, "invalid-refresh")
    renewals.refresh_due(DUE)
    with pytest.raises(Refused):
        renewals.refresh(account, by=manager)
    assert Notification.objects.filter(person=manager).count() == 1


def test_what_could_not_be_asked_waits_longer_each_time(account, manager, sandbox):
    keep(account)
    sandbox.fault("x", "drop_before", match={"path": "/2/oauth2/token"}, times=100)
    found = minutes(sandbox, 40)
    assert [minute for minute, count in enumerate(found) if count] == [0, 1, 2, 4, 8, 16, 26, 36]
    assert Connection.objects.get().status == "error"
    assert not Notification.objects.filter(person=manager).exists()


def test_the_wait_that_a_place_asks_for_is_kept(account, sandbox):
    keep(account)
    sandbox.fault("x", "rate_limit:240", match={"path": "/2/oauth2/token"})
    assert minutes(sandbox, 6) == [1, 0, 0, 0, 1, 0]
    assert Connection.objects.get().status == "connected"


def test_a_token_that_cannot_be_renewed_is_good_until_its_end(account, manager, sandbox):
    keep(account, "")
    connections.put(account, "connected", "Signed in.")
    with pytest.raises(RemoteError, match="sign in again"):
        renewals.refresh(account, by=manager)
    assert Connection.objects.get().status == "connected"
    assert Token.objects.get().renewing_until is None
