"""Signing in for a Facebook page and an Instagram account: the real channels against the stand-in's dialog."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from django.utils import timezone

from halcytone.lib.errors import Invalid, Refused, WrongState
from halcytone.lib.notices.models import Notification
from halcytone.sandbox.meta_rows import PAGE, STUDIO, USER
from publishing.channels import tokens
from publishing.channels.base import AccountFace
from publishing.channels.facebook import PASSPORT, Facebook
from publishing.models import Connection, Token
from publishing.services import connections, expiries, passports, renewals
from tests.factories import PersonFactory
from tests.factories.publishing import make_account

pytestmark = pytest.mark.django_db
PROFILES = {"facebook": PAGE["id"], "instagram": USER["id"]}
DAY = timedelta(days=1)


@pytest.fixture
def manager():
    return PersonFactory(group="social_manager")


@pytest.fixture(params=["facebook", "instagram"])
def account(request, sandbox_settings):
    name = request.param
    return make_account(
        name, channel=name, endpoint="https://graph.facebook.com", profile_id=PROFILES[name]
    )


@pytest.fixture
def page(sandbox_settings):
    return make_account(
        "facebook", channel="facebook", endpoint="https://graph.facebook.com", profile_id=PAGE["id"]
    )


def answered(way, *, pages=(PAGE["id"],), without=(), answer="allow"):
    """Answer the dialog as a person does; return what the desk is told by the way back."""
    assert httpx.get(way).status_code == 200
    asked = dict(parse_qsl(urlsplit(way).query))
    scopes = [one for one in asked["scope"].split(",") if one not in without]
    form = {name: asked[name] for name in ("client_id", "redirect_uri", "state")}
    form |= {"scope": scopes, "page": list(pages), "answer": answer}
    back = httpx.get(f"{way.partition('?')[0]}/done", params=form)
    assert back.status_code == 302
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))


def sign_in(account, by, **chosen):
    return connections.finish(**answered(connections.begin(account, by=by), **chosen), by=by)


class TestTheWay:
    def test_it_asks_for_the_scopes_of_the_passport_and_for_what_was_denied_before(
        self, account, manager
    ):
        way = urlsplit(connections.begin(account, by=manager))
        query = {name: values[0] for name, values in parse_qs(way.query).items()}
        assert way.path == "/v24.0/dialog/oauth"
        assert query["scope"].split(",") == list(passports.passports.of(account).scopes)
        assert (query["response_type"], query["auth_type"]) == ("code", "rerequest")
        assert query["redirect_uri"].endswith("/accounts/connected/")
        assert "code_challenge" not in query

    def test_live_leads_to_facebook_and_graph(self):
        face = AccountFace("fb", "https://graph.facebook.com", profile_id="1")
        places = Facebook(face).sign_in_urls()
        assert places.authorize == "https://www.facebook.com/v24.0/dialog/oauth"
        assert places.token == "https://graph.facebook.com/v24.0/oauth/access_token"

    def test_one_registration_at_meta_is_that_of_both(self, account, manager, settings):
        settings.OUTBOUND = "live"
        with pytest.raises(WrongState, match="OAUTH_FACEBOOK_CLIENT_ID"):
            connections.begin(account, by=manager)
        settings.OAUTH_APPS = {"facebook": {"client_id": "our-app", "client_secret": "s"}}
        assert "client_id=our-app" in connections.begin(account, by=manager)


class TestConnected:
    def test_a_person_allows_it_and_the_token_of_the_page_is_kept(self, account, manager):
        sign_in(account, manager)
        token = connections.token_of(account)
        assert token.access.startswith("sandbox-meta-page-")
        assert token.exchange.startswith("sandbox-meta-person-")
        assert (Token.objects.get().has_refresh, Token.objects.get().connected_by) == (
            False,
            manager,
        )
        assert Connection.objects.get().status == "connected"
        found = connections.check(account, by=manager)
        assert found.status == "connected"
        assert "It speaks as" in found.said

    def test_its_end_is_known_and_told_in_time(self, account, manager):
        sign_in(account, manager)
        row = Token.objects.get()
        assert timedelta(days=89) < row.ends_at - timezone.now() < timedelta(days=91)
        expiries.warn(row.ends_at - 29 * DAY)
        (told,) = Notification.objects.filter(person=manager)
        assert told.subject == f"{account}: the token ends in 29 days"

    def test_no_secret_of_it_is_shown(self, account, manager):
        sign_in(account, manager)
        token = connections.token_of(account)
        shown = repr(token) + repr(Token.objects.get().__dict__)
        assert token.access not in shown
        assert token.exchange not in shown


class TestRefused:
    def refused(self, account, manager, **chosen):
        with pytest.raises(Refused) as caught:
            sign_in(account, manager, **chosen)
        assert not Token.objects.exists()
        return caught.value

    def test_a_page_that_was_not_chosen_is_named_with_those_that_were(self, page, manager):
        error = self.refused(page, manager, pages=[STUDIO["id"]])
        assert error.code == "no_page"
        assert PAGE["id"] in str(error)
        assert f"it showed Halcytone Studio ({STUDIO['id']})" in str(error)

    def test_no_page_at_all_is_said(self, account, manager):
        assert "it showed none" in str(self.refused(account, manager, pages=[]))

    def test_a_page_without_an_instagram_account_is_none_for_instagram(self, account, manager):
        error = self.refused(account, manager, pages=[STUDIO["id"]])
        assert error.code == "no_page"

    @pytest.mark.parametrize("scope", ["pages_manage_posts", "pages_show_list"])
    def test_a_scope_that_was_not_allowed_is_named(self, page, manager, scope):
        error = self.refused(page, manager, without=[scope])
        assert (error.code, scope in str(error)) == ("missing_scope", True)

    def test_a_denied_dialog_brings_no_code(self, account, manager):
        back = answered(connections.begin(account, by=manager), answer="deny")
        assert back["error"] == "access_denied"
        assert "code" not in back
        assert connections.begun(back["state"], by=manager) == account

    def test_a_wrong_state_is_refused_before_anything_is_asked(self, account, manager, sandbox):
        back = answered(connections.begin(account, by=manager))
        other = PersonFactory(group="social_manager")
        for state, by in ((back["state"] + "x", manager), (back["state"], other)):
            with pytest.raises(Invalid) as caught:
                connections.finish(state, back["code"], by=by)
            assert caught.value.code == "bad_state"
        assert not [one for one in sandbox.requests("meta") if "access_token" in one["path"]]

    def test_a_code_is_good_once(self, account, manager):
        back = answered(connections.begin(account, by=manager))
        connections.finish(**back, by=manager)
        before = Token.objects.get().sealed
        with pytest.raises(Refused, match="used already") as caught:
            connections.finish(**back, by=manager)
        assert caught.value.code == "invalid_grant"
        assert Token.objects.get().sealed == before

    def test_a_code_of_another_way_back_is_refused(self, account, manager, settings):
        back = answered(connections.begin(account, by=manager))
        settings.PRESS_URL = "http://127.0.0.1:1"
        with pytest.raises(Refused):
            connections.finish(**back, by=manager)

    def test_a_person_who_may_not_write_there_is_told(self):
        row = GOOD | {"tasks": ["ANALYZE"]}
        with pytest.raises(Refused, match="may not publish for the page Halcytone"):
            signed_in(lambda path: {"data": [row]} if path.endswith("/accounts") else None)


class TestEnded:
    def test_a_token_that_has_ended_makes_the_account_unauthorized(self, account, manager, sandbox):
        sign_in(account, manager)
        sandbox.ask("meta", "POST", "/_sandbox/tokens", {"ends_in_s": 0})
        assert connections.check(account, by=manager).status == "unauthorized"
        with pytest.raises(Refused, match="sign in again"):
            renewals.refresh(account, by=manager)
        assert Connection.objects.get().status == "unauthorized"
        (told,) = Notification.objects.filter(person=manager)
        assert told.subject == f"{account} must be connected again"

    def test_what_meta_does_not_prolong_is_said_and_asked_once(self, account, manager, sandbox):
        sign_in(account, manager)
        row = Token.objects.get()
        with pytest.raises(Refused, match="somebody signs in again") as caught:
            renewals.refresh(account, by=manager)
        assert caught.value.code == tokens.NOT_RENEWED
        after = Token.objects.get()
        assert (after.sealed, after.ends_at, after.renew_at) == (row.sealed, row.ends_at, None)
        assert Connection.objects.get().status == "connected"
        sandbox.ask("meta", "DELETE", "/_sandbox/requests")
        assert renewals.refresh_due(row.ends_at - DAY) == 0
        assert not sandbox.requests("meta")

    def test_a_person_signs_in_again_and_the_end_moves(self, account, manager, sandbox):
        sign_in(account, manager)
        sandbox.ask("meta", "POST", "/_sandbox/tokens", {"ends_in_s": 3600})
        sign_in(account, manager)
        assert Token.objects.get().ends_at > timezone.now() + 80 * DAY


NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
GOOD = {"id": "1", "name": "Halcytone", "access_token": "page-token", "tasks": ["CREATE_CONTENT"]}


def meta(request, own=lambda path: None, *, ends_at=0, data_ends_at=0):
    """Answer as Meta does where `own` has no answer."""
    path = request.url.path
    if path.endswith("/debug_token"):
        ends = {"expires_at": ends_at, "data_access_expires_at": data_ends_at}
        found = {"data": {"scopes": list(PASSPORT.scopes), **ends}}
    elif path.endswith("/access_token"):
        found = {"access_token": "person-token", "expires_in": 5_184_000}
    else:
        found = own(path) or {"data": [GOOD]}
    return httpx.Response(200, json=found)


def facebook(answer):
    face = AccountFace("fb", "https://graph.facebook.com", profile_id="1")
    return Facebook(face, transport=httpx.MockTransport(answer))


def signed_in(own=lambda path: None, **ends):
    channel = facebook(lambda request: meta(request, own, **ends))
    return channel.sign_in("code", "", "https://desk.example/", tokens.App("app", "s3cret"), NOW)


class TestTheWire:
    def test_the_first_of_two_ends_counts_and_zero_is_none(self):
        assert signed_in().ends_at is None
        ends = int((NOW + 90 * DAY).timestamp())
        assert signed_in(data_ends_at=ends).ends_at == NOW + 90 * DAY
        earlier = signed_in(ends_at=ends - 86_400, data_ends_at=ends)
        assert earlier.ends_at == NOW + 89 * DAY
        assert earlier.renew_at() == NOW + 0.8 * 89 * DAY

    def test_a_later_end_takes_the_place_of_the_one_before(self):
        later = int((NOW + 120 * DAY).timestamp())
        channel = facebook(lambda request: meta(request, data_ends_at=later))
        before = tokens.Token("old", made_at=NOW, ends_at=NOW + 90 * DAY, exchange="person-token")
        found = channel.renew(before, tokens.App("app", "s3cret"), NOW + 72 * DAY)
        assert (found.access, found.ends_at) == ("page-token", NOW + 120 * DAY)

    def test_the_secret_of_the_app_is_in_no_address(self):
        asked = []

        def answer(request):
            asked.append(request)
            return meta(request)

        facebook(answer).sign_in("code", "", "https://d.example/", tokens.App("app", "s3cret"), NOW)
        assert [one.method for one in asked] == ["POST", "POST", "GET", "GET", "GET"]
        assert not any("s3cret" in str(one.url) for one in asked)
        form = parse_qs(asked[1].content.decode())
        assert form["grant_type"] == ["fb_exchange_token"]
        assert form["client_secret"] == ["s3cret"]

    def test_pages_are_read_to_the_last(self):
        rows = [{"id": str(number), "name": "Other"} for number in range(2, 4)]

        def answer(request):
            if not request.url.path.endswith("/accounts"):
                return meta(request)
            if request.url.params.get("after") != "next":
                more = {"cursors": {"after": "next"}, "next": "https://graph.facebook.com/…"}
                return httpx.Response(200, json={"data": rows, "paging": more})
            return httpx.Response(200, json={"data": [GOOD]})

        app = tokens.App("app", "s3cret")
        assert (
            facebook(answer).sign_in("c", "", "https://d.example/", app, NOW).access == "page-token"
        )
