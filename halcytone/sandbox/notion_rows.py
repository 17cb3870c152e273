"""What the stand-in for Notion keeps: databases, their rows, pages and blocks."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from halcytone.sandbox.store import Doc, Objects

KINDS = ("notion_database", "notion_page", "notion_block")
MINUTE = timedelta(minutes=1)
LOOKS = {"bold": False, "italic": False, "strikethrough": False, "underline": False, "code": False}
_BY_NAME = {
    **dict.fromkeys(("title", "name"), "title"),
    **dict.fromkeys(("category", "type"), "select"),
    "status": "status",
    "date": "date",
}
_BY_TYPE = {bool: "checkbox", int: "number", float: "number", list: "multi_select"}


class Rows:
    """Everything that is there. An id is a UUID; the short forms of the control routes are made whole."""

    def __init__(self, db: Connection) -> None:
        self.databases, self.pages, self.blocks = (Objects(db, kind) for kind in KINDS)

    def put_database(self, id: str, given: Doc) -> Doc:
        """Let a database have this title and these rows, the newest first; other rows are gone.

        A row that is given as it was before keeps the time of its last edit.
        """
        id = whole_id(id)
        known = self.databases.get(id) or {}
        database: Doc = {
            "id": id,
            "source": known.get("source") or made_id("source", id),
            "title": str(given.get("title", known.get("title", ""))),
            "in_trash": bool(given.get("in_trash", False)),
            "created_time": known.get("created_time") or minute(),
            "last_edited_time": _after(known.get("last_edited_time")),
        }
        self.databases.put(id, database, key=database["source"])
        before = {row["id"] for row in self.pages.by_key(id)}
        newest = datetime.fromisoformat(minute())
        for place, row in enumerate(given.get("rows") or ()):
            row_id = whole_id(row.get("id") or made_id(id, _title_of(row), str(place)))
            before.discard(row_id)
            created = (newest - place * MINUTE).isoformat(timespec="milliseconds")
            self.put_page(row_id, row, database=id, created=zulu(created))
        for gone in before:
            self.remove_page(gone)
        return database

    def put_page(self, id: str, given: Doc, *, database: str = "", created: str = "") -> Doc:
        """Let a page have these columns and blocks. `database` makes it a row; a row stays one.

        `created` is for a new page that is given without such a time.
        """
        id = whole_id(id)
        known = self.pages.get(id) or {}
        columns = dict(given.get("properties") or {})
        if "title" in given:
            columns.setdefault("title", given["title"])
        said = made_id(json.dumps(given, sort_keys=True))
        edited = known.get("last_edited_time")
        page: Doc = {
            "id": id,
            "database": database or known.get("database", ""),
            "properties": {name: whole_column(name, value) for name, value in columns.items()},
            "in_trash": bool(given.get("in_trash", False)),
            "created_time": given.get("created_time")
            or known.get("created_time")
            or created
            or minute(),
            "last_edited_time": given.get("last_edited_time")
            or (edited if said == known.get("given") else _after(edited)),
            "given": said,
        }
        self._forget_blocks(id)
        self._put_blocks(id, id, given.get("children") or ())
        return self.pages.put(id, page, key=page["database"] or id)

    def touch(self, page: Doc, **changes: Any) -> Doc:
        """Change a page as an edit does. A further edit in the same minute is told as the next minute."""
        edited = (
            page | {"last_edited_time": _after(page["last_edited_time"]), "given": ""} | changes
        )
        return self.pages.put(page["id"], edited, key=page["database"] or page["id"])

    def remove_page(self, id: str) -> None:
        self._forget_blocks(id)
        self.pages.delete(id)

    def put_block(self, page: Doc, block: Doc, *, parent: str) -> Doc:
        return self.blocks.put(block["id"], block | {"page": page["id"]}, key=parent)

    def add_block(self, page: Doc, given: Doc) -> None:
        """Add a block at the end of a page."""
        self._put_blocks(page["id"], page["id"], [given])

    def database_of(self, source: str) -> Doc | None:
        """Return the database that a data source is of."""
        return next(iter(self.databases.by_key(source)), None)

    def rows(self, database: str) -> list[Doc]:
        return self.pages.by_key(database)

    def _put_blocks(self, page: str, parent: str, given: Iterable[Doc]) -> None:
        seen: Counter[str] = Counter(block["said"] for block in self.blocks.by_key(parent))
        for one in given:
            kind = str(one["type"])
            body = {name: whole_value(name, value) for name, value in one.get(kind, {}).items()}
            children = body.pop("children", None) or one.get("children") or ()
            said = json.dumps([kind, body], sort_keys=True)
            seen[said] += 1
            id = whole_id(one.get("id") or made_id(parent, said, str(seen[said])))
            block: Doc = {"id": id, "page": page, "parent": parent, "type": kind, "body": body}
            block |= {"said": said, "has_children": bool(children)}
            self.blocks.put(id, block, key=parent)
            self._put_blocks(page, id, children)

    def _forget_blocks(self, parent: str) -> None:
        for block in self.blocks.by_key(parent):
            self._forget_blocks(block["id"])
            self.blocks.delete(block["id"])


def whole_id(id: str) -> str:
    """Return an id with its dashes. Raises ValueError."""
    return str(UUID(str(id)))


def made_id(*parts: str) -> str:
    """Return an id that these parts always give."""
    return str(uuid5(NAMESPACE_URL, "\0".join(parts)))


def minute() -> str:
    """Return this minute as Notion tells moments."""
    return zulu(
        datetime.now(UTC).replace(second=0, microsecond=0).isoformat(timespec="milliseconds")
    )


def zulu(moment: str) -> str:
    return moment.replace("+00:00", "Z")


def _after(edited: str | None) -> str:
    """Return the minute of an edit, later than the one before it."""
    if not edited or edited < minute():
        return minute()
    later = datetime.fromisoformat(edited) + MINUTE
    return zulu(later.isoformat(timespec="milliseconds"))


def _title_of(row: Doc) -> str:
    columns = row.get("properties") or {}
    return json.dumps(
        next((columns[name] for name in columns if name.lower() in ("title", "name")), "")
    )


def whole_text(given: Any) -> list[Doc]:
    """Return rich text as Notion tells it, of a text or of pieces that leave out what is usual."""
    pieces = [given] if isinstance(given, str) else given
    return [_piece({"text": {"content": one}} if isinstance(one, str) else one) for one in pieces]


def _piece(given: Doc) -> Doc:
    kind = given.get("type", "text")
    text = given.get("text") or {}
    link = (text.get("link") or {}).get("url")
    words = str(given.get("plain_text", text.get("content", "")))
    body = {"content": words, "link": {"url": link} if link else None}
    return {
        "type": kind,
        kind: given.get(kind, {}) if kind != "text" else body,
        "annotations": LOOKS | {"color": "default"} | given.get("annotations", {}),
        "plain_text": words,
        "href": given.get("href", link),
    }


def plain(rich: Iterable[Doc]) -> str:
    return "".join(piece["plain_text"] for piece in rich)


def whole_value(name: str, value: Any) -> Any:
    """Return a member of a block's body with its rich text made whole."""
    if name in ("rich_text", "caption"):
        return whole_text(value)
    return [whole_text(cell) for cell in value] if name == "cells" else value


