"""Connecting accounts: the way to the place and back, the sealed token, its renewal, and its end."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.management import call_command
from django.utils import timezone

from halcytone.lib import sealing
from halcytone.lib.audit.models import Entry
from halcytone.lib.errors import Invalid, NotAllowed, Refused, Unclear, WrongState
from publishing import accounts
from publishing.channels import tokens
from publishing.models import Account, Connection, Delivery, Stop, Token
from publishing.services import connections, presses, releases, renewals, sender
from tests.factories import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)


@pytest.fixture
def manager():
    return PersonFactory(group="social_manager")


@pytest.fixture
def account():
    return make_account("x", channel="x", endpoint="https://api.x.com", credential="x_token")


def keep(account, **changes):
    given = {"access": "access-secret-1", "refresh": "refresh-secret-1", "made_at": NOW}
    given |= {"ends_at": NOW + timedelta(hours=2), "scopes": ("tweet.read",)}
    connections.keep(account, tokens.Token(**given | changes), None)
    return Token.objects.get()


class TestSealing:
    def test_a_text_comes_back(self):
        assert sealing.open_(sealing.seal("a secret")) == "a secret"

    def test_a_new_key_before_the_old_one_opens_what_that_sealed(self, settings):
        settings.TOKEN_KEYS = ["old"]
        sealed = sealing.seal("a secret")
        settings.TOKEN_KEYS = ["new", "old"]
        assert sealing.open_(sealed) == "a secret"
        assert not sealing.is_of_today(sealed)
        settings.TOKEN_KEYS = ["new"]
        with pytest.raises(WrongState, match="TOKEN_KEYS"):
            sealing.open_(sealed)


class TestKept:
    def test_no_row_no_repr_and_no_history_shows_the_token(self, account):
        row = keep(account)
        shown = [repr(row), str(row), repr(row.__dict__), repr(connections.token_of(account))]
        shown += [repr(vars(each)) for each in account.history.all()]
        assert not any("secret-1" in text for text in shown)
        assert connections.token_of(account).access == "access-secret-1"

    def test_a_dump_of_the_database_does_not_show_it(self, account, capsys):
        keep(account)
        call_command("dumpdata", "publishing")
        assert "secret-1" not in capsys.readouterr().out

    def test_a_secret_of_the_environment_goes_before_the_token(self, account, settings):
        keep(account)
        assert accounts.channel(account).account.credential == "access-secret-1"
        settings.CREDENTIALS = {"x_token": "from-the-environment"}
        assert accounts.channel(account).account.credential == "from-the-environment"

    def test_a_token_whose_key_is_gone_sends_nothing_and_says_so(self, account, settings):
        settings.TOKEN_KEYS = ["old"]
        keep(account)
        settings.TOKEN_KEYS = []
        with pytest.raises(accounts.Unavailable, match="TOKEN_KEYS"):
            accounts.channel(account)


class TestTheWay:
    def test_it_asks_for_the_scopes_with_a_challenge_and_our_address(self, account, manager):
        query = parse_qs(urlsplit(connections.begin(account, by=manager)).query)
        assert query["response_type"] == ["code"]
        assert query["code_challenge_method"] == ["S256"]
        assert query["redirect_uri"][0].endswith("/accounts/connected/")
        assert "tweet.write" in query["scope"][0].split()

    def test_a_state_of_somebody_else_or_of_nobody_is_refused(self, account, manager):
        state = parse_qs(urlsplit(connections.begin(account, by=manager)).query)["state"][0]
        other = PersonFactory(group="social_manager")
        for given, by in ((state, other), (f"{state}x", manager), ("", manager)):
            with pytest.raises(Invalid) as caught:
                connections.finish(given, "code", by=by)
            assert caught.value.code == "bad_state"

    def test_a_state_is_good_for_ten_minutes(self, account, manager, time_machine):
        state = parse_qs(urlsplit(connections.begin(account, by=manager)).query)["state"][0]
        time_machine.move_to(timezone.now() + timedelta(minutes=11))
        with pytest.raises(Invalid, match="ten minutes"):
            connections.finish(state, "code", by=manager)

    def test_who_may_not_change_the_account_does_not_connect_it(self, account):
        with pytest.raises(NotAllowed, match="connect Our x"):
            connections.begin(account, by=PersonFactory(group="editor"))

    def test_a_channel_without_a_sign_in_says_where_its_secret_goes(self):
        page = make_account("web", channel="platform")
        with pytest.raises(WrongState, match="credential"):
            connections.begin(page, by=PersonFactory(group="marketing_manager"))

    def test_live_needs_our_registration_there(self, account, manager, settings):
        settings.OUTBOUND = "live"
        with pytest.raises(WrongState, match="OAUTH_X_CLIENT_ID"):
            connections.begin(account, by=manager)


class TestTheStandIn:
    @pytest.fixture
    def way(self, account, manager, sandbox_settings):
        return connections.begin(account, by=manager)

    def allowed(self, way):
        page = httpx.get(way)
        assert page.status_code == 200
        link = page.text.split('id="allow" href="')[1].split('"')[0].replace("&amp;", "&")
        return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}

    def test_a_person_allows_it_and_the_token_is_kept(self, way, account, manager):
        connections.finish(**self.allowed(way), by=manager)
        row = Token.objects.get()
        assert (row.has_refresh, row.connected_by) == (True, manager)
        assert "tweet.write" in row.scopes
        assert Connection.objects.get().status == "connected"
        assert Entry.objects.filter(kind="account.connected").exists()
        found = connections.check(account, by=manager)
        assert [each.name for each in found.checks] == ["sign_in"]

    def test_connecting_answers_the_stop_of_the_machine_and_no_other(self, way, account, manager):
        presses.stop_account(account, reason="It refused the sign-in.")
        everything = presses.stop(by=PersonFactory(group="marketing_manager"), reason="A fire")
        connections.finish(**self.allowed(way), by=manager)
        assert list(Stop.objects.filter(lifted_at=None)) == [everything]
        assert Entry.objects.filter(kind="stop.lifted").exists()

    def test_a_code_is_worth_nothing_without_its_verifier(self, way, account, manager):
        given = self.allowed(way)
        other = parse_qs(urlsplit(connections.begin(account, by=manager)).query)["state"][0]
        with pytest.raises(Refused):
            connections.finish(other, given["code"], by=manager)
        assert not Token.objects.exists()

    def test_it_is_renewed_when_80_percent_of_its_life_are_over(self, way, account, manager):
        connections.finish(**self.allowed(way), by=manager)
        before = Token.objects.get()
        life = before.ends_at - before.made_at
        assert renewals.refresh_due(before.made_at + 0.79 * life) == 0
        assert renewals.refresh_due(before.made_at + 0.81 * life) == 1
        after = Token.objects.get()
        assert after.sealed != before.sealed
        assert (after.connected_by, after.renewing_until) == (manager, None)

    def test_disconnecting_forgets_the_token(self, way, account, manager):
        connections.finish(**self.allowed(way), by=manager)
        connections.disconnect(account, by=manager)
        assert not Token.objects.exists()
        assert Connection.objects.get().status == "disconnected"


def test_a_person_signs_in_at_linkedin_too(manager, sandbox_settings):
    page = make_account("linkedin", channel="linkedin", endpoint="https://api.linkedin.com")
    given = TestTheStandIn().allowed(connections.begin(page, by=manager))
    connections.finish(**given, by=manager)
    assert Token.objects.get().scopes == ["w_organization_social", "r_organization_social"]
    assert Token.objects.get().ends_at > timezone.now()


class TestRenewal:
    def renews(self, monkeypatch, answer):
        asked = []

        def renew(channel, token, app, now):
            asked.append(token.refresh)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr("publishing.channels.x.X.renew", renew)
        return asked

    def test_only_one_worker_renews_it(self, account, monkeypatch):
        keep(account)
        asked = self.renews(monkeypatch, tokens.Token("new", "r2", NOW, NOW + timedelta(hours=2)))
        Token.objects.update(renewing_until=NOW + timedelta(hours=3))
        assert renewals.refresh_due(NOW + timedelta(minutes=100)) == 0
        Token.objects.update(renewing_until=NOW)
        assert renewals.refresh_due(NOW + timedelta(minutes=100)) == 1
        assert asked == ["refresh-secret-1"]

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (Unclear("The sign-in answered without a token", code="no_token"), "error"),
            (Refused("The sign-in refused it", code="bad_request"), "unauthorized"),
        ],
    )
    def test_what_fails_leaves_the_stored_token_in_place(self, account, monkeypatch, error, status):
        before = keep(account)
        self.renews(monkeypatch, error)
        assert renewals.refresh_due(NOW + timedelta(minutes=100)) == 0
        after = Token.objects.get()
        assert (after.sealed, after.renewing_until) == (before.sealed, None)
        assert Connection.objects.get().status == status

    def test_what_an_old_key_sealed_is_sealed_anew(self, account, settings):
        settings.TOKEN_KEYS = ["old"]
        keep(account)
        settings.TOKEN_KEYS = ["new", "old"]
        renewals.refresh_due(NOW)
        settings.TOKEN_KEYS = ["new"]
        assert connections.token_of(account).refresh == "refresh-secret-1"


def test_a_refused_sign_in_stops_the_account_and_says_so(press):
    make_account("x", channel="thread")
    releases.start(make_release("x", slot_wall=wall_now()))

    def refuse(_):
        raise Refused("The place does not accept the credentials", code="unauthorized")

    press("our-x").before_send = refuse
    sender.work("w1")
    account = Account.objects.get()
    assert Connection.objects.get().status == "unauthorized"
    assert Stop.objects.get().account == account
    assert Delivery.objects.filter(state="failed").count() == 1


def test_a_log_of_it_holds_no_token(account, capsys, monkeypatch):
    keep(account)
    monkeypatch.setattr(
        "publishing.channels.x.X.renew",
        lambda *_: tokens.Token("access-secret-1", "refresh-secret-1", NOW),
    )
    renewals.refresh_due(NOW + timedelta(minutes=100))
    told = capsys.readouterr()
    said = json.dumps(list(Entry.objects.values()), default=str)
    assert "secret-1" not in told.out + told.err + said


@pytest.mark.parametrize("meanwhile", ["disconnected", "connected anew"])
def test_a_renewal_brings_no_token_back_that_was_taken_away_meanwhile(
    account, manager, sandbox_settings, monkeypatch, meanwhile
):
    keep(account)

    def renew(channel, before, app, now):
        connections.disconnect(account, by=manager)
        if meanwhile != "disconnected":
            keep(account, access="anew", made_at=NOW + timedelta(minutes=1))
        return tokens.Token("renewed", "r", now, now + timedelta(hours=2))

    monkeypatch.setattr("publishing.channels.x.X.renew", renew)
    with pytest.raises(WrongState, match="meanwhile"):
        renewals.refresh(account, by=manager)
    kept = connections.token_of(account)
    assert (kept.access if kept else "") == ("anew" if meanwhile != "disconnected" else "")
