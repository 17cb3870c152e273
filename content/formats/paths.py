"""Where the page of an edition lives on the site."""

from slugify import slugify

from content import markdown
from content.formats import titles
from content.formats.base import Edition

SLUG_MAX = 100
_FOLDERS = {"blog": "blog", "announcement": "announcements", "session": "sessions"}


def slug(edition: Edition) -> str:
    """Return at most 100 of `a-z0-9-`; a weekly page is `weekly-<month>-<day>-<year>`."""
    on = edition.slot
    month = titles.MONTHS[on.month - 1].lower()
    if edition.is_weekly:
        return f"weekly-{month}-{on.day}-{on.year}"
    first = edition.pieces[0]
    if written := _written(edition):
        return written
    if edition.type == "session" and (session := first.fields.get("session_id")):
        return markdown.slug(f"session-{session}-summary", SLUG_MAX)
    made = markdown.slug(titles.of(edition), SLUG_MAX)
    return made or f"{edition.type}-{month}-{on.day}-{on.year}"


def _written(edition: Edition) -> str:
    """Return the slug that the writer of a single piece gave it; one made of its title is none."""
    first, *others = edition.pieces
    given = str(first.fields.get("slug") or "")
    return "" if others or given == slugify(first.title, max_length=SLUG_MAX) else given


def path(edition: Edition) -> str:
    """Return the path of the page, such as `/updates/weekly-march-10-2026`."""
    return f"/{_FOLDERS.get(edition.type, 'updates')}/{slug(edition)}"


def url(edition: Edition) -> str:
    """Return the canonical address of the page."""
    return f"{edition.site.base_url.rstrip('/')}{path(edition)}"
