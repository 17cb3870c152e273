"""The X channel against the stand-in that speaks its wire format."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from publishing.channels.base import AccountFace
from publishing.channels.x import X

from .contract import ChannelContract, ReadBackContract

KINDS = {
    "refuse": "status:403",
    "wait": "rate_limit:7",
    "lose": "accept_then_drop",
    "drop": "drop_before",
    "garble": "garbage",
}
USER = "1990000000000000001"


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        self.sandbox.fault("x", KINDS[word], match={"method": "POST"})

    def taken(self):
        return self.sandbox.posts()


@pytest.fixture
def face(sandbox_settings):
    url = sandbox_settings.url("x")
    return AccountFace("x", url, profile_id=USER, credential=ChannelContract.secret)


class TestX(ChannelContract, ReadBackContract):
    content = {"text": "Three changes to the morning session & why <we> made them."}

    @pytest.fixture
    def channel(self, face):
        return X(face, settle_s=0)

    @pytest.fixture
    def blind_channel(self, face):
        return X(replace(face, can_read_back=False))

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    def next_message(self):
        return self.message("f" * 32, content={"text": "Another post"})

    def thread(self, channel, session, upto):
        receipts = []
        for number in range(1, upto + 1):
            before = receipts[-1].provider_id if receipts else ""
            receipts.append(session.send(self.post(number, before)))
        return receipts

    def post(self, number, before):
        return self.message(
            f"{number:032x}",
            content={"text": f"Part {number}"},
            part=number,
            parts=4,
            reply_to=before,
        )

    def test_a_thread_is_cut_into_posts_that_answer_each_other(self, channel, outside):
        parts = channel.parts({"parts": [{"text": "Part 1"}, {"text": "Part 2"}]})
        assert [part["text"] for part in parts] == ["Part 1", "Part 2"]
        with channel.session() as session:
            receipts = self.thread(channel, session, 3)
        posts = outside.taken()
        assert [post["text"] for post in posts] == ["Part 1", "Part 2", "Part 3"]
        assert posts[2]["referenced_tweets"][0]["id"] == receipts[1].provider_id

    def test_a_lost_third_part_is_found_in_its_place(self, channel, outside):
        with channel.session() as session:
            second = self.thread(channel, session, 2)[-1].provider_id
            outside.fails("lose")
            with pytest.raises(Unclear):
                session.send(self.post(3, second))
        found = channel.read_back(self.post(3, second))
        assert found.provider_id == outside.taken()[-1]["id"]

    def test_the_same_text_in_another_place_is_not_ours(self, channel, outside):
        with channel.session() as session:
            first = self.thread(channel, session, 2)[0].provider_id
        elsewhere = self.message(content={"text": "Part 2"}, part=2, parts=2, reply_to="999")
        assert channel.read_back(elsewhere) is None
        assert channel.read_back(replace(elsewhere, reply_to=first)) is not None

    def test_the_same_text_from_before_the_hand_over_is_not_ours(self, channel, outside):
        with channel.session() as session:
            session.send(self.message())
        later = self.message(at=datetime.now(UTC) + timedelta(seconds=30))
        assert channel.read_back(later) is None

    def test_a_duplicate_is_refused_under_its_own_name(self, channel, outside):
        with channel.session() as session:
            session.send(self.message())
            with pytest.raises(Refused) as caught:
                session.send(self.message("e" * 32))
        assert caught.value.code == "duplicate"

    def test_a_later_part_without_the_one_before_is_not_sent(self, channel, outside):
        with channel.session() as session, pytest.raises(Refused):
            session.send(self.post(2, ""))
        assert outside.taken() == []


@pytest.mark.parametrize(
    ("text", "is_good"), [("é" * 280, True), ("界" * 141, False), ("", False), ("a" * 281, False)]
)
def test_a_post_is_measured_as_x_measures_it(face, text, is_good):
    assert (X(face).problems({"text": text}) == []) is is_good


def test_a_link_that_x_shortened_is_still_recognised():
    def timeline(request):
        post = {
            "id": "7",
            "text": "Read &amp; breathe https://t.co/abc",
            "entities": {
                "urls": [
                    {"url": "https://t.co/abc", "expanded_url": "http://halcytone.example/updates"}
                ]
            },
        }
        return httpx.Response(200, json={"data": [post], "meta": {"result_count": 1}})

    channel = X(
        AccountFace("x", "https://api.x.com", profile_id="1"),
        transport=httpx.MockTransport(timeline),
    )
    message = TestX().message(content={"text": "Read & breathe halcytone.example/updates/"})
    assert channel.read_back(message).url == "https://x.com/i/web/status/7"


def test_a_rate_limit_without_retry_after_waits_until_its_reset():
    reset = str(int((datetime.now(UTC) + timedelta(seconds=90)).timestamp()))

    def limited(request):
        return httpx.Response(
            429, headers={"x-rate-limit-reset": reset}, json={"title": "Too Many"}
        )

    channel = X(AccountFace("x", "https://api.x.com"), transport=httpx.MockTransport(limited))
    with channel.session() as session, pytest.raises(Unavailable) as caught:
        session.send(TestX().message())
    assert 85 <= caught.value.retry_after_s <= 91
