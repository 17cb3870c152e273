"""A newsletter as the bytes of a mail: built once, joined for each reader.

Everything that all readers share is encoded once and cut at the merge fields; for a reader only her
values are encoded. Each merge field stands between two soft line breaks of quoted-printable (RFC 2045
§6.7), which a mail reader does not see, so that no value can push a line over its limit.
"""

import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Any

from content.formats import merge
from halcytone.lib import canonical
from halcytone.lib.errors import Refused
from publishing.channels.base import MARKS

LINK = re.compile(r"https?://[!-;=?-~]+")
LOCAL_AND_DOMAIN = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
PLAIN = re.compile(r"[A-Za-z0-9_-]{1,75}")  # stands in HTML and quoted-printable as it is
SAME = re.compile(r"[A-Za-z0-9_./:?=@+~-]+")  # is the same in HTML and in a text
SOFT = b"=\r\n"
MOST_NAME, MOST_LINE = 60, 76


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a newsletter comes from. `address` is `a@b` or `Name <a@b>`."""

    address: str
    reply_to: str = ""

    @property
    def bare(self) -> str:
        return envelope(parseaddr(self.address)[1])

    @property
    def answers_to(self) -> str:
        return envelope(parseaddr(self.reply_to or self.address)[1])

    @property
    def domain(self) -> str:
        return self.bare.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who one mail goes to, when, and the key by which it is known everywhere."""

    key: str
    address: str
    name: str
    merge: Mapping[str, str]
    at: datetime


class Mold:
    """One newsletter made ready. The same reader always gets the same bytes.

    `content` has `subject`, `html`, `text`. Raises halcytone.lib.errors.Invalid for an unknown field.
    """

    def __init__(self, content: Mapping[str, Any], sender: Sender) -> None:
        self.sender, self.domain, self.answers_to = sender, sender.domain, sender.answers_to
        self.pieces: list[bytes] = [b"", b""]  # the first is the reader's own head
        self.holes: dict[merge.Slot, _Holes] = {}  # where each value goes
        boundary = f"=_{canonical.digest(content)[:40]}"
        self._add(self._shared_head(str(content["subject"]), boundary))
        for kind in ("text", "html"):
            self._add(_part_head("plain" if kind == "text" else kind, boundary))
            parts = merge.split(str(content[kind]), also=content.get(MARKS, ()))
            self._add_body(parts, is_html=kind == "html")
        self._add(f"\r\n--{boundary}--\r\n".encode())

    def mail(self, reader: Reader) -> bytes:
        """Return the whole mail of one reader, CRLF line ends, no line of which begins with a dot.

        Raises Refused without a way out.
        """
        pieces = self.pieces.copy()
        pieces[0] = self._own_head(reader)
        for slot, holes in self.holes.items():
            text, html = holes.filled(reader.merge.get(slot.name, ""))
            for place in holes.in_text:
                pieces[place] = text
            for place in holes.in_html:
                pieces[place] = html
        return b"".join(pieces)

    def _add(self, piece: bytes) -> None:
        """Add what all readers share to the piece that is the last."""
        self.pieces[-1] += piece

    def _add_hole(self, slot: merge.Slot, *, is_html: bool) -> None:
        self._add(SOFT)
        holes = self.holes.setdefault(slot, _Holes(slot))
        (holes.in_html if is_html else holes.in_text).append(len(self.pieces))
        self.pieces += [b"", SOFT]

    def _add_body(self, parts: Sequence[merge.Part], *, is_html: bool) -> None:
        for part in parts:
            if isinstance(part, str):
                self._add(quoted(part))
            else:
                self._add_hole(part, is_html=is_html)

    def _shared_head(self, subject: str, boundary: str) -> bytes:
        lines = [
            f"From: {mailbox(*parseaddr(self.sender.address))}",
            f"Subject: {header(subject, 'Subject')}",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
        ]
        if self.sender.reply_to:
            lines.insert(1, f"Reply-To: {mailbox(*parseaddr(self.sender.reply_to))}")
        return ("\r\n".join(lines) + "\r\n").encode("ascii")

    def _own_head(self, reader: Reader) -> bytes:
        """Return the headers that differ, List-Unsubscribe as RFC 8058 wants it."""
        link = reader.merge.get("one_click_url") or reader.merge.get("unsubscribe_url", "")
        if not LINK.fullmatch(link):
            raise Refused("The mail has no way to unsubscribe", code="no_unsubscribe")
        return (
            f"To: {mailbox(reader.name, reader.address)}\r\n"
            f"Date: {_date(reader.at)}\r\n"
            f"Message-ID: <{reader.key}@{self.domain}>\r\n"
            f"List-Unsubscribe: <{link}>,\r\n <mailto:{self.answers_to}?subject=unsubscribe>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
            f"X-Halcytone-Key: {reader.key}\r\n"
        ).encode("ascii")


