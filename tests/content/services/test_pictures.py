from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from content.grammar.item import Item
from content.models import Asset
from content.services import pictures
from content.sources.base import Picture

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def png(color=(1, 2, 3)):
    out = BytesIO()
    Image.new("RGB", (6, 4), color).save(out, "PNG")
    return out.getvalue()


def item(content, **rest):
    images = tuple(
        address
        for address in ("image:a", "image:b", "https://x.invalid/p.png")
        if address in content
    )
    return Item(
        "T", content, date(2026, 12, 1), "tips", "update", 1, 3, "UTC", images=images, **rest
    )


def test_an_image_is_stored_once_and_named_by_its_hash():
    asset = pictures.keep(png())
    assert pictures.keep(png()) == asset
    assert Asset.objects.count() == 1
    with default_storage.open(pictures.path(asset)) as file:
        assert Image.open(file).size == (6, 4)


def test_a_text_shows_its_images_at_their_public_address(settings):
    settings.MEDIA_BASE_URL = "https://press.example/media/"
    asset = pictures.keep(png())
    shown = pictures.shown(f"![a leaf](media:{asset.name}) and media:other")
    assert shown == f"![a leaf](https://press.example/media/{asset.name}) and media:other"
    assert pictures.sha256_of(f"https://press.example/media/{asset.name}") == asset.sha256
    assert pictures.sha256_of("https://else.example/p.png") == ""


def test_images_that_came_with_the_text_take_their_lasting_name():
    settled = pictures.settle(
        [item("Look: ![leaf](image:a)", image="image:a")], {"image:a": Picture(png())}, "x"
    )
    (one,) = settled.items
    (entry,) = settled.media
    assert one.content == f"Look: ![leaf](media:{entry['name']})"
    assert one.image == one.images[0] == f"media:{entry['name']}"
    assert not settled.problems
    assert not one.is_blocked


def test_an_image_that_is_none_blocks_its_item_alone_and_names_the_line():
    text = "first\n![b](image:b)"
    settled = pictures.settle(
        [item("fine ![a](image:a)"), item("![b](image:b)")],
        {"image:a": Picture(png()), "image:b": Picture(b"<html>no image</html>")},
        text,
    )
    (problem,) = settled.problems
    assert (problem.code, problem.line, problem.column) == ("image_refused", 2, 6)
    assert [one.is_blocked for one in settled.items] == [False, True]


def test_an_image_that_cannot_be_reached_says_so():
    settled = pictures.settle(
        [item("![x](https://x.invalid/p.png)")], {}, "![x](https://x.invalid/p.png)"
    )
    assert [problem.code for problem in settled.problems] == ["image_unreachable"]


def test_anybody_may_look_at_an_image_and_keep_it(client):
    asset = pictures.keep(png())
    answer = client.get(f"/media/{asset.name}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Image.open(BytesIO(b"".join(answer.streaming_content))).size == (6, 4)
    assert (
        client.get(f"/media/{asset.name}", headers={"If-None-Match": answer["ETag"]}).status_code
        == 304
    )


@pytest.mark.parametrize("name", ["x.png", "../settings.py", "0" * 64 + ".png", "0" * 64 + ".svg"])
def test_there_is_no_other_file_behind_the_images(client, name):
    assert client.get(f"/media/{name}").status_code == 404
