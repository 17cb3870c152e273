"""A newsletter's content by how much is counted of its reader (publishing/cutting.py cuts it).

Of most readers nothing is counted but sums: their links lead over addresses that all of them share. For
those who agreed the content has merge fields, which `values` fills for one row.
"""

import html
from collections.abc import Callable, Mapping
from typing import Any

from publishing import cutting, tracking
from publishing.channels.base import MARKS
from publishing.cutting import Piece, What
from publishing.models import Account, Link, ReleasePart
from publishing.tracking import Kind

Content = Mapping[str, Any]
Mode = Account.Tracking
OPEN = "open_mark"
LETTERS = str.maketrans("0123456789", "abcdefghij")  # names of merge fields have no digits


def contents(part: ReleasePart, content: Content) -> dict[str, Content]:
    """Return {mode of tracking: content} of a newsletter as it was numbered; {} before that."""
    rows = Link.objects.filter(part_of=part.pk).order_by("number").values_list("number", "url")
    urls = dict(rows)
    if not urls:
        return {}
    numbers = {url: number for number, url in urls.items() if number}
    fields = {number: _field(number) for number in urls}
    own = _led(
        content,
        numbers,
        lambda number: tracking.link_base() + f"[[{fields[number]}]]",
        f"{tracking.open_base()}[[{OPEN}]].gif",
    )
    shared = _led(
        content,
        numbers,
        lambda number: tracking.link_url(Kind.PART_LINK, part.pk, number),
        tracking.open_url(Kind.PART_OPEN, part.pk),
    )
    marks = {field: number for number, field in fields.items()}
    return {
        Mode.OFF: content,
        Mode.AGGREGATE: shared,
        Mode.INDIVIDUAL: {**own, MARKS: {**marks, OPEN: None}},
    }


def values(delivery_id: int, content: Content) -> dict[str, str]:
    """Return the values of the merge fields of an INDIVIDUAL content: the tokens of one row."""
    return {
        field: tracking.token(Kind.ROW_OPEN, delivery_id)
        if number is None
        else tracking.token(Kind.ROW_LINK, delivery_id, number)
        for field, number in content[MARKS].items()
    }


def _field(number: int) -> str:
    return f"link_{str(number).translate(LETTERS)}"


def _led(
    content: Content, numbers: Mapping[str, int], link: Callable[[int], str], opened: str
) -> dict[str, Any]:
    """Return the content with these addresses in its places."""

    def written(piece: Piece) -> str:
        if isinstance(piece, str):
            return piece
        match piece.what:
            case What.LINK:
                return html.escape(link(piece.link))
            case What.DECOY:
                return cutting.decoy(link(piece.link))
            case _:
                return cutting.image(opened)

    return {
        **content,
        "html": "".join(map(written, cutting.cut_html(str(content["html"]), numbers))),
        "text": "".join(
            piece if isinstance(piece, str) else link(piece.link)
            for piece in cutting.cut_text(str(content["text"]), numbers)
        ),
    }
