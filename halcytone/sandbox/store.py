"""What the stand-ins remember: one SQLite file, or memory.

Every write is committed at once to the write-ahead log, so that `kill -9` loses nothing that was
acknowledged. Only the event loop's thread uses a store.
"""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, server TEXT NOT NULL, at TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL, headers TEXT NOT NULL,
    status INTEGER, fault TEXT NOT NULL, taken INTEGER NOT NULL, replayed INTEGER NOT NULL,
    body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS requests_of ON requests (server, id);
CREATE TABLE IF NOT EXISTS counters (kind TEXT PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL,
    key TEXT NOT NULL, doc TEXT NOT NULL, blob BLOB, UNIQUE (kind, id));
CREATE INDEX IF NOT EXISTS objects_by_key ON objects (kind, key);
CREATE TABLE IF NOT EXISTS answers (
    server TEXT NOT NULL, call TEXT NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (server, call));
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, sender TEXT NOT NULL,
    recipients TEXT NOT NULL, subject TEXT NOT NULL, message_id TEXT NOT NULL,
    size INTEGER NOT NULL, raw BLOB NOT NULL);
"""


def now() -> str:
    """Return this instant as ISO 8601 in UTC with milliseconds and Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def connect(state: Path | None) -> sqlite3.Connection:
    """Open the memory of a sandbox; makes the directory when it is missing."""
    if state is not None:
        state.mkdir(parents=True, exist_ok=True)
    database = ":memory:" if state is None else str(state / "sandbox.sqlite3")
    db = sqlite3.connect(database, isolation_level=None, check_same_thread=False, timeout=10)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")  # a power cut may cost a rehearsal, a crash does not
    db.executescript(SCHEMA)
    return db


def count_up(db: sqlite3.Connection, kind: str) -> int:
    """Return the next number of this kind: 1, 2, 3 …, never the same twice."""
    row = db.execute(
        "INSERT INTO counters VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET n = n + 1 RETURNING n",
        (kind,),
    ).fetchone()
    return int(row["n"])


class Objects:
    """Documents of one kind, each with an id and a key (a slug, a parent) that need not be unique."""

    def __init__(self, db: sqlite3.Connection, kind: str) -> None:
        self.db, self.kind = db, kind

    def put(self, id: str, doc: Doc, *, key: str = "", blob: bytes | None = None) -> Doc:
        """Insert or replace; a replaced one keeps its place in the order (and its bytes)."""
        self.db.execute(
            "INSERT INTO objects (kind, id, key, doc, blob) VALUES (?, ?, ?, ?, ?) ON CONFLICT"
            " (kind, id) DO UPDATE SET key = excluded.key, doc = excluded.doc",
            (self.kind, id, key, json.dumps(doc), blob),
        )
        return doc

    def get(self, id: str) -> Doc | None:
        row = self.db.execute(
            "SELECT doc FROM objects WHERE kind = ? AND id = ?", (self.kind, id)
        ).fetchone()
        return json.loads(row["doc"]) if row else None

    def blob(self, id: str) -> bytes | None:
        row = self.db.execute(
            "SELECT blob FROM objects WHERE kind = ? AND id = ?", (self.kind, id)
        ).fetchone()
        return bytes(row["blob"]) if row and row["blob"] is not None else None

    def by_key(self, key: str) -> list[Doc]:
        """Return the documents with this key, oldest first."""
        rows = self.db.execute(
            "SELECT doc FROM objects WHERE kind = ? AND key = ? ORDER BY seq", (self.kind, key)
        )
        return [json.loads(row["doc"]) for row in rows]

    def all(self) -> list[Doc]:
        """Return every document, newest first."""
        rows = self.db.execute(
            "SELECT doc FROM objects WHERE kind = ? ORDER BY seq DESC", (self.kind,)
        )
        return [json.loads(row["doc"]) for row in rows]

    def count(self) -> int:
        row = self.db.execute("SELECT count(*) FROM objects WHERE kind = ?", (self.kind,))
        return int(row.fetchone()[0])

    def delete(self, id: str) -> None:
        self.db.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (self.kind, id))

    def clear(self) -> None:
        self.db.execute("DELETE FROM objects WHERE kind = ?", (self.kind,))
