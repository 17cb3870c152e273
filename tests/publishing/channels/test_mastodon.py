"""The Mastodon channel against the stand-in that speaks its wire format."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from halcytone.lib.errors import Refused, Unavailable
from publishing.channels.base import AccountFace
from publishing.channels.mastodon import Mastodon

from .contract import (
    KEY,
    ChannelContract,
    CheckContract,
    DeleteContract,
    EditContract,
    MediaContract,
    ReadBackContract,
    ReplyContract,
)

KINDS = {
    "refuse": "status:422",
    "wait": "rate_limit:7",
    "lose": "accept_then_drop",
    "drop": "drop_before",
    "garble": "garbage",
}
USER = "109000000000000001"
TEXT = (
    "Three changes & why <we> made them.\n\nRead on:\nhttps://halcytone.example/updates/a?b=1&c=2"
)


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        match = {"method": "POST", "path": "/api/v1/statuses"}
        self.sandbox.fault("mastodon", KINDS[word], match=match)

    def taken(self):
        path = f"/api/v1/accounts/{USER}/statuses?limit=40"
        return list(reversed(self.sandbox.ask("mastodon", "GET", path)))

    def shown(self):
        return [text_of(status) for status in self.taken()]

    def replies(self):
        return [text_of(status) for status in self.taken() if status["in_reply_to_id"]]

    def images(self):
        (status,) = self.taken()
        return [
            (httpx.get(each["url"]).content, each["description"])
            for each in status["media_attachments"]
        ]


def text_of(status):
    return html.unescape(re.sub(r"<[^>]+>", "", status["content"]))


@pytest.fixture
def face(sandbox_settings):
    url = sandbox_settings.url("mastodon")
    return AccountFace("masto", url, profile_id=USER, credential=ChannelContract.secret)


class TestMastodon(
    ChannelContract,
    ReadBackContract,
    EditContract,
    DeleteContract,
    ReplyContract,
    CheckContract,
    MediaContract,
):
    content = {"text": TEXT}
    changed = {"text": "Four changes & why <we> made them."}

    @pytest.fixture
    def channel(self, face):
        return Mastodon(face, settle_s=0)

    @pytest.fixture
    def blind_channel(self, face):
        return Mastodon(replace(face, can_read_back=False))

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    def next_message(self):
        return self.message("f" * 32, content={"text": "Another post"})

    def test_a_thread_answers_itself_and_a_lost_part_is_found_in_its_place(self, channel, outside):
        with channel.session() as session:
            first = session.send(self.message()).provider_id
            second = self.message("e" * 32, part=2, parts=2, reply_to=first)
            assert channel.read_back(second) is None  # the same text in another place
            sent = session.send(second)
        assert channel.read_back(second) == sent
        assert [one["in_reply_to_id"] for one in outside.taken()] == [None, first]

    def test_the_key_makes_a_second_call_the_first_one(self, channel, outside):
        with channel.session() as session:
            first = session.send(self.message())
            assert session.send(self.message()) == first
        assert len(outside.taken()) == 1
        (call, _) = outside.sandbox.requests("mastodon", method="POST")
        assert {k.lower(): v for k, v in call["headers"].items()}["idempotency-key"] == KEY

    def test_a_status_from_before_the_hand_over_is_not_ours(self, channel):
        with channel.session() as session:
            session.send(self.message())
        later = self.message(at=datetime.now(UTC) + timedelta(seconds=30))
        assert channel.read_back(later) is None

    def test_a_credential_of_somebody_else_is_no_go(self, face):
        (check,) = Mastodon(replace(face, profile_id="1")).check(datetime.now(UTC))
        assert check.verdict == "no_go"

    def test_a_later_part_without_the_one_before_is_not_sent(self, channel, outside):
        with channel.session() as session, pytest.raises(Refused):
            session.send(self.message(part=2, parts=2))
        assert outside.taken() == []


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("a" * 500, True),
        ("a" * 501, False),
        ("", False),
        ("a" * 476 + " https://a.b/" + "c" * 90, True),
    ],
)
def test_a_status_is_measured_as_mastodon_measures_it(text, is_good):
    assert (Mastodon(AccountFace("m", "")).problems({"text": text}) == []) is is_good


def test_an_image_that_is_not_ready_yet_is_waited_for_and_nothing_is_posted(monkeypatch):
    monkeypatch.setattr("publishing.channels.mastodon.PAUSE_S", 0)
    asked = []

    def server(request):
        asked.append((request.method, request.url.path))
        if request.url.path == "/api/v2/media":
            return httpx.Response(202, json={"id": "7", "url": None})
        return httpx.Response(206, json={"id": "7", "url": None})

    face = AccountFace("m", "https://social.example", profile_id=USER, credential="t" * 16)
    channel = Mastodon(face, transport=httpx.MockTransport(server))
    message = TestMastodon().message(media=(TestMastodon().picture(1),))
    with channel.session() as session, pytest.raises(Unavailable) as caught:
        session.send(message)
    assert caught.value.code == "media_pending"
    assert ("POST", "/api/v1/statuses") not in asked
