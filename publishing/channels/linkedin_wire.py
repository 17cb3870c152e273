"""LinkedIn's two wire formats: the Posts API, and the older ugcPosts. One line each, one author.

Sources: https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api and
…/shares/ugc-post-api.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from halcytone.lib import http
from halcytone.lib.errors import Refused, Unclear
from publishing.channels.base import Content, Media, Message
from publishing.channels.linkedin_text import commentary, plain

OLDER = "v2"
SKEW = timedelta(seconds=5)  # how far LinkedIn's clock may be behind ours
PAGE_SIZE, MOST_PAGES = 50, 4  # for a read-back
UPLOAD_HOST = re.compile(r"(.+\.)?linkedin\.com")
COMMENT = re.compile(r"urn:li:comment:\((urn:li:[a-zA-Z]+:\d+),\d+\)")
PATCH = {"X-RestLi-Method": "PARTIAL_UPDATE"}
SHARE = "com.linkedin.ugc.ShareContent"
UPLOAD = "com.linkedin.digitalmedia.uploading.MediaUploadHttpRequest"
Images = Sequence[tuple[str, str]]


def thread_of(urn: str) -> str:
    """Return the post that a comment stands under; a post is its own."""
    found = COMMENT.fullmatch(urn)
    return found[1] if found else urn


class Posts:
    """The Posts API."""

    posts, social = "/rest/posts", "/rest/socialActions"

    def __init__(self, client: http.Client, author: str) -> None:
        self.client, self.author = client, author

    def upload(self, image: Media, data: bytes) -> str:
        body = {"initializeUploadRequest": {"owner": self.author}}
        answer = self.client.post("/rest/images?action=initializeUpload", body)
        value = _mapping(_mapping(answer.data).get("value"))
        return self._put(value.get("uploadUrl"), value.get("image"), image, data)

    def post(self, content: Content, images: Images, key: str) -> str:
        body = {
            "author": self.author,
            "commentary": commentary(str(content["text"])),
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        if shown := _shown(content, images):
            body["content"] = shown
        answer = self.client.post(self.posts, body, request_id=key)
        return _id(answer.headers.get("x-restli-id") or _mapping(answer.data).get("id"))

    def edit(self, urn: str, text: str, key: str) -> None:
        self._patch(urn, {"patch": {"$set": {"commentary": commentary(text)}}}, key)

    def delete(self, urn: str) -> None:
        self.client.delete(f"{self.posts}/{_quoted(urn)}")

    def comment(self, urn: str, text: str, key: str) -> str:
        body = {"actor": self.author, "object": urn, "message": {"text": text}}
        path = f"{self.social}/{_quoted(urn)}/comments"
        data = _mapping(self.client.post(path, body, request_id=key).data)
        return _id(data.get("commentUrn") or data.get("$URN"))

    def newest(self) -> list[Mapping[str, Any]]:
        """Return the newest posts of the author."""
        return next(self._pages(self.posts, self._author_query()))

    def find(self, message: Message) -> str | None:
        """Return the id of the post or comment that is this message, or None."""
        assert message.at is not None  # noqa: S101 - the caller asked
        since_ms = (message.at - SKEW).timestamp() * 1000
        text = str(message.content["text"])
        if message.content.get("kind") == "comment":
            return self._find_comment(thread_of(message.reply_to), text, since_ms)
        for page in self._pages(self.posts, self._author_query()):
            for row in page:
                if _created_ms(row) >= since_ms and _same(self.text_of(row), text):
                    return _id(row.get("id"))
        return None

    def text_of(self, row: Mapping[str, Any]) -> str:
        return plain(str(row.get("commentary", "")))

    def _find_comment(self, urn: str, text: str, since_ms: float) -> str | None:
        for page in self._pages(f"{self.social}/{_quoted(urn)}/comments", {}):
            for row in page:
                is_ours = row.get("actor") == self.author and _created_ms(row) >= since_ms
                if is_ours and _same(str(_mapping(row.get("message")).get("text", "")), text):
                    return _id(row.get("commentUrn") or row.get("$URN"))
        return None

    def _author_query(self) -> dict[str, str | int]:
        return {"q": "author", "author": self.author, "sortBy": "CREATED"}

    def _pages(
        self, path: str, params: Mapping[str, str | int]
    ) -> Iterator[list[Mapping[str, Any]]]:
        """Yield the rows of a finder, page by page. Raises Unclear when there are too many."""
        for number in range(MOST_PAGES):
            window: dict[str, str | int] = {"start": number * PAGE_SIZE, "count": PAGE_SIZE}
            finder = {"X-RestLi-Method": "FINDER"} if params else {}
            data = self.client.get(path, {**params, **window}, headers=finder).data
            rows = _mapping(data).get("elements")
            if not isinstance(rows, list):
                raise Unclear("LinkedIn's list cannot be read", code="unreadable")
            yield rows
            if len(rows) < PAGE_SIZE:
                return
        raise Unclear("LinkedIn shows too many posts to look through", code="too_many")

    def _patch(self, urn: str, body: Mapping[str, Any], key: str) -> None:
        path = f"{self.posts}/{_quoted(urn)}"
        self.client.post(path, body, request_id=key, headers=PATCH)

    def _put(self, url: Any, image_id: Any, image: Media, data: bytes) -> str:
        """Store the bytes at the address that LinkedIn gave for them, if it is one of its own."""
        here = urlsplit(str(self.client.http.base_url)).netloc
        there = urlsplit(str(url or ""))
        if there.netloc != here and not UPLOAD_HOST.fullmatch(there.hostname or ""):
            raise Refused("LinkedIn names a strange place for an image", code="bad_upload")
        self.client.put(str(url), data, media_type=image.media_type)
        return _id(image_id)


class UgcPosts(Posts):
    """The older form, which some members' tokens still speak."""

    posts, social = "/v2/ugcPosts", "/v2/socialActions"

    def upload(self, image: Media, data: bytes) -> str:
        body = {
            "registerUploadRequest": {
                "recipes": ["urn:li:digitalmediaRecipe:feedshare-image"],
                "owner": self.author,
                "serviceRelationships": [
                    {
                        "relationshipType": "OWNER",
                        "identifier": "urn:li:userGeneratedContent",
                    }
                ],
            }
        }
        answer = self.client.post("/v2/assets?action=registerUpload", body)
        value = _mapping(_mapping(answer.data).get("value"))
        url = _mapping(_mapping(value.get("uploadMechanism")).get(UPLOAD)).get("uploadUrl")
        return self._put(url, value.get("asset"), image, data)

    def post(self, content: Content, images: Images, key: str) -> str:
        media = [
            {"status": "READY", "media": image_id, "description": {"text": alt}}
            for image_id, alt in images
        ]
        shared: dict[str, Any] = {
            "shareCommentary": {"text": str(content["text"])},
            "shareMediaCategory": "IMAGE" if media else "NONE",
        }
        body = {
            "author": self.author,
            "lifecycleState": "PUBLISHED",
            "specificContent": {SHARE: shared | ({"media": media} if media else {})},
            "visibility": {"com.linkedin.ugc.MemberNetworkVisibility": "PUBLIC"},
        }
        answer = self.client.post(self.posts, body, request_id=key)
        return _id(_mapping(answer.data).get("id") or answer.headers.get("x-restli-id"))

    def edit(self, urn: str, text: str, key: str) -> None:
        change = {SHARE: {"$set": {"shareCommentary": {"text": text}}}}
        self._patch(urn, {"patch": {"specificContent": change}}, key)

    def text_of(self, row: Mapping[str, Any]) -> str:
        shared = _mapping(_mapping(row.get("specificContent")).get(SHARE))
        return str(_mapping(shared.get("shareCommentary")).get("text", ""))

    def _author_query(self) -> dict[str, str | int]:
        return {"q": "authors", "authors": f"List({self.author})", "sortBy": "CREATED"}


def _shown(content: Content, images: Images) -> dict[str, Any]:
    """Return what a post shows beside its text: its images, else the page it is about."""
    rows = [{"id": image_id, "altText": alt} for image_id, alt in images]
    if rows:
        return {"media": rows[0]} if len(rows) == 1 else {"multiImage": {"images": rows}}
    article = content.get("article")
    return {"article": dict(article)} if isinstance(article, Mapping) else {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _id(value: Any) -> str:
    """Return an id. Raises Unclear without one: something may have been taken under a name we lack."""
    if not isinstance(value, str) or not value:
        raise Unclear("LinkedIn took it but named no id", code="no_id")
    return value


def _created_ms(row: Mapping[str, Any]) -> float:
    at = row.get("createdAt") or _mapping(row.get("created")).get("time")
    return float(at) if isinstance(at, int | float) else 0.0


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()) == " ".join(other.split())


def _quoted(urn: str) -> str:
    return quote(urn, safe="")
