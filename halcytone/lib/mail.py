"""The one way to speak SMTP to the outside: a kept line, and what each reply means.

Lost before the end of DATA was begun: surely not taken. Lost after it: may have been taken (RFC 5321 §4.5.3.2.6
and the publishing specification, "Failures"). Errors carry the reply code, never an address or a reply's text.
"""

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from halcytone.lib import outbound
from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
REPLY_TIMEOUT_S = 30.0
ACCEPT_TIMEOUT_S = 60.0  # after DATA a server may scan the mail; stays below the ledger's lease
MAX_REPLY = 200
LOST = (OSError, smtplib.SMTPServerDisconnected)
ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")  # printable ASCII without space, < and >
DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to reach it.

    `security` is the scheme: `smtp` in the clear, `smtp+starttls`, `smtps`; with the latter two the
    certificate must be good. `greeting` is the host name that EHLO says.
    """

    security: str
    host: str
    port: int
    greeting: str
    username: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def at(
        cls, endpoint: str, *, greeting: str, username: str = "", password: str = ""
    ) -> "Server":
        """Read `smtp+starttls://mail.halcytone.example:587`. Raises Refused when it is not such a URL."""
        try:
            url = urlsplit(endpoint)
            port = url.port or PORTS[url.scheme]
        except (ValueError, KeyError) as error:
            raise Refused("The account has no usable mail server", code="bad_endpoint") from error
        if not url.hostname:
            raise Refused("The account has no usable mail server", code="bad_endpoint")
        return cls(url.scheme, url.hostname, port, greeting, username, password)


class Line:
    """A kept connection to one mail server, opened when the first mail leaves. Used by one thread.

    `opened` counts how often that was necessary.
    """

    def __init__(self, server: Server, *, accept_timeout_s: float = ACCEPT_TIMEOUT_S) -> None:
        self.server, self.accept_timeout_s = server, accept_timeout_s
        self.opened = 0
        self._smtp: smtplib.SMTP | None = None

    def send(self, sender: str, recipient: str, mail: bytes) -> str:
        """Hand over one mail to one recipient; return the server's word of acceptance.

        `mail` has CRLF line ends. Raises Refused (5xx), Unavailable (4xx, no line), Unclear (lost or
        garbled after DATA). After an error the next mail goes out on a line that is in order.
        """
        if not (ADDRESS.fullmatch(sender) and ADDRESS.fullmatch(recipient)):
            raise Refused("The address is not one that mail can carry", code="invalid_address")
        smtp = self._begun(sender, recipient)
        reply = self._ended(smtp, mail)
        return reply[:MAX_REPLY] or "accepted"

    def close(self) -> None:
        """Say QUIT and hang up; harmless when nothing is open."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(*LOST, smtplib.SMTPException):
                smtp.docmd("QUIT")
            smtp.close()

    def _begun(self, sender: str, recipient: str) -> smtplib.SMTP:
        """Return the line after "354 go ahead". A kept line that went stale is opened anew, once."""
        if self._smtp is not None:
            try:
                return self._envelope(self._smtp, sender, recipient)
            except _StaleError:
                self._hang_up()
        self._smtp = self._opened()
        try:
            return self._envelope(self._smtp, sender, recipient)
        except _StaleError as error:
            self._hang_up()
            raise Unavailable("The mail server was lost before the mail", code="lost") from error

    def _envelope(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> smtplib.SMTP:
        """Say who writes to whom, in one go where the server offers PIPELINING (RFC 2920)."""
        steps = (
            (f"MAIL FROM:<{sender}>", (250,), "sender_refused"),
            (f"RCPT TO:<{recipient}>", (250, 251), "recipient_refused"),
            ("DATA", (354,), "mail_refused"),
        )
        whole = "\r\n".join(command for command, _, _ in steps)
        together = _asked(smtp, whole, len(steps)) if smtp.has_extn("pipelining") else []
        for number, (command, wanted, code) in enumerate(steps):
            status = together[number] if together else _asked(smtp, command, 1)[0]
            if status in wanted:
                continue
            if status == 421 or not 400 <= status < 600:
                raise _StaleError
            self._forget(smtp, is_begun=354 in together)
            raise failure(status, code)
        return smtp

    def _ended(self, smtp: smtplib.SMTP, mail: bytes) -> str:
        try:
            _timeout(smtp, self.accept_timeout_s)
            smtp.send(_ready(mail))
            status, reply = smtp.getreply()
            _timeout(smtp, REPLY_TIMEOUT_S)
        except (*LOST, smtplib.SMTPException) as error:
            self._hang_up()
            message = "The mail server was lost before it confirmed the mail"
            raise Unclear(message, code="lost_answer") from error
        if status == 250:
            return _words(reply)
        if status == 421 or not 400 <= status < 600:
            self._hang_up()
        if not 400 <= status < 600:
            raise Unclear("The mail server gave an unreadable answer", code="unreadable")
        raise failure(status, "mail_refused")

    def _forget(self, smtp: smtplib.SMTP, *, is_begun: bool) -> None:
        """Forget the envelope; a line that cannot is not used again.

        `is_begun`: the server waits for a mail without a recipient, and is given an empty one, which
        it refuses (RFC 2920 §3.1).
        """
        try:
            is_clean = not is_begun or _asked(smtp, ".", 1)[0] >= 500
            is_clean = is_clean and _asked(smtp, "RSET", 1)[0] == 250
        except _StaleError:
            is_clean = False
        if not is_clean:
            self._hang_up()

    def _hang_up(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _opened(self) -> smtplib.SMTP:
        smtp = (_TlsSmtp if self.server.security == "smtps" else _Smtp)(self.server)
        try:
            self._greet(smtp)
        except RemoteError:
            smtp.close()
            raise
        except (*LOST, smtplib.SMTPException, ssl.SSLError) as error:
            smtp.close()
            raise _no_line(error) from error
        self.opened += 1
        return smtp

    def _greet(self, smtp: smtplib.SMTP) -> None:
        server = self.server
        status, _ = smtp.connect(server.host, server.port)
        if status != 220:
            raise Unavailable("The mail server does not take calls now", code="unreachable")
        smtp.ehlo_or_helo_if_needed()
        if server.security == "smtp+starttls":
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
        if server.password:
            smtp.login(server.username, server.password)


class _StaleError(Exception):
    """The line was lost or garbled before a mail was on it."""


class _Smtp(smtplib.SMTP):
    """smtplib's client, whose sockets pass the outbound guard."""

    def __init__(self, server: Server) -> None:
        super().__init__(local_hostname=server.greeting, timeout=outbound.CONNECT_TIMEOUT_S)
        self._host = server.host  # the name that the certificate must bear

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = outbound.connect(host, port, timeout_s=timeout)
        opened.settimeout(REPLY_TIMEOUT_S)
        return opened


class _TlsSmtp(_Smtp):
    """The same, inside TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _asked(smtp: smtplib.SMTP, commands: str, count: int) -> list[int]:
    """Say one or several commands at once; return the codes of so many replies, in order."""
    try:
        smtp.send(f"{commands}\r\n")
        return [smtp.getreply()[0] for _ in range(count)]
    except (*LOST, smtplib.SMTPException) as error:
        raise _StaleError from error


def failure(status: int, code: str) -> RemoteError:
    """Return the error of a 4xx or 5xx reply: deferred or refused."""
    if status < 500:
        return Unavailable(f"The mail server asks to wait ({status})", code="deferred")
    return Refused(f"The mail server refused it ({status})", code=code)


def _no_line(error: Exception) -> RemoteError:
    """Return what a failed opening means: only a wrong password or a missing feature is a refusal."""
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        message = "The mail server does not accept the credentials of this account; renew them"
        return Refused(message, code="unauthorized")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Refused("The mail server offers no TLS or no login", code="not_supported")
    return Unavailable("The mail server cannot be reached", code="unreachable")


def _timeout(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _ready(mail: bytes) -> bytes:
    """Return the mail as it travels: transparency dots (RFC 5321 §4.5.2) and the lone dot at its end."""
    if mail.startswith(b".") or b"\n." in mail:
        mail = DOT.sub(b"..", mail)
    return mail + (b".\r\n" if mail.endswith(b"\r\n") else b"\r\n.\r\n")


def _words(reply: bytes) -> str:
    text = reply.decode("ascii", errors="replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
