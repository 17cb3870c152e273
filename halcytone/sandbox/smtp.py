"""The SMTP stand-in: takes every mail, keeps it, sends nothing on, and fails on demand."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from halcytone.sandbox import journal, mails
from halcytone.sandbox.faults import Call, Kind
from halcytone.sandbox.gate import World, is_acceptable_key

MOST_BYTES = 32 * 2**20
END = b"\r\n.\r\n"
REPLIES = {
    "rate_limit": "450 4.7.1 Too many messages, try again later",
    "expired_token": "535 5.7.8 Authentication credentials have expired",
    "duplicate": "554 5.7.1 This message was taken before",
    "garbage": "\x01\x02 this is not an answer",
    "empty": "",
}
ACCEPTED = "250 2.0.0 OK, kept as number {}"


class Protocol(SMTP):
    """aiosmtpd's server, reading a mail in large chunks rather than line by line."""

    line_length_limit = MOST_BYTES

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the name aiosmtpd looks for
        assert self.envelope is not None  # noqa: S101 - aiosmtpd sets it with the connection
        if await self.check_helo_needed():
            return
        if arg or not self.envelope.rcpt_tos:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._content()
        if content is None:
            status = "552 5.3.4 Error: Too much mail data"
        else:
            self.envelope.content = self.envelope.original_content = content
            status = await self._call_handler_hook("DATA")
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push(status)

    async def _content(self) -> bytes | None:
        """Read to the lone dot and return the mail without transparency dots; None: too large."""
        data, searched = bytearray(b"\r\n"), 0
        while (end := data.find(END, searched)) < 0:
            searched = max(len(data) - len(END), 0)
            data += await self._reader.read(2**18)
            if len(data) > MOST_BYTES:
                return None
        self._reader.feed_data(bytes(data[end + len(END) :]))  # commands sent ahead of the answer
        return bytes(data[: end + 2]).replace(b"\r\n..", b"\r\n.")[2:]

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Take the usual `<a@b.c>` without the full grammar, which costs more than the mail."""
        usual = re.match(r"<([^<>\s\"\\()]+@[^<>\s\"\\()]+)>\s*(.*)$", arg)
        if usual:
            return usual[1], usual[2]
        found: tuple[str | None, str | None] = super()._getaddr(arg)
        return found


@dataclass(frozen=True, slots=True)
class Handler:
    """What one connection does with each command, in the shape aiosmtpd asks for."""

    world: World

    async def handle_EHLO(  # noqa: N802
        self,
        server: Protocol,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Offer PIPELINING too, which `Protocol` reads; aiosmtpd does not say so."""
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_MAIL(  # noqa: N802
        self, server: Protocol, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.world.options.require_auth and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Protocol, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        kind = self.world.faults.strike(Call("smtp", "RCPT", address))
        if kind is not None:
            spoilt = await self._answer(
                server, kind, "250 OK", journal.Entry("smtp", "RCPT", address)
            )
            if not spoilt.startswith("250"):
                return spoilt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Protocol, session: Session, envelope: Envelope
    ) -> str:
        raw = envelope.original_content or b""
        path = " ".join(envelope.rcpt_tos)
        kind = self.world.faults.strike(Call("smtp", "DATA", path, self._searchable(raw)))
        entry = journal.Entry("smtp", "DATA", path)
        entry.headers = {name: mails.header(raw, name) for name in ("Message-ID", "Subject")}
        if kind is None or kind.takes:
            number = mails.keep(self.world.db, envelope.mail_from or "", envelope.rcpt_tos, raw)
            accepted = ACCEPTED.format(number)
        else:
            accepted, entry.taken = "", False
        return await self._answer(server, kind, accepted, entry)

    def _searchable(self, raw: bytes) -> bytes:
        if not self.world.faults.orders:
            return raw
        return mails.header(raw, "Subject").encode() + b"\n" + raw

    async def _answer(
        self, server: Protocol, kind: Kind | None, accepted: str, entry: journal.Entry
    ) -> str:
        """Write the journal, wait as told, and return the reply or cut the connection."""
        reply = _reply(kind, accepted)
        entry.fault = str(kind or "")
        entry.status = int(reply[:3]) if reply and reply[:3].isdecimal() else None
        journal.write(self.world.db, entry)
        wait_ms = self.world.options.delay_ms
        wait_ms += kind.number if kind and kind.name == "slow" else 0
        if wait_ms:
            await asyncio.sleep(wait_ms / 1000)
        if reply is None:
            await _cut(server, accepted[:2] if kind and kind.name == "truncate" else "")
        return reply or ""


def _reply(kind: Kind | None, accepted: str) -> str | None:
    """Return the reply line; None means that the connection is cut instead."""
    if kind is None or kind.name == "slow":
        return accepted
    if kind.name == "status":
        enhanced = f"{kind.number // 100}.3.0"
        return f"{kind.number} {enhanced} The sandbox was told to answer {kind.number}"
    return REPLIES.get(kind.name)


async def _cut(server: Protocol, first: str) -> None:
    """Hang up, after the first characters of an answer when there are any; does not return."""
    transport = server.transport
    if isinstance(transport, asyncio.Transport):
        transport.write(first.encode())
        transport.abort()
    await asyncio.Event().wait()  # the lost connection cancels this task


def protocol(world: World, loop: asyncio.AbstractEventLoop) -> Protocol:
    """Return the protocol of one new connection."""

    def authenticate(*given: Any) -> AuthResult:
        password = bytes(getattr(given[-1], "password", b"")).decode(errors="replace")
        is_right = not world.options.require_auth or is_acceptable_key(password)
        return AuthResult(success=is_right, handled=False)

    return Protocol(
        Handler(world),
        data_size_limit=MOST_BYTES,
        enable_SMTPUTF8=True,
        hostname="sandbox.localhost",
        ident="Halcytone sandbox: nothing leaves this machine",
        auth_require_tls=False,
        authenticator=authenticate,
        loop=loop,
    )
