"""Images and links that are written as raw HTML, which Markdown lets through to the page."""

import html as entities
import re
from collections.abc import Iterator
from itertools import pairwise

from content.grammar import htmlclean

_TAG = re.compile(r"<(?:(?P<img>img)|(?P<a>a))(?=[\s/>])[^<>]*>|</a\s{0,9}>", re.IGNORECASE)


def spots(text: str) -> Iterator[tuple[str, int, str, str]]:
    """Yield (img or a, index, target, alt text or text) for each of them in a piece of HTML."""
    for tag, after in pairwise([*_TAG.finditer(text), None]):
        if tag is None:
            return
        if tag["img"]:
            values = _values(tag.group())
            yield "img", tag.start(), values.get("src", ""), values.get("alt", "").strip()
        elif tag["a"] and "href" in (values := _values(tag.group())):
            said = text[tag.end() : after.start() if after else len(text)]
            pictured = after is not None and bool(after["img"])
            yield (
                "a",
                tag.start(),
                values["href"],
                htmlclean.without_tags(said).strip() or "\u200b" * pictured,
            )


def _values(tag: str) -> dict[str, str]:
    return {
        found[1].lower(): entities.unescape((found[2] or "").strip("\"'"))
        for found in htmlclean.attributes(tag)
    }