class _Holes:
    """Where one merge field stands, by the numbers of the pieces, and what goes there."""

    def __init__(self, slot: merge.Slot) -> None:
        self.slot = slot
        self.in_text: list[int] = []
        self.in_html: list[int] = []
        self.empty = self._escaped("")

    def filled(self, value: str) -> tuple[bytes, bytes]:
        """Return a value as it stands in the text and in the HTML; the fallback for ""."""
        if not value:
            return self.empty
        if PLAIN.fullmatch(value):
            same = value.encode()
        elif SAME.fullmatch(value):
            same = quoted(value)
        else:
            return self._escaped(value)
        return same, same

    def _escaped(self, value: str) -> tuple[bytes, bytes]:
        values = {self.slot.name: value}
        ways = (merge.fill, merge.fill_html)
        text, html = (quoted(fill([self.slot], values)) for fill in ways)
        return text, html


def quoted(text: str) -> bytes:
    """Return a text in quoted-printable, CRLF line ends, no line over 76 and none that starts with a dot."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    encoded = binascii.b2a_qp(text.encode())
    if b"\n" in encoded:
        encoded = encoded.replace(b"\n", b"\r\n")
    if encoded.startswith(b"."):
        encoded = b"=2E" + encoded[1:]
    return encoded.replace(b"\n.", b"\n=2E")


def header(text: str, name: str) -> str:
    """Return a header's value on lines of its own length; what could end the header is gone."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, header_name=name, maxlinelen=75).encode(linesep="\r\n")


def mailbox(name: str, address: str) -> str:
    """Return `"Name" <a@b>` for a header, or the address alone. Raises Refused for a bad address."""
    bare = envelope(address)
    if not name.isprintable():
        name = "".join(c if c.isprintable() else " " for c in name)
    name = " ".join(name.split())[:MOST_NAME]
    if not name:
        return bare
    if name.isascii() and "=?" not in name:
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        name = header(name, "Reply-To")
    fold = "\r\n" if len(name) + len(bare) > MOST_LINE - len("Reply-To:  <>") else ""
    return f"{name}{fold} <{bare}>"


def envelope(address: str) -> str:
    """Return `a@b` as SMTP carries it, the domain in its ASCII form. Raises Refused."""
    if address.isascii() and LOCAL_AND_DOMAIN.fullmatch(address):
        return address
    local, _, domain = address.rpartition("@")
    try:
        ascii_address = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        ascii_address = ""
    if not (ascii_address.isascii() and LOCAL_AND_DOMAIN.fullmatch(ascii_address)):
        raise Refused("The address is not one that mail can carry", code="invalid_address")
    return ascii_address


def _part_head(kind: str, boundary: str) -> bytes:
    return (
        f"\r\n--{boundary}\r\n"
        f"Content-Type: text/{kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode("ascii")


@lru_cache(maxsize=64)
def _date(at: datetime) -> str:
    return format_datetime(at)
