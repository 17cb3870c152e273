"""The web page: an article with its table of contents, and what search engines and shares read."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from markupsafe import Markup

from content import markdown, plaintext
from content.formats import (
    article,
    following,
    markup,
    paths,
    seo,
    shape,
    templates,
    titles,
    wording,
)
from content.formats.base import (
    ERROR,
    INFO,
    WARNING,
    Edition,
    Finding,
    Format,
    Piece,
    Rendered,
    Site,
    media,
    require_pieces,
)
from content.formats.truncate import truncate
from content.formats.weight import without_pictures
from content.grammar import enrich
from halcytone.lib.errors import Invalid

TITLE, TITLE_ADVISED = (10, 100), (30, 60)
EXCERPT = (20, 300)
HTML = (100, 100_000)
EXCERPT_ADVISED = 160
TAGS_MAX, TAG_MAX = 10, 50
WORDS_ADVISED = 300
BASE_TAGS = ("halcytone", "breathing", "wellness", "health-tech")
SECTION_TAGS = {
    "breathscape": ("breathscape", "app"),
    "hardware": ("hardware", "sensors"),
    "tips": ("breathing-tips", "habits"),
    "vision": ("vision", "mission"),
    "community": ("community",),
}
_SLUG = re.compile(r"[a-z0-9-]{1,100}")
_CALM = ("title", "content", "excerpt", "alt", "author", "section")
_TEXT, _TEXTS, _DATA = shape.Kind.TEXT, shape.Kind.TEXTS, shape.Kind.DATA


class Web(Format):
    name = "web"
    fields: ClassVar[Mapping[str, shape.Kind]] = {
        **dict.fromkeys(("title", "slug", "path", "excerpt", "html"), _TEXT),
        "toc": shape.Kind.ROWS,
        "tags": _TEXTS,
        **dict.fromkeys(("seo_title", "seo_description"), _TEXT),
        **dict.fromkeys(("json_ld", "open_graph"), _DATA),
        "canonical": _TEXT,
        "reading_time_min": shape.Kind.NUMBER,
        "published_on": _TEXT,
    }

    def __init__(self) -> None:
        self.version = f"2-{templates.version('web')}"

    def render(self, edition: Edition) -> Rendered:
        require_pieces(edition)
        calm = _calm(edition)
        title, excerpt = _title(calm), _excerpt(calm)
        html, contents = article.article(calm, title)
        words = article.words(html)
        content: dict[str, Any] = {
            "title": title,
            "slug": paths.slug(edition),
            "path": paths.path(edition),
            "excerpt": excerpt,
            "html": html,
            "toc": contents,
            "tags": _tags(calm.pieces),
            "seo_title": seo.title(title),
            "seo_description": seo.description(calm, excerpt),
            "canonical": paths.url(edition),
            "reading_time_min": enrich.reading_time_min(words),
            "published_on": edition.slot.date().isoformat(),
        }
        content["json_ld"] = seo.json_ld(calm, content, words)
        content["open_graph"] = seo.open_graph(calm, content)
        return Rendered(shape.clean(content), media(calm), self._notes(edition, calm))

    def check(self, content: Mapping[str, Any]) -> list[Finding]:
        make, words = self.finding, plaintext.visible(content["html"])
        texts = {"title": content["title"], "excerpt": content["excerpt"], "page": words}
        return [
            *wording.length(make, content["title"], "title", hard=TITLE, advised=TITLE_ADVISED),
            *wording.length(make, content["excerpt"], "excerpt", hard=EXCERPT),
            *wording.length(make, content["html"], "page", hard=HTML),
            *wording.length(make, content["seo_title"], "SEO title", hard=(1, 60)),
            *wording.length(make, content["seo_description"], "SEO description", hard=(50, 160)),
            *self._slug(content["slug"]),
            *self._tag_limits(content["tags"]),
            *self._volume(content),
            *(
                row
                for where, text in texts.items()
                for row in wording.left_overs(make, text, where)
            ),
            *wording.shouting(make, f"{content['title']} {words}", "page", emoji=0, marks=1),
            *(
                row
                for where, text in _beside(content).items()
                for row in wording.pictures(make, text, where, most=0)
            ),
            *markup.check(make, content["html"], above=1),
        ]

    def parse_edit(self, content: Any, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return edited content whose addresses are those of its slug; see `following`."""
        page = super().parse_edit(content)
        made = following.follow(page, before or page)
        if problems := following.problems(made, before):
            raise Invalid(problems, code="edit_invalid")
        return made

    def _notes(self, edition: Edition, calm: Edition) -> tuple[Finding, ...]:
        """Say which pieces lost their emoji, which this place does not carry."""
        message = "The web page leaves out the emoji of “{}”."
        return tuple(
            self.finding(INFO, "emoji_left_out", message.format(piece.title), where="page").of(
                piece
            )
            for piece, made in zip(edition.pieces, calm.pieces, strict=True)
            if made is not piece
        )

    def _slug(self, slug: str) -> list[Finding]:
        if _SLUG.fullmatch(slug):
            return []
        message = f"The address “{slug}” must be 1 to 100 of a–z, 0–9 and hyphens."
        return [self.finding(ERROR, "slug", message, hint="Change it.", where="slug")]

    def _tag_limits(self, tags: list[str]) -> list[Finding]:
        found = []
        if len(tags) > TAGS_MAX:
            message = f"{len(tags)} tags, {len(tags) - TAGS_MAX} more than the {TAGS_MAX} allowed."
            found.append(self.finding(ERROR, "tags_many", message, where="tags"))
        for tag in tags:
            if len(tag) > TAG_MAX:
                message = f"The tag “{tag}” is {len(tag) - TAG_MAX} characters over {TAG_MAX}."
                found.append(self.finding(ERROR, "tag_long", message, where="tags"))
        return found

    def _volume(self, content: Mapping[str, Any]) -> list[Finding]:
        words = article.words(content["html"])
        if words >= WORDS_ADVISED:
            return []
        is_blog = content["path"].startswith("/blog/")
        message = f"The page has {words} words, {WORDS_ADVISED - words} fewer than {WORDS_ADVISED}."
        severity = WARNING if is_blog else INFO
        hint = "Search engines and readers expect more of a blog." if is_blog else ""
        return [self.finding(severity, "words_advised", message, hint=hint, where="page")]


