"""Tokens that are renewed, and credentials by their shape."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from halcytone.lib.errors import Refused, Unclear
from publishing.channels import credentials, tokens
from publishing.channels.base import AccountFace
from publishing.channels.x import X

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
APP = tokens.App("our-client")
OLD = tokens.Token("old-access", "old-refresh", NOW - timedelta(hours=2), NOW, ("tweet.read",))


def renewed(answer, app=APP):
    asked = []

    def place(request):
        asked.append(request)
        return answer

    transport = httpx.MockTransport(place)
    url = "https://api.x.com/2/oauth2/token"
    return tokens.renew(OLD, app, url, now=NOW, transport=transport), asked[0]


def test_a_token_is_renewed_with_all_that_came_with_it():
    body = {"access_token": "new", "refresh_token": "next", "expires_in": 7200, "scope": "a b"}
    token, request = renewed(httpx.Response(200, json=body))
    assert token == tokens.Token("new", "next", NOW, NOW + timedelta(hours=2), ("a", "b"))
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["old-refresh"],
        "client_id": ["our-client"],
    }
    assert "Authorization" not in request.headers


def test_an_answer_without_a_new_refresh_token_leaves_the_old_one():
    token, _ = renewed(httpx.Response(200, json={"access_token": "new"}))
    assert (token.access, token.refresh, token.scopes) == ("new", "old-refresh", ("tweet.read",))
    assert token.ends_at is None


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, [], {"refresh_token": "next"}])
def test_an_answer_without_an_access_token_replaces_nothing(body):
    with pytest.raises(Unclear):
        renewed(httpx.Response(200, json=body))


def test_an_app_with_a_secret_shows_it():
    answer = httpx.Response(200, json={"access_token": "new"})
    _, request = renewed(answer, tokens.App("our-client", "s:ecret"))
    assert (
        request.headers["Authorization"] == httpx.BasicAuth("our-client", "s%3Aecret")._auth_header
    )


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("invalid_grant", "invalid_grant", "sign in again"),
        ("invalid_request", "invalid_grant", "sign in again"),
        ("invalid_client", "invalid_client", "client id and secret"),
        ("temporarily", "bad_request", "400"),
    ],
)
def test_a_refusal_says_who_can_mend_it(word, code, said):
    with pytest.raises(Refused, match=said) as caught:
        renewed(httpx.Response(400, json={"error": word}))
    assert caught.value.code == code


def test_without_anything_to_renew_with_a_person_signs_in():
    with pytest.raises(Refused, match="sign in again"):
        tokens.renew(tokens.Token("a"), APP, "https://a.example", now=NOW)


def test_a_token_is_renewed_after_four_fifths_of_its_life():
    token = tokens.Token("a", "b", NOW, NOW + timedelta(hours=10))
    assert token.renew_at() == NOW + timedelta(hours=8)
    for one in (tokens.Token("a"), tokens.Token("a", "", NOW, NOW), tokens.Token("a", "b", NOW)):
        assert one.renew_at() is None


def test_secrets_are_in_no_repr():
    assert "old-" not in repr(OLD)
    assert "ecret" not in repr(tokens.App("our-client", "s:ecret"))


def test_x_renews_at_its_own_address(sandbox):
    channel = X(AccountFace("x", sandbox.url("x")))
    token = channel.renew(OLD, APP, NOW)
    assert token.access.startswith("sandbox-access-token")
    assert "media.write" in token.scopes


def test_a_credential_is_known_by_its_shape():
    assert isinstance(credentials.auth("plain-token"), credentials.Bearer)
    assert credentials.auth(json.dumps({"access_token": "inner"})).token == "inner"
    four = json.dumps(dict.fromkeys(credentials.SIGNING, "secret"))
    assert isinstance(credentials.auth(four), credentials.Signed)
    for half in ("{", "{}", json.dumps({"token": "a"}), '{"access_token": 3}'):
        with pytest.raises(Refused) as caught:
            credentials.auth(half)
        assert caught.value.code == "bad_settings"


def test_a_signature_covers_the_query_and_leaves_the_body_alone():
    auth = credentials.auth(json.dumps(dict.fromkeys(credentials.SIGNING, "secret")))
    request = httpx.Request("POST", "https://api.x.com/2/tweets?a=b", json={"text": "Äpfel"})
    body = request.content
    signed = next(auth.sync_auth_flow(request))
    assert signed.content == body
    assert signed.headers["Content-Type"] == "application/json"
    assert str(signed.url) == "https://api.x.com/2/tweets?a=b"
    assert signed.headers["Authorization"].startswith("OAuth oauth_nonce=")
