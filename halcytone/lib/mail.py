"""The one way to speak SMTP to the outside: a kept line, and what each reply means.

Lost before the end of DATA was begun: surely not taken. Lost after it: may have been taken (RFC 5321 §4.5.3.2.6
and the publishing specification, "Failures"). Errors carry the reply code, never an address or a reply's text.
"""

import re
import smtplib
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from halcytone.lib import outbound
from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
REPLY_TIMEOUT_S = 30.0
ACCEPT_TIMEOUT_S = 60.0  # after DATA a server may scan the mail; stays below the ledger's lease
LEAVE_TIMEOUT_S = 3.0  # for the answer to QUIT, which nothing depends on
ANNOUNCED_S = 2.0  # an older announcement says nothing of the line as it is now
MAX_REPLY = 200
MAX_LINE, RECEIVED_AT_ONCE = 8192, 4096
CODE = re.compile(rb"[2-5][0-9]{2}(?![0-9])")
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


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, bare addresses. "" is nobody."""

    sender: str
    recipient: str

    @property
    def is_plain(self) -> bool:
        """Tell whether mail can carry both addresses."""
        return bool(ADDRESS.fullmatch(self.sender) and ADDRESS.fullmatch(self.recipient))

    @property
    def commands(self) -> tuple[str, str, str]:
        return f"MAIL FROM:<{self.sender}>", f"RCPT TO:<{self.recipient}>", "DATA"

    @property
    def said(self) -> str:
        """The commands in one go."""
        return "\r\n".join(self.commands)


#: What a server may answer to each command of an envelope, and the code of its refusal.
STEPS = (((250,), "sender_refused"), ((250, 251), "recipient_refused"), ((354,), "mail_refused"))


class Line:
    """A kept connection to one mail server, opened when the first mail leaves. Used by one thread.

    `opened` counts how often that was necessary.
    """

    def __init__(self, server: Server, *, accept_timeout_s: float = ACCEPT_TIMEOUT_S) -> None:
        self.server, self.accept_timeout_s = server, accept_timeout_s
        self.opened = 0
        self._talk: _Talk | None = None
        self._announced: Envelope | None = None  # said already; its replies are still to be read
        self._announced_at = 0.0
        self._may_announce = True

    def send(
        self,
        sender: str,
        recipient: str,
        mail: bytes,
        *,
        following: str = "",
        is_dotless: bool = False,
    ) -> str:
        """Hand over one mail to one recipient; return the server's word of acceptance.

        `mail` has CRLF line ends; `is_dotless`: no line of it begins with a dot. `following` is whom the
        next mail on this line goes to, where that is known: its envelope then travels with the end of
        this one (RFC 2920 §3.1). When it does not come, the line is opened anew.

        Raises Refused (5xx), Unavailable (4xx, no line), Unclear (lost or garbled after DATA). After an
        error the next mail goes out on a line that is in order.
        """
        envelope = Envelope(sender, recipient)
        if not envelope.is_plain:
            raise Refused("The address is not one that mail can carry", code="invalid_address")
        talk = self._begun(envelope)
        ready = mail if is_dotless else _transparent(mail)
        return self._ended(talk, ready, Envelope(sender, following))

    def close(self) -> None:
        """Say QUIT and hang up; harmless when nothing is open."""
        talk = self._talk
        if talk is not None and self._announced is None:  # inside a mail nobody can take leave
            with suppress(_StaleError):
                talk.asked("QUIT", 1, timeout_s=LEAVE_TIMEOUT_S)
        self._hang_up()

    def _begun(self, envelope: Envelope) -> "_Talk":
        """Return the line after "354 go ahead". A kept line that went stale is opened anew, once."""
        announced, self._announced = self._announced, None
        is_old = time.monotonic() > self._announced_at + ANNOUNCED_S
        if self._talk is not None and (announced is None or (announced == envelope and not is_old)):
            try:
                return self._let_in(self._talk, envelope, is_said=announced is not None)
            except _StaleError:
                self._may_announce = self._may_announce and announced is None
        self._hang_up()
        self._talk = self._opened()
        try:
            return self._let_in(self._talk, envelope)
        except _StaleError as error:
            self._hang_up()
            raise Unavailable("The mail server was lost before the mail", code="lost") from error

    def _let_in(self, talk: "_Talk", envelope: Envelope, *, is_said: bool = False) -> "_Talk":
        """Say who writes to whom, in one go where the server offers PIPELINING (RFC 2920)."""
        together = []
        if is_said:
            together = talk.heard(len(STEPS))
        elif talk.can_pipeline:
            together = talk.asked(envelope.said, len(STEPS))
        for number, (command, (wanted, code)) in enumerate(
            zip(envelope.commands, STEPS, strict=True)
        ):
            status = together[number] if together else talk.asked(command, 1)[0]
            if status in wanted:
                continue
            if status == 421 or not 400 <= status < 600 or (is_said and number == 0):
                raise _StaleError  # also of a server that knows no sender before she is asked for alone
            self._forget(talk, is_begun=354 in together)
            raise failure(status, code)
        return talk

    def _ended(self, talk: "_Talk", mail: bytes, following: Envelope) -> str:
        """Say the mail and, where one follows, its envelope; return the word of acceptance."""
        if announces := self._may_announce and talk.can_pipeline and following.is_plain:
            self._announced, self._announced_at = following, time.monotonic()
        try:
            talk.say(mail + _end(mail, following.said if announces else ""))
            status, reply = talk.reply(self.accept_timeout_s)
        except OSError as error:
            self._hang_up()
            message = "The mail server was lost before it confirmed the mail"
            raise Unclear(message, code="lost_answer") from error
        if status == 250:
            return reply or "accepted"
        if status == 421 or not 400 <= status < 600:
            self._hang_up()
        if not 400 <= status < 600:
            raise Unclear("The mail server gave an unreadable answer", code="unreadable")
        raise failure(status, "mail_refused")

    def _forget(self, talk: "_Talk", *, is_begun: bool) -> None:
        """Forget the envelope; a line that cannot is not used again.

        `is_begun`: the server waits for a mail without a recipient, and is given an empty one, which
        it refuses (RFC 2920 §3.1).
        """
        try:
            is_clean = not is_begun or talk.asked(".", 1)[0] >= 500
            is_clean = is_clean and talk.asked("RSET", 1)[0] == 250
        except _StaleError:
            is_clean = False
        if not is_clean:
            self._hang_up()

    def _hang_up(self) -> None:
        talk, self._talk, self._announced = self._talk, None, None
        if talk is not None:
            talk.close()

    def _opened(self) -> "_Talk":
        smtp = (_TlsSmtp if self.server.security == "smtps" else _Smtp)(self.server)
        try:
            self._greet(smtp)
        except RemoteError:
            smtp.close()
            raise
        except OSError as error:
            smtp.close()
            raise _no_line(error) from error
        self.opened += 1
        return _Talk(smtp)

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


class _Talk:
    """What is said and heard once a server has let us in.

    smtplib opens the line and signs in; of the mails themselves it would make several packets and read
    each reply by itself.
    """

    def __init__(self, smtp: smtplib.SMTP) -> None:
        if smtp.sock is None:
            raise Unavailable("The mail server was lost before the mail", code="lost")
        self._smtp, self._socket = smtp, smtp.sock
        self._timeout_s = REPLY_TIMEOUT_S  # as the socket was opened
        self._heard = b""
        self.can_pipeline = smtp.has_extn("pipelining")

    def say(self, data: bytes) -> None:
        self._socket.sendall(data)

    def asked(self, commands: str, count: int, *, timeout_s: float = REPLY_TIMEOUT_S) -> list[int]:
        """Say one or several commands at once; return the codes of so many replies, in order."""
        try:
            self.say(f"{commands}\r\n".encode("ascii"))
        except OSError as error:
            raise _StaleError from error
        return self.heard(count, timeout_s)

    def heard(self, count: int, timeout_s: float = REPLY_TIMEOUT_S) -> list[int]:
        """Return the codes of the next replies."""
        try:
            return [self.reply(timeout_s)[0] for _ in range(count)]
        except OSError as error:
            raise _StaleError from error

    def reply(self, timeout_s: float) -> tuple[int, str]:
        """Return code and words of the next reply (RFC 5321 §4.2); a garbled one has the code -1.

        A server that drips is left after twice the time, however many lines it has said. Raises OSError.
        """
        until = time.monotonic() + timeout_s
        words = ""
        while True:
            line = self._line(timeout_s, until)
            if not CODE.match(line):
                return -1, ""
            words = f"{words} {_words(line[4:])}".strip()[:MAX_REPLY]
            if line[3:4] != b"-":
                return int(line[:3]), words

    def close(self) -> None:
        self._smtp.close()

    def _line(self, timeout_s: float, until: float) -> bytes:
        if time.monotonic() > until:
            raise TimeoutError
        while (end := self._heard.find(b"\n")) < 0:
            if self._timeout_s != timeout_s:
                self._socket.settimeout(timeout_s)
                self._timeout_s = timeout_s
            data = self._socket.recv(RECEIVED_AT_ONCE)
            if not data or len(self._heard) > MAX_LINE:
                raise ConnectionResetError
            if time.monotonic() > until:
                raise TimeoutError
            self._heard += data
        line, self._heard = self._heard[:end], self._heard[end + 1 :]
        return line


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


def _transparent(mail: bytes) -> bytes:
    """Return the mail with its transparency dots (RFC 5321 §4.5.2)."""
    if mail.startswith(b".") or b"\n." in mail:
        return DOT.sub(b"..", mail)
    return mail


def _end(mail: bytes, after: str) -> bytes:
    """Return what ends a mail, and what is said after it."""
    end = ".\r\n" if mail.endswith(b"\r\n") else "\r\n.\r\n"
    return (f"{end}{after}\r\n" if after else end).encode("ascii")


def _words(reply: bytes) -> str:
    text = reply.decode("ascii", errors="replace").strip()
    if text.isprintable() and "  " not in text:
        return text
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
