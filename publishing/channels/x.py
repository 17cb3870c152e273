"""Threads on X (API v2): one delivery is one post, and each answers the one before."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from content.formats import weight
from halcytone.lib import http
from halcytone.lib.errors import Refused, Unclear
from publishing.channels import credentials, tokens, x_posts
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
from publishing.channels.passport import (
    DELETE,
    MEDIA_METADATA,
    OAUTH2,
    POST,
    POST_WITH_LINK,
    READ,
    READ_BACK,
    REPLY,
    THREAD,
    WEIGHTED,
    Passport,
)

LIMIT = 280  # weighted, https://docs.x.com/fundamentals/counting-characters
HOSTS = ("api.x.com", "api.twitter.com")
MOST_IMAGES, MOST_ALT = 4, 1_000  # of one post
TOKENS = "/2/oauth2/token"
#: Limits and prices as X publishes them: https://docs.x.com/x-api, "Pricing" (pay per use, 2026).
PASSPORT = Passport(
    api_version="2",
    base_url="https://api.x.com",
    auth=OAUTH2,
    scopes=("tweet.read", "tweet.write", "users.read", "media.write", "offline.access"),
    counts=WEIGHTED,
    limits={
        "text": LIMIT,
        "tags": 2,
        "media": MOST_IMAGES,
        "alt": MOST_ALT,
        "media_bytes": 5_242_880,
    },
    alt_text="metadata of the media",
    abilities=frozenset({DELETE, REPLY, THREAD, READ_BACK}),
    per_hour=15,
    per_day=300,
    prices={
        POST: Decimal("0.015"),
        POST_WITH_LINK: Decimal("0.200"),
        DELETE: Decimal("0.010"),
        MEDIA_METADATA: Decimal("0.005"),
        READ: Decimal("0.001"),
    },
    monthly_budget=Decimal(25),
    contact="https://devcommunity.x.com",
)


class X(HttpChannel):
    """Posts threads. `endpoint` is the API's base URL, `profile_id` the id of the user who posts.

    `credential` is that user's OAuth 2.0 access token, or the four secrets of OAuth 1.0a
    (`channels.credentials`). The images of a release stand in the first post of its thread.

    X gives no idempotency key: a lost post is looked for in the user's own timeline, by text, by the post
    it answers, and only after its hand-over. An absence is believed `settle_s` after it.
    """

    name = "x"
    formats = ("x",)
    passport = PASSPORT

    def parts(self, content: Content) -> Sequence[Content]:
        return list(content.get("parts", [content]))

    def problems(self, content: Content) -> list[str]:
        posts = self.parts(content)
        found = [] if posts else ["The thread has no post"]
        for number, post in enumerate(posts, 1):
            size = weight.weighted_length(str(post.get("text", "")))
            if not size:
                found.append(f"Post {number} is empty")
            if size > LIMIT:
                found.append(f"Post {number} has {size} weighted characters, X takes {LIMIT}")
        return found

    @contextmanager
    def session(self) -> Iterator["XSession"]:
        with self.client() as client:
            yield XSession(self, client)

    def client(self) -> http.Client:
        return http.Client(
            "X",
            self.account.endpoint,
            headers={},
            code=_code,
            auth=credentials.auth(self.account.credential),
            heard=self.hear,
            transport=self.transport,
        )

    def sign_in_urls(self) -> tokens.Places:
        endpoint = self.account.endpoint
        place = "https://x.com" if urlsplit(endpoint).hostname in HOSTS else endpoint
        return tokens.Places(f"{place}/i/oauth2/authorize", f"{endpoint}{TOKENS}")

    def sign_in(
        self, code: str, verifier: str, redirect_uri: str, app: tokens.App, now: datetime
    ) -> tokens.Token:
        url = self.sign_in_urls().token
        return tokens.made(
            code, verifier, redirect_uri, app, url, now=now, transport=self.transport
        )

    def renew(self, token: tokens.Token, app: tokens.App, now: datetime) -> tokens.Token:
        """Return a new token in the place of this one; see `tokens.renew`."""
        url = f"{self.account.endpoint}{TOKENS}"
        return tokens.renew(token, app, url, now=now, transport=self.transport)

    def check(self, at: datetime) -> Sequence[Check]:
        """Ask who the account is."""
        with self.client() as client:
            try:
                data = client.get("/2/users/me").data
            except Refused as error:
                return (Check("sign_in", NO_GO, str(error)),)
        user = data["data"] if _is_wrapped(data) else {}
        if user.get("id") != self.account.profile_id:
            said = "The credential speaks for another user than the one of this account."
            return (Check("sign_in", NO_GO, said),)
        return (Check("sign_in", GO, f"It speaks as @{user.get('username', '')}."),)

    def receipt(self, post_id: str) -> Receipt:
        """Return a receipt whose link a person can open: on X itself, or on the stand-in's front page."""
        endpoint = self.account.endpoint
        is_x = urlsplit(endpoint).hostname in HOSTS
        return Receipt(
            post_id, f"https://x.com/i/web/status/{post_id}" if is_x else f"{endpoint}/#{post_id}"
        )

    def read_back(self, message: Message) -> Receipt | None:
        if not self.account.can_read_back or message.at is None:
            return super().read_back(message)
        with self.client() as client:
            return look(lambda: self._found(client, message), message, self.settle_s)

    def _found(self, client: http.Client, message: Message) -> Receipt | None:
        post_id = x_posts.find(client, self.account.profile_id, message)
        return self.receipt(post_id) if post_id else None


