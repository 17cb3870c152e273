"""The one tree from which both parts of a newsletter are made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from content import markdown
from content.formats import paths, titles
from content.formats.base import Edition, Piece

_HEALTH = re.compile(r"\b(?:health|benefits?|may help)\b", re.IGNORECASE)
_HEALTH_WORDS = ("health", "benefit", "may help")
_CARD, _TINTS = "#fffdf9", {"tips": "#eef4ee"}  # what lies behind a section
_MARK, _MARKS = (
    "#0d645c",
    {  # the bar above its heading
        "hardware": "#3b6187",
        "tips": "#b3761b",
        "vision": "#7a578c",
        "community": "#b5573a",
    },
)
DISCLAIMER = (
    "This mail is for general information. It is no medical advice and does not replace a talk "
    "with a doctor. If an exercise makes you dizzy or unwell, stop."
)


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    text: str
    url: str


class Body:
    """The body of a story: in a template it is sanitised HTML."""

    def __init__(self, content: str, top: int) -> None:
        self._read, self._top = markdown.read(content), top
        self._written = self._read.written(top=top)

    @property
    def is_plain(self) -> bool:
        """Tell whether the writer used no HTML of his own."""
        return self._written.is_plain

    def __html__(self) -> str:
        return _wide_images(self._read.html(top=self._top))

    def styled(self, styles: Mapping[str, str]) -> str:
        """Return the HTML of a plain body with a style in each tag."""
        return _wide_images(self._written.styled(styles))


@dataclass(frozen=True, slots=True)
class Story:
    """One piece in the letter: sanitised HTML and plain text of the same body."""

    title: str
    label: str
    when: str
    html: Body
    text: str
    image: str
    alt: str
    sources: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    heading: str
    tint: str
    mark: str
    stories: tuple[Story, ...]


def letter(edition: Edition) -> dict[str, Any]:
    """Return what the templates print, the same for the HTML and the plain part."""
    lead = titles.lead(edition)
    rest = [piece for piece in edition.pieces if piece is not lead]
    hero = _story(lead, top=3)
    sections = [_section(name, rest) for name in dict.fromkeys(piece.section for piece in rest)]
    stories = [hero, *(story for section in sections for story in section.stories)]
    return {
        "subject": titles.subject(edition),
        "preheader": titles.preheader(edition),
        "site": edition.site,
        "heading": _heading(edition),
        "issue_date": f"{titles.weekday(edition.slot)}, {titles.long_date(edition.slot)}",
        "greeting": _greeting(edition),
        "hero": hero,
        "sections": sections,
        "is_plain": all(story.html.is_plain for story in stories),
        "cta": _call_to_action(edition, lead),
        "sign_off": "Breathe easy until next time," if rest else "Breathe easy,",
        "signature": f"The {edition.site.name} team",
        "why": f"You receive this mail because you asked for news from {edition.site.name}.",
        "disclaimer": DISCLAIMER if speaks_of_health(edition) else "",
    }


def _heading(edition: Edition) -> str:
    if edition.title:
        return edition.title
    if edition.is_weekly:
        return f"This week at {edition.site.name}"
    if len(edition.pieces) == 1:
        return f"News from {edition.site.name}"
    return f"{edition.site.name} in {titles.month_year(edition.slot)}"


def _greeting(edition: Edition) -> str:
    count = len(edition.pieces)
    what = "here is one story for you." if count == 1 else f"here are {count} stories for you."
    return f"Hello [[name|Subscriber]], {what}"


def _section(name: str, pieces: list[Piece]) -> Section:
    stories = tuple(_story(piece, top=4) for piece in pieces if piece.section == name)
    key = re.sub(r"[^a-z0-9]+", "-", name.lower())
    tint, mark = _TINTS.get(name, _CARD), _MARKS.get(key, _MARK)
    return Section(key, titles.section(name), tint, mark, stories)


def _label(piece: Piece) -> str:
    return " · ".join([*["Featured"] * piece.featured, titles.section(piece.section)])


def _story(piece: Piece, *, top: int) -> Story:
    return Story(
        title=piece.title,
        label=_label(piece),
        when=titles.when(piece),
        html=Body(piece.content, top),
        text=markdown.to_text(piece.content),
        image=piece.image,
        alt="" if piece.alt.strip().lower() == markdown.DECORATIVE else piece.alt,
        sources=links(piece),
    )


def _wide_images(html: str) -> str:
    """Give images the width of the column, which readers without style sheets need."""
    return html.replace("<img ", '<img width="520" ')


def links(piece: Piece) -> tuple[Link, ...]:
    """Return what the piece refers to, each once: its own link, then its sources."""
    rows = {
        **({piece.link: "More:"} if piece.link else {}),
        **dict.fromkeys(piece.sources, "Source:"),
    }
    return tuple(_link(label, row) for row, label in rows.items())


def _link(label: str, row: str) -> Link:
    parts = urlsplit(row)
    if parts.scheme not in {"http", "https"}:
        return Link(f"{label} {row}", "", "")
    return Link(label, f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}", row)


def _call_to_action(edition: Edition, lead: Piece) -> Link:
    wanted = str(lead.fields.get("call_to_action") or "")
    if lead.link:
        return Link(wanted or "Read more", "", lead.link)
    what = "this story" if len(edition.pieces) == 1 else "the whole edition"
    return Link(wanted or f"Read {what} on the web", "", paths.url(edition))


def speaks_of_health(edition: Edition) -> bool:
    return any(_is_of_health(f"{piece.title}\n{piece.content}") for piece in edition.pieces)


def _is_of_health(text: str) -> bool:
    if text.isascii():  # most texts are told at a glance
        lower = text.lower()
        if not any(word in lower for word in _HEALTH_WORDS):
            return False
    return _HEALTH.search(text) is not None
