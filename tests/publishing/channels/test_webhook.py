"""The webhook channel against a receiver that keeps what it is told to show."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from halcytone.lib import signatures
from halcytone.lib.errors import Refused, Unclear
from publishing.channels.base import AccountFace
from publishing.channels.webhook import Webhook

from .contract import KEY, SITE, ChannelContract, NoReadBackContract

KINDS = {
    "refuse": "status:422",
    "wait": "rate_limit:7",
    "lose": "accept_then_drop",
    "garble": "garbage",
}
NOTE = {"title": "Maintenance tonight", "text": "Sessions pause from 22:00 to 22:15."}


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        self.sandbox.fault("receivers", KINDS[word], match={"method": "POST"})

    def taken(self):
        return self.sandbox.ask("receivers", "GET", "/_sandbox/webhooks")["webhooks"]


@pytest.fixture
def face(sandbox_settings):
    url = sandbox_settings.url("receivers")
    return AccountFace("push", url, profile_id="push", credential=ChannelContract.secret)


class TestWebhook(ChannelContract, NoReadBackContract):
    content = NOTE

    @pytest.fixture
    def channel(self, face):
        return Webhook(face)

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    def test_the_receiver_is_told_what_to_show_until_when(self, channel, outside):
        at = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
        with channel.session() as session:
            receipt = session.send(self.message(url=f"{SITE}/updates/a", at=at))
        (got,) = outside.taken()
        assert receipt.provider_id == got["id"]
        assert {name: got[name] for name in ("kind", "title", "text", "url", "key")} == {
            "kind": "push",
            **NOTE,
            "url": f"{SITE}/updates/a",
            "key": KEY,
        }
        assert got["expires_at"] == "2026-12-02T15:00:00Z"

    def test_the_signature_is_over_the_very_bytes_that_arrived(self, channel, outside):
        with channel.session() as session:
            session.send(self.message(content={"title": "Für alle", "text": "Ä & <b>"}))
        (call,) = outside.sandbox.requests("receivers", method="POST")
        headers = {name.lower(): value for name, value in call["headers"].items()}
        body = call["body"].encode()
        signed = f"{KEY}.{headers['webhook-timestamp']}.".encode() + body
        mac = hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()
        assert headers["webhook-id"] == KEY
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
        own = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-signature"] == f"sha256={own}"

    def test_two_secrets_sign_while_one_takes_the_place_of_the_other(self, face, outside):
        both = Webhook(replace(face, credential="new-secret-of-16-c old-secret-of-16-c"))
        with both.session() as session:
            session.send(self.message())
        (got,) = outside.taken()
        assert got["signed"]["webhook-signature"].count("v1,") == 2

    def test_the_same_message_again_is_shown_once(self, channel, outside):
        with channel.session() as session:
            first = session.send(self.message())
            assert session.send(self.message()) == first
        assert len(outside.taken()) == 1


@pytest.mark.parametrize(
    ("kind", "title", "text", "is_good"),
    [
        ("push", 50, 150, True),
        ("push", 51, 150, False),
        ("push", 50, 151, False),
        ("banner", 80, 160, True),
        ("banner", 81, 1, False),
    ],
)
def test_each_kind_has_its_limits(kind, title, text, is_good):
    channel = Webhook(AccountFace("w", "", profile_id=kind))
    assert (channel.problems({"title": "x" * title, "text": "y" * text}) == []) is is_good


def test_without_a_secret_or_a_kind_nothing_is_sent(face):
    for bad in (replace(face, credential=""), replace(face, profile_id="fax")):
        with Webhook(bad).session() as session, pytest.raises(Refused) as caught:
            session.send(TestWebhook().message())
        assert caught.value.code == "bad_settings"


def test_the_whole_address_of_the_receiver_is_kept_and_a_yes_without_an_id_is_unclear():
    asked = []

    def receiver(request):
        asked.append(str(request.url))
        return httpx.Response(200, json={"ok": True})

    face = AccountFace("w", "https://a.example/in/app", profile_id="push", credential="s" * 16)
    channel = Webhook(face, transport=httpx.MockTransport(receiver))
    with channel.session() as session, pytest.raises(Unclear) as caught:
        session.send(TestWebhook().message())
    assert (asked, caught.value.code) == (["https://a.example/in/app"], "no_id")


def test_a_secret_of_standard_webhooks_is_read_as_base64():
    """Against the example of https://www.standardwebhooks.com."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signatures.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        at,
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
