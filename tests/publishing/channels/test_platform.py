"""The Platform channel against the stand-in that speaks its wire format."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from halcytone.lib.errors import Refused, Unclear
from publishing.channels.base import AccountFace
from publishing.channels.platform import Platform

from .contract import KEY, ChannelContract, EditContract, ReadBackContract

KINDS = {
    "refuse": "status:422",
    "wait": "rate_limit:7",
    "lose": "accept_then_drop",
    "drop": "drop_before",
    "garble": "garbage",
}
PAGE = {
    "title": "A winter of slower mornings",
    "slug": "slower-mornings",
    "path": "/updates/slower-mornings",
    "excerpt": "Three changes to the morning session.",
    "html": "<p>" + "Breathing out for six counts. " * 8 + "</p>",
    "tags": ["breath", "winter"],
    "seo_title": "Slower mornings",
    "seo_description": "Three changes to the morning session.",
    "canonical": "https://halcytone.example/updates/slower-mornings",
}


class Outside:
    def __init__(self, sandbox):
        self.sandbox = sandbox

    def fails(self, word):
        self.sandbox.fault("platform", KINDS[word], match={"method": "POST"})

    def taken(self):
        return self.sandbox.ask("platform", "GET", "/api/v1/content")["items"]

    def shown(self):
        return [page["title"] for page in self.taken()]


@pytest.fixture
def face(sandbox_settings):
    return AccountFace("site", sandbox_settings.url("platform"), credential=ChannelContract.secret)


class TestPlatform(ChannelContract, ReadBackContract, EditContract):
    content = PAGE
    changed = PAGE | {"title": "A winter of much slower mornings"}

    def text_of(self, content):
        return content["title"]

    @pytest.fixture
    def channel(self, face):
        return Platform(face, settle_s=0)

    @pytest.fixture
    def blind_channel(self, face):
        return Platform(replace(face, can_read_back=False))

    @pytest.fixture
    def outside(self, sandbox_settings):
        return Outside(sandbox_settings)

    def next_message(self):
        return self.message("f" * 32, content=PAGE | {"slug": "another", "title": "Another page"})

    def test_the_page_arrives_as_it_was_written_and_marked(self, channel, outside):
        with channel.session() as session:
            session.send(self.message())
        (page,) = outside.taken()
        assert page["title"] == PAGE["title"]
        assert page["content"] == PAGE["html"]
        assert page["x_release"] == page["seo_metadata"]["x-release"] == KEY
        assert page["status"] == "published"
        (call,) = outside.sandbox.requests("platform", method="POST")
        headers = {name.lower(): value for name, value in call["headers"].items()}
        assert headers["x-request-id"] == KEY
        assert headers["x-service-name"] == "content-generator"

    def test_a_page_of_the_same_slug_from_somebody_else_is_not_ours(self, channel, outside):
        with channel.session() as session:
            session.send(self.message("f" * 32))
            assert channel.read_back(self.message()) is None
            with pytest.raises(Refused) as caught:
                session.send(self.message())
        assert caught.value.code == "conflict"

    def test_an_edit_keeps_the_version_before(self, channel, outside):
        with channel.session() as session:
            receipt = session.send(self.message())
            changed = PAGE | {"title": "A winter of much slower mornings"}
            session.edit(receipt.provider_id, changed, key=KEY, at=datetime.now(UTC))
        (page,) = outside.taken()
        assert page["title"] == "A winter of much slower mornings"
        path = f"/api/v1/content/{receipt.provider_id}/versions"
        assert len(outside.sandbox.ask("platform", "GET", path)["versions"]) == 1

    def test_a_page_is_archived_there_and_once_more_does_no_harm(self, channel, outside):
        with channel.session() as session:
            receipt = session.send(self.message())
            session.archive(receipt.provider_id, key=KEY)
            session.archive(receipt.provider_id, key=KEY)
            with pytest.raises(Refused):
                session.archive("no-such-page", key=KEY)
        path = f"/api/v1/content/{receipt.provider_id}"
        assert outside.sandbox.ask("platform", "GET", path)["status"] == "archived"


def late_listing(*answers):
    """A channel on a listing that shows the page as these answers say, one after another."""
    left = list(answers)
    item = {"id": "7", "slug": PAGE["slug"], "seo_metadata": {"x-release": KEY}}

    def listing(request):
        return httpx.Response(200, json={"items": [item] if left.pop(0) else []})

    face = AccountFace("site", "https://platform.example")
    return Platform(face, settle_s=0.2, transport=httpx.MockTransport(listing)), left


def test_an_absence_right_after_the_hand_over_is_looked_at_once_more():
    channel, left = late_listing(False, True)
    assert channel.read_back(TestPlatform().message()).provider_id == "7"
    assert left == []


def test_an_absence_long_after_the_hand_over_is_believed_at_once():
    channel, left = late_listing(False, True)
    old = TestPlatform().message(at=datetime.now(UTC) - timedelta(seconds=1))
    assert channel.read_back(old) is None
    assert left == [True]


def test_a_listing_without_end_is_unclear_rather_than_absent():
    def endless(request):
        items = [{"id": str(n), "slug": "else", "seo_metadata": {}} for n in range(20)]
        return httpx.Response(200, json={"items": items})

    channel = Platform(
        AccountFace("site", "https://platform.example"), transport=httpx.MockTransport(endless)
    )
    with pytest.raises(Unclear):
        channel.read_back(TestPlatform().message())


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"title": "x" * 201}, "title"), ({"html": "short"}, "html"), ({"tags": ["t"] * 11}, "tags")],
)
def test_what_the_platform_would_refuse_is_said_before_and_not_sent(face, changes, word):
    channel, content = Platform(face), PAGE | changes
    assert any(word in sentence for sentence in channel.problems(content))
    with channel.session() as session, pytest.raises(Refused):
        session.send(TestPlatform().message(content=content))
