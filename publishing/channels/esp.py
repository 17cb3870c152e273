"""Mail through the API of a mail service (Postmark, Brevo, SendGrid …): one call is one reader's mail."""

import ssl
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self

import requests
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import (
    AnymailConfigurationError,
    AnymailError,
    AnymailNotSupportedWarning,
    AnymailRecipientsRefused,
)
from anymail.message import AnymailMessage
from django.utils.module_loading import import_string
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from content.formats import merge
from halcytone.lib import http, sessions
from halcytone.lib.errors import Refused, RemoteError, Unavailable, Unclear
from publishing.channels import letters, mime
from publishing.channels.base import MARKS, AccountFace, Channel, Content, Message, Receipt
from publishing.channels.passport import API_KEY, Passport

TIMEOUT_S = 30
KEY = "halcytone_key"  # under which a mail's metadata names its delivery
TAKEN = frozenset({"sent", "queued"})
NOT_TAKEN = frozenset({"invalid", "rejected"})


@dataclass(frozen=True, slots=True)
class Service:
    """How a mail service is reached: what anymail calls its key, and the path of its API.

    `is_quiet`: it can be told for each mail to rewrite no link and add no image.
    """

    key: str
    path: str
    is_quiet: bool = True


#: By the name of their module in anymail.backends; https://anymail.dev/en/stable/esps/
SERVICES: Mapping[str, Service] = {
    "brevo": Service("api_key", "/v3/", is_quiet=False),
    "mailgun": Service("api_key", "/v3/"),
    "mandrill": Service("api_key", "/api/1.0/"),
    "postmark": Service("server_token", "/"),
    "resend": Service("api_key", "/", is_quiet=False),
    "sendgrid": Service("api_key", "/v3/"),
    "sparkpost": Service("api_key", "/api/v1/"),
}


class Esp(Channel):
    """Hands mails to a mail service. `endpoint` is its base URL, `credential` its key, `profile_id` names it.

    What is sent is the sealed newsletter with the reader's own values; the service is asked not to track
    where it can be. It gives its own id for each mail, and cannot be asked what it took.
    """

    name = "esp"
    formats = ("newsletter",)
    takes_recipients = True
    profiles = tuple(SERVICES)
    passport = Passport(
        auth=API_KEY,
        limits={"subject": 100, "html": 500_000},
        alt_text="the alt attribute of each image",
        per_second=10,
        per_hour=36_000,
    )

    def problems(self, content: Content) -> list[str]:
        return letters.problems(content, self.passport)

    def session(self) -> "EspSession":
        return EspSession(self, self.account)