def page(
    content: Mapping[str, Any], site: Site, *, release: str = "", is_listed: bool = True
) -> str:
    """Return the complete page of a web rendition: to look at by itself, or as our own site shows it.

    `release` is the key of what published it, which the page then carries with the ways to its index and
    feed; one that is not listed asks search engines to leave it out.
    """
    published = titles.long_date(date.fromisoformat(content["published_on"]))
    body = Markup(content["html"])  # noqa: S704 (made of sanitised parts, or checked by an editor)
    values = {"content": content, "site": site, "body": body, "published": published}
    values |= {"release": release, "is_listed": is_listed}
    return templates.html("web/page.html", values)


def _beside(content: Mapping[str, Any]) -> dict[str, str]:
    """Return what is said beside title and text, {place: text}; the same words at one place only."""
    texts: dict[str, str] = {
        "excerpt": content["excerpt"],
        "SEO title": content["seo_title"],
        "SEO description": content["seo_description"],
        "tags": " ".join(content["tags"]),
    }
    known = {*texts.values(), content["title"]}
    told = {str(value) for name in ("open_graph", "json_ld") for value in content[name].values()}
    return {**texts, "share data": "\n".join(sorted(told - known))}


def _calm(edition: Edition) -> Edition:
    return replace(
        edition,
        title=without_pictures(edition.title),
        pieces=tuple(map(_calm_piece, edition.pieces)),
    )


def _calm_piece(piece: Piece) -> Piece:
    """Return a piece without emoji in any of its texts; addresses stay what they are.

    One that has none is the same piece.
    """
    calm: dict[str, Any] = {name: without_pictures(getattr(piece, name)) for name in _CALM}
    calm["sources"] = tuple(
        row if row.startswith(("https://", "http://")) else without_pictures(row)
        for row in piece.sources
    )
    told = str(piece.fields.get("seo_description") or "")
    fields = {**piece.fields, "seo_description": without_pictures(told)} if told else piece.fields
    calm["fields"] = fields
    is_calm = all(getattr(piece, name) == value for name, value in calm.items())
    return piece if is_calm else replace(piece, **calm)


def _title(edition: Edition) -> str:
    """Return the title; one made for several pieces ends with the month and its year."""
    if len(edition.pieces) == 1 and not edition.is_weekly:
        return titles.of(edition)
    end = f" – {titles.month_year(edition.slot)}"
    if edition.title:
        return edition.title if edition.title.endswith(end) else edition.title + end
    made = titles.of(edition) + end
    if len(made) > TITLE_ADVISED[1]:
        made = titles.lead(edition).title + end
    return made if len(made) <= TITLE[1] else truncate(made[: -len(end)], TITLE[1] - len(end)) + end


def _excerpt(edition: Edition) -> str:
    if len(edition.pieces) == 1:
        return titles.excerpt(edition.pieces[0])
    return _listed([piece.title for piece in edition.pieces])


def _listed(names: list[str]) -> str:
    """Return the titles that fit, whole, and how many more there are."""
    for count in range(len(names), 0, -1):
        more = [f"and {len(names) - count} more"] * (count < len(names))
        if len(text := " · ".join([*names[:count], *more])) <= EXCERPT_ADVISED:
            return text
    return truncate(names[0], EXCERPT_ADVISED)


def _tags(pieces: tuple[Piece, ...]) -> list[str]:
    """Return at most 10 tags: the writers', then the house's, then those of the sections."""
    own = [tag for piece in pieces for tag in piece.tags]
    themed = [tag for piece in pieces for tag in SECTION_TAGS.get(piece.section, ())]
    wanted = dict.fromkeys([*own[: TAGS_MAX - 4], *BASE_TAGS, *themed])
    cleaned = (markdown.slug(tag)[:TAG_MAX] for tag in wanted)
    return list(dict.fromkeys(filter(None, cleaned)))[:TAGS_MAX]
