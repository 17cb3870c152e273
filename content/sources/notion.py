"""Notion: a page, or a database whose rows are the pieces.

The change token is the `last_edited_time` of each page, which Notion rounds to the minute. A database of up
to 100 rows is asked for all of them in one request, which also shows what went to the trash; a larger one
for the rows edited since the newest that is known, and once a day for all. A page that was read within
the minute of its last edit is read once more later on, because a second edit in that minute leaves no trace.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from content.sources import notion_api, notion_blocks, notion_reading, notion_text
from content.sources.base import Fetched, Known, Ref, Source, Text
from content.sources.notion_api import Access, Api, Json, Pace, truncated
from content.sources.notion_reading import Page
from halcytone.lib import canonical, outbound
from halcytone.lib.errors import Refused

STAND_IN, ANY_KEY = "sources", "the stand-in takes any key"
MAX_ROWS = 500
_ROUNDING = timedelta(minutes=2)  # Notion's minute, and clocks that differ
_NEVER = "-"
_FORM = "1"  # of the data and of the token; a reading of another form starts anew


@dataclass(frozen=True, slots=True)
class Root:
    """What a key names: a page, a database or a data source. `sources` are asked for the rows."""

    kind: str
    id: str
    title: str = ""
    sources: tuple[str, ...] = ()

    @property
    def is_page(self) -> bool:
        return self.kind == "page"


@dataclass(frozen=True, slots=True)
class Token:
    """The change token in its parts; as text it has less than 128 characters.

    `newest` is the latest edit, `rows` digests which pages there are and when each was edited, `said`
    what was read. `day` is when all rows were last asked for, `open` the first edit whose minute was not
    over then.
    """

    newest: str = _NEVER
    rows: str = ""
    said: str = ""
    day: str = ""
    open: str = _NEVER

    def __str__(self) -> str:
        return " ".join((_FORM, self.newest, self.rows, self.said, self.day, self.open))

    @classmethod
    def read(cls, text: str) -> "Token":
        form, *parts = text.split(" ")
        return cls(*parts) if form == _FORM and len(parts) == 5 else cls()


class Notion(Source):
    """Reads with the key of an integration, to which the page or database must be shared."""

    def __init__(
        self,
        token: str = "",
        version: str = notion_api.VERSION,
        base_url: str = notion_api.LIVE,
        pace: Pace = notion_api.CALM,
    ) -> None:
        self.token, self.version, self.base_url, self.pace = token, version, base_url, pace

    def fetch(self, ref: Ref, known: Known) -> Fetched | None:
        with Api(self._access(), self.pace) as api:
            return _Reading(api, self.normalized_key(ref.key), known).result()

    def _access(self) -> Access:
        place = outbound.endpoint(STAND_IN, self.base_url)
        if self.token or place != self.base_url:
            return Access(self.token or ANY_KEY, self.version or notion_api.VERSION, place)
        message = (
            "This installation has no key for Notion. Whoever runs it must set NOTION_API_KEY."
        )
        raise Refused(message, code="credentials_missing")

    def url(self, ref: Ref) -> str:
        return notion_text.address(self.normalized_key(ref.key))

    def normalized_key(self, text: str) -> str:
        """Return the id in an id or a link, as lower-case UUID."""
        try:
            parts = urlsplit(text.strip())
        except ValueError as error:
            raise _no_key() from error
        opened = parse_qs(parts.query).get("p", [""])[0]  # a row that lies open above its database
        for part in (opened, parts.path):
            found = part.replace("-", "")[-32:]
            if re.fullmatch(r"[0-9a-fA-F]{32}", found):
                return str(UUID(found))
        raise _no_key()


class _Reading:
    """One reading of one document, compared with the one before."""

    def __init__(self, api: Api, id: str, known: Known) -> None:
        self.api, self.pictures = api, known.pictures
        self.now = datetime.now(UTC)
        self.version, self.was = known.version, Token.read(known.version)
        data = known.load() if self.was.rows else b""
        kept = json.loads(data) if data else {}
        pages = (Page(one["page"], one["blocks"]) for one in kept.get("pages", ()))
        self.kept = {page.id: page for page in pages}
        self.is_first = not kept
        self.root = _kept_root(kept["root"]) if kept else _found(api, id)

    @property
    def is_new_day(self) -> bool:
        return self.was.day != self.now.date().isoformat()

    def result(self) -> Fetched | None:
        rows = self._rows()
        if rows is None:
            return None
        pages = [self._page(row) for row in rows]
        lasting = [{"page": _lasting(p.page), "blocks": _lasting(p.blocks)} for p in pages]
        data = canonical.text({"root": asdict(self.root), "pages": lasting}).encode()
        token = str(self._token(rows, data))
        return Fetched(data, token, self._text(pages)) if token != self.version else None

    def _rows(self) -> list[Json] | None:
        """Return all pages of the document, or None when nothing changed."""
        if self.root.is_page:
            rows = [_not_trashed(self.api.page(self.root.id))]
        elif self._is_large() and self._is_quiet():
            return None
        else:
            rows = self._all_rows()
        is_same = self.was.rows == _digest(rows) and not any(map(self._is_due, rows))
        if is_same and not (self._is_large() and self.is_new_day):
            return None
        if self.root.is_page or self.is_first:
            return rows
        root = _asked(self.api, self.root.kind, self.root.id)
        is_moved, self.root = root.sources != self.root.sources, root
        return self._all_rows() if is_moved else rows

    def _is_large(self) -> bool:
        return len(self.kept) > notion_api.PAGE

    def _is_quiet(self) -> bool:
        """Ask for the rows edited since the newest that is known; tell whether these are known too."""
        if self.is_new_day:
            return False
        recent = {(str(row["id"]), _edited(row)) for row in self._asked_rows(self.was.newest)}
        kept = [page.page for page in self.kept.values()]
        there = {(str(row["id"]), _edited(row)) for row in kept if _edited(row) >= self.was.newest}
        return recent == there and not any(map(self._is_due, kept))

    def _all_rows(self) -> list[Json]:
        return sorted(
            self._asked_rows(), key=lambda row: str(row.get("created_time")), reverse=True
        )

    def _asked_rows(self, since: str = "") -> list[Json]:
        rows: list[Json] = []
        for source in self.root.sources:
            for row in self.api.rows(source, since=since):
                rows.append(row)
                if len(rows) > MAX_ROWS:
                    raise truncated(f"The database has more than {MAX_ROWS} rows.")
        return rows

    def _is_due(self, row: Json) -> bool:
        """Tell whether a page must be read again although nothing says that it was edited.

        The minute of its edit was not over when it was read; or it shows blocks of other pages, which
        are looked at once a day.
        """
        edited = _edited(row)
        was_open = self.was.open != _NEVER and edited >= self.was.open
        if was_open and not _is_open(edited, self.now):
            return True
        kept = self.kept.get(str(row["id"]))
        return self.is_new_day and kept is not None and _has_copies(kept.blocks)

    def _page(self, row: Json) -> Page:
        kept = self.kept.get(str(row["id"]))
        is_known = kept is not None and _edited(kept.page) == _edited(row)
        if kept and is_known and not self._is_due(row) and self._has_pictures(kept):
            return Page(row, kept.blocks)
        return Page(row, self.api.blocks(str(row["id"])))

    def _has_pictures(self, page: Page) -> bool:
        """Tell whether all images are stored here whose addresses have ended by now."""
        return notion_blocks.hosted_keys(page.blocks) <= self.pictures.keys()

    def _token(self, rows: Sequence[Json], data: bytes) -> Token:
        edits = [_edited(row) for row in rows]
        return Token(
            newest=max(edits, default=_NEVER),
            rows=_digest(rows),
            said=canonical.sha256(data)[:16],
            day=self.now.date().isoformat(),
            open=min((edit for edit in edits if _is_open(edit, self.now)), default=_NEVER),
        )

    def _text(self, pages: Sequence[Page]) -> Text:
        if self.root.is_page:
            return notion_reading.of_page(pages[0], self.pictures)
        return notion_reading.of_database(self.root.title, pages, self.pictures)


def _found(api: Api, id: str) -> Root:
    """Find out what an id names. Raises Refused when it is nothing that we are shown."""
    errors = []
    for kind in ("database", "source", "page"):
        try:
            return _asked(api, kind, id)
        except Refused as error:
            if error.code not in ("not_found", "bad_request"):  # it may be of another kind
                raise
            errors.append(error)
    raise next((error for error in errors if error.code == "not_found"), errors[0])


def _asked(api: Api, kind: str, id: str) -> Root:
    if kind == "page":
        return Root(kind, str(_not_trashed(api.page(id))["id"]))
    thing = _not_trashed(api.database(id) if kind == "database" else api.source(id))
    title = " ".join(notion_text.plain(thing.get("title")).split())
    own = [thing] if kind == "source" or not api.has_sources else thing.get("data_sources") or ()
    return Root(kind, id, title, tuple(str(source["id"]) for source in own))


def _kept_root(kept: Json) -> Root:
    return Root(kept["kind"], kept["id"], kept["title"], tuple(kept["sources"]))


def _not_trashed(thing: Json) -> Json:
    if notion_api.is_trashed(thing):
        raise Refused("It lies in Notion's trash. Restore it there.", code="trashed")
    return thing


def _no_key() -> Refused:
    message = "This names no page or database at Notion. Open it there and copy its link (••• → Copy link)."
    return Refused(message, code="key_invalid")


def _edited(page: Json) -> str:
    return str(page.get("last_edited_time", ""))


def _is_open(edited: str, now: datetime) -> bool:
    """Tell whether a further edit could still bear the same minute."""
    try:
        return datetime.fromisoformat(edited) + _ROUNDING > now
    except (ValueError, TypeError):
        return False


def _digest(rows: Sequence[Json]) -> str:
    return canonical.digest(sorted([str(row["id"]), _edited(row)] for row in rows))[:16]


def _has_copies(blocks: Sequence[Json]) -> bool:
    return any(
        (block.get("synced_block") or {}).get("synced_from")
        or _has_copies(block.get("children") or ())
        for block in blocks
    )


def _lasting(value: Any) -> Any:
    """Return an answer without the signatures of its addresses, which end within the hour."""
    if isinstance(value, Mapping):
        kept = {name: _lasting(member) for name, member in value.items()}
        if "expiry_time" in kept:
            del kept["expiry_time"]
            kept["url"] = str(kept.get("url", "")).partition("?")[0]
        return kept
    if isinstance(value, list | tuple):
        return [_lasting(member) for member in value]
    return value
