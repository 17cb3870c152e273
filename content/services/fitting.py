"""Images as a network takes them: made into JPEGs here, where people see them before they approve.

What cannot be put right without a person, its shape or an image that is not kept, is a finding.
"""

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO

from PIL import Image, ImageOps

from content.formats import base
from content.models import Asset
from content.services import pictures

JPEG, QUALITY = "image/jpeg", 90


def fitted(form: base.Format, rendered: base.Rendered) -> base.Rendered:
    """Return what a format made with its images as its place takes them. May store images."""
    rule = form.image_rule
    if rule is None or not rendered.media:
        return rendered
    assets = _assets(rendered.media)
    media: list[base.Media] = []
    notes = list(rendered.notes)
    for number, image in enumerate(rendered.media, 1):
        asset = assets.get(pictures.sha256_of(image.url))
        if asset is None:
            notes.append(_finding(form, number, "is not kept here, and cannot be given to it"))
            media.append(image)
            continue
        asset = asset if asset.media_type == JPEG else as_jpeg(asset)
        media.append(replace(image, url=pictures.url(asset)))
        notes += [_finding(form, number, why) for why in _wrong(rule, asset)]
    return replace(rendered, media=tuple(media), notes=tuple(notes))


def as_jpeg(asset: Asset) -> Asset:
    """Return the image as a JPEG on white, stored; the same image gives the same one."""
    with Image.open(BytesIO(pictures.data(asset))) as image:
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    ground = Image.new("RGB", upright.size, "white")
    ground.paste(upright, mask=upright.getchannel("A"))
    out = BytesIO()
    ground.save(out, "JPEG", quality=QUALITY, optimize=True)
    return pictures.keep(out.getvalue())


def _assets(media: Iterable[base.Media]) -> dict[str, Asset]:
    hashes = {pictures.sha256_of(image.url) for image in media} - {""}
    return {asset.sha256: asset for asset in Asset.objects.filter(sha256__in=hashes)}


def _wrong(rule: base.ImageRule, asset: Asset) -> list[str]:
    shape, found = asset.width / asset.height, []
    if not rule.narrowest <= shape <= rule.widest:
        found.append(
            f"is {asset.width} × {asset.height}; {rule.place} shows shapes of"
            f" {rule.narrowest:g}:1 to {rule.widest:g}:1"
        )
    if asset.size_bytes > rule.max_bytes:
        found.append(f"has {asset.size_bytes:,} bytes; {rule.place} takes {rule.max_bytes:,}")
    return found


def _finding(form: base.Format, number: int, why: str) -> base.Finding:
    hint = "Put another one in its place, or take it out."
    message = f"Image {number} {why}."
    return form.finding(base.ERROR, "image_unfit", message, hint=hint, where="images")
