"""Posts of a Facebook page (Graph API): one delivery is one post with its images."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from halcytone.lib import http
from halcytone.lib.errors import Refused, RemoteError, Unclear
from publishing.channels import graph, meta_sign_in
from publishing.channels.base import (
    Check,
    Content,
    Media,
    Message,
    Receipt,
    before_the_post,
    look,
)
from publishing.channels.passport import COMMENT, DELETE, EDIT, OAUTH2, READ_BACK, REPLY, Passport

PLACE = "Facebook"
MOST, MOST_IMAGES = 63_206, 10
FIELDS = "id,permalink_url,created_time"
PAGE_SIZE = 100  # of the feed, for a read-back
#: Limits as Meta publishes them: https://developers.facebook.com/docs/pages-api/posts
PASSPORT = Passport(
    api_version=graph.VERSION,
    sunset_on=graph.SUNSET,
    base_url=f"https://{graph.HOST}",
    auth=OAUTH2,
    scopes=(
        "pages_show_list",
        "pages_manage_posts",
        "pages_read_engagement",
        "pages_manage_engagement",
    ),
    limits={"text": MOST, "tags": 5, "media": MOST_IMAGES},
    alt_text="alt_text_custom of each photo",
    abilities=frozenset({EDIT, DELETE, REPLY, COMMENT, READ_BACK}),
    per_hour=10,
    per_day=100,
    quota="the header X-Business-Use-Case-Usage",
    contact="https://developers.facebook.com/support",
)


class Facebook(meta_sign_in.MetaChannel):
    """Posts on the page `profile_id` with its page token.

    Photos are stored unpublished, each with its alt text, and then shown by the post. Facebook gives no
    idempotency key: a lost post is looked for in the feed of the page, by text and after its hand-over.
    """

    name = "facebook"
    formats = ("facebook",)
    passport = PASSPORT
    place, what = PLACE, "page"

    def problems(self, content: Content) -> list[str]:
        text = str(content.get("text", ""))
        found = [] if text.strip() else ["The post is empty"]
        if len(text) > MOST:
            found.append(f"The post has {len(text):,} characters, Facebook takes {MOST:,}")
        return found

    @contextmanager
    def session(self) -> Iterator["FacebookSession"]:
        with self.client() as client:
            yield FacebookSession(self, client)

    def check(self, at: datetime) -> Sequence[Check]:
        with self.client() as client:
            return (graph.signed_in(client, self.account, "id,name"),)

    def receipt(self, post_id: str, permalink: str = "") -> Receipt:
        """Return a receipt whose link a person can open, also when Facebook did not name it."""
        if graph.is_real(self.account):
            return Receipt(post_id, permalink or f"https://www.facebook.com/{post_id}")
        return Receipt(post_id, permalink or f"{self.account.endpoint}/#{post_id}")

    def read_back(self, message: Message) -> Receipt | None:
        if not self.account.can_read_back or message.at is None:
            return super().read_back(message)
        with self.client() as client:
            return look(lambda: self._found(client, message), message, self.settle_s)

    def _found(self, client: http.Client, message: Message) -> Receipt | None:
        assert message.at is not None  # noqa: S101 - `read_back` asked
        query: dict[str, str | int] = {
            "fields": f"{FIELDS},message",
            "since": int((message.at - graph.SKEW).timestamp()),
            "limit": PAGE_SIZE,
        }
        rows = graph.rows_of(client.get(f"/{self.account.profile_id}/feed", query).data, PLACE)
        text = said(message.content, has_images=bool(message.media))
        for row in rows:
            if graph.is_since(row, "created_time", message.at) and graph.same(
                row.get("message"), text
            ):
                return self.receipt(
                    graph.identified(row, PLACE), str(row.get("permalink_url") or "")
                )
        if len(rows) >= PAGE_SIZE:
            raise Unclear("Facebook shows too many posts to look through", code="too_many")
        return None


class FacebookSession:
    """A line to Facebook."""

    def __init__(self, channel: Facebook, client: http.Client) -> None:
        self.channel, self.client = channel, client
        self.page = channel.account.profile_id

    def send(self, message: Message) -> Receipt:
        self._require_good(message.content)
        with before_the_post(PLACE):
            photos = self._uploaded(message.media)
        body: dict[str, Any] = {"message": said(message.content, has_images=bool(photos))}
        if photos:
            body["attached_media"] = [{"media_fbid": photo} for photo in photos]
        elif link := message.content.get("link"):
            body["link"] = link
        data = self.client.post(f"/{self.page}/feed", body, request_id=message.key).data
        return self._shown(graph.identified(data, PLACE))

    def edit(self, provider_id: str, content: Content, *, key: str, at: datetime) -> None:
        """Change the text of a post; its images stay, and a link stands below the text if one did."""
        self._require_good(content)
        before = graph.mapping(self.client.get(f"/{provider_id}", {"fields": "id,message"}).data)
        link = str(content.get("link") or "")
        stood_below = bool(link) and str(before.get("message", "")).rstrip().endswith(link)
        body = {"message": said(content, has_images=stood_below)}
        self.client.post(f"/{provider_id}", body, request_id=key)

    def delete(self, provider_id: str) -> None:
        try:
            self.client.delete(f"/{provider_id}")
        except Refused as error:
            if error.code != "not_found":
                raise

    def reply(self, provider_id: str, text: str, *, key: str) -> Receipt:
        path = f"/{provider_id}/comments"
        data = self.client.post(path, {"message": text}, request_id=key).data
        return self.channel.receipt(graph.identified(data, PLACE))

    def _require_good(self, content: Content) -> None:
        if problems := self.channel.problems(content):
            raise Refused(problems[0], code="bad_content")

    def _uploaded(self, media: Sequence[Media]) -> list[str]:
        data = [each.read() for each in media]
        if len(media) > MOST_IMAGES:
            raise Refused(f"Facebook takes {MOST_IMAGES} images", code="bad_content")
        return [self._upload(*each) for each in zip(media, data, strict=True)]

    def _upload(self, image: Media, data: bytes) -> str:
        fields = {"published": "false", "alt_text_custom": image.alt}
        file = http.File("source", "image", data, image.media_type)
        return graph.identified(
            self.client.upload(f"/{self.page}/photos", fields, file).data, PLACE
        )

    def _shown(self, post_id: str) -> Receipt:
        """Ask for the link of a post that is out; that it cannot be had changes nothing about that."""
        try:
            data = self.client.get(f"/{post_id}", {"fields": FIELDS}).data
        except RemoteError:
            return self.channel.receipt(post_id)
        return self.channel.receipt(post_id, str(graph.mapping(data).get("permalink_url") or ""))


def said(content: Content, *, has_images: bool) -> str:
    """Return the text of a post. Beside images Facebook shows no link, so it stands below the text then."""
    link = str(content.get("link") or "") if has_images else ""
    return "\n\n".join(filter(None, [str(content["text"]), link]))
