"""A newsletter cut at its links, so that each mail can carry addresses of its own.

Nothing is written anew: the pieces between the places are the sealed text, character by character.
"""

import html
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit


class What(StrEnum):
    """What goes into a place of a mail."""

    LINK = "link"
    DECOY = "decoy"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a tracked address. `plain` is what stands there as sealed, and when not tracked.

    A LINK takes an address; a DECOY and an OPEN take the markup of `decoy` and `image`, or nothing.
    """

    what: What
    link: int = 0
    plain: str = ""


Piece = str | Place
#: Comments and raw text hold no links; a quoted ">" ends no tag, and one that never ends takes the rest.
TAG = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>style|script|title|textarea|xmp)\b[^>]*+(?:>.*?(?:</(?P=raw)\b|\Z)|\Z)"
    r"|<a\b(?P<attributes>(?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+)(?:>|(?P<broken>.*))"
    r"|(?P<end></body\b)",
    re.DOTALL | re.IGNORECASE,
)
ATTRIBUTE = re.compile(
    r"(?P<name>[^\s=/>\"']++)"
    r"(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<bare>[^\s\"'>]++)))?+"
)
BARE = re.compile(r"https?://[^\s<>\"\[\]\\^`{|}]++", re.IGNORECASE)
MERGE = "[["
LONGEST = 2_000  # characters of an address in a plain text
TRAILING = ".,;:!?*_~'"
#: Paths of our own sites that are about the reader's rights, or are tracked themselves.
UNTRACKED = frozenset(
    ("unsubscribe", "preferences", "confirm", "privacy", "terms", "legal", "imprint", "impressum",
     "cookies", "r", "o")
)  # fmt: skip


def addresses(content: Mapping[str, Any], *, own: Collection[str] = ()) -> list[str]:
    """Return the addresses of a newsletter that are tracked, each once: those of HTML, then of text.

    `own` are the origins of our sites, whose legal and preference pages are left out. What leads to the
    mail in a browser is a merge field and therefore none of them.
    """
    found = [spot.address for spot in _in_html(str(content.get("html", "")))]
    found += [spot.address for spot in _in_text(str(content.get("text", "")))]
    return [one for one in dict.fromkeys(found) if is_tracked(one, own)]


def is_tracked(address: str, own: Collection[str] = ()) -> bool:
    """Tell whether an address is one of the web that may be tracked; merge fields make it personal."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or MERGE in address:
        return False
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return not (origin in own and parts.path.strip("/").partition("/")[0].lower() in UNTRACKED)


def cut_html(text: str, numbers: Mapping[str, int]) -> list[Piece]:
    """Cut an HTML part at the addresses in `numbers` (address → number of its link), and before the
    end of its body at the places of the decoy and the image.
    """
    spots = [
        (spot.start, spot.end, Place(What.LINK, numbers[spot.address], text[spot.start : spot.end]))
        for spot in _in_html(text)
        if spot.address in numbers
    ]
    end = _end_of_body(text)
    after = [spot for spot in spots if spot[0] >= end]
    before = spots[: len(spots) - len(after)]
    marks = [(end, end, Place(What.DECOY)), (end, end, Place(What.OPEN))]
    return _cut(text, [*before, *marks, *after])


def cut_text(text: str, numbers: Mapping[str, int]) -> list[Piece]:
    """Cut a plain part at the addresses in `numbers`."""
    spots = [
        (spot.start, spot.end, Place(What.LINK, numbers[spot.address], spot.address))
        for spot in _in_text(text)
        if spot.address in numbers
    ]
    return _cut(text, spots)


def sealed(pieces: Sequence[Piece]) -> str:
    """Return the text as it was before it was cut."""
    return "".join(piece if isinstance(piece, str) else piece.plain for piece in pieces)


def decoy(url: str) -> str:
    """Return a link that no person can see, reach or hear: what follows it is a machine."""
    style = "display:none;max-height:0;overflow:hidden"
    return f'<a href="{html.escape(url)}" style="{style}" tabindex="-1" aria-hidden="true" rel="nofollow"></a>'


def image(url: str) -> str:
    """Return the image that an open loads."""
    style = "display:block;width:1px;height:1px;border:0"
    return f'<img src="{html.escape(url)}" width="1" height="1" alt="" role="presentation" style="{style}">'


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where an address stands in a text, and what it leads to."""

    start: int
    end: int
    address: str


def _in_html(text: str) -> Iterator[_Spot]:
    for tag in TAG.finditer(text):
        if (
            tag["attributes"]
            and tag["broken"] is None
            and (spot := _href(tag["attributes"], tag.start("attributes")))
        ):
            yield spot


def _href(attributes: str, offset: int) -> _Spot | None:
    """Return where the address of a link stands; of several the first counts, as in browsers."""
    for found in ATTRIBUTE.finditer(attributes):
        if found["name"].lower() == "href":
            group = found.lastgroup or "name"
            if group == "name":
                return None
            start, end = (offset + place for place in found.span(group))
            return _Spot(start, end, html.unescape(found[group]).strip())
    return None


def _in_text(text: str) -> Iterator[_Spot]:
    for found in BARE.finditer(text):
        if text.startswith(MERGE, found.end()) or len(found[0]) > LONGEST:
            continue
        address = _without_punctuation(found[0])
        yield _Spot(found.start(), found.start() + len(address), address)


def _without_punctuation(address: str) -> str:
    """Return an address without what the sentence around it put behind it."""
    while address:
        last = address[-1]
        is_open = last == ")" and address.count(")") > address.count("(")
        if last not in TRAILING and not is_open:
            break
        address = address[:-1]
    return address


def _end_of_body(text: str) -> int:
    ends = [tag.start("end") for tag in TAG.finditer(text) if tag["end"]]
    return ends[-1] if ends else len(text)


def _cut(text: str, spots: Sequence[tuple[int, int, Place]]) -> list[Piece]:
    pieces: list[Piece] = []
    position = 0
    for start, end, place in spots:
        pieces += [text[position:start], place]
        position = end
    return [piece for piece in [*pieces, text[position:]] if piece != ""]
