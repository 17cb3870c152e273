"""The Instagram channel against the stand-in that speaks Graph and fetches the images itself."""

import html
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import httpx
import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from halcytone.sandbox.meta_rows import USER
from publishing.channels.base import AccountFace, NotYet
from publishing.channels.instagram import Instagram

from .contract import (
    ALT,
    ChannelContract,
    CheckContract,
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
CAPTION = "Three changes & why <we> made them. #Halcytone"
CONTENT = {"text": CAPTION, "comments": ["All three: halcytone.example/updates"]}


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        match = {"method": "POST", "path": "/media_publish"}
        self.sandbox.fault("meta", KINDS[word], match=match)

    def taken(self):
        return self.ask(f"{USER['id']}/media?fields=id,caption,items&limit=100")["data"]

    def replies(self):
        [post] = self.taken()
        return [row["text"] for row in self.ask(f"{post['id']}/comments?fields=text")["data"]]

    def images(self):
        [post] = self.taken()
        page = httpx.get(self.sandbox.url("meta")).text
        return [self._image(page, item) for item in post["items"]]

    def _image(self, page, item):
        data = httpx.get(f"{self.sandbox.url('meta')}/pictures/{item}").content
        return data, html.unescape(page.split(f'src="/pictures/{item}" alt="')[1].split('"')[0])

    def ask(self, path):
        return self.sandbox.ask("meta", "GET", f"/v24.0/{path}")

    def posts(self, path):
        calls = self.sandbox.requests("meta", method="POST")
        return [call for call in calls if call["path"].endswith(path)]


@pytest.fixture
def face(sandbox_settings):
    url = sandbox_settings.url("meta")
    return AccountFace("ig", url, profile_id=USER["id"], credential=ChannelContract.secret)


class TestInstagram(ChannelContract, ReadBackContract, ReplyContract, CheckContract, MediaContract):
    """The contract is about the publication; each one has a container of its own."""

    content = CONTENT
    unknown_id = "18000000404404"

    @pytest.fixture(autouse=True)
    def on_the_sandbox(self, sandbox_settings, channel):
        self.sandbox, self.instagram = sandbox_settings, channel

    @pytest.fixture
    def channel(self, face):
        return Instagram(face, settle_s=0)

    @pytest.fixture
    def blind_channel(self, face):
        return Instagram(replace(face, can_read_back=False))

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    def picture(self, number, alt=ALT, **changes):
        return picture(number, alt, kind="JPEG", host=self.sandbox, **changes)

    def contained(self, media=None, text=CAPTION):
        """The message of a container, which nobody sees."""
        media = (self.picture(1),) if media is None else media
        content = {"text": text, "kind": "container"}
        return super().message("c" * 32, content=content, parts=3, media=media)

    def message(self, key="0123456789abcdef" * 2, text=CAPTION, media=None):
        with self.instagram.session() as session:
            container = session.send(self.contained(media, text)).provider_id
        content = {"text": text, "kind": "publish"}
        return super().message(key, content=content, part=2, parts=3, reply_to=container)

    def next_message(self):
        return self.message("f" * 32, "Another post")

    def send_with(self, session, media):
        return session.send(self.message(media=media))

    def test_three_deliveries_make_a_post_with_its_first_comment(self, channel, outside):
        parts = channel.parts(CONTENT)
        assert [part["kind"] for part in parts] == ["container", "publish", "comment"]
        post = self.message()
        with channel.session() as session:
            receipt = session.send(post)
            comment = super().message(
                "d" * 32, content=parts[2], part=3, parts=3, reply_to=receipt.provider_id
            )
            session.send(comment)
        assert [one["caption"] for one in outside.taken()] == [CAPTION]
        assert outside.replies() == CONTENT["comments"]
        assert receipt.url.endswith(f"/#{receipt.provider_id}")

    def test_a_lost_comment_is_found_below_its_post(self, channel, outside):
        with channel.session() as session:
            post = session.send(self.message()).provider_id
            content = {"text": "All three", "kind": "comment"}
            comment = super().message("d" * 32, content=content, part=3, parts=3, reply_to=post)
            outside.sandbox.fault("meta", "accept_then_drop", match={"path": "/comments"})
            with pytest.raises(Unclear):
                session.send(comment)
        assert channel.read_back(comment).provider_id
        assert channel.read_back(replace(comment, content=content | {"text": "Not sent"})) is None

    def test_a_carousel_has_its_images_in_order(self, channel, outside):
        media = tuple(self.picture(number, f"{number}") for number in range(10))
        with channel.session() as session:
            session.send(self.message(media=media))
        assert outside.images() == [(one.read(), one.alt) for one in media]

    @pytest.mark.parametrize("kind", ["accept_then_drop", "drop_before", "status:500", "garbage"])
    def test_a_lost_container_is_no_post_and_may_be_made_again(self, channel, outside, kind):
        outside.sandbox.fault("meta", kind, match={"method": "POST", "path": "/media"})
        message = self.contained()
        with channel.session() as session, pytest.raises(Unavailable):
            session.send(message)
        assert channel.read_back(message) is None
        assert outside.taken() == []

    def test_a_container_in_progress_is_looked_at_again_soon(self, channel, outside):
        message = self.message()
        outside.sandbox.ask("meta", "POST", "/_sandbox/containers", {"states": ["IN_PROGRESS"]})
        with channel.session() as session:
            with pytest.raises(NotYet) as caught:
                session.send(message)
            assert (caught.value.code, caught.value.retry_after_s) == ("in_progress", 20)
            assert outside.posts("/media_publish") == []
            session.send(message)
        assert len(outside.taken()) == 1

    @pytest.mark.parametrize("state", ["ERROR", "EXPIRED"])
    def test_a_container_that_is_lost_is_refused(self, channel, outside, state):
        message = self.message()
        outside.sandbox.ask("meta", "POST", "/_sandbox/containers", {"states": [state]})
        with channel.session() as session, pytest.raises(Refused) as caught:
            session.send(message)
        assert caught.value.code == "container_lost"
        assert outside.posts("/media_publish") == []

    def test_a_container_that_is_published_already_is_found_and_not_published_twice(
        self, channel, outside
    ):
        message = self.message()
        with channel.session() as session:
            first = session.send(message)
            with pytest.raises(Unclear):
                session.send(message)
        assert channel.read_back(message).provider_id == first.provider_id
        assert len(outside.posts("/media_publish")) == 1

    def test_a_quota_that_is_used_up_waits_and_publishes_nothing(self, face):
        def used_up(request):
            if "content_publishing_limit" in request.url.path:
                row = {"config": {"quota_total": 50}, "quota_usage": 50}
                return httpx.Response(200, json={"data": [row]})
            assert request.method == "GET"
            return httpx.Response(
                200, json={"id": USER["id"], "username": "halcytone", "status_code": "FINISHED"}
            )

        channel = Instagram(face, transport=httpx.MockTransport(used_up))
        with channel.session() as session:
            for message in (self.contained(), self.message()):
                with pytest.raises(NotYet) as caught:
                    session.send(message)
                assert (caught.value.code, caught.value.retry_after_s) == ("quota_used", 3600)
        assert {one.name: one.verdict for one in channel.check(datetime.now(UTC))} == {
            "sign_in": "go",
            "quota": "no_go",
        }

    def test_only_jpegs_of_eight_megabytes_are_given_to_it(self, channel, outside):
        heavy = self.picture(1)
        data = heavy.read() + b"\0" * 8_000_001
        heavy = replace(heavy, sha256=sha256(data).hexdigest(), opened=lambda: data)
        png = picture(1, host=self.sandbox)
        for media in ((), (png,), (heavy,), tuple(map(self.picture, range(11)))):
            with channel.session() as session, pytest.raises(Refused) as caught:
                session.send(self.contained(media))
            assert caught.value.code == "bad_content"
        assert outside.posts("/media") == []

    def test_an_image_that_cannot_be_fetched_is_refused(self, channel, outside):
        gone = replace(self.picture(1), public_url=f"{self.sandbox.url('sources')}/images/none")
        with channel.session() as session, pytest.raises(Refused):
            session.send(self.contained((gone,)))

    def test_a_publication_without_its_container_is_not_sent(self, channel):
        message = super().message(content={"text": CAPTION, "kind": "publish"}, part=2, parts=2)
        with channel.session() as session, pytest.raises(Refused):
            session.send(message)


@pytest.mark.parametrize(
    ("content", "is_good"),
    [
        ({"text": "é" * 2200}, True),
        ({"text": "a" * 2201}, False),
        ({"text": "A " + "#tag " * 30}, True),
        ({"text": "A " + "#tag " * 31}, False),
        ({"text": "A " + "#tag " * 16, "comments": ["#tag " * 15]}, False),
        ({"text": "A", "comments": ["One", "Two"]}, False),
        ({"text": " "}, False),
    ],
)
def test_a_caption_is_measured_as_instagram_does(face, content, is_good):
    assert (Instagram(face).problems(content) == []) is is_good
