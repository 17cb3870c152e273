"""What may be an image here: judged by its content, opened, and written anew without what it hides."""

import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from halcytone.lib import canonical
from halcytone.lib.errors import Refused

MAX_BYTES = 10_485_760
MAX_PIXELS = 40_000_000
MAX_FRAMES = 500
MAX_ALT = 1_000
#: Format as Pillow names it → (extension, media type).
TYPES = {
    "PNG": ("png", "image/png"),
    "JPEG": ("jpg", "image/jpeg"),
    "GIF": ("gif", "image/gif"),
    "WEBP": ("webp", "image/webp"),
}
_KNOWN = "PNG, JPEG, GIF and WebP images are taken, up to 10 MB and 40 megapixels."


@dataclass(frozen=True, slots=True)
class Picture:
    """An image fit to be shown: `data` re-encoded, `sha256` of these bytes, size in pixels."""

    data: bytes
    sha256: str
    extension: str
    media_type: str
    width: int
    height: int


def accepted(data: bytes) -> Picture:
    """Return the image that these bytes are, re-encoded: no metadata, no trailing bytes, upright.

    Raises Refused with code `image_refused`. Same bytes, same answer. Source of the limits:
    living-documents specification §2.
    """
    if len(data) > MAX_BYTES:
        raise _refused(f"It has {len(data):,} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _written_anew(data)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise _refused("It is no image that can be opened") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _refused("It has too many pixels") from error


def _written_anew(data: bytes) -> Picture:
    with Image.open(BytesIO(data), formats=list(TYPES)) as image:
        kind = str(image.format)
        if image.width * image.height * min(
            getattr(image, "n_frames", 1), MAX_FRAMES
        ) > MAX_PIXELS * (4 if getattr(image, "is_animated", False) else 1):
            raise _refused("It has too many pixels")
        out = BytesIO()
        if getattr(image, "is_animated", False):
            width, height = _save_frames(image, kind, out)
        else:
            width, height = _save(image, kind, out)
    extension, media_type = TYPES[kind]
    new = out.getvalue()
    return Picture(new, canonical.sha256(new), extension, media_type, width, height)


def _save(image: Image.Image, kind: str, out: BytesIO) -> tuple[int, int]:
    image.load()
    upright = ImageOps.exif_transpose(image)
    upright.info = {name: upright.info[name] for name in ("transparency",) if name in upright.info}
    if kind == "JPEG":
        upright = upright if upright.mode in ("L", "RGB") else upright.convert("RGB")
        upright.save(out, kind, quality=90, optimize=True, progressive=True)
    elif kind == "WEBP":
        upright.save(out, kind, quality=90, method=4)
    else:
        upright.save(out, kind, optimize=True)
    return upright.size


def _save_frames(image: Image.Image, kind: str, out: BytesIO) -> tuple[int, int]:
    if getattr(image, "n_frames", 1) > MAX_FRAMES:
        raise _refused(f"It has more than {MAX_FRAMES} frames")
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        durations.append(frame.info.get("duration", 100))
        frames.append(frame.convert("RGBA"))
    frames[0].save(
        out,
        kind,
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=image.info.get("loop", 0),
    )
    return image.size


def _refused(why: str) -> Refused:
    return Refused(f"{why}. {_KNOWN}", code="image_refused")
