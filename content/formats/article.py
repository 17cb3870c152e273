"""The body of a web page: sections with dates, a table of contents, and ways to share it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from content import markdown
from content.formats import paths, templates, titles
from content.formats.base import Edition, Piece
from content.formats.letter import Link, links, speaks_of_health

DISCLAIMER = (
    "This page is for general information. It is no medical advice and does not replace a talk "
    "with a doctor. If an exercise makes you dizzy or unwell, stop."
)
_FURNITURE = re.compile(r"<(nav|header|footer|figure)\b.*?</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SHARE = (
    ("X", "https://x.com/intent/post?url={url}&text={title}"),
    ("LinkedIn", "https://www.linkedin.com/sharing/share-offsite/?url={url}"),
    ("Facebook", "https://www.facebook.com/sharer/sharer.php?u={url}"),
)


@dataclass(frozen=True, slots=True)
class Story:
    anchor: str
    title: str
    on: str
    when: str
    html: Markup
    image: str
    alt: str
    sources: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    heading: str
    stories: tuple[Story, ...]


def article(edition: Edition, title: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the article's HTML, and its contents as rows {level, title, anchor}.

    Headings go from h2 down; every figure has its alternative text. The contents are sections and
    pieces, or the headings of a single piece.
    """
    anchors = _anchors(edition)
    only = edition.pieces[0] if len(edition.pieces) == 1 else None
    sections = [] if only else _sections(edition, anchors)
    contents = _headings(only, anchors) if only else list(_entries(sections))
    values = {
        "contents": contents if len(contents) > 1 else [],
        "single": _story(only, 2, anchors) if only else None,
        "sections": sections,
        "disclaimer": DISCLAIMER if speaks_of_health(edition) else "",
        "published": titles.long_date(edition.slot),
        "published_on": edition.slot.date().isoformat(),
        "site": edition.site,
        "shares": _shares(paths.url(edition), title),
    }
    return templates.html("web/article.html", values).strip(), contents


@lru_cache(maxsize=2)
def words(article: str) -> int:
    """Return how many words of an article were written for it: no contents, dates or shares."""
    return markdown.words(unescape(_TAG.sub(" ", _FURNITURE.sub(" ", article))))


def _headings(piece: Piece, anchors: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = markdown.headings(piece.content, anchor=anchors[piece.key])
    return [{"level": level, "title": text, "anchor": anchor} for level, text, anchor in rows]


def _entries(sections: Iterable[Section]) -> Iterator[dict[str, Any]]:
    for section in sections:
        yield {"level": 1, "title": section.heading, "anchor": section.anchor}
        for story in section.stories:
            yield {"level": 2, "title": story.title, "anchor": story.anchor}


def _sections(edition: Edition, anchors: Mapping[str, str]) -> list[Section]:
    names = dict.fromkeys(piece.section for piece in edition.pieces)
    return [
        Section(
            f"section-{markdown.slug(name) or 'more'}",
            titles.section(name),
            tuple(_story(piece, 4, anchors) for piece in edition.pieces if piece.section == name),
        )
        for name in names
    ]


def _story(piece: Piece, top: int, anchors: Mapping[str, str]) -> Story:
    is_decorative = piece.alt.strip().lower() == markdown.DECORATIVE
    return Story(
        anchor=anchors[piece.key],
        title=piece.title,
        on=piece.on.isoformat(),
        when=titles.when(piece),
        html=Markup(markdown.to_html(piece.content, top=top, anchor=anchors[piece.key])),  # noqa: S704
        image=piece.image,
        alt="" if is_decorative else piece.alt,
        sources=links(piece),
    )


def _anchors(edition: Edition) -> dict[str, str]:
    """Return key → anchor of each piece; a second one of the same name carries its place."""
    names: dict[str, str] = {}
    for place, piece in enumerate(edition.pieces, 1):
        name = markdown.slug(piece.title, 60) or f"story-{place}"
        names[piece.key] = f"{name}-{place}" if name in names.values() else name
    return names


def _shares(url: str, title: str) -> list[Link]:
    return [
        Link("Share", f"Share on {name}", form.format(url=quote(url, safe=""), title=quote(title)))
        for name, form in _SHARE
    ]
