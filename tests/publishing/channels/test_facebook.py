"""The Facebook channel against the stand-in that speaks Graph."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from halcytone.sandbox.meta_rows import PAGE
from publishing.channels.base import AccountFace
from publishing.channels.facebook import PASSPORT, Facebook

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


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        self.sandbox.fault("meta", KINDS[word], match={"method": "POST"})

    def taken(self):
        return self.ask(f"{PAGE['id']}/feed?fields=id,message,link,photos&limit=100")["data"]

    def shown(self):
        return [post["message"] for post in self.taken()]

    def replies(self):
        [post] = self.taken()
        return [row["message"] for row in self.ask(f"{post['id']}/comments?fields=message")["data"]]

    def images(self):
        [post] = self.taken()
        page = httpx.get(self.sandbox.url("meta")).text
        return [self._image(page, photo) for photo in post["photos"]]

    def _image(self, page, photo):
        data = httpx.get(f"{self.sandbox.url('meta')}/photos/{photo}").content
        calls = self.sandbox.requests("meta", method="POST")
        sent = [call["body"] for call in calls if call["path"].endswith("/photos")]
        alts = [body.split('name="alt_text_custom"\r\n\r\n')[1].split("\r\n--")[0] for body in sent]
        return data, alts[int(photo[-5:]) - self.first(page)]

    def first(self, page):
        return min(int(one.split('"')[0][-5:]) for one in page.split('src="/photos/')[1:])

    def ask(self, path):
        return self.sandbox.ask("meta", "GET", f"/v24.0/{path}")


@pytest.fixture
def face(sandbox_settings):
    url = sandbox_settings.url("meta")
    return AccountFace("fb", url, profile_id=PAGE["id"], credential=ChannelContract.secret)


def graph_error(status, code, sub=None, **headers):
    error = {"message": "said", "type": "OAuthException", "code": code, "error_subcode": sub}
    return httpx.Response(status, json={"error": error}, headers=headers)


class TestFacebook(
    ChannelContract,
    ReadBackContract,
    EditContract,
    DeleteContract,
    ReplyContract,
    CheckContract,
    MediaContract,
):
    content = {"text": "Three changes & why <we> made them.", "link": ""}
    changed = {"text": "Four changes, in two hours.", "link": ""}
    unknown_id = f"{PAGE['id']}_404404"

    @pytest.fixture
    def channel(self, face):
        return Facebook(face, settle_s=0)

    @pytest.fixture
    def blind_channel(self, face):
        return Facebook(replace(face, can_read_back=False))

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    def next_message(self):
        return self.message("f" * 32, content={"text": "Another post"})

    def test_a_link_is_shown_below_a_post_without_images(self, channel, outside):
        link = "https://halcytone.example/updates/one"
        with channel.session() as session:
            receipt = session.send(self.message(content={"text": "Read on.", "link": link}))
        [post] = outside.taken()
        assert (post["message"], post["link"]) == ("Read on.", link)
        assert receipt.url.endswith(f"/#{receipt.provider_id}")

    def test_beside_images_the_link_stands_in_the_text_also_after_an_edit(self, channel, outside):
        link = "https://halcytone.example/updates/one"
        message = self.message(content={"text": "Read on.", "link": link}, media=(picture(1),))
        with channel.session() as session:
            receipt = session.send(message)
            assert outside.shown() == [f"Read on.\n\n{link}"]
            assert channel.read_back(message).provider_id == receipt.provider_id
            changed = {"text": "Read on here.", "link": link}
            session.edit(receipt.provider_id, changed, key="e" * 32, at=datetime.now(UTC))
        assert outside.shown() == [f"Read on here.\n\n{link}"]

    def test_eleven_images_are_refused(self, channel, outside):
        with channel.session() as session, pytest.raises(Refused, match="10 images"):
            session.send(self.message(media=tuple(map(picture, range(11)))))
        assert outside.sandbox.requests("meta", method="POST") == []

    @pytest.mark.parametrize("kind", ["status:500", "drop_before", "rate_limit:9"])
    def test_a_photo_that_was_lost_has_posted_nothing(self, channel, outside, kind):
        outside.sandbox.fault("meta", kind, match={"path": "/photos"})
        with channel.session() as session, pytest.raises(Unavailable):
            session.send(self.message(media=(picture(1),)))
        assert outside.taken() == []

    def test_a_post_whose_link_cannot_be_asked_for_is_out_all_the_same(self, channel, outside):
        outside.sandbox.fault("meta", "status:404", match={"method": "GET"})
        with channel.session() as session:
            receipt = session.send(self.message())
        assert receipt.provider_id == outside.taken()[0]["id"]
        assert receipt.url

    def test_a_duplicate_is_refused_under_its_own_name(self, channel, outside):
        with channel.session() as session:
            session.send(self.message())
            with pytest.raises(Refused) as caught:
                session.send(self.message("e" * 32))
        assert caught.value.code == "duplicate"

    def test_an_expired_token_is_unauthorized_and_no_go(self, channel, outside):
        outside.sandbox.fault("meta", "expired_token", times=None)
        with channel.session() as session, pytest.raises(Refused) as caught:
            session.send(self.message())
        assert caught.value.code == "unauthorized"
        assert channel.check(datetime.now(UTC))[0].verdict == "no_go"

    def test_a_version_that_is_no_longer_spoken_is_named(self, face):
        old = Facebook(replace(face, passport=replace(PASSPORT, api_version="v9.0")))
        with old.session() as session, pytest.raises(Refused) as caught:
            session.send(self.message())
        assert caught.value.code == "version_retired"

    def test_the_same_text_from_before_the_hand_over_is_not_ours(self, channel, outside):
        with channel.session() as session:
            session.send(self.message())
        later = self.message(at=datetime.now(UTC) + timedelta(seconds=30))
        assert channel.read_back(later) is None

    def asked(self, answer):
        face = AccountFace("fb", "https://graph.facebook.com", profile_id="1")
        channel = Facebook(face, transport=httpx.MockTransport(lambda request: answer))
        with channel.session() as session:
            return session.send(self.message())

    @pytest.mark.parametrize("code", [4, 17, 32, 613])
    def test_a_limit_that_is_used_up_waits_as_long_as_it_says(self, code):
        usage = '{"1": [{"call_count": 100, "estimated_time_to_regain_access": 12}]}'
        with pytest.raises(Unavailable) as caught:
            self.asked(graph_error(400, code, **{"X-Business-Use-Case-Usage": usage}))
        assert (caught.value.code, caught.value.retry_after_s) == ("rate_limited", 720)
        with pytest.raises(Unavailable) as caught:
            self.asked(graph_error(403, code))
        assert caught.value.retry_after_s == 900

    @pytest.mark.parametrize(
        ("status", "code", "word"),
        [
            (400, 190, "unauthorized"),
            (400, 368, "policy"),
            (400, 506, "duplicate"),
            (400, 100, "bad_request"),
            (403, 200, "forbidden"),
        ],
    )
    def test_graphs_own_codes_are_known(self, status, code, word):
        with pytest.raises(Refused) as caught:
            self.asked(graph_error(status, code))
        assert caught.value.code == word

    @pytest.mark.parametrize(("status", "code"), [(400, 1), (400, 2), (500, 2), (500, 99)])
    def test_what_graph_is_not_sure_of_is_unclear(self, status, code):
        with pytest.raises(Unclear):
            self.asked(graph_error(status, code))
