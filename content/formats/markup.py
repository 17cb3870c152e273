"""What the HTML of a rendition says about its links, images and headings."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from urllib.parse import urlsplit

from content import htmltree, plaintext
from content.formats.base import ERROR, WARNING, Finding
from content.formats.wording import Make

_VAGUE = {"click here", "here", "link", "read", "this"}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class _Link:
    href: str
    text: str


@dataclass(slots=True)
class Outline:
    """Links with their text, images without alt attribute, heading levels, and the language."""

    links: list[_Link] = field(default_factory=list)
    images: list[tuple[str, str | None]] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    lang: str = ""


@lru_cache(maxsize=4)
def outline(html: str) -> Outline:
    """Return the outline of this HTML; it is shared, so it is not to be changed."""
    seen = Outline()
    for node in htmltree.walk(htmltree.parse(html)):
        if node.tag == "a":
            text = " ".join(plaintext.seen(node))
            seen.links.append(_Link(node.attrs.get("href", ""), text))
        elif node.tag == "img":
            seen.images.append((node.attrs.get("src", ""), node.attrs.get("alt")))
        elif node.tag == "html":
            seen.lang = node.attrs.get("lang", "")
        elif len(node.tag) == 2 and node.tag[0] == "h" and node.tag[1] in "123456":
            seen.levels.append(int(node.tag[1]))
    return seen


def targets(html: str) -> list[str]:
    """Return the web addresses that the links of this HTML lead to, in order."""
    return [link.href for link in outline(html).links if link.href.startswith(("http:", "https:"))]


def check(make: Make, html: str, *, above: int = 0) -> list[Finding]:
    """Find empty or vague links, http links, images without alt text, and gaps in the headings.

    `above` is the level of the heading that stands before this HTML, 0 if there is none.
    """
    seen = outline(html)
    return [
        *(finding for link in seen.links for finding in _link(make, link)),
        *(finding for source, alt in seen.images for finding in _image(make, source, alt)),
        *_levels(make, [above, *seen.levels]),
    ]


def _link(make: Make, link: _Link) -> list[Finding]:
    text = " ".join(link.text.split())
    if message := _emptiness(link.href, text):
        hint = "Say where it leads, and give it an address."
        found = [make(ERROR, "link_empty", message, hint=hint)]
    else:
        found = [*_vague(make, text), *_insecure(make, link.href)]
    return [replace(row, where="links", evidence=link.href.strip("#") or text) for row in found]


def _emptiness(href: str, text: str) -> str:
    if href.strip() in {"", "#"}:
        return f"The link “{text}” goes nowhere." if text else "A link has no target and no text."
    return "" if text else f"The link to {href} has no text."


def _vague(make: Make, text: str) -> list[Finding]:
    if text.lower().strip(" .›»→") not in _VAGUE:
        return []
    message = f"The link text “{text}” does not say where it leads."
    return [make(WARNING, "link_vague", message, hint="Name the page.")]


def _insecure(make: Make, href: str) -> list[Finding]:
    parts = urlsplit(href)
    if parts.scheme != "http" or parts.hostname in _LOOPBACK:
        return []
    return [make(WARNING, "link_insecure", f"The link to {href} is not https.", hint="Use https.")]


def _image(make: Make, source: str, alt: str | None) -> list[Finding]:
    if alt is None:
        return [
            make(
                ERROR,
                "image_no_alt",
                f"The image {source} has no alternative text.",
                hint='Say what it shows; decorative ones get alt="".',
                where="images",
                evidence=source,
            )
        ]
    if not source.strip():
        return [
            make(ERROR, "image_empty", "An image has no address.", where="images", evidence=alt)
        ]
    return []


def _levels(make: Make, levels: list[int]) -> list[Finding]:
    for before, after in pairwise(levels):
        if after > before + 1 and before:
            return [
                make(
                    WARNING,
                    "heading_order",
                    f"A heading of level {after} follows one of level {before}.",
                    hint="Leave no level out.",
                    where="headings",
                )
            ]
    return []
