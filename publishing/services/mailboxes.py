"""The mailbox that answers and bounces come back to: read over IMAP, or from a file."""

import imaplib
import mailbox as files
import socket
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from django.conf import settings
from django.utils import timezone

from halcytone.lib import http, outbound
from halcytone.lib.errors import HalcytoneError, Invalid, Unavailable
from publishing.hooks import mailbox
from publishing.models import ReleasePart, SeedMail
from publishing.services import inbound, seeds

log = structlog.get_logger(__name__)
SOURCE = "mailbox"
TIMEOUT_S = 30.0
MOST = 50  # mails of one mailbox in the sandbox that are looked at
SCHEMES = {"imaps": 993, "imap": 143}


def read_file(path: Path) -> int:
    """Read every mail of an mbox file, or one mail of its own; returns how many facts were new."""
    data = path.read_bytes()
    mails = (
        [one.as_bytes() for one in files.mbox(path, create=False)]
        if data[:5] == b"From "
        else [data]
    )
    return _take(mails)


def read_imap(url: str, *, folder: str = "INBOX") -> int:
    """Read what is unseen in a mailbox, `imaps://name:password@host`, and mark it as seen.

    A mail is marked once what it tells is written down: a crash reads it again, which changes nothing.
    Raises Invalid for another URL, Unavailable when the server is not there or refuses.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise Invalid("Give the mailbox as imaps://name:password@host.", code="wrong_value")
    try:
        with _line(parts.scheme, parts.hostname, parts.port or SCHEMES[parts.scheme]) as line:
            line.login(unquote(parts.username or ""), unquote(parts.password or ""))
            line.select(folder)
            return sum(_take([data], line, number) for number, data in _unseen(line))
    except (imaplib.IMAP4.error, OSError) as error:
        raise Unavailable("The mailbox could not be read.", code="mailbox") from error


def look_for_seeds(part: ReleasePart) -> None:
    """Look whether test mails of a part have arrived: in the stand-in's mailbox, or in ours. Never raises."""
    rows = list(seeds.waiting(part))
    if not rows:
        return
    try:
        if settings.OUTBOUND == outbound.SANDBOX and part.account.channel == "smtp":
            _look_in_sandbox(rows)
        if settings.MAILBOX_URL:
            read_imap(settings.MAILBOX_URL)
            inbound.process(timezone.now())
    except HalcytoneError as error:  # what was not seen is told as not arrived
        log.warning("mailbox_not_read", code=error.code)


def _look_in_sandbox(rows: Sequence[SeedMail]) -> None:
    with http.Client(
        "The sandbox", f"http://127.0.0.1:{settings.SANDBOX_PORTS['smtp']}", headers={}
    ) as client:
        for row in rows:
            found = client.get("/_sandbox/mailbox", {"to": row.address, "limit": MOST}).data
            if any(row.key in str(mail["message_id"]) for mail in found["mails"]):
                seeds.saw(row)


def _take(mails: list[bytes], line: imaplib.IMAP4 | None = None, number: str = "") -> int:
    told = [fact for data in mails for fact in mailbox.read(data)]
    new = inbound.receive(SOURCE, told) if told else 0
    if line is not None:
        line.store(number, "+FLAGS", "\\Seen")
    return new


def _unseen(line: imaplib.IMAP4) -> Iterator[tuple[str, bytes]]:
    _, found = line.search(None, "UNSEEN")
    for number in (found[0] or b"").split():
        _, answer = line.fetch(number.decode(), "(BODY.PEEK[])")
        for piece in answer:
            if isinstance(piece, tuple):
                yield number.decode(), piece[1]


def _line(scheme: str, host: str, port: int) -> imaplib.IMAP4:
    """Open a line through the one judge of addresses, so that a dry installation reaches nobody."""

    class Line(imaplib.IMAP4):
        def _create_socket(self, timeout: float | None) -> socket.socket:
            plain = outbound.connect(host, port, timeout_s=timeout or TIMEOUT_S)
            if scheme == "imap":
                return plain
            return ssl.create_default_context().wrap_socket(plain, server_hostname=host)

    if scheme == "imap" and not outbound.is_loopback(host):
        raise Invalid("A password goes to a mailbox over imaps:// only.", code="wrong_value")
    return Line(host, port, timeout=TIMEOUT_S)
