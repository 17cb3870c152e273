"""Posts of an Instagram professional account (Graph API): container, publication and first comment."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from content.formats import hashtags
from halcytone.lib import http
from halcytone.lib.errors import Refused, RemoteError, Unclear
from publishing.channels import graph, meta_sign_in
from publishing.channels.base import (
    GO,
    NO_GO,
    Check,
    Content,
    Media,
    Message,
    NotYet,
    Receipt,
    before_the_post,
    look,
)
from publishing.channels.passport import COMMENT, OAUTH2, READ_BACK, REPLY, Passport

PLACE = "Instagram"
MOST, MOST_TAGS, MOST_IMAGES, MOST_BYTES, MOST_ALT = 2_200, 30, 10, 8_000_000, 1_000
JPEG = "image/jpeg"
CONTAINER, PUBLISH, FIRST_COMMENT = "container", "publish", "comment"
READY_S = 20  # until a container that is in progress is looked at again
QUOTA_S = 3_600  # until a quota of 24 hours that is used up is looked at again
PAGE_SIZE = 50
#: https://developers.facebook.com/docs/instagram-platform/content-publishing
PASSPORT = Passport(
    api_version=graph.VERSION,
    sunset_on=graph.SUNSET,
    base_url=f"https://{graph.HOST}",
    auth=OAUTH2,
    scopes=("pages_show_list", "pages_read_engagement", "instagram_basic",
            "instagram_content_publish", "instagram_manage_comments"),
    limits={"text": MOST, "tags": MOST_TAGS, "media": MOST_IMAGES, "alt": MOST_ALT,
            "media_bytes": MOST_BYTES},
    alt_text="alt_text of each image",
    abilities=frozenset({COMMENT, REPLY, READ_BACK}),
    per_hour=5,
    per_day=25,
    quota="content_publishing_limit",
    contact="https://developers.facebook.com/support",
)  # fmt: skip


class Instagram(meta_sign_in.MetaChannel):
    """Posts as the professional account `profile_id`.

    Instagram fetches the images itself, from their signed public addresses. Three deliveries make one post:
    the container, which nobody sees and which is forgotten after 24 hours; its publication; and the first
    comment. A lost publication is settled by the state of its container.
    """

    name = "instagram"
    formats = ("instagram",)
    passport = PASSPORT
    place, what = PLACE, "professional account"

    def parts(self, content: Content) -> Sequence[Content]:
        caption = {"text": content.get("text", "")}
        comments = [{"text": text, "kind": FIRST_COMMENT} for text in content.get("comments") or ()]
        return [caption | {"kind": CONTAINER}, caption | {"kind": PUBLISH}, *comments]

    def problems(self, content: Content) -> list[str]:
        texts = [str(content.get("text", "")), *map(str, content.get("comments") or ())]
        found = [] if texts[0].strip() else ["The caption is empty"]
        found += [
            f"A text has {len(text):,} characters, Instagram takes {MOST:,}"
            for text in texts
            if len(text) > MOST
        ]
        if (count := sum(len(hashtags.seen(text)) for text in texts)) > MOST_TAGS:
            found.append(f"There are {count} hashtags, Instagram takes {MOST_TAGS}")
        if len(texts) > 2:
            found.append("There is one first comment")
        return found

    @contextmanager
    def session(self) -> Iterator["InstagramSession"]:
        with self.client() as client:
            yield InstagramSession(self, client)

    def owner_of(self, page: Mapping[str, Any]) -> str:
        """Return the id of the professional account that belongs to a page; "" when there is none."""
        return str(graph.mapping(page.get("instagram_business_account")).get("id") or "")

    def check(self, at: datetime) -> Sequence[Check]:
        """Ask who the account is, and what is left of its quota."""
        with self.client() as client:
            who = graph.signed_in(client, self.account, "id,username")
            if who.verdict == NO_GO:
                return (who,)
            left = _left(client, self.account.profile_id)
        verdict = GO if left > 0 else NO_GO
        return (who, Check("quota", verdict, f"{left} posts are left of the last 24 hours' quota."))

    def receipt(self, media_id: str, permalink: str = "") -> Receipt:
        if graph.is_real(self.account) or permalink:
            return Receipt(media_id, permalink)
        return Receipt(media_id, f"{self.account.endpoint}/#{media_id}")

    def read_back(self, message: Message) -> Receipt | None:
        """Look for a post or comment. A container that was lost is no post: another one may be made."""
        if not self.account.can_read_back or message.at is None:
            return super().read_back(message)
        kind = message.content.get("kind")
        if kind == CONTAINER:
            return None
        find = _comment if kind == FIRST_COMMENT else _publication
        with self.client() as client:
            return look(lambda: find(self, client, message), message, self.settle_s)


class InstagramSession:
    """A line to Instagram."""

    def __init__(self, channel: Instagram, client: http.Client) -> None:
        self.channel, self.client = channel, client
        self.user = channel.account.profile_id

    def send(self, message: Message) -> Receipt:
        kind = message.content.get("kind")
        if kind == CONTAINER:
            return self._contain(message)
        if not message.reply_to:
            said = f"Part {message.part} needs the id of the part before"
            raise Refused(said, code="bad_message")
        if kind == FIRST_COMMENT:
            return self.reply(message.reply_to, str(message.content["text"]), key=message.key)
        return self._publish(message)

    def reply(self, provider_id: str, text: str, *, key: str) -> Receipt:
        path = f"/{provider_id}/comments"
        data = self.client.post(path, {"message": text}, request_id=key).data
        return self.channel.receipt(graph.identified(data, PLACE))

    def _contain(self, message: Message) -> Receipt:
        """Have Instagram fetch the images. Nothing of it can be seen, whatever becomes of the answer."""
        if problems := self.channel.problems(message.content):
            raise Refused(problems[0], code="bad_content")
        for image in message.media:
            _require_good(image, image.read())
        if not 1 <= len(message.media) <= MOST_IMAGES:
            raise Refused(f"Instagram takes 1 to {MOST_IMAGES} images", code="bad_content")
        with before_the_post(PLACE):
            self._require_quota()
            return Receipt(self._made(str(message.content["text"]), message.media))

    def _made(self, caption: str, media: Sequence[Media]) -> str:
        if len(media) == 1:
            return self._container(_image(media[0]) | {"caption": caption})
        children = [self._container(_image(each) | {"is_carousel_item": True}) for each in media]
        return self._container({"media_type": "CAROUSEL", "children": children, "caption": caption})

    def _container(self, body: Mapping[str, Any]) -> str:
        return graph.identified(self.client.post(f"/{self.user}/media", body).data, PLACE)

    def _publish(self, message: Message) -> Receipt:
        match _status(self.client, message.reply_to):
            case "IN_PROGRESS":
                said = "Instagram still fetches the images"
                raise NotYet(said, retry_after_s=READY_S, code="in_progress")
            case "PUBLISHED":
                raise Unclear("Instagram has published it already", code="published")
            case "FINISHED":
                self._require_quota()
            case status:
                said = f"Instagram has given up the images of this post ({status.lower()[:20]}). Make it anew."
                raise Refused(said, code="container_lost")
        body = {"creation_id": message.reply_to}
        data = self.client.post(f"/{self.user}/media_publish", body, request_id=message.key).data
        media_id = graph.identified(data, PLACE)
        try:
            shown = self.client.get(f"/{media_id}", {"fields": "permalink"}).data
        except RemoteError:  # it is out; its link is not worth a doubt
            shown = {}
        return self.channel.receipt(media_id, str(graph.mapping(shown).get("permalink") or ""))

    def _require_quota(self) -> None:
        if _left(self.client, self.user) <= 0:
            said = "Instagram's quota of the last 24 hours is used up"
            raise NotYet(said, retry_after_s=QUOTA_S, code="quota_used")


def _require_good(image: Media, data: bytes) -> None:
    if image.media_type != JPEG or len(data) > MOST_BYTES or len(image.alt) > MOST_ALT:
        said = f"Instagram takes JPEG images of {MOST_BYTES // 10**6} MB with {MOST_ALT:,} characters of alt text"
        raise Refused(said, code="bad_content")


def _image(image: Media) -> dict[str, Any]:
    return {"image_url": image.public_url, "alt_text": image.alt}


def _status(client: http.Client, container: str) -> str:
    data = client.get(f"/{container}", {"fields": "status_code"}).data
    return str(graph.mapping(data).get("status_code", "unknown"))


def _left(client: http.Client, user: str) -> int:
    """Return how many posts may still be published in the running 24 hours."""
    fields = {"fields": "config,quota_usage"}
    rows = graph.rows_of(client.get(f"/{user}/content_publishing_limit", fields).data, PLACE)
    row = rows[0] if rows else {}
    total = graph.mapping(row.get("config")).get("quota_total", 50)
    return int(total) - int(row.get("quota_usage", 0))


def _publication(channel: Instagram, client: http.Client, message: Message) -> Receipt | None:
    """Return the post that a container became; None while it is one. Raises Unclear in between.

    The state of the container tells whether it is out; its caption, newest first, which post it is.
    """
    if _status(client, message.reply_to) != "PUBLISHED":
        return None
    fields: dict[str, str | int] = {"fields": "id,caption,timestamp,permalink", "limit": PAGE_SIZE}
    rows = graph.rows_of(client.get(f"/{channel.account.profile_id}/media", fields).data, PLACE)
    for row in rows:
        if graph.same(row.get("caption"), str(message.content["text"])):
            return channel.receipt(graph.identified(row, PLACE), str(row.get("permalink") or ""))
    raise Unclear("Instagram published it and does not show it yet", code="not_shown")


def _comment(channel: Instagram, client: http.Client, message: Message) -> Receipt | None:
    assert message.at is not None  # noqa: S101 - `read_back` asked
    fields: dict[str, str | int] = {"fields": "id,text,timestamp", "limit": PAGE_SIZE}
    rows = graph.rows_of(client.get(f"/{message.reply_to}/comments", fields).data, PLACE)
    for row in rows:
        is_same = graph.same(row.get("text"), str(message.content["text"]))
        if is_same and graph.is_since(row, "timestamp", message.at):
            return channel.receipt(graph.identified(row, PLACE))
    if len(rows) >= PAGE_SIZE:
        raise Unclear("Instagram shows too many comments to look through", code="too_many")
    return None
