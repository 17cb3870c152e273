"""Threads on X (API v2): one delivery is one post, and each answers the one before."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from content.formats import weight
from halcytone.lib import http
from halcytone.lib.errors import Refused, Unclear
from publishing.channels.base import (
    AccountFace,
    Channel,
    Content,
    Message,
    Receipt,
    iso,
    look,
)

LIMIT = 280  # weighted, https://docs.x.com/fundamentals/counting-characters
HOSTS = ("api.x.com", "api.twitter.com")
SKEW_S = 5  # how far X's clock may be behind ours
PAGE_SIZE, MOST_PAGES = 100, 5  # of the timeline, for a read-back
SCHEME = re.compile(r"https?://(www\.)?")


class X(Channel):
    """Posts threads. `endpoint` is the API's base URL, `credential` a user's OAuth 2.0 access token,
    `profile_id` that user's id.

    X gives no idempotency key: a lost post is looked for in the user's own timeline, by text, by the post
    it answers, and only after its hand-over. An absence is believed `settle_s` after it.
    """

    name = "x"
    formats = ("x",)
    can_read_back = True

    def __init__(
        self,
        account: AccountFace,
        *,
        settle_s: float = 10,
        transport: httpx.BaseTransport | None = None,
        **options: Any,
    ) -> None:
        super().__init__(account, **options)
        self.settle_s, self.transport = settle_s, transport

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
        headers = {"Authorization": f"Bearer {self.account.credential}"}
        return http.Client(
            "X", self.account.endpoint, headers=headers, code=_code, transport=self.transport
        )

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
        for post in _timeline(client, self.account.profile_id, message):
            if _is_same(post, message):
                return self.receipt(str(post["id"]))
        return None


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
        if message.reply_to:
            body["reply"] = {"in_reply_to_tweet_id": message.reply_to}
        data = self.client.post("/2/tweets", body, request_id=message.key).data
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


def _timeline(client: http.Client, user_id: str, message: Message) -> Iterator[Mapping[str, Any]]:
    """Yield the user's posts since the hand-over, newest first. Raises Unclear when there are too many."""
    assert message.at is not None  # noqa: S101 - `read_back` asked
    params: dict[str, str | int] = {
        "max_results": PAGE_SIZE,
        "tweet.fields": "created_at,entities,referenced_tweets",
        "start_time": iso(message.at - timedelta(seconds=SKEW_S)),
    }
    for _ in range(MOST_PAGES):
        data = client.get(f"/2/users/{user_id}/tweets", params).data
        if not isinstance(data, Mapping) or not isinstance(data.get("meta"), Mapping):
            raise Unclear("X's timeline cannot be read", code="unreadable")
        yield from data.get("data", ())
        if not (token := data["meta"].get("next_token")):
            return
        params["pagination_token"] = str(token)
    raise Unclear("X shows too many posts to look through", code="too_many")


def _is_same(post: Mapping[str, Any], message: Message) -> bool:
    answers = [
        one["id"] for one in post.get("referenced_tweets", ()) if one["type"] == "replied_to"
    ]
    is_in_place = answers == ([message.reply_to] if message.reply_to else [])
    return is_in_place and _shown(post) == _plain(str(message.content["text"]))


def _shown(post: Mapping[str, Any]) -> str:
    """Return a post's text as it was written: X escapes &, < and > and shortens links to t.co."""
    text = html.unescape(str(post["text"]))
    for link in post.get("entities", {}).get("urls", ()):
        text = text.replace(link["url"], link.get("expanded_url") or link["url"])
    return _plain(text)


def _plain(text: str) -> str:
    """Return a text without what X may change: space at line ends, the scheme of a link."""
    return SCHEME.sub("", " ".join(text.split())).replace("/ ", " ").rstrip("/")
