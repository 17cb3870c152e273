"""Where a page lies, and so where its links and images lead and how its blocks are named."""

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import quote, urljoin, urlsplit

from lxml import etree

from content.sources import flat, inline
from content.sources.html_parsing import BLOCKS
from content.sources.tree import Block, Heading

_UNSAFE = re.compile(r"[ <>\"`{}|\\^]")
_STRIPPED = re.compile(r"[\t\r\n]")
_WRITTEN = frozenset({*(f"h{level}" for level in range(1, 7)), "p", "li", "pre", "table", "figure"})


@dataclass(frozen=True, slots=True)
class Where:
    """`url` is the page's own address, "" for a file; `base` what relative addresses count from."""

    url: str = ""
    base: str = ""

    def link(self, target: str) -> str:
        """Return the absolute address of a link, or "" where it leads nowhere that a reader can go."""
        target = _STRIPPED.sub("", target).strip()
        if target.startswith("#"):
            return f"{self.url}{target}" if self.url and len(target) > 1 else ""
        return self._absolute(target, ("https", "http", "mailto"))

    def image(self, target: str) -> str:
        """Return the absolute address of an image. Pages over https load images over https alone."""
        address = self._absolute(_STRIPPED.sub("", target).strip(), ("https", "http"))
        if address.startswith("http://") and self.url.startswith("https://"):
            return f"https://{address.removeprefix('http://')}"
        return address

    def _absolute(self, target: str, schemes: tuple[str, ...]) -> str:
        if not target:
            return ""
        try:
            address = (
                urljoin(self.base or "https:", target)
                if self.base or target[:2] == "//"
                else target
            )
            parts = urlsplit(address)
        except ValueError:
            return ""
        if parts.scheme not in schemes or not (parts.netloc or parts.scheme == "mailto"):
            return ""
        return _UNSAFE.sub(lambda sign: f"%{ord(sign[0]):02X}", address)


class Names:
    """Names the blocks of a page: by their own id, else by what they say; each name once."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self.used: dict[str, int] = {}
        self.pending, self.is_own, self.heading = "", False, ""

    def met(self, element: etree._Element) -> None:
        """Note the id of an element that begins; it is that of the next block to come."""
        name = element.get("id") or (element.get("name") if element.tag == "a" else "")
        is_block = element.tag in BLOCKS
        if name and (is_block or not self.is_own):
            self.pending, self.is_own = name, element.tag in _WRITTEN

    def named(self, block: Block) -> Block:
        """Return the block with its id, and the link that opens the page there or at its heading."""
        own, self.pending, self.is_own = self.pending, "", False
        if isinstance(block, Heading):
            self.heading = own
        said = inline.plain(flat.flat((block,)))
        name = own if own and own not in self.used else _digest(f"{type(block).__name__} {said}")
        self.used[name] = self.used.get(name, 0) + 1
        nth = f"-{self.used[name]}" if self.used[name] > 1 else ""
        return replace(block, id=f"{name}{nth}", url=self._url(own or self.heading))

    def _url(self, fragment: str) -> str:
        if not self.where.url or not fragment:
            return self.where.url
        return f"{self.where.url}#{quote(fragment, safe=_SAFE)}"


_SAFE = "!$&'()*+,;=:@/?-._~"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]
