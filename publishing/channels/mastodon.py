"""Threads on Mastodon (API v1): one delivery is one status, and each answers the one before.

It publishes the threads that are written for X: what fits there fits here.
"""

import html
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from halcytone.lib import http
from halcytone.lib.errors import Refused, Unavailable, Unclear
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
from publishing.channels.passport import DELETE, EDIT, OAUTH2, READ_BACK, REPLY, THREAD, Passport

STATUSES = "/api/v1/statuses"
URL = re.compile(r"https?://\S+")
URL_SIZE = 23  # every link counts so much: https://docs.joinmastodon.org/user/posting/#links
LIMIT, MOST_IMAGES, MOST_ALT = 500, 4, 1_500
LOOKS, PAUSE_S = 5, 1.0  # at an image that is still being prepared
PAGE_SIZE, MOST_PAGES, SKEW_S = 40, 5, 5  # of the account's statuses
BREAK, TAG = re.compile(r"<br\s*/?>|</p>\s*<p>"), re.compile(r"<[^>]+>")


class Mastodon(HttpChannel):
    """Posts threads. `endpoint` is the server, `credential` an access token, `profile_id` the account's id.

    A status carries its delivery's key as Idempotency-Key, which a server remembers for an hour; a lost
    one is looked for among the account's own statuses, by text and by the status that it answers.
    """

    name = "mastodon"
    formats = ("x",)
    passport = Passport(
        api_version="4.3",
        auth=OAUTH2,
        scopes=("read:accounts", "read:statuses", "write:media", "write:statuses"),
        limits={"text": LIMIT, "media": MOST_IMAGES, "alt": MOST_ALT},
        alt_text="description of the media",
        abilities=frozenset({EDIT, DELETE, REPLY, THREAD, READ_BACK}),
        per_hour=15,
        per_day=300,
        contact="https://docs.joinmastodon.org",
    )

    def parts(self, content: Content) -> Sequence[Content]:
        return list(content.get("parts", [content]))

    def problems(self, content: Content) -> list[str]:
        posts, most = self.parts(content), self.passport.limit("text", LIMIT)
        found = [] if posts else ["The thread has no post"]
        for number, post in enumerate(posts, 1):
            size = len(URL.sub("x" * URL_SIZE, str(post.get("text", ""))))
            if not size:
                found.append(f"Post {number} is empty")
            if size > most:
                found.append(f"Post {number} has {size} characters, Mastodon takes {most}")
        return found

    @contextmanager
    def session(self) -> Iterator["MastodonSession"]:
        with self.client() as client:
            yield MastodonSession(self, client)

    def client(self) -> http.Client:
        headers = {"Authorization": f"Bearer {self.account.credential}"}
        endpoint = self.account.endpoint
        return http.Client("Mastodon", endpoint, headers=headers, transport=self.transport)

    def check(self, at: datetime) -> Sequence[Check]:
        """Ask who the account is."""
        with self.client() as client:
            try:
                user = client.get("/api/v1/accounts/verify_credentials").data
            except Refused as error:
                return (Check("sign_in", NO_GO, str(error)),)
        if not isinstance(user, Mapping) or str(user.get("id")) != self.account.profile_id:
            said = "The credential speaks for another user than the one of this account."
            return (Check("sign_in", NO_GO, said),)
        return (Check("sign_in", GO, f"It speaks as @{user.get('acct', '')}."),)

    def read_back(self, message: Message) -> Receipt | None:
        if not self.account.can_read_back or message.at is None:
            return super().read_back(message)
        with self.client() as client:
            return look(lambda: self._found(client, message), message, self.settle_s)

    def _found(self, client: http.Client, message: Message) -> Receipt | None:
        wanted = _plain(str(message.content["text"]))
        for status in _statuses(client, self.account.profile_id, message):
            is_in_place = str(status.get("in_reply_to_id") or "") == message.reply_to
            if is_in_place and _shown(str(status.get("content", ""))) == wanted:
                return receipt(status)
        return None


