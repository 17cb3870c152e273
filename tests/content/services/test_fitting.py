"""Images are fitted to their place before anybody approves them, and what does not fit is named."""

from io import BytesIO

import pytest
from PIL import Image

from content.formats.base import Media, Rendered
from content.formats.facebook import Facebook
from content.formats.instagram import Instagram
from content.models import Asset
from content.services import fitting, pictures
from tests.content.test_pictures import encoded


@pytest.fixture(autouse=True)
def store(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def made(*assets, form=None):
    media = tuple(Media(pictures.url(asset), "", f"Alt {n}") for n, asset in enumerate(assets))
    return fitting.fitted(form or Instagram(), Rendered({"text": "a"}, media))


def asset_of(image):
    return Asset.objects.get(sha256=pictures.sha256_of(image.url))


def test_a_png_becomes_a_jpeg_that_is_stored_and_keeps_its_alt_text():
    png = pictures.keep(encoded(size=(100, 90)))
    [image] = made(png).media
    kept = asset_of(image)
    assert (kept.media_type, kept.width, kept.height) == ("image/jpeg", 100, 90)
    assert Image.open(BytesIO(pictures.data(kept))).format == "JPEG"
    assert image.alt == "Alt 0"
    assert made(png).media == (image,)
    assert made(png).notes == ()


def test_what_is_transparent_becomes_white():
    out = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    [image] = made(pictures.keep(out.getvalue())).media
    seen = Image.open(BytesIO(pictures.data(asset_of(image)))).getpixel((5, 5))
    assert min(seen) > 250


def test_a_jpeg_stays_as_it_is():
    jpeg = pictures.keep(encoded("JPEG", size=(100, 100)))
    [image] = made(jpeg).media
    assert image.url == pictures.url(jpeg)


@pytest.mark.parametrize(("size", "is_good"), [((80, 100), True), ((191, 100), True),
                                               ((79, 100), False), ((192, 100), False)])  # fmt: skip
def test_a_shape_that_it_does_not_show_is_an_error_before_approval(size, is_good):
    notes = made(pictures.keep(encoded("JPEG", size=size))).notes
    assert [note.code for note in notes] == ([] if is_good else ["image_unfit"])
    assert is_good or (notes[0].blocks and f"{size[0]} × {size[1]}" in notes[0].message)


def test_an_image_that_is_too_heavy_is_an_error():
    jpeg = pictures.keep(encoded("JPEG", size=(100, 100)))
    Asset.objects.update(size_bytes=8_000_001)
    [note] = made(jpeg).notes
    assert "8,000,001 bytes" in note.message


def test_an_image_that_is_not_kept_is_an_error():
    media = (Media("https://elsewhere.example/a.jpg", "", "A"),)
    [note] = fitting.fitted(Instagram(), Rendered({}, media)).notes
    assert (note.code, note.severity) == ("image_unfit", "error")


def test_a_place_without_a_rule_gets_its_images_as_they_are():
    png = pictures.keep(encoded(size=(400, 10)))
    assert made(png, form=Facebook()).media[0].url == pictures.url(png)
