"""Mail services against the stand-in that speaks the wire formats of three of them."""

import socket
from dataclasses import replace

import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from publishing.channels.base import AccountFace, Recipient
from publishing.channels.esp import SERVICES, Esp

from .contract import KEY, SITE, ChannelContract, NoReadBackContract

KINDS = {
    "refuse": "status:422",
    "wait": "rate_limit:7",
    "lose": "accept_then_drop",
    "garble": "garbage",
}
LETTER = {
    "subject": "Two quiet minutes – für dich",
    "preheader": "A small habit",
    "html": '<p>Dear [[name|friend]]</p><a href="[[unsubscribe_url]]">no</a> [[preferences_url]]',
    "text": "Dear [[name|friend]] [[unsubscribe_url]] [[preferences_url]]",
}
LINKS = {"unsubscribe_url": f"{SITE}/u/1?a=1&b=2", "preferences_url": f"{SITE}/p/1"}


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        self.sandbox.fault("esp", KINDS[word], match={"method": "POST"})

    def taken(self):
        return self.sandbox.ask("esp", "GET", "/_sandbox/messages")["messages"]


def face_of(url, service):
    return AccountFace(
        "esp",
        url,
        from_email="Halcytone <news@halcytone.example>",
        reply_to="desk@halcytone.example",
        profile_id=service,
        credential=ChannelContract.secret,
    )


class EspContract(ChannelContract, NoReadBackContract):
    content = LETTER
    takes_recipients = True
    service = ""

    @pytest.fixture
    def channel(self, sandbox_settings):
        return Esp(face_of(sandbox_settings.url("esp"), self.service))

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    def to(self, name="Ana <A>", address="ana@halcytone.example"):
        return self.message(recipient=Recipient(address, name, LINKS | {"name": name}))

    def test_what_was_sealed_is_what_is_sent(self, channel, outside):
        with channel.session() as session:
            receipt = session.send(self.to())
        (mail,) = outside.taken()
        assert mail["service"] == self.service
        assert mail["subject"] == LETTER["subject"]
        assert mail["text"] == f"Dear Ana <A> {SITE}/u/1?a=1&b=2 {SITE}/p/1"
        assert mail["html"] == (
            f'<p>Dear Ana &lt;A&gt;</p><a href="{SITE}/u/1?a=1&amp;b=2">no</a> {SITE}/p/1'
        )
        assert mail["address"] == "ana@halcytone.example"
        assert mail["metadata"]["halcytone_key"] == KEY
        assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["headers"]["List-Unsubscribe"] == (
            f"<{SITE}/u/1?a=1&b=2>, <mailto:desk@halcytone.example?subject=unsubscribe>"
        )
        assert receipt.provider_id == mail["id"]

    def test_a_reader_whom_the_service_does_not_write_to_is_refused(self, channel, outside):
        for name in ("invalid", "inactive"):
            with channel.session() as session, pytest.raises(Refused) as caught:
                session.send(self.to(address=f"{name}@halcytone.example"))
            assert "halcytone.example" not in str(caught.value)
        assert outside.taken() == []

    @pytest.mark.parametrize(
        ("kind", "error", "code"),
        [
            ("expired_token", Refused, "unauthorized"),
            ("status:503", Unclear, "status_503"),
            ("status:500", Unclear, "status_500"),
            ("status:408", Unclear, "status_408"),
            ("drop_before", Unclear, "lost_answer"),
            ("truncate", Unclear, "lost_answer"),
        ],
    )
    def test_each_failure_means_what_it_means_everywhere(self, channel, outside, kind, error, code):
        outside.sandbox.fault("esp", kind, match={"method": "POST"})
        with channel.session() as session, pytest.raises(error) as caught:
            session.send(self.message())
        assert caught.value.code in (code, "lost_answer", "unreadable")
        assert len([c for c in outside.sandbox.requests("esp") if c["method"] == "POST"]) == 1


class TestPostmark(EspContract):
    service = "postmark"

    def test_inactive_readers_are_told_from_other_refusals(self, channel):
        with channel.session() as session, pytest.raises(Refused) as caught:
            session.send(self.to(address="inactive@halcytone.example"))
        assert caught.value.code == "recipient_refused"

    def test_the_service_is_asked_to_rewrite_no_link(self, channel, outside):
        with channel.session() as session:
            session.send(self.message())
        (call,) = outside.sandbox.requests("esp", method="POST")
        assert (call["json"]["TrackOpens"], call["json"]["TrackLinks"]) == (False, "None")
        assert self.secret not in str(call)


class TestBrevo(EspContract):
    service = "brevo"


class TestSendGrid(EspContract):
    service = "sendgrid"

    def test_an_unreadable_answer_is_unclear(self, channel, outside):
        """SendGrid says yes by its status alone: there is nothing to read in its answer."""
        outside.fails("garble")
        with channel.session() as session:
            assert session.send(self.message()).provider_id


def test_a_slow_service_is_unclear(sandbox_settings, monkeypatch):
    monkeypatch.setattr("publishing.channels.esp.TIMEOUT_S", 0.3)
    sandbox_settings.fault("esp", "slow:1500", match={"method": "POST"})
    channel = Esp(face_of(sandbox_settings.url("esp"), "postmark"))
    with channel.session() as session, pytest.raises(Unclear) as caught:
        session.send(TestPostmark().to())
    assert caught.value.code == "timeout"


def test_a_service_that_cannot_be_reached_is_unavailable(settings):
    settings.OUTBOUND = "sandbox"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    channel = Esp(face_of(f"http://127.0.0.1:{port}", "postmark"))
    with channel.session() as session, pytest.raises(Unavailable) as caught:
        session.send(TestPostmark().to())
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("outbound", ["sandbox", "off"])
@pytest.mark.parametrize("service", SERVICES)
def test_no_other_machine_is_reached_or_looked_up_unless_outbound_is_live(
    settings, monkeypatch, outbound, service
):
    def forbidden(*args, **kwargs):
        raise AssertionError("a name was looked up")

    settings.OUTBOUND = outbound
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    for host in ("https://api.mail-service.example", "http://192.0.2.7"):
        channel = Esp(face_of(host, service))
        with channel.session() as session, pytest.raises(Unavailable) as caught:
            session.send(TestPostmark().to())
        assert caught.value.code == "outbound_closed"


def test_an_account_without_a_known_service_sends_nothing(sandbox_settings):
    channel = Esp(face_of(sandbox_settings.url("esp"), "pigeon"))
    with channel.session() as session, pytest.raises(Refused) as caught:
        session.send(TestPostmark().to())
    assert caught.value.code == "bad_settings"
    without = TestPostmark().message(recipient=Recipient("a@halcytone.example", "", {}))
    known = Esp(replace(channel.account, profile_id="brevo"))
    with known.session() as session, pytest.raises(Refused):
        session.send(without)


def test_every_service_can_be_opened_by_its_key_alone(sandbox_settings):
    for service in SERVICES:
        with Esp(face_of(sandbox_settings.url("esp"), service)).session() as session:
            mail = session.mail(TestPostmark().to())
            assert session._line().build_message_payload(mail, {}).data
