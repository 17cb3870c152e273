"""Posts of organisations and members on LinkedIn (Posts API): the post, then its comments one by one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from urllib.parse import urlsplit

from halcytone.lib import http
from halcytone.lib.errors import Refused
from publishing.channels import credentials, tokens
from publishing.channels.base import (
    GO,
    NO_GO,
    Check,
    Content,
    HttpChannel,
    Media,
    Message,
    Receipt,
    before_the_post,
    look,
)
from publishing.channels.linkedin_wire import OLDER, Posts, UgcPosts, thread_of
from publishing.channels.passport import (
    COMMENT,
    DELETE,
    EDIT,
    OAUTH2,
    READ_BACK,
    REPLY,
    Passport,
)

HOST, SIGN_IN = "api.linkedin.com", "https://www.linkedin.com"
AUTHORIZE, TOKENS = "/oauth/v2/authorization", "/oauth/v2/accessToken"
MOST, MOST_IMAGES, MOST_ALT = 3_000, 20, 4_086
#: Limits as LinkedIn publishes them; a version is spoken for a year:
#: https://learn.microsoft.com/linkedin/marketing/versioning
PASSPORT = Passport(
    api_version="202610",
    sunset_on=date(2027, 10, 31),
    base_url=f"https://{HOST}",
    auth=OAUTH2,
    scopes=("w_organization_social", "r_organization_social"),
    limits={"text": MOST, "tags": 5, "media": MOST_IMAGES, "alt": MOST_ALT},
    alt_text="altText of each image",
    abilities=frozenset({EDIT, DELETE, REPLY, COMMENT, READ_BACK}),
    per_hour=5,
    per_day=25,
    contact="https://linkedin.zendesk.com",
)


class LinkedIn(HttpChannel):
    """Posts as `profile_id`, a URN such as urn:li:organization:123, with an OAuth 2.0 access token.

    A passport whose API version is `v2` speaks the older form, ugcPosts.

    LinkedIn gives no idempotency key: a lost post is looked for among those of the author, by text and
    only after its hand-over. The comments of a post are deliveries of their own, each after the one before.
    """

    name = "linkedin"
    formats = ("linkedin",)
    passport = PASSPORT

    def parts(self, content: Content) -> Sequence[Content]:
        post = {name: value for name, value in content.items() if name != "comments"}
        comments = content.get("comments") or ()
        return [post, *({"text": text, "kind": "comment"} for text in comments)]

    def problems(self, content: Content) -> list[str]:
        found = []
        for number, part in enumerate(self.parts(content)):
            what = f"Comment {number}" if number else "The post"
            if not str(part.get("text", "")).strip():
                found.append(f"{what} is empty")
            if (size := len(str(part.get("text", "")))) > MOST:
                found.append(f"{what} has {size:,} characters, LinkedIn takes {MOST:,}")
        return found

    @contextmanager
    def session(self) -> Iterator["LinkedInSession"]:
        with self.client() as client:
            yield LinkedInSession(self, self.wire(client))

    def client(self) -> http.Client:
        version = self.passport.api_version
        headers = {"X-Restli-Protocol-Version": "2.0.0"}
        return http.TerseClient(
            "LinkedIn",
            self.account.endpoint,
            headers=headers if version == OLDER else headers | {"LinkedIn-Version": version},
            code=_code,
            heard=self.hear,
            auth=credentials.auth(self.account.credential),
            transport=self.transport,
        )

    def wire(self, client: http.Client) -> Posts:
        kind = UgcPosts if self.passport.api_version == OLDER else Posts
        return kind(client, self.account.profile_id)

    def sign_in_urls(self) -> tokens.Places:
        place = SIGN_IN if self._is_real() else self.account.endpoint
        return tokens.Places(place + AUTHORIZE, place + TOKENS)

    def sign_in(
        self, code: str, verifier: str, redirect_uri: str, app: tokens.App, now: datetime
    ) -> tokens.Token:
        url, app = self.sign_in_urls().token, replace(app, is_posted=True)
        return tokens.made(
            code, verifier, redirect_uri, app, url, now=now, transport=self.transport
        )

    def renew(self, token: tokens.Token, app: tokens.App, now: datetime) -> tokens.Token:
        """Return a new token in the place of this one; see `tokens.renew`."""
        url, app = self.sign_in_urls().token, replace(app, is_posted=True)
        return tokens.renew(token, app, url, now=now, transport=self.transport)

    def check(self, at: datetime) -> Sequence[Check]:
        """Ask for the posts of the author: it needs a good token, its scopes, and a version that lives."""
        with self.client() as client:
            try:
                self.wire(client).newest()
            except Refused as error:
                return (Check("sign_in", NO_GO, str(error)),)
        return (Check("sign_in", GO, f"It speaks as {self.account.profile_id}."),)

    def receipt(self, urn: str) -> Receipt:
        """Return a receipt whose link a person can open: on LinkedIn, or on the stand-in's front page."""
        if self._is_real():
            return Receipt(urn, f"https://www.linkedin.com/feed/update/{thread_of(urn)}")
        return Receipt(urn, f"{self.account.endpoint}/#{urn}")

    def read_back(self, message: Message) -> Receipt | None:
        if not self.account.can_read_back or message.at is None:
            return super().read_back(message)
        with self.client() as client:
            return look(lambda: self._found(client, message), message, self.settle_s)

    def _found(self, client: http.Client, message: Message) -> Receipt | None:
        urn = self.wire(client).find(message)
        return self.receipt(urn) if urn else None

    def _is_real(self) -> bool:
        return urlsplit(self.account.endpoint).hostname == HOST


