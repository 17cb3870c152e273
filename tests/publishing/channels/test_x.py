"""The X channel against the stand-in that speaks its wire format."""

import html
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from publishing.channels import credentials
from publishing.channels.base import AccountFace
from publishing.channels.x import X

from .contract import (
    ChannelContract,
    CheckContract,
    DeleteContract,
    MediaContract,
    ReadBackContract,
    ReplyContract,
    picture,
)

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

    def replies(self):
        return [
            html.unescape(post["text"]) for post in self.taken() if post.get("referenced_tweets")
        ]

    def images(self):
        [post] = self.taken()
        media = self.sandbox.ask("x", "GET", f"/2/tweets/{post['id']}")
        return [self._image(key[2:]) for key in media["data"]["attachments"]["media_keys"]]

    def _image(self, id):
        alts = {
            json.loads(call["body"])["id"]: json.loads(call["body"])["metadata"]["alt_text"]["text"]
            for call in self.sandbox.requests("x", path="/2/media/metadata")
        }
        return httpx.get(f"{self.sandbox.url('x')}/media/{id}").content, alts.get(id, "")


@pytest.fixture
def face(sandbox_settings):
    url = sandbox_settings.url("x")
    return AccountFace("x", url, profile_id=USER, credential=ChannelContract.secret)


class TestX(
    ChannelContract, ReadBackContract, DeleteContract, ReplyContract, CheckContract, MediaContract
):
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

    def test_images_stand_in_the_first_post_alone(self, channel, outside):
        media = (picture(1),)
        with channel.session() as session:
            first = session.send(self.message(media=media, parts=2)).provider_id
            session.send(
                self.message(
                    "b" * 32, content={"text": "Two"}, part=2, parts=2, reply_to=first, media=media
                )
            )
        assert ["attachments" in post for post in outside.taken()] == [True, False]

    @pytest.mark.parametrize("kind", ["status:400", "status:500", "drop_before", "rate_limit:9"])
    @pytest.mark.parametrize("path", ["/2/media/upload", "/2/media/metadata"])
    def test_without_its_image_or_alt_text_nothing_is_posted(self, channel, outside, kind, path):
        outside.sandbox.fault("x", kind, match={"path": path})
        error = Refused if kind == "status:400" else Unavailable
        with channel.session() as session, pytest.raises(error):
            session.send(self.message(media=(picture(1),)))
        assert outside.taken() == []

    def test_five_images_and_a_long_alt_text_are_refused(self, channel, outside):
        with channel.session() as session:
            for media in (tuple(map(picture, range(5))), (picture(1, "x" * 1001),)):
                with pytest.raises(Refused, match="X takes 4 images"):
                    session.send(self.message(media=media))
        assert outside.sandbox.requests("x", method="POST") == []

    def test_four_secrets_sign_each_request(self, face, outside):
        secrets = dict.fromkeys(credentials.SIGNING, "a-secret-of-sixteen-chars")
        channel = X(replace(face, credential=json.dumps(secrets)), settle_s=0)
        with channel.session() as session:
            session.send(self.message(media=(picture(1, "A lake"),)))
        assert channel.read_back(self.message()) is not None
        calls = outside.sandbox.requests("x")
        mine = [call for call in calls if "Authorization" in call["headers"]]
        assert {call["headers"]["Authorization"][:4] for call in mine} == {
            "OAut"
        }  # the rest is hidden
        assert len(mine) == 4

    def test_the_credential_of_another_user_is_no_go(self, face):
        [check] = X(replace(face, profile_id="7")).check(datetime.now(UTC))
        assert (check.name, check.verdict) == ("sign_in", "no_go")

    def test_an_expired_token_is_no_go(self, channel, outside):
        outside.sandbox.fault("x", "expired_token")
        [check] = channel.check(datetime.now(UTC))
        assert (check.name, check.verdict) == ("sign_in", "no_go")
        assert "renew" in check.said

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


def test_the_link_that_x_adds_to_an_image_is_no_part_of_the_text():
    url = {"url": "https://t.co/pic", "expanded_url": "https://x.com/a/photo/1", "media_key": "3_1"}
    post = {"id": "7", "text": "Breathe https://t.co/pic", "entities": {"urls": [url]}}
    answer = httpx.Response(200, json={"data": [post], "meta": {"result_count": 1}})
    face = AccountFace("x", "https://api.x.com", profile_id="1")
    channel = X(face, transport=httpx.MockTransport(lambda request: answer))
    assert channel.read_back(TestX().message(content={"text": "Breathe"})).provider_id == "7"


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
