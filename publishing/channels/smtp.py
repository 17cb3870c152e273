"""Mail through an SMTP server: one delivery is one message to one reader."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Self

from content.formats import merge
from halcytone.lib import mail
from halcytone.lib.errors import Invalid, Refused
from publishing.channels import mime
from publishing.channels.base import AccountFace, Channel, Content, Message, Receipt


class Smtp(Channel):
    """Hands mails to the account's server over a kept line.

    `endpoint` is `smtp://host:port`, `smtp+starttls://…` or `smtps://…`; `profile_id` is the login name,
    the address of the sender when it is empty. SMTP cannot be asked what it took.
    """

    name = "smtp"
    formats = ("newsletter",)
    schemes = tuple(mail.PORTS)
    takes_recipients = True

    def problems(self, content: Content) -> list[str]:
        found = [
            f"The mail has no {key}" for key in ("subject", "html", "text") if not content.get(key)
        ]
        found += [sentence for key in ("html", "text") for sentence in _slots(key, content)]
        if merge.fields(str(content.get("subject", ""))):
            found.append("The subject cannot carry merge fields")
        return found

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
        self.content: Mapping[str, Any] | None = None
        self.mold: mime.Mold | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.line is not None:
            self.line.close()

    def send(self, message: Message) -> Receipt:
        data = self.built(message)
        line = self._line()
        assert message.recipient is not None  # noqa: S101 - `built` refused it otherwise
        return Receipt(line.send(self.bare, mime.envelope(message.recipient.address), data))

    def built(self, message: Message) -> bytes:
        to = message.recipient
        if to is None or message.at is None:
            raise Refused("A mail needs a reader and a date", code="bad_message")
        reader = mime.Reader(message.key, to.address, to.name, to.merge, message.at)
        return self._molded(message.content).mail(reader)

    def _molded(self, content: Content) -> mime.Mold:
        """Return the mold of this content, made when it differs from the one before."""
        if self.mold is None or (content is not self.content and content != self.content):
            if problems := self.channel.problems(content):
                raise Refused(problems[0], code="bad_content")
            self.mold, self.content = mime.Mold(content, self.sender), content
        return self.mold

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


def _slots(key: str, content: Content) -> list[str]:
    text = str(content.get(key, ""))
    try:
        merge.split(text)
    except Invalid as error:
        return [f"{key}: {error}"]
    missing = merge.REQUIRED - merge.fields(text)
    return [f"{key}: the merge field {name} is missing" for name in sorted(missing)] if text else []