class EspSession(AbstractContextManager["EspSession"]):
    """A kept line to one mail service."""

    def __init__(self, channel: Esp, account: AccountFace) -> None:
        self.channel, self.account = channel, account
        self.sender = mime.Sender(account.from_email, account.reply_to)
        self.line: AnymailRequestsBackend | None = None
        self.content: Content | None = None
        self.cut: Mapping[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.line is not None:
            self.line.close()

    def send(self, message: Message) -> Receipt:
        mail = self.mail(message)
        try:
            self._line().send_messages([mail])
        except AnymailError as error:  # its text holds addresses, so it is not chained
            raise meaning(error) from None
        except OSError as error:
            raise Unclear(
                "The mail service was lost before its answer", code="lost_answer"
            ) from error
        status = next(iter(mail.anymail_status.recipients.values()))
        if status.status in TAKEN and status.message_id:
            return Receipt(str(status.message_id))
        if status.status in NOT_TAKEN:
            raise _not_this_reader()
        raise Unclear("The mail service named no id", code="no_id")

    def mail(self, message: Message) -> AnymailMessage:
        """Return what one reader gets: her values in the sealed texts. Raises Refused."""
        to = message.recipient
        if to is None:
            raise Refused("A mail needs a reader", code="bad_message")
        texts = self._texts(message.content)
        mail = AnymailMessage(
            subject=message.content["subject"],
            body=merge.fill(texts["text"], to.merge),
            from_email=self.sender.address,
            to=[_mailbox(to.name, to.address)],
            reply_to=[self.sender.reply_to] if self.sender.reply_to else None,
            headers=headers(message, self.sender),
        )
        mail.attach_alternative(merge.fill_html(texts["html"], to.merge), "text/html")
        mail.metadata = {KEY: message.key}
        if SERVICES[self.account.profile_id].is_quiet:
            mail.track_opens = mail.track_clicks = False
        return mail

    def _texts(self, content: Content) -> Mapping[str, Any]:
        """Return the texts of this newsletter, split at its merge fields once for all readers."""
        if self.content is not content:
            if problems := self.channel.problems(content):
                raise Refused(problems[0], code="bad_content")
            if self.account.profile_id not in SERVICES:
                raise Refused("The account names no mail service", code="bad_settings")
            self.content = content
            self.cut = {
                key: merge.split(content[key], also=content.get(MARKS, ()))
                for key in ("text", "html")
            }
        return self.cut

    def _line(self) -> AnymailRequestsBackend:
        if self.line is None:
            name = self.account.profile_id
            service = SERVICES[name]
            backend = import_string(f"anymail.backends.{name}.EmailBackend")
            url = self.account.endpoint.rstrip("/") + service.path
            given = {service.key: self.account.credential, "api_url": url, "timeout": TIMEOUT_S}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AnymailNotSupportedWarning)
                self.line = backend(**given)
            self.line.open()
            sessions.guard(self.line.session)
        return self.line


def headers(message: Message, sender: mime.Sender) -> dict[str, str]:
    """Return the headers of a mail besides those that every mail has (RFC 8058). Raises Refused."""
    merged = message.recipient.merge if message.recipient else {}
    link = merged.get("one_click_url") or merged.get("unsubscribe_url", "")
    if not mime.LINK.fullmatch(link):
        raise Refused("The mail has no way to unsubscribe", code="no_unsubscribe")
    return {
        "List-Unsubscribe": f"<{link}>, <mailto:{sender.answers_to}?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Halcytone-Key": message.key,
    }


def meaning(error: AnymailError) -> RemoteError:
    """Return what an error of anymail says of the mail: refused, not taken, or not known."""
    if isinstance(error, AnymailRecipientsRefused):
        return _not_this_reader()
    if isinstance(error, requests.RequestException) and error.response is None:
        return _lost(error)
    if error.status_code is None:  # nothing was asked: anymail could not make the call
        is_ours = isinstance(error, AnymailConfigurationError)
        return Refused(
            "The mail service cannot carry this mail",
            code="bad_settings" if is_ours else "bad_content",
        )
    if error.status_code < 300:
        return Unclear("The mail service gave an unreadable answer", code="unreadable")
    wait_s = http.retry_after_s(error.response.headers)
    return http.failure("The mail service", error.status_code, wait_s)


def _lost(error: requests.RequestException) -> RemoteError:
    """Tell a line that never stood from one that was lost."""
    if isinstance(error, requests.TooManyRedirects):
        return Refused("The mail service has moved; mend the endpoint", code="redirected")
    reasons = _causes(error)
    never = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
    if any(isinstance(reason, never) for reason in reasons):
        return Unavailable("The mail service cannot be reached", code="unreachable")
    if isinstance(error, requests.Timeout):
        return Unclear("The mail service did not answer in time", code="timeout")
    return Unclear("The mail service was lost before its answer", code="lost_answer")


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error with all that it came from, as exceptions chain and urllib3 wraps them."""
    found: list[BaseException] = []
    left: list[Any] = [error]
    while left:
        one = left.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            left += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def _not_this_reader() -> Refused:
    return Refused("The mail service does not write to this reader", code="recipient_refused")


def _mailbox(name: str, address: str) -> str:
    bare = mime.envelope(address)
    shown = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    quoted = shown.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{bare}>' if shown else bare
