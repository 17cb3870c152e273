"""The LinkedIn channel, in both of its wire formats, against the stand-in that speaks them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from publishing.channels import tokens
from publishing.channels.base import AccountFace
from publishing.channels.linkedin import PASSPORT, LinkedIn

from .contract import (
    ChannelContract,
    CheckContract,
    DeleteContract,
    EditContract,
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
AUTHOR = "urn:li:organization:4711"


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        self.sandbox.fault("linkedin", KINDS[word], match={"method": "POST"})

    def taken(self):
        path = f"/rest/posts?q=author&author={quote(AUTHOR)}&count=100"
        return self.ask(path)["elements"]

    def shown(self):
        found = httpx.get(self.sandbox.url("linkedin")).text
        return [part.split("</p>")[0] for part in found.split("<p>")[1:] if "</p>" in part]

    def replies(self):
        [post] = self.taken()
        rows = self.ask(f"/rest/socialActions/{quote(post['id'])}/comments")["elements"]
        return [row["message"]["text"] for row in rows]

    def images(self):
        calls = self.sandbox.requests("linkedin", method="POST")
        body = json.loads(next(call["body"] for call in calls if call["path"] == "/rest/posts"))
        shown = body["content"]
        rows = shown["multiImage"]["images"] if "multiImage" in shown else [shown["media"]]
        return [self._image(row["id"], row["altText"]) for row in rows]

    def _image(self, urn, alt):
        return httpx.get(f"{self.sandbox.url('linkedin')}/media/{quote(urn)}").content, alt

    def ask(self, path):
        headers = {"LinkedIn-Version": PASSPORT.api_version, "X-Restli-Protocol-Version": "2.0.0"}
        return httpx.get(self.sandbox.url("linkedin") + path, headers=headers).json()


@pytest.fixture
def face(sandbox_settings):
    url = sandbox_settings.url("linkedin")
    return AccountFace("li", url, profile_id=AUTHOR, credential=ChannelContract.secret)


class LinkedInContract(
    ChannelContract,
    ReadBackContract,
    EditContract,
    DeleteContract,
    ReplyContract,
    CheckContract,
):
    content = {"text": "Three changes (to the morning) & why #Halcytone made_them.", "comments": []}
    changed = {"text": "Four changes, in two hours.", "comments": []}
    unknown_id = "urn:li:share:404404404"

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    @pytest.fixture
    def blind_channel(self, channel, face):
        return LinkedIn(replace(channel.account, can_read_back=False))

    def next_message(self):
        return self.message("f" * 32, content={"text": "Another post"})

    def test_the_author_is_who_the_account_says(self, channel, outside):
        with channel.session() as session:
            session.send(self.message())
        [post] = outside.taken()
        assert post["author"] == AUTHOR

    def test_a_duplicate_is_refused_under_its_own_name(self, channel, outside):
        with channel.session() as session:
            session.send(self.message())
            with pytest.raises(Refused) as caught:
                session.send(self.message("e" * 32))
        assert caught.value.code == "duplicate"
        assert len(outside.taken()) == 1

    def test_comments_are_parts_below_the_post_in_order(self, channel, outside):
        parts = channel.parts(self.content | {"comments": ["More #one", "And more"]})
        assert [part.get("kind", "post") for part in parts] == ["post", "comment", "comment"]
        before = ""
        with channel.session() as session:
            for number, part in enumerate(parts, 1):
                message = self.message(
                    f"{number:032x}", content=part, part=number, parts=3, reply_to=before
                )
                before = session.send(message).provider_id
        assert outside.replies() == ["More #one", "And more"]

    def test_a_lost_comment_is_found_below_its_post(self, channel, outside):
        with channel.session() as session:
            post = session.send(self.message()).provider_id
            comment = self.message(
                "c" * 32,
                content={"text": "More", "kind": "comment"},
                part=2,
                parts=2,
                reply_to=post,
            )
            outside.fails("lose")
            with pytest.raises(Unclear):
                session.send(comment)
        assert channel.read_back(comment).provider_id.startswith("urn:li:comment:(")
        other = replace(comment, content={"text": "Never sent", "kind": "comment"})
        assert channel.read_back(other) is None

    def test_a_comment_without_its_post_is_not_sent(self, channel, outside):
        comment = self.message(content={"text": "More", "kind": "comment"}, part=2, parts=2)
        with channel.session() as session, pytest.raises(Refused):
            session.send(comment)

    def test_the_same_text_from_before_the_hand_over_is_not_ours(self, channel, outside):
        with channel.session() as session:
            session.send(self.message())
        later = self.message(at=datetime.now(UTC) + timedelta(seconds=30))
        assert channel.read_back(later) is None

    def test_an_expired_token_is_no_go(self, channel, outside):
        outside.sandbox.fault("linkedin", "expired_token")
        [check] = channel.check(datetime.now(UTC))
        assert (check.name, check.verdict) == ("sign_in", "no_go")

    @pytest.mark.parametrize("kind", ["status:500", "drop_before", "rate_limit:9"])
    def test_an_image_that_was_lost_has_posted_nothing(self, channel, outside, kind):
        outside.sandbox.fault("linkedin", kind, match={"method": "POST"})
        with channel.session() as session, pytest.raises(Unavailable):
            session.send(self.message(media=(picture(1),)))
        assert outside.taken() == []


class TestLinkedIn(LinkedInContract, MediaContract):
    @pytest.fixture
    def channel(self, face):
        return LinkedIn(face, settle_s=0)

    def test_one_image_is_media_with_its_alt_text(self, channel, outside):
        image = picture(1)
        with channel.session() as session:
            session.send(self.message(media=(image,)))
        assert outside.images() == [(image.read(), image.alt)]
        assert 'alt="Zwei Äpfel 🍎 &amp; a' in httpx.get(outside.sandbox.url("linkedin")).text

    def test_twenty_images_are_taken_and_twenty_one_are_not(self, channel, outside):
        media = tuple(picture(number, f"Picture {number}") for number in range(21))
        with channel.session() as session:
            with pytest.raises(Refused, match="LinkedIn takes 20 images"):
                session.send(self.message(media=media))
            assert outside.sandbox.requests("linkedin", method="POST") == []
            session.send(self.message(media=media[:20]))
        assert [alt for _, alt in outside.images()] == [each.alt for each in media[:20]]

    def test_an_article_is_shown_where_there_is_no_image(self, channel, outside):
        article = {"source": "https://halcytone.example/updates/one", "title": "One"}
        with channel.session() as session:
            session.send(self.message(content=self.content | {"article": article}))
        assert (
            'href="https://halcytone.example/updates/one"'
            in httpx.get(outside.sandbox.url("linkedin")).text
        )

    def test_a_version_that_is_no_longer_spoken_is_named(self, face, outside):
        old = LinkedIn(replace(face, passport=replace(PASSPORT, api_version="202401")))
        with old.session() as session, pytest.raises(Refused) as caught:
            session.send(self.message())
        assert caught.value.code == "version_retired"
        [check] = old.check(datetime.now(UTC))
        assert check.verdict == "no_go"
        assert "version" in check.said

    def test_bytes_go_only_to_linkedins_own_places(self):
        def asked(request):
            value = {"uploadUrl": "https://elsewhere.example/up", "image": "urn:li:image:1"}
            return httpx.Response(200, json={"value": value})

        face = AccountFace("li", "https://api.linkedin.com", profile_id=AUTHOR)
        channel = LinkedIn(face, transport=httpx.MockTransport(asked))
        with channel.session() as session, pytest.raises(Refused) as caught:
            session.send(self.message(media=(picture(1),)))
        assert caught.value.code == "bad_upload"

    def test_a_yes_without_an_id_is_unclear(self):
        answer = httpx.Response(201)
        face = AccountFace("li", "https://api.linkedin.com", profile_id=AUTHOR)
        channel = LinkedIn(face, transport=httpx.MockTransport(lambda request: answer))
        with channel.session() as session, pytest.raises(Unclear) as caught:
            session.send(self.message())
        assert caught.value.code == "no_id"

    def test_a_token_is_renewed_where_people_sign_in(self, channel):
        old = tokens.Token("a", "refresh-me")
        token = channel.renew(old, tokens.App("client", "secret"), datetime.now(UTC))
        assert token.access.startswith("sandbox-linkedin-token")
        assert token.refresh == "refresh-me"
        assert token.scopes == ("w_organization_social", "r_organization_social")


class TestUgcPosts(LinkedInContract):
    """The older form: chosen by the passport."""

    @pytest.fixture
    def channel(self, face):
        return LinkedIn(replace(face, passport=replace(PASSPORT, api_version="v2")), settle_s=0)

    def test_images_and_their_texts_arrive(self, channel, outside):
        media = (picture(1), picture(2, "Second"))
        with channel.session() as session:
            session.send(self.message(media=media))
        calls = outside.sandbox.requests("linkedin", method="POST")
        body = json.loads(next(call["body"] for call in calls if call["path"] == "/v2/ugcPosts"))
        share = body["specificContent"]["com.linkedin.ugc.ShareContent"]
        assert share["shareMediaCategory"] == "IMAGE"
        assert [row["description"]["text"] for row in share["media"]] == [one.alt for one in media]
        kept = [outside._image(row["media"], "")[0] for row in share["media"]]
        assert kept == [one.read() for one in media]


@pytest.mark.parametrize(
    ("text", "is_good"), [("é" * 3000, True), ("a" * 3001, False), (" ", False)]
)
def test_a_post_and_its_comments_are_measured(face, text, is_good):
    assert (LinkedIn(face).problems({"text": text}) == []) is is_good
    assert (LinkedIn(face).problems({"text": "Good", "comments": [text]}) == []) is is_good


def test_links_lead_to_the_post_that_a_comment_stands_under():
    channel = LinkedIn(AccountFace("li", "https://api.linkedin.com"))
    comment = "urn:li:comment:(urn:li:activity:12,34)"
    assert channel.receipt(comment).url == "https://www.linkedin.com/feed/update/urn:li:activity:12"
