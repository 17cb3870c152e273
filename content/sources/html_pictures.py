"""Images of a page: which address is meant, what stands for them in words, and which are none."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import unquote

from lxml import etree

from content.markdown import DECORATIVE
from content.sources.base import Picture
from content.sources.html_where import Where
from content.sources.tree import Run

#: The image that came with a text under this address, or None.
Held = Callable[[str], Picture | None]
_LAZY = ("data-src", "data-lazy-src", "data-original")
_SETS = ("srcset", "data-srcset")
_DATA = re.compile(r"data:image/[\w.+-]+(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)
_BETWEEN, _SIZE = re.compile(r",\s"), re.compile(r"\d{1,6}(?:\.\d+)?[wx]")
_MAX_WIDTH = 2_400  # of a candidate; a wider one is only heavier
_PLACEHOLDER_BYTES = 400  # data: images up to this size stand in for what is loaded later


@dataclass(slots=True)
class Pictures:
    """Gathers the images of a page by the name that its text gives them."""

    where: Where
    held: Held
    found: dict[str, Picture] = field(default_factory=dict)

    def run(self, element: etree._Element, look: Run) -> Run | None:
        """Return what stands in the text for an `img`, None for what only measures or decorates."""
        alt = " ".join((element.get("alt") or "").split())
        if _is_pixel(element):
            return None
        if alt and "emoji" in element.get("class", "").split():
            return Run(alt)
        picture = self._picture(element)
        if picture is None:
            return Run(alt) if alt else None
        caption = _caption(element)
        offered = caption or element.get("title") or element.get("aria-label") or ""
        if not alt and element.get("alt") is not None and not caption:
            alt = DECORATIVE  # HTML: an empty alt says that the image says nothing
        key = f"image:{sha256(picture.data or picture.url.encode()).hexdigest()[:32]}"
        self.found[key] = Picture(picture.data, picture.url, " ".join(offered.split())[:1_000])
        return Run(alt, image=key, link=look.link)

    def _picture(self, element: etree._Element) -> Picture | None:
        """Return the image itself: what is loaded later goes before what stands in for it."""
        found = [picture for address in _addresses(element) if (picture := self._at(address))]
        whole = (one for one in found if one.url or len(one.data) > _PLACEHOLDER_BYTES)
        return next(whole, found[0] if found else None)

    def _at(self, address: str) -> Picture | None:
        if came := self.held(address):
            return came
        if address[:5].lower() == "data:":
            return _inside(address)
        return Picture(url=self.where.image(address) or address[:500])


def _inside(address: str) -> Picture | None:
    """Return the image that an address holds in itself. What is no base64 is no image that can be kept."""
    found = _DATA.match(address)
    if found is None:
        return None
    try:
        return Picture(base64.b64decode(unquote(address[found.end() :])))
    except binascii.Error:
        return None


def _addresses(element: etree._Element) -> list[str]:
    sources = element.getparent().iterchildren("source") if _is_in_picture(element) else ()
    named = [element.get(name, "") for name in (*_LAZY, "src")]
    sets = [one.get(name, "") for one in (element, *sources) for name in _SETS]
    return [address for address in (*named, *map(_largest, sets)) if address.strip()]


def _is_in_picture(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == "picture"


def _largest(candidates: str) -> str:
    """Return the widest address of a `srcset` that is no wider than is of use."""
    best, width = "", -1.0
    for candidate in _BETWEEN.split(candidates[:20_000]):
        address, _, size = candidate.strip().partition(" ")
        wide = float(size[:-1]) if _SIZE.fullmatch(size) else 1.0
        if width < wide <= _MAX_WIDTH or not best:
            best, width = address.rstrip(","), wide
    return best


def _is_pixel(element: etree._Element) -> bool:
    return bool({"0", "1"} & {element.get("width"), element.get("height")})


def _caption(element: etree._Element) -> str:
    figure = next(element.iterancestors("figure"), None)
    caption = figure.find(".//figcaption") if figure is not None else None
    return " ".join("".join(caption.itertext()).split()) if caption is not None else ""
