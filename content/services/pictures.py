"""The images of a document: fetched while it is read, stored under their hash, named by it from then on.

Links to images at the sources expire within the hour, so the bytes are kept here. In a text an image is
called `media:<sha256>.<extension>`; `shown` gives it the address at which people see it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from content import pictures
from content.grammar.item import Item
from content.grammar.problems import SEVERITIES, Problem
from content.models import Asset
from content.sources.base import Picture
from halcytone.lib import canonical, fetch
from halcytone.lib.errors import Refused, RemoteError

SCHEME = "media:"
MAX_IMAGES = 200
NAME = re.compile(r"[0-9a-f]{64}\.(?:png|jpg|gif|webp)")
_STORED = re.compile(rf"{SCHEME}({NAME.pattern})")


@dataclass(frozen=True, slots=True)
class Settled:
    """Items whose images are stored; what went wrong; and each image once, as a snapshot keeps it."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    media: list[dict[str, Any]]


def settle(items: Sequence[Item], given: Mapping[str, Picture], text: str) -> Settled:
    """Fetch and store every image that the items show. No transaction may be open.

    `given` are the images that came with the text, by their address in it; others are asked for at their
    own address. An image that cannot be had is a problem at its line, and its item is blocked.
    """
    addresses = list(dict.fromkeys(address for item in items for address in _addresses(item)))
    stored: dict[str, Asset] = {}
    problems: dict[str, Problem] = {}
    lines = text.split("\n")
    for address in addresses:
        if _STORED.fullmatch(address):
            continue
        try:
            stored[address] = _store(given.get(address) or Picture(url=address))
        except RemoteError as error:
            problems[address] = _problem(error, address, lines, given)
    names = {address: f"{SCHEME}{asset.name}" for address, asset in stored.items()}
    codes = {address: problem.code for address, problem in problems.items()}
    return Settled(
        tuple(_renamed(item, names, codes) for item in items),
        tuple(problems.values()),
        [_entry(address, asset) for address, asset in stored.items()],
    )


def shown(text: str) -> str:
    """Return a text with the public addresses of its images."""
    return _STORED.sub(rf"{settings.MEDIA_BASE_URL}\1", text) if SCHEME in text else text


def sha256_of(address: str) -> str:
    """Return the hash of the image at a public address or a `media:` name of ours; "" for others."""
    name = address.removeprefix(settings.MEDIA_BASE_URL).removeprefix(SCHEME)
    return name.partition(".")[0] if NAME.fullmatch(name) and name != address else ""


def url(asset: Asset) -> str:
    """Return the address at which readers see it."""
    return f"{settings.MEDIA_BASE_URL}{asset.name}"


def data(asset: Asset) -> bytes:
    """Return its bytes; b"" when the media store has lost them."""
    try:
        with default_storage.open(path(asset)) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return b""


def path(asset: Asset) -> str:
    """Return where in the media store the bytes of an asset lie."""
    return f"assets/{asset.sha256[:2]}/{asset.name}"


def keep(data: bytes) -> Asset:
    """Store an image and return its row; the same bytes give the same row. Raises Refused."""
    original = canonical.sha256(data)
    known = Asset.objects.filter(original_sha256=original).first()
    if known is not None and default_storage.exists(path(known)):
        return known
    picture = pictures.accepted(data)
    asset = Asset(
        sha256=picture.sha256,
        original_sha256=original,
        extension=picture.extension,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        size_bytes=len(picture.data),
    )
    if not default_storage.exists(path(asset)):
        default_storage.save(path(asset), ContentFile(picture.data))
    try:
        with transaction.atomic():
            asset.save(force_insert=True)
    except IntegrityError:
        return Asset.objects.get(sha256=picture.sha256)
    return asset


def _store(picture: Picture) -> Asset:
    kept = Asset.objects.filter(sha256=picture.stored.partition(".")[0]).first()
    if kept is not None:
        return kept
    if picture.data:
        return keep(picture.data)
    if not picture.url.startswith(("https://", "http://")):
        raise Refused("The image has no address that can be asked.", code="image_unreachable")
    trusted = settings.FETCH_TRUSTED_ORIGINS
    return keep(fetch.get(picture.url, trusted=trusted, max_bytes=pictures.MAX_BYTES).data)


def _addresses(item: Item) -> Iterable[str]:
    yield from item.images
    if item.image:
        yield item.image


def named(items: Iterable[Item], media: Sequence[Mapping[str, Any]]) -> tuple[Item, ...]:
    """Return items whose images carry the names that a snapshot keeps for their addresses."""
    names = {str(entry["address"]): f"{SCHEME}{entry['name']}" for entry in media}
    return tuple(_renamed(item, names, {}) for item in items)


def _renamed(item: Item, names: Mapping[str, str], codes: Mapping[str, str]) -> Item:
    mine = list(dict.fromkeys(_addresses(item)))
    wrong = [codes[address] for address in mine if address in codes]
    if not wrong and not any(address in names for address in mine):
        return item
    content = item.content
    for address in mine:
        content = content.replace(address, names.get(address, address))
    return replace(
        item,
        content=content,
        image=names.get(item.image or "", item.image),
        images=tuple(names.get(address, address) for address in item.images),
        codes=tuple(dict.fromkeys([*item.codes, *wrong])),
    )


def _problem(
    error: RemoteError, address: str, lines: Sequence[str], given: Mapping[str, Picture]
) -> Problem:
    code = "image_refused" if error.code in ("image_refused", "too_large") else "image_unreachable"
    where = next((n for n, line in enumerate(lines, 1) if address in line), 1)
    column = lines[where - 1].find(address) + 1 if lines else 1
    what = "" if address in given else f" ({address[:120]})"
    return Problem(
        where, max(1, column), SEVERITIES[code], code, f"An image{what} cannot be used: {error}",
        hint="Put the image into the document again, or take it out.", field="images",
    )  # fmt: skip


def _entry(address: str, asset: Asset) -> dict[str, Any]:
    return {
        "address": address,
        "name": asset.name,
        "width": asset.width,
        "height": asset.height,
    }
