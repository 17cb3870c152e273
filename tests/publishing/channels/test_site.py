"""The site channel on its shelf, the rows of this installation, which is made to fail on the way."""

from dataclasses import replace

import pytest

from halcytone.lib.errors import Refused, Unavailable, Unclear
from publishing.channels.base import AccountFace
from publishing.channels.site import Site
from publishing.models import Page, PageVersion
from publishing.services import site as shelf

from .contract import (
    KEY,
    OTHER,
    ChannelContract,
    DeleteContract,
    EditContract,
    ReadBackContract,
)

PAGE = {
    "title": "A winter of slower mornings",
    "slug": "slower-mornings",
    "path": "/updates/slower-mornings",
    "excerpt": "Three changes to the morning session.",
    "html": "<p>" + "Breathing out for six counts. " * 8 + "</p>",
    "tags": ["breath", "winter"],
    "seo_title": "Slower mornings",
    "seo_description": "Three changes to the morning session.",
    "canonical": "https://press.halcytone.example/updates/slower-mornings",
    "published_on": "2026-12-01",
    "reading_time_min": 1,
    "open_graph": {"og:type": "article", "og:title": "Slower mornings"},
    "json_ld": {"@context": "https://schema.org", "@type": "BlogPosting", "headline": "Slower"},
}
ERRORS = {
    "refuse": Refused("no", code="refused"),
    "wait": Unavailable("busy", retry_after_s=7, code="rate_limited"),
}


class Outside:
    """The shelf with a script: what the database does when it is busy, or lost at a commit."""

    def __init__(self):
        self.word = ""

    def __getattr__(self, name):
        return getattr(shelf, name)

    def fails(self, word):
        self.word = word

    def publish(self, content, *, key, at):
        word, self.word = self.word, ""
        if word in ERRORS:
            raise ERRORS[word]
        page = None if word == "drop" else shelf.publish(content, key=key, at=at)
        if word:
            raise Unclear("the commit was lost", code="lost_answer")
        return page

    def taken(self):
        return list(Page.objects.exclude(state="withdrawn").values_list("path", flat=True))

    def shown(self):
        return list(Page.objects.values_list("title", flat=True))


@pytest.mark.django_db
class TestSite(ChannelContract, ReadBackContract, EditContract, DeleteContract):
    content = PAGE
    changed = PAGE | {"title": "A winter of much slower mornings"}

    def text_of(self, content):
        return content["title"]

    @pytest.fixture
    def outside(self):
        return Outside()

    @pytest.fixture
    def channel(self, outside):
        return Site(AccountFace("site", "", credential=self.secret), shelf=outside)

    @pytest.fixture
    def blind_channel(self, channel):
        return Site(replace(channel.account, can_read_back=False))

    def next_message(self):
        other = PAGE | {"slug": "another", "path": "/blog/another", "title": "Another page"}
        return self.message(OTHER, content=other)

    def test_an_edit_keeps_what_the_page_said_before(self, channel, outside):
        with channel.session() as session:
            id = session.send(self.message()).provider_id
            for _ in range(2):  # a change that is told again is one change
                session.edit(id, self.changed, key=OTHER, at=self.message().at)
        (version,) = PageVersion.objects.all()
        assert (version.key, PAGE["title"] in version.body) == (KEY, True)
        assert channel.read_back(self.message()).provider_id == id

    def test_an_address_is_one_pages_alone_until_that_is_withdrawn(self, channel):
        with channel.session() as session:
            id = session.send(self.message()).provider_id
            with pytest.raises(Refused) as caught:
                session.send(self.message(OTHER))
            assert caught.value.code == "conflict"
            session.delete(id)
            assert session.send(self.message(OTHER)).provider_id == id
        assert Page.objects.get().state == "published"

    def test_a_page_keeps_its_address(self, channel):
        with channel.session() as session:
            id = session.send(self.message()).provider_id
            moved = PAGE | {"path": "/updates/elsewhere"}
            with pytest.raises(Refused):
                session.edit(id, moved, key=OTHER, at=self.message().at)

    @pytest.mark.parametrize(
        "changes",
        [{"path": "/admin/x"}, {"path": "/updates/a/b"}, {"path": ""}, {"title": "x" * 201}],
    )
    def test_what_cannot_stand_there_is_refused(self, channel, changes):
        assert channel.problems(PAGE | changes)
        with channel.session() as session, pytest.raises(Refused):
            session.send(self.message(content=PAGE | changes))
