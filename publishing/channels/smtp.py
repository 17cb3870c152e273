"""Mail through an SMTP server: one delivery is one message to one reader."""

from contextlib import AbstractContextManager
from typing import Self

from halcytone.lib import mail
from halcytone.lib.errors import Refused
from publishing.channels import letters, mime
from publishing.channels.base import AccountFace, Channel, Content, Message, Receipt
from publishing.channels.passport import PASSWORD, Passport

MOST_MOLDS = 8  # of newsletters that a session keeps ready


class Smtp(Channel):
    """Hands mails to the account's server over a kept line.

    `endpoint` is `smtp://host:port`, `smtp+starttls://…` or `smtps://…`; `profile_id` is the login name,
    the address of the sender when it is empty. SMTP cannot be asked what it took.
    """

    name = "smtp"
    formats = ("newsletter",)
    schemes = tuple(mail.PORTS)
    takes_recipients = True
    passport = Passport(
        api_version="RFC 5321",
        auth=PASSWORD,
        limits={"subject": 100, "html": 500_000},
        alt_text="the alt attribute of each image",
        per_second=10,
        per_hour=1_000,
    )

    def problems(self, content: Content) -> list[str]:
        return letters.problems(content, self.passport)

    def session(self) -> "SmtpSession":
        return SmtpSession(self, self.account)

    def built(self, message: Message) -> bytes:
        """Return the exact bytes that this message leaves as. Raises Refused."""
        return SmtpSession(self, self.account).built(message)


class SmtpSession(AbstractContextManager["SmtpSession"]):
    """A line to one mail server, and the newsletter that goes out on it at the moment."""

    def __init__(self, channel: Smtp, account: AccountFace) -> None:
        self.channel = channel
        self.sender = mime.Sender(account.from_email, account.reply_to)
        self.account = account
        self.bare = ""
        self.line: mail.Line | None = None
        self.molds: dict[int, tuple[Content, mime.Mold]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.line is not None:
            self.line.close()

    def send(self, message: Message) -> Receipt:
        data = self.built(message)
        line = self._line()
        to = message.recipient
        assert to is not None  # noqa: S101 - `built` refused it otherwise
        reader = mime.envelope(to.address)
        said = line.send(self.bare, reader, data, following=to.following, is_dotless=True)
        return Receipt(said)

    def built(self, message: Message) -> bytes:
        to = message.recipient
        if to is None or message.at is None:
            raise Refused("A mail needs a reader and a date", code="bad_message")
        reader = mime.Reader(message.key, to.address, to.name, to.merge, message.at)
        return self._molded(message.content).mail(reader)

    def _molded(self, content: Content) -> mime.Mold:
        """Return the mold of this content, made once: neighbours may differ in how they are counted."""
        kept = self.molds.get(id(content))
        if kept is None or kept[0] is not content:
            if problems := self.channel.problems(content):
                raise Refused(problems[0], code="bad_content")
            if len(self.molds) >= MOST_MOLDS:
                self.molds.clear()
            self.molds[id(content)] = kept = (content, mime.Mold(content, self.sender))
        return kept[1]

    def _line(self) -> mail.Line:
        if self.line is None:
            self.bare = self.sender.bare
            server = mail.Server.at(
                self.account.endpoint,
                greeting=self.sender.domain,
                username=self.account.profile_id or self.bare,
                password=self.account.credential,
            )
            self.line = mail.Line(server)
        return self.line
