"""See a document as it would go out: parse, draft, render, check. No database, no network."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from content import editions, pictures, readings
from content.formats import merge, origins, paths, web
from content.formats.base import Edition, Finding, Format, Piece, Site
from content.formats.weight import weighted_length
from content.grammar.problems import ERROR, INFO, SEVERITIES, Problem, in_order
from content.sources.base import Text
from content.sources.given import text_of
from halcytone.lib import zones
from halcytone.lib.errors import Invalid, Refused

FILES = (
    *("items.json", "problems.json", "newsletter.html", "newsletter.txt", "web.html", "web.json"),
    *("x.json", "linkedin.json", "facebook.json"),
)
IMAGES = "images"  # the folder of those that came with the document
TYPES = ("update", "blog", "announcement", "session", "weekly")
_TUESDAY, _CADENCE = 1, time(10)


@dataclass(frozen=True, slots=True)
class Preview:
    """What came of a document: file name → bytes, and every problem in order of its place."""

    files: Mapping[str, bytes]
    problems: tuple[Problem, ...]

    @property
    def is_blocked(self) -> bool:
        return any(problem.is_blocking for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller asks for: the type ("" = by the items), the moment of reading, the zone."""

    at: datetime
    zone: str
    type: str = ""


def preview(
    data: bytes, name: str, wish: Wish, site: Site, formats: Mapping[str, Format]
) -> Preview:
    """Return the files of a preview. `formats` are written in their order, by their names.

    What can be rendered is in the files; what breaks a hard limit of its format, or cannot be made
    at all, is not, and the problems say why.
    """
    files: dict[str, bytes] = {}
    try:
        text = _with_files(text_of(data, name), files)
    except Refused as error:
        return _unread(error)
    reading = readings.read(data, text, readings.Asked(name, wish.zone, "auto", wish.at))
    rows = [item.as_dict() for item in reading.items]
    problems = [one for one in reading.problems if not _is_fetched(one, files)]
    if pieces := _ready(rows):
        edition, remarks = _edition(pieces, wish, site)
        problems += remarks
        if edition is not None:
            problems += _render_all(formats.values(), _addressed(edition), files)
    ordered = in_order(problems)
    files["items.json"] = _json(rows)
    files["problems.json"] = _json([problem.as_dict() for problem in ordered])
    return Preview(files, ordered)


def _with_files(text: Text | None, files: dict[str, bytes]) -> Text | None:
    """Put the images that came with a text among the files, and name them in it by their path.

    An image that lies elsewhere is named by its address, as it is not fetched. Raises Refused for one that
    is none.
    """
    if text is None:
        return None
    written = text.markdown
    for key, picture in text.pictures.items():
        address = picture.url
        if picture.data:
            image = pictures.accepted(picture.data)
            address = f"{IMAGES}/{image.sha256}.{image.extension}"
            files[address] = image.data
        written = written.replace(key, address)
    return replace(text, markdown=written)


def _is_fetched(problem: Problem, files: Mapping[str, bytes]) -> bool:
    """Tell whether a remark says of an image that it was not fetched, and it is here."""
    return problem.code == "image_not_fetched" and any(name in problem.message for name in files)


def _unread(error: Refused) -> Preview:
    """Return the preview of a file that cannot be read."""
    problem = Problem(1, 1, SEVERITIES.get(error.code, ERROR), error.code, str(error))
    return Preview(
        {"items.json": _json([]), "problems.json": _json([problem.as_dict()])}, (problem,)
    )


def _render_all(
    formats: Iterable[Format], edition: Edition, files: dict[str, bytes]
) -> list[Problem]:
    """Add to `files` what each format makes, and return what was found in it."""
    problems: list[Problem] = []
    for form in formats:
        made, found = _render(form, edition)
        files |= made
        problems += found
    return problems


def _ready(rows: Iterable[Mapping[str, Any]]) -> list[Piece]:
    """Return what may be drafted: not archived, without errors, and no older duplicate."""
    pieces = [
        editions.piece(row)
        for row in rows
        if not row["archived"] and not row["blocked"] and row["duplicate_of"] is None
    ]
    # Items of a JSON document may share a line.
    return [replace(piece, key=f"{piece.key}-{place}") for place, piece in enumerate(pieces, 1)]


def _edition(
    pieces: Sequence[Piece], wish: Wish, site: Site
) -> tuple[Edition | None, list[Problem]]:
    if wish.type == "weekly":
        chosen = editions.assemble(pieces, editions.WEEKLY)
        return _several("weekly", chosen, wish, site)
    if wish.type:
        typed = [piece for piece in pieces if piece.type == wish.type] or list(pieces)
        first = replace(typed[0], type=wish.type)
        return editions.single(first, _slot([first], wish), site), []
    if len(pieces) == 1:
        return editions.single(pieces[0], _slot(pieces, wish), site), []
    return _several("update", editions.assemble(pieces), wish, site)


