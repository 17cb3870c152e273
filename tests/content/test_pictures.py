from io import BytesIO

import pytest
from PIL import Image

from content import pictures
from halcytone.lib.errors import Refused


def encoded(kind="PNG", size=(40, 30), color=(10, 120, 100), **options):
    out = BytesIO()
    Image.new("RGB", size, color).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_an_image_is_written_anew_as_what_it_is(kind):
    picture = pictures.accepted(encoded(kind))
    assert (picture.width, picture.height) == (40, 30)
    assert picture.media_type == pictures.TYPES[kind][1]
    assert Image.open(BytesIO(picture.data)).format == kind


def test_the_same_bytes_give_the_same_image():
    assert pictures.accepted(encoded()) == pictures.accepted(encoded())


def test_what_hides_in_and_behind_an_image_is_gone():
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif[0x0112] = 6  # lying on its side
    picture = pictures.accepted(encoded("JPEG", exif=exif) + b"<script>alert(1)</script>")
    assert b"secret" not in picture.data
    assert b"script" not in picture.data
    assert (picture.width, picture.height) == (30, 40)


def test_a_moving_image_still_moves():
    frames = [Image.new("RGB", (8, 8), (value, 0, 0)) for value in (0, 90, 180)]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    assert Image.open(BytesIO(pictures.accepted(out.getvalue()).data)).n_frames == 3


@pytest.mark.parametrize(
    "data",
    [b"", b"<html><body>no image</body></html>", b"\x89PNG\r\n\x1a\nbroken", encoded()[:60],
     b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"BM" + b"\0" * 60],
    ids=["empty", "a page", "a head alone", "cut", "svg", "bmp"],
)  # fmt: skip
def test_what_is_no_image_is_refused(data):
    with pytest.raises(Refused) as caught:
        pictures.accepted(data)
    assert caught.value.code == "image_refused"
    assert "PNG, JPEG, GIF and WebP" in str(caught.value)


def test_the_limits_of_bytes_and_pixels_hold():
    with pytest.raises(Refused, match="10,485,761 bytes"):
        pictures.accepted(b"x" * (pictures.MAX_BYTES + 1))
    flat = Image.new("1", (8_000, 5_001))
    out = BytesIO()
    flat.save(out, "PNG")
    with pytest.raises(Refused, match="pixels"):
        pictures.accepted(out.getvalue())