class MastodonSession:
    """A line to one server."""

    def __init__(self, channel: Mastodon, client: http.Client) -> None:
        self.channel, self.client = channel, client

    def send(self, message: Message) -> Receipt:
        self._require(message.content)
        if message.part > 1 and not message.reply_to:
            said = f"Part {message.part} needs the id of the part before"
            raise Refused(said, code="bad_message")
        body: dict[str, Any] = {"status": message.content["text"]}
        if message.media and message.part == 1:
            with before_the_post("Mastodon"):
                body["media_ids"] = self._uploaded(message.media)
        if message.reply_to:
            body["in_reply_to_id"] = message.reply_to
        return self._posted(body, message.key)

    def edit(self, provider_id: str, content: Content, *, key: str, at: datetime) -> None:
        self._require(content)
        body = http.encoded({"status": content["text"]})
        self.client.put(f"{STATUSES}/{provider_id}", body, media_type="application/json")

    def delete(self, provider_id: str) -> None:
        try:
            self.client.delete(f"{STATUSES}/{provider_id}")
        except Refused as error:
            if error.code != "not_found":
                raise

    def reply(self, provider_id: str, text: str, *, key: str) -> Receipt:
        return self._posted({"status": text, "in_reply_to_id": provider_id}, key)

    def _posted(self, body: Mapping[str, Any], key: str) -> Receipt:
        headers = {"Idempotency-Key": key}
        return receipt(self.client.post(STATUSES, body, request_id=key, headers=headers).data)

    def _uploaded(self, media: Sequence[Media]) -> list[str]:
        """Return the ids of these images, ready and with their descriptions."""
        data = [each.read() for each in media]
        if len(media) > MOST_IMAGES or any(len(each.alt) > MOST_ALT for each in media):
            said = (
                f"Mastodon takes {MOST_IMAGES} images with {MOST_ALT:,} characters of alt text each"
            )
            raise Refused(said, code="bad_content")
        return [self._upload(*each) for each in zip(media, data, strict=True)]

    def _upload(self, image: Media, data: bytes) -> str:
        file = http.File("file", "image", data, image.media_type)
        answer = self.client.upload("/api/v2/media", {"description": image.alt}, file)
        id = _id(answer.data)
        if answer.status == httpx.codes.ACCEPTED:  # it is still being prepared
            self._wait_for(id)
        return id

    def _wait_for(self, id: str) -> None:
        for _ in range(LOOKS):
            if self.client.get(f"/api/v1/media/{id}").status != httpx.codes.PARTIAL_CONTENT:
                return
            time.sleep(PAUSE_S)
        raise Unavailable("Mastodon still prepares an image", code="media_pending")

    def _require(self, content: Content) -> None:
        if problems := self.channel.problems(content):
            raise Refused(problems[0], code="bad_content")


def receipt(status: Any) -> Receipt:
    return Receipt(_id(status), str(status.get("url") or ""))


def _id(data: Any) -> str:
    if not isinstance(data, Mapping) or not data.get("id"):
        raise Unclear("Mastodon took it but named no id", code="no_id")
    return str(data["id"])


def _statuses(client: http.Client, user_id: str, message: Message) -> Iterator[Mapping[str, Any]]:
    """Yield the account's statuses since the hand-over, newest first. Raises Unclear when there are too many."""
    assert message.at is not None  # noqa: S101 - `read_back` asked
    since = message.at - timedelta(seconds=SKEW_S)
    params: dict[str, str | int] = {"limit": PAGE_SIZE, "exclude_reblogs": "true"}
    for _ in range(MOST_PAGES):
        page = client.get(f"/api/v1/accounts/{user_id}/statuses", params).data
        if not isinstance(page, list):
            raise Unclear("Mastodon's list of statuses cannot be read", code="unreadable")
        recent = [one for one in page if datetime.fromisoformat(one["created_at"]) >= since]
        yield from recent
        if len(recent) < len(page) or len(page) < PAGE_SIZE:
            return
        params["max_id"] = str(page[-1]["id"])
    raise Unclear("Mastodon shows too many statuses to look through", code="too_many")


def _shown(content: str) -> str:
    """Return the text of a status as it was written; links stand in it in full."""
    return _plain(html.unescape(TAG.sub("", BREAK.sub(" ", content))))


def _plain(text: str) -> str:
    return " ".join(text.split())
