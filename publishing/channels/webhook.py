"""One signed POST to a receiver of the team: a push message, a banner, an in-app note, an SMS gateway."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from halcytone.lib import http, signatures
from halcytone.lib.errors import Refused, Unclear
from publishing.channels.base import AccountFace, Channel, Content, Message, Receipt, iso
from publishing.channels.passport import API_KEY, Passport

#: The most characters of title and text, by kind: publishing specification §3.
LIMITS: Mapping[str, tuple[int, int]] = {
    "push": (50, 150),
    "banner": (80, 160),
    "in_app": (80, 160),
    "sms": (80, 160),
}
TITLES, TEXTS = ("title", "subject"), ("text", "excerpt", "preheader")


class Webhook(Channel):
    """Tells a receiver what to show. `endpoint` is its whole address, `profile_id` the kind, `credential`
    the secret that signs; two of them, with a space between, while one takes the place of the other.

    The body is `{kind, title, text, url, expires_at, key}`; 2xx with `{"id"}` confirms it. `lives_h` is how
    long a message is worth showing when its content does not say.
    """

    name = "webhook"
    profiles = tuple(LIMITS)
    passport = Passport(api_version="Standard Webhooks 1", auth=API_KEY, per_second=10)

    def __init__(
        self,
        account: AccountFace,
        *,
        lives_h: float = 24,
        transport: httpx.BaseTransport | None = None,
        **options: Any,
    ) -> None:
        super().__init__(account, **options)
        self.lives_h, self.transport = lives_h, transport

    def problems(self, content: Content) -> list[str]:
        title, text = shown(content)
        found = [] if title or text else ["There is nothing to show"]
        if self.account.profile_id not in LIMITS:
            return found
        most = LIMITS[self.account.profile_id]
        for name, value, limit in (("title", title, most[0]), ("text", text, most[1])):
            if len(value) > limit:
                kind = self.account.profile_id
                found.append(f"The {name} has {len(value)} characters, a {kind} takes {limit}")
        return found

    @contextmanager
    def session(self) -> Iterator["WebhookSession"]:
        url = urlsplit(self.account.endpoint)
        origin = urlunsplit((url.scheme, url.netloc, "", "", ""))
        with http.Client("The receiver", origin, headers={}, transport=self.transport) as client:
            yield WebhookSession(self, client, url.path or "/")


class WebhookSession:
    """A line to one receiver."""

    def __init__(self, channel: Webhook, client: http.Client, path: str) -> None:
        self.channel, self.client, self.path = channel, client, path

    def send(self, message: Message) -> Receipt:
        account = self.channel.account
        if problems := self.channel.problems(message.content):
            raise Refused(problems[0], code="bad_content")
        secrets = account.credential.split()
        if not secrets or account.profile_id not in LIMITS:
            raise Refused("The account needs a kind and a secret that signs", code="bad_settings")
        body = wire(message, account.profile_id, self.channel.lives_h)
        signed = signatures.headers(message.key, datetime.now(UTC), http.encoded(body), secrets)
        answer = self.client.post(self.path, body, request_id=message.key, headers=signed)
        id = answer.data.get("id") if isinstance(answer.data, Mapping) else None
        if not id:
            raise Unclear("The receiver took it but named no id", code="no_id")
        return Receipt(str(id), str(answer.data.get("url") or message.url))


def shown(content: Content) -> tuple[str, str]:
    """Return title and text of a content, whatever its format calls them; a thread shows its first post."""
    first = next(iter(content.get("parts") or [content]))
    title, text = (
        next((str(content[name]) for name in names if content.get(name)), "")
        for names in (TITLES, TEXTS)
    )
    return title, text or str(first.get("text") or "")


def wire(message: Message, kind: str, lives_h: float) -> dict[str, Any]:
    """Return the body that tells a receiver what to show, until when."""
    title, text = shown(message.content)
    until = (message.at or datetime.now(UTC)) + timedelta(hours=lives_h)
    return {
        "kind": kind,
        "title": title,
        "text": text,
        "url": message.content.get("url") or message.url,
        "expires_at": message.content.get("expires_at") or iso(until),
        "key": message.key,
    }