class XSession:
    """A line to X."""

    def __init__(self, channel: X, client: http.Client) -> None:
        self.channel, self.client = channel, client

    def send(self, message: Message) -> Receipt:
        if problems := self.channel.problems(message.content):
            raise Refused(problems[0], code="bad_content")
        if message.part > 1 and not message.reply_to:
            raise Refused(
                f"Part {message.part} needs the id of the part before", code="bad_message"
            )
        body: dict[str, Any] = {"text": message.content["text"]}
        if message.media and message.part == 1:
            with before_the_post("X"):
                body["media"] = {"media_ids": self._uploaded(message.media)}
        if message.reply_to:
            body["reply"] = {"in_reply_to_tweet_id": message.reply_to}
        return self._posted(body, message.key)

    def delete(self, provider_id: str) -> None:
        try:
            self.client.delete(f"/2/tweets/{provider_id}")
        except Refused as error:
            if error.code != "not_found":
                raise

    def reply(self, provider_id: str, text: str, *, key: str) -> Receipt:
        return self._posted({"text": text, "reply": {"in_reply_to_tweet_id": provider_id}}, key)

    def _uploaded(self, media: Sequence[Media]) -> list[str]:
        """Return the ids of these images, which have their alt texts before anything is posted."""
        data = [each.read() for each in media]
        if len(media) > MOST_IMAGES or any(len(each.alt) > MOST_ALT for each in media):
            said = f"X takes {MOST_IMAGES} images with {MOST_ALT:,} characters of alt text each"
            raise Refused(said, code="bad_content")
        return [self._upload(*each) for each in zip(media, data, strict=True)]

    def _upload(self, image: Media, data: bytes) -> str:
        file = http.File("media", "image", data, image.media_type)
        answer = self.client.upload("/2/media/upload", {"media_category": "tweet_image"}, file)
        media_id = answer.data["data"].get("id") if _is_wrapped(answer.data) else None
        if not media_id:
            raise Unclear("X took the image but named no id", code="no_id")
        if image.alt:
            alt = {"id": str(media_id), "metadata": {"alt_text": {"text": image.alt}}}
            self.client.post("/2/media/metadata", alt)
        return str(media_id)

    def _posted(self, body: Mapping[str, Any], key: str) -> Receipt:
        data = self.client.post("/2/tweets", body, request_id=key).data
        post_id = data["data"].get("id") if _is_wrapped(data) else None
        if not post_id:
            raise Unclear("X took the post but named no id", code="no_id")
        return self.channel.receipt(str(post_id))


def _code(answer: http.Answer) -> str:
    """Tell a duplicate from other refusals: X says 403 to both."""
    detail = answer.data.get("detail") if isinstance(answer.data, Mapping) else ""
    return "duplicate" if answer.status == 403 and "duplicate" in str(detail).lower() else ""


def _is_wrapped(data: Any) -> bool:
    return isinstance(data, Mapping) and isinstance(data.get("data"), Mapping)
