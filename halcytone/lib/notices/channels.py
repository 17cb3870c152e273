"""The ways out of the house that notifications take: the house's own mail server, and a Slack webhook."""

from collections.abc import Callable, Mapping, Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from halcytone.lib import outbound
from halcytone.lib.errors import Unavailable
from halcytone.lib.http import TextClient
from halcytone.lib.mail import Line, Server
from halcytone.lib.notices import events, letters
from halcytone.lib.notices.letters import Letterhead, News
from halcytone.lib.notices.models import Dispatch

SANDBOX_HOOK = "/services/T00000000/B00000000/sandbox"
CHOICES_PATH = "/admin/preferences/"
DIGEST = "digest:"


def open_ways() -> list[str]:
    """Return the channels that this installation has: none while outbound is off."""
    if settings.OUTBOUND == outbound.OFF:
        return []
    if settings.OUTBOUND == outbound.SANDBOX:
        return [events.MAIL, events.SLACK]
    has_mail = settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
    has = {events.MAIL: has_mail, events.SLACK: bool(settings.SLACK_WEBHOOK_URL)}
    return [name for name, is_there in has.items() if is_there]


def send(channel: str, rows: Sequence[Dispatch]) -> None:
    """Send rows of one bundle as one message. Raises Refused, Unavailable, Unclear."""
    SENDERS[channel](rows)


def mail(rows: Sequence[Dispatch]) -> None:
    first = rows[0]
    press = urlsplit(settings.PRESS_URL)
    head = Letterhead(
        settings.DEFAULT_FROM_EMAIL,
        first.notification.person.email,
        f"notice-{first.pk}-{first.attempts}",
        press.hostname or "localhost",
        settings.PRESS_URL + CHOICES_PATH,
    )
    is_digest = first.bundle.startswith(DIGEST)
    message = letters.mail(head, [news(row) for row in rows], is_digest=is_digest)
    line = Line(_server(press.hostname or "localhost"))
    try:
        line.send(parseaddr(head.sender)[1], head.recipient, message)
    finally:
        line.close()


def slack(rows: Sequence[Dispatch]) -> None:
    hook = urlsplit(settings.SLACK_WEBHOOK_URL)
    base = outbound.endpoint("receivers", f"{hook.scheme}://{hook.netloc}")
    is_live = settings.OUTBOUND == outbound.LIVE  # the stand-in is not told the secret address
    body = letters.slack([news(row) for row in rows])
    with TextClient("Slack", base, headers={}) as client:
        client.post(hook.path if is_live else SANDBOX_HOOK, body)


def news(row: Dispatch) -> News:
    told = row.notification
    url = settings.PRESS_URL + told.path
    return News(told.subject, told.text, url, told.actor, str(told.person))


def _server(greeting: str) -> Server:
    """Return the server of the house's own mails, as the settings of mails about accounts name it."""
    if settings.OUTBOUND != outbound.LIVE:
        return Server.at(outbound.endpoint("smtp", ""), greeting=greeting)
    if not settings.EMAIL_HOST:
        raise Unavailable("EMAIL_URL names no mail server", code="no_mail_server")
    security = "smtps" if settings.EMAIL_USE_SSL else "smtp"
    security = "smtp+starttls" if settings.EMAIL_USE_TLS else security
    return Server(
        security,
        settings.EMAIL_HOST,
        settings.EMAIL_PORT,
        greeting,
        settings.EMAIL_HOST_USER,
        settings.EMAIL_HOST_PASSWORD,
    )


SENDERS: Mapping[str, Callable[[Sequence[Dispatch]], Any]] = {
    events.MAIL: mail,
    events.SLACK: slack,
}
