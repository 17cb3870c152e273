"""Where the page of an edition lives on the site."""

import re
from collections.abc import Collection
from itertools import count
from urllib.parse import quote

from slugify import slugify

from content import markdown
from content.formats import titles
from content.formats.base import Edition

SLUG_MAX = 100
_FOLDERS = {"blog": "blog", "announcement": "announcements", "session": "sessions"}


def slug(edition: Edition) -> str:
    """Return the slug of an edition: the one that it was given, else what is made of it."""
    return edition.slug or made_slug(edition)


def made_slug(edition: Edition) -> str:
    """Return at most 100 of `a-z0-9-`; a weekly page is `weekly-<month>-<day>-<year>`."""
    on = edition.slot
    month = titles.MONTHS[on.month - 1].lower()
    if edition.is_weekly:
        return f"weekly-{month}-{on.day}-{on.year}"
    first = edition.pieces[0]
    if written := written_slug(edition):
        return written
    if edition.type == "session" and (session := first.fields.get("session_id")):
        return markdown.slug(f"session-{session}-summary", SLUG_MAX)
    made = markdown.slug(titles.of(edition), SLUG_MAX)
    return made or f"{edition.type}-{month}-{on.day}-{on.year}"


def written_slug(edition: Edition) -> str:
    """Return the slug that the writer of a single piece gave it; one made of its title is none."""
    first, *others = edition.pieces
    if edition.is_weekly:
        return ""
    given = str(first.fields.get("slug") or "")
    return "" if others or given == slugify(first.title, max_length=SLUG_MAX) else given


def path(edition: Edition) -> str:
    """Return the path of the page, such as `/updates/weekly-march-10-2026`."""
    return f"/{_FOLDERS.get(edition.type, 'updates')}/{slug(edition)}"


def url(edition: Edition) -> str:
    """Return the canonical address of the page."""
    return f"{edition.site.base_url.rstrip('/')}{path(edition)}"


def free_slug(wanted: str, taken: Collection[str], held: str = "") -> str:
    """Return the first of `wanted`, `wanted-2`, `wanted-3` … that nobody has taken.

    `held` is the one an earlier rendering got: it stays, as long as it is one of them and free.
    """
    number = re.search(r"-(\d+)$", held)
    is_one = held == wanted or (number and held == _numbered(wanted, int(number[1])))
    if is_one and held not in taken:
        return held
    return next(slug for at in count(1) if (slug := _numbered(wanted, at)) not in taken)


def _numbered(slug: str, number: int) -> str:
    end = f"-{number}" if number > 1 else ""
    return slug[: SLUG_MAX - len(end)].rstrip("-") + end


def holds(text: str, url: str) -> bool:
    """Tell whether a text links to exactly this page, as it is or percent-encoded in a share link."""
    spellings = f"{re.escape(url)}|{re.escape(quote(url, safe=''))}"
    return bool(url) and re.search(rf"(?:{spellings})(?![\w%-]|/\w)", text) is not None
