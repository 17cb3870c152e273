"""Mails that came back to our mailbox: what a message says of one of ours.

Sources: RFC 3464 (delivery status), RFC 5965 (abuse reports), RFC 3834 (automatic answers).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from halcytone.lib import canonical
from publishing.hooks import bounces, told
from publishing.hooks.told import Told

LARGEST = 2_000_000  # bytes of a mail that are read
MOST_TEXT = 20_000  # characters of a reply that are kept
MOST_PARTS = 50
KEY_HEADER = "X-Halcytone-Key"
ACTIONS = {"failed": told.BOUNCED, "delayed": "deferred", "delivered": "delivered",
           "relayed": "delivered", "expanded": "delivered"}  # fmt: skip


def read(data: bytes) -> list[Told]:
    """Return what a mail tells of ours: bounces, complaints, or a reply; [] for automatic answers.

    One that is ours, and has come to a mailbox of our own, tells that it was delivered.
    """
    mail = message_from_bytes(
        data[:LARGEST]
    )  # the older parser: the newer one fails on broken headers
    at = _date(mail)
    if key := _key(str(mail.get(KEY_HEADER, ""))):
        to = parseaddr(str(mail.get("To", "")))[1]
        return [_told("delivered", mail, datetime.now(UTC), (key, ""), to=to)]
    parts = [part for part, _ in zip(mail.walk(), range(MOST_PARTS), strict=False)]
    ours = _ours(parts)
    found = [one for part in parts for one in _report(part, mail, at, ours)]
    if found or mail.get_content_type() == "multipart/report":
        return found
    return [] if _is_automatic(mail) else [_reply(mail, at)]


def _report(part: Message, mail: Message, at: datetime, ours: tuple[str, str]) -> Iterator[Told]:
    kind = part.get_content_type()
    if kind == "message/delivery-status":
        blocks = part.get_payload()
        for fields in blocks if isinstance(blocks, list) else []:
            if isinstance(fields, Message) and (
                fields.get("Action") or fields.get("Final-Recipient")
            ):
                yield _bounce(fields, mail, at, ours)
    elif kind == "message/feedback-report":
        yield _complaint(part, mail, at, ours)


def _bounce(fields: Message, mail: Message, at: datetime, ours: tuple[str, str]) -> Told:
    status = bounces.code(fields.get("Status"), fields.get("Diagnostic-Code"))
    action = _word(fields.get("Action"))
    kind = ACTIONS.get(action, told.UNKNOWN)
    if kind == told.BOUNCED and bounces.is_soft({}, status):
        kind = told.SOFT_BOUNCED
    to = fields.get("Original-Recipient") or fields.get("Final-Recipient")
    return _told(kind, mail, at, ours, to=_typed(to), code=status)


def _complaint(part: Message, mail: Message, at: datetime, ours: tuple[str, str]) -> Told:
    fields = _fields(part)
    kind = (
        "complained" if _word(fields.get("Feedback-Type")) in ("abuse", "fraud") else told.UNKNOWN
    )
    to = fields.get("Original-Rcpt-To") or fields.get("Original-Recipient")
    return _told(kind, mail, at, ours, to=_typed(to), code=_word(fields.get("Feedback-Type")))


def _fields(part: Message) -> Message:
    """Return the fields of a report, however the parser has kept them."""
    payload: Any = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else part
    if inner is not part and inner.keys():
        return inner
    text: Any = inner.get_payload(decode=True)
    return message_from_bytes(text if isinstance(text, bytes) else str(payload).encode())


def _reply(mail: Message, at: datetime) -> Told:
    ids = f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}"
    kept = {
        "subject": told.text(_decoded(mail.get("Subject", "")), 500),
        "text": told.text(_text(mail), MOST_TEXT),
    }
    to = parseaddr(str(mail.get("From", "")))[1]
    return _told("replied", mail, at, (_key(ids), ""), to=to, **kept)


def _text(mail: Message) -> str:
    """Return the plain part of a mail, or its HTML; "" when it has neither."""
    found: dict[str, str] = {}
    for part, _ in zip(mail.walk(), range(MOST_PARTS), strict=False):
        payload: Any = part.get_payload(decode=True)
        if part.get_content_maintype() == "text" and isinstance(payload, bytes):
            charset = part.get_content_charset() or "utf-8"
            found.setdefault(part.get_content_subtype(), _in_charset(payload, charset))
    return found.get("plain", found.get("html", ""))


def _in_charset(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset, "replace")
    except (LookupError, ValueError):  # a charset that nobody knows
        return data.decode("utf-8", "replace")


def _decoded(value: object) -> str:
    """Return a header's text, its encoded words (RFC 2047) read as far as they can be."""
    try:
        return str(make_header(decode_header(str(value))))
    except (HeaderParseError, LookupError, ValueError):
        return str(value)


def _told(
    kind: str,
    mail: Message,
    at: datetime,
    ours: tuple[str, str],
    *,
    to: str,
    code: str = "",
    **kept: Any,
) -> Told:
    own_id = told.text(mail.get("Message-ID"), 150).strip()
    return Told(
        kind=kind,
        at=at,
        payload={"message_id": own_id, "to": told.text(to, 254), "code": code, **kept},
        event_id=canonical.sha256(f"{own_id}:{kind}:{to}") if own_id else "",  # it names nobody
        recipient=told.text(to, 254),
        message_id=ours[1],
        key=ours[0],
        code=told.text(code, 40),
    )


def _ours(parts: Iterable[Message]) -> tuple[str, str]:
    """Return key and Message-ID of our mail that a report has with it; "" each when it has none."""
    for part in parts:
        inner = _headers_of(part)
        if inner is not None:
            key = _key(str(inner.get(KEY_HEADER, ""))) or _key(str(inner.get("Message-ID", "")))
            if key:
                return key, told.text(inner.get("Message-ID"), 200).strip()
    return "", ""


def _headers_of(part: Message) -> Message | None:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        return inner if isinstance(inner, Message) else None
    if kind == "text/rfc822-headers":
        text = part.get_payload(decode=True)
        return message_from_bytes(text) if isinstance(text, bytes) else None
    return None


def _key(text: str) -> str:
    found = re.search(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", text[:5_000])
    return found[0] if found else ""


def _is_automatic(mail: Message) -> bool:
    """Tell whether a machine answered: out of office, lists, our own."""
    submitted = _word(mail.get("Auto-Submitted")) not in ("", "no")
    return submitted or _word(mail.get("Precedence")) in ("bulk", "junk", "list", "auto_reply")


def _typed(value: object) -> str:
    """Return the address of `rfc822; a@b`."""
    return parseaddr(str(value or "").rpartition(";")[2])[1]


def _word(value: object) -> str:
    return str(value or "").strip().lower().partition(";")[0].partition(" ")[0]


def _date(mail: Message) -> datetime:
    try:
        found = parsedate_to_datetime(str(mail.get("Date", "")))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return datetime.now(UTC)