class LinkedInSession:
    """A line to LinkedIn."""

    def __init__(self, channel: LinkedIn, wire: Posts) -> None:
        self.channel, self.wire = channel, wire

    def send(self, message: Message) -> Receipt:
        content = message.content
        if content.get("kind") == "comment":
            if not message.reply_to:
                said = f"Part {message.part} needs the id of the part before"
                raise Refused(said, code="bad_message")
            return self.reply(message.reply_to, str(content["text"]), key=message.key)
        if problems := self.channel.problems(content):
            raise Refused(problems[0], code="bad_content")
        with before_the_post("LinkedIn"):
            images = self._uploaded(message.media)
        return self.channel.receipt(self.wire.post(content, images, message.key))

    def edit(self, provider_id: str, content: Content, *, key: str, at: datetime) -> None:
        """Change the text of a post; its images stay."""
        if problems := self.channel.problems(content):
            raise Refused(problems[0], code="bad_content")
        self.wire.edit(provider_id, str(content["text"]), key)

    def delete(self, provider_id: str) -> None:
        try:
            self.wire.delete(provider_id)
        except Refused as error:
            if error.code != "not_found":
                raise

    def reply(self, provider_id: str, text: str, *, key: str) -> Receipt:
        """Put a comment below a post; below a comment means below the post that it stands under."""
        return self.channel.receipt(self.wire.comment(thread_of(provider_id), text, key))

    def _uploaded(self, media: Sequence[Media]) -> list[tuple[str, str]]:
        """Return (id, alt text) of each image, uploaded."""
        data = [each.read() for each in media]
        if len(media) > MOST_IMAGES or any(len(each.alt) > MOST_ALT for each in media):
            said = (
                f"LinkedIn takes {MOST_IMAGES} images with {MOST_ALT:,} characters of alt text each"
            )
            raise Refused(said, code="bad_content")
        pairs = zip(media, data, strict=True)
        return [(self.wire.upload(each, bytes_), each.alt) for each, bytes_ in pairs]


def _code(answer: http.Answer) -> str:
    """Tell a duplicate from other refusals: LinkedIn says 422 to both, and names it in the text."""
    said = str(answer.data.get("message", "")) if isinstance(answer.data, dict) else ""
    return "duplicate" if answer.status in (409, 422) and "duplicate" in said.lower() else ""
