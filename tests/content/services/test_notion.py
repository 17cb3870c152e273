"""A database at Notion as a document of the press room, from its link to its items."""

import httpx
import pytest

from content.models import Asset
from content.services import documents
from tests.content.sources import reference
from tests.content.sources.notion_forms import block
from tests.content.sources.notion_outside import AT_ONCE, BASE, KEY, Outside, minute, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def outside(sandbox_settings, settings):
    options = {"token": KEY, "pace": AT_ONCE}
    entry = {"BACKEND": "content.sources.notion.Notion", "OPTIONS": options}
    settings.SOURCES = {**settings.SOURCES, "notion": entry}
    return Outside(sandbox_settings)


@pytest.fixture
def document(outside, cast):
    link = f"https://www.notion.so/{BASE.replace('-', '')}?v=0a1b"
    return documents.link(by=cast.author, name="Letters", kind="notion", key=link)


def head(document, title):
    return document.items.get(head__title=title).head


def test_a_linked_database_becomes_items_and_a_second_reading_costs_one_request(document, outside):
    outside.base(row(1), row(2))
    assert document.ref == f"notion:{BASE}"
    assert documents.read(document).result == "read"
    assert [item.head.title for item in document.items.all()] == ["Letter 1", "Letter 2"]
    assert head(document, "Letter 2").content == "The body of letter 2, as written."
    assert any(one["source_id"] for one in document.snapshots.get().blocks)
    outside.forget_calls()
    assert documents.read(document).result == "skipped"
    assert len(outside.asked("/v1/")) == 1


def test_an_edit_that_no_reader_sees_is_looked_at_once(document, outside):
    outside.base(row(1), row(2))
    documents.read(document)
    outside.base(row(1, edited=minute(500), Owner="The editor"), row(2))
    assert documents.read(document).result == "skipped"
    outside.forget_calls()
    assert documents.read(document).result == "skipped"
    assert len(outside.asked("/v1/")) == 1
    assert document.snapshots.count() == 1


def test_an_image_is_kept_while_its_links_end(document, outside):
    picture = block("image", type="file", file={"image": outside.image(reference.PNG)})
    rows = [row(1, block("paragraph", "Before the image."), picture), row(2), row(3)]
    outside.base(*rows)
    documents.read(document)
    (media,) = document.snapshots.first().media
    shown = head(document, "Letter 1").content
    assert f"![](media:{media['name']})" in shown
    httpx.put(f"{outside.sandbox.url('sources')}/_sandbox/images", json={"life_s": 0})
    outside.base(
        rows[0], row(2, block("paragraph", "A new body of letter 2."), edited=minute(500)), row(3)
    )
    outside.forget_calls()
    assert documents.read(document).result == "read"
    assert outside.asked("/images/") == []
    assert document.snapshots.first().media == [media]
    assert head(document, "Letter 1").content == shown
    assert head(document, "Letter 2").content == "A new body of letter 2."
    assert Asset.objects.count() == 1


def test_a_failed_reading_keeps_what_was_read_and_says_why(document, outside):
    outside.base(row(1), row(2))
    documents.read(document)
    outside.base(row(1, edited=minute(500)), row(2))
    outside.fault("drop_before", match={"path": "/children"}, times=None)
    job = documents.read(document)
    assert (job.status, job.errors[0]["code"]) == ("failed", "source_truncated")
    assert document.items.filter(is_present=True).count() == 2


def test_credentials_that_are_refused_stop_the_machines(document, outside):
    outside.fault("status:401", times=None)
    assert documents.read(document).errors[0]["code"] == "unauthorized"
    document.refresh_from_db()
    assert "NOTION_API_KEY" in document.halted
