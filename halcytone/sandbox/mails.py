"""The mails that arrived: kept as bytes, found by address and subject, read in parts."""

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, cast

from halcytone.sandbox.store import now

COLUMNS = "id, at, sender, recipients, subject, message_id, size"


@dataclass(frozen=True, slots=True)
class Parts:
    """One mail taken apart for a person: headers in their order, text, HTML, attached names."""

    headers: list[tuple[str, str]]
    text: str
    html: str
    attachments: list[str]


def header(raw: bytes, name: str) -> str:
    """Return one header, unfolded and decoded, without taking the whole mail apart."""
    head = raw.partition(b"\r\n\r\n")[0]
    found = re.search(rb"(?im)^" + name.encode() + rb":[ \t]*((?:.|\r\n[ \t])*)", head)
    text = re.sub(r"\r\n[ \t]+", " ", found[1].decode(errors="replace")).strip() if found else ""
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def keep(db: sqlite3.Connection, sender: str, recipients: list[str], raw: bytes) -> int:
    """Keep a mail and return its number."""
    subject, message_id = header(raw, "Subject"), header(raw, "Message-ID")
    values = (now(), sender, " ".join(recipients), subject, message_id, len(raw), raw)
    cursor = db.execute(
        "INSERT INTO mails (at, sender, recipients, subject, message_id, size, raw)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    return int(cursor.lastrowid or 0)


def find(db: sqlite3.Connection, query: Mapping[str, str]) -> dict[str, Any]:
    """Return `{"total", "distinct_message_ids", "limit", "offset", "mails"}`, newest first.

    `to` is a whole address, `q` a part of an address or subject, `subject` and `message_id` are
    equal, `since` a number; limit defaults to 50. Raises ValueError.
    """
    where, values = _conditions(query)
    limit, offset = int(query.get("limit") or 50), int(query.get("offset") or 0)
    total, distinct = db.execute(
        f"SELECT count(*), count(DISTINCT message_id) FROM mails WHERE {where}",  # noqa: S608 - fixed clauses, values are bound
        values,
    ).fetchone()
    rows = db.execute(
        f"SELECT {COLUMNS} FROM mails WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608
        (*values, limit, offset),
    )
    found = {"total": total, "distinct_message_ids": distinct, "limit": limit, "offset": offset}
    return found | {"mails": [_as_dict(row) for row in rows]}


def _conditions(query: Mapping[str, str]) -> tuple[str, list[str]]:
    clauses, values = ["1"], []
    if to := query.get("to"):
        clauses.append("instr(' ' || lower(recipients) || ' ', ' ' || ? || ' ') > 0")
        values.append(to.lower())
    if part := query.get("q"):
        clauses.append("instr(lower(recipients || ' ' || sender || ' ' || subject), ?) > 0")
        values.append(part.lower())
    for name in ("subject", "message_id"):
        if text := query.get(name):
            clauses.append(f"{name} = ?")
            values.append(text)
    if since := query.get("since"):
        clauses.append("id > CAST(? AS INTEGER)")
        values.append(since)
    return " AND ".join(clauses), values


def _as_dict(row: sqlite3.Row) -> dict[str, Any]:
    mail = {key: row[key] for key in ("id", "at", "subject", "message_id")}
    return mail | {
        "from": row["sender"],
        "to": row["recipients"].split(),
        "size_bytes": row["size"],
    }


def get(db: sqlite3.Connection, id: int) -> dict[str, Any] | None:
    row = db.execute(f"SELECT {COLUMNS} FROM mails WHERE id = ?", (id,)).fetchone()  # noqa: S608
    return _as_dict(row) if row else None


def raw(db: sqlite3.Connection, id: int) -> bytes:
    row = db.execute("SELECT raw FROM mails WHERE id = ?", (id,)).fetchone()
    return bytes(row["raw"]) if row else b""


def parts(raw: bytes) -> Parts:
    """Take a mail apart; what cannot be decoded is shown with replacement characters."""
    message = BytesParser(policy=policy.default).parsebytes(raw)
    attached = [part.get_filename() or "unnamed" for part in message.iter_attachments()]
    headers = [(name, str(value)) for name, value in message.items()]
    return Parts(headers, _body(message, "plain"), _body(message, "html"), attached)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, KeyError):
        return cast(bytes, part.get_payload(decode=True) or b"").decode(errors="replace")


def delete(db: sqlite3.Connection, id: int | None = None) -> int:
    """Delete one mail, or all of them when no number is given; return how many."""
    if id is None:
        return db.execute("DELETE FROM mails").rowcount
    return db.execute("DELETE FROM mails WHERE id = ?", (id,)).rowcount
