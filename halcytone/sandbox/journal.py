"""What arrived, and what was answered: the rows behind `GET /_sandbox/requests`."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halcytone.sandbox.store import now

SECRET_HEADERS = frozenset(
    {"authorization", "x-api-key", "api-key", "x-postmark-server-token", "cookie"}
)


@dataclass(slots=True)
class Entry:
    """One call as it arrived. `status` None means that the connection was cut."""

    server: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int | None = None
    fault: str = ""
    taken: bool = True
    replayed: bool = False


def write(db: sqlite3.Connection, entry: Entry) -> None:
    db.execute(
        "INSERT INTO requests (server, at, method, path, headers, status, fault, taken, replayed,"
        " body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.server,
            now(),
            entry.method,
            entry.path,
            json.dumps({k: _veiled(k, v) for k, v in entry.headers.items()}),
            entry.status,
            entry.fault,
            entry.taken,
            entry.replayed,
            entry.body,
        ),
    )


def _veiled(name: str, value: str) -> str:
    """Keep keys out of the journal, but let two calls with one key be told from two keys."""
    if name.lower() not in SECRET_HEADERS:
        return value
    return f"{value[:4]}… ({len(value)} characters)"


def find(db: sqlite3.Connection, server: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Return `{"total", "requests"}`, oldest first.

    `since` is an id or an ISO instant, `path` and `body` are substrings, `method` and `status` are
    equal; `limit` (default 100) takes the newest, `count` leaves the rows out. Raises ValueError.
    """
    where, values = _conditions(server, query)
    total = db.execute(f"SELECT count(*) FROM requests WHERE {where}", values).fetchone()[0]  # noqa: S608 - fixed clauses, values are bound
    if query.get("count", "") not in ("", "0", "false"):
        return {"total": total}
    rows = db.execute(
        f"SELECT * FROM requests WHERE {where} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (*values, int(query.get("limit", 100))),
    ).fetchall()
    return {"total": total, "requests": [_as_dict(row) for row in reversed(rows)]}


def _conditions(server: str, query: Mapping[str, str]) -> tuple[str, list[Any]]:
    clauses, values = ["server = ?"], [server]
    if since := query.get("since"):
        clauses.append("id > CAST(? AS INTEGER)" if since.isdecimal() else "at >= ?")
        values.append(since)
    for name in ("path", "body"):
        if text := query.get(name):
            clauses.append(f"instr({name}, CAST(? AS {'BLOB' if name == 'body' else 'TEXT'})) > 0")
            values.append(text)
    for name in ("method", "status"):
        if text := query.get(name):
            clauses.append(f"{name} = ?")
            values.append(text.upper())
    return " AND ".join(clauses), values


def _as_dict(row: sqlite3.Row) -> dict[str, Any]:
    body = bytes(row["body"])
    entry = {key: row[key] for key in ("id", "server", "at", "method", "path", "status", "fault")}
    entry |= {"headers": json.loads(row["headers"]), "body": body.decode(errors="replace")}
    entry |= {"taken": bool(row["taken"]), "replayed": bool(row["replayed"])}
    return entry | {"json": _parsed(body)}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body[:1] in b"{[" and body else None
    except ValueError:
        return None


def clear(db: sqlite3.Connection, server: str) -> int:
    """Forget what arrived and return how many rows that were."""
    return db.execute("DELETE FROM requests WHERE server = ?", (server,)).rowcount