def _several(
    kind: str, chosen: Sequence[Piece], wish: Wish, site: Site
) -> tuple[Edition | None, list[Problem]]:
    if chosen:
        return editions.several(kind, chosen, _slot(chosen, wish), site), []
    message = "No item fits the edition: it takes breathscape, hardware, tips and vision."
    hint = "Mark items with weekly: true and use --type weekly."
    return None, [Problem(1, 1, ERROR, "edition_empty", message, hint)]


def _addressed(edition: Edition) -> Edition:
    """Let every format lead to the page that is made of the pieces which go to the web."""
    pieces = editions.for_format(edition.pieces, "web")
    slug = paths.slug(replace(edition, pieces=pieces)) if pieces else ""
    return replace(edition, slug=slug)


def _slot(pieces: Iterable[Piece], wish: Wish) -> datetime:
    """Return the first planned time; else a weekly edition's next Tuesday 10:00; else the moment."""
    pieces = list(pieces)
    zone = str(pieces[0].fields.get("zone") or wish.zone)
    if planned := [p.fields["scheduled_for"] for p in pieces if p.fields.get("scheduled_for")]:
        return zones.local(min(map(datetime.fromisoformat, planned)), zone)
    here = zones.local(wish.at, zone)
    if wish.type != "weekly":
        return here
    days = (_TUESDAY - here.weekday()) % 7 + 7 * (
        here.weekday() == _TUESDAY and here.time() > _CADENCE
    )
    day = here.date() + timedelta(days=days)
    return zones.local(zones.instant(datetime.combine(day, _CADENCE), zone), zone)


def _render(form: Format, edition: Edition) -> tuple[dict[str, bytes], list[Problem]]:
    pieces = editions.for_format(edition.pieces, form.name)
    if not pieces:
        message = f"No item of this edition goes to {form.name}; see its channels."
        return {}, [Problem(_line(edition), 1, INFO, "channel_empty", message, field=form.name)]
    edition = replace(edition, pieces=pieces)
    try:
        rendered = form.render(edition)
        files = _files(form.name, rendered.content, edition.site)
    except Invalid as error:
        return {}, list(_refusals(form, edition, error))
    found = [*rendered.notes, *origins.findings(form, edition, rendered.content)]
    is_refused = any(finding.blocks for finding in found)
    return {} if is_refused else files, [_problem(finding, edition) for finding in found]


def _refusals(form: Format, edition: Edition, error: Invalid) -> Iterator[Problem]:
    for reason in error.problems:
        line = reason.line or _line(edition)
        yield Problem(line, 1, ERROR, reason.code, reason.message, reason.hint, field=form.name)


def _problem(finding: Finding, edition: Edition) -> Problem:
    line = finding.line or _line(edition)
    where = f"{finding.field}, {finding.where}: " if finding.where else f"{finding.field}: "
    return Problem(
        line,
        1,
        finding.severity,
        finding.code,
        where + finding.message,
        finding.hint,
        field=finding.field,
    )


def _line(edition: Edition) -> int:
    return edition.pieces[0].line or 1


def _files(name: str, content: Mapping[str, Any], site: Site) -> dict[str, bytes]:
    """Return a rendition as files for people and for programs."""
    match name:
        case "newsletter":
            values = _reader(site)
            html = merge.fill_html(merge.split(content["html"]), values)
            text = merge.fill(merge.split(content["text"]), values)
            return {"newsletter.html": html.encode(), "newsletter.txt": text.encode()}
        case "web":
            return {"web.html": web.page(content, site).encode(), "web.json": _json(content)}
        case "x":
            texts = [part["text"] for part in content["parts"]]
            rows = [{"text": text, "weighted_length": weighted_length(text)} for text in texts]
            return {"x.json": _json(rows)}
        case _:
            return {f"{name}.json": _json(content)}


def _reader(site: Site) -> dict[str, str]:
    """Return what stands in for a reader's own addresses."""
    pages = ("unsubscribe", "preferences", "view")
    return {f"{page}_url": f"{site.base_url}/{page}?u=preview" for page in pages}


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def parse_at(text: str, zone: str) -> datetime:
    """Return the instant an ISO time names; without offset it is wall-clock in the zone.

    Raises ValueError for anything else.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return zones.local(zones.instant(moment, zone), zone)
    return moment.astimezone(ZoneInfo(zone))