def whole_column(name: str, value: Any) -> Doc:
    """Return a column as Notion tells it, of its own form or of a plain value."""
    if isinstance(value, dict) and "type" in value:
        kind = value["type"]
        text = {kind: whole_text(value[kind])} if kind in ("title", "rich_text") else {}
        return {"id": _column_id(name, kind)} | value | text
    kind = _BY_TYPE.get(type(value)) or _BY_NAME.get(name.lower(), "rich_text")
    return {"id": _column_id(name, kind), "type": kind, kind: column_value(kind, value)}


def column_value(kind: str, value: Any) -> Any:
    """Return what a column of this kind holds for a plain value; "" and None empty it."""
    if kind in ("title", "rich_text"):
        return whole_text(value or [])
    if kind == "multi_select":
        return [{"name": str(each)} for each in value or ()]
    if value in ("", None):
        return None
    if kind in ("select", "status"):
        return {"name": str(value)}
    return {"start": str(value), "end": None, "time_zone": None} if kind == "date" else value


def column_text(column: Mapping[str, Any]) -> str | None:
    """Return a column as a person edits it, None for kinds that are not edited here."""
    kind = column["type"]
    value = column.get(kind)
    if kind in ("title", "rich_text"):
        return plain(value or [])
    if kind == "multi_select":
        return ", ".join(each["name"] for each in value or ())
    if kind in ("select", "status", "date"):
        return str((value or {}).get("name") or (value or {}).get("start") or "")
    return None


def _column_id(name: str, kind: str) -> str:
    return "title" if kind == "title" else re.sub(r"\W", "", name.lower())[:8]
