"""What of a web page follows what: its address the slug, its descriptions the title and excerpt.

A field follows an edit only if it said until now exactly what is made of its source, and the edit
leaves it alone. A person's own words and a second address are never overwritten.
"""

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from content.formats import article, seo
from content.formats.truncate import truncate
from content.grammar import enrich
from halcytone.lib.errors import Problem

Content = Mapping[str, Any]
Way = tuple[str, ...]  # the keys that lead to a value

_TEXTS: Mapping[Way, Callable[[Content], Any]] = {
    ("seo_title",): lambda page: seo.title(page["title"]),
    ("seo_description",): lambda page: truncate(page["excerpt"], seo.DESCRIPTION_MAX),
    ("reading_time_min",): lambda page: enrich.reading_time_min(article.words(page["html"])),
    ("open_graph", "og:title"): lambda page: page["seo_title"],
    ("open_graph", "og:description"): lambda page: page["seo_description"],
    ("json_ld", "headline"): lambda page: truncate(page["title"], seo.HEADLINE_MAX),
    ("json_ld", "description"): lambda page: page["seo_description"],
    ("json_ld", "keywords"): lambda page: page["tags"],
    ("json_ld", "wordCount"): lambda page: article.words(page["html"]),
}


def follow(content: Content, before: Content) -> dict[str, Any]:
    """Return the edited content of a page with what follows from the edit."""
    made = copy.deepcopy(dict(content))
    for way, make in {**_addresses(before), **_TEXTS}.items():
        was = _get(before, way)
        if was == _get(made, way) == make(before):
            _set(made, way, make(made))
    made["html"] = _shares(made, before)
    return made


def problems(content: Content, before: Content | None) -> list[Problem]:
    """Return a problem for each address that is not the one the slug makes.

    One that was another before, and still is the same, is left alone.
    """
    return [
        Problem(
            "address_differs",
            f"web.{'.'.join(way)} is “{_get(content, way)}”, and the slug makes it “{make(content)}”.",
            attr=f"web.{'.'.join(way)}",
            hint="Change the slug alone; the addresses follow it.",
        )
        for way, make in _addresses(before or content).items()
        if _get(content, way) != make(content)
        and not (before and _get(content, way) == _get(before, way) != make(before))
    ]


def _addresses(before: Content) -> dict[Way, Callable[[Content], Any]]:
    """Return how each address is made of the slug, in the folder and on the site of before."""
    folder = before["path"].rpartition("/")[0]
    site = before["canonical"].removesuffix(before["path"])

    def path(page: Content) -> str:
        return f"{folder}/{page['slug']}"

    def url(page: Content) -> str:
        return f"{site}{path(page)}"

    return {
        ("path",): path,
        ("canonical",): url,
        ("open_graph", "og:url"): url,
        ("json_ld", "mainEntityOfPage", "@id"): url,
    }


def _shares(page: Content, before: Content) -> str:
    """Return the HTML with its links to the page itself, and their titles, as they are now."""
    html: str = page["html"]
    for was, now in (
        (quote(before["canonical"], safe=""), quote(page["canonical"], safe="")),
        (before["canonical"], page["canonical"]),
        (f"text={quote(before['title'])}", f"text={quote(page['title'])}"),
    ):
        if was != now:
            html = now.join(re.split(rf"{re.escape(was)}(?![\w%-])", html))
    return html


def _get(value: Any, way: Way) -> Any:
    for key in way:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _set(page: dict[str, Any], way: Way, value: Any) -> None:
    for key in way[:-1]:
        page = page[key]
    page[way[-1]] = value
