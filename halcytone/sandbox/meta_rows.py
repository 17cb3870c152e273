"""What Meta's stand-in keeps of a page and of an Instagram account: posts, photos, containers, comments."""

import sqlite3
import time
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

from halcytone.sandbox import forms
from halcytone.sandbox.gate import Problem
from halcytone.sandbox.store import Objects, count_up

Doc = dict[str, Any]
PAGE = {"id": "100200300400500", "name": "Halcytone"}
STUDIO = {"id": "100200300400501", "name": "Halcytone Studio"}  # to be chosen by mistake
USER = {"id": "17840000000000001", "username": "halcytone"}
MOST, MOST_PHOTOS = 63_206, 10
MOST_CAPTION, MOST_TAGS, MOST_IMAGES, MOST_JPEG = 2_200, 30, 10, 8_000_000
NARROWEST, WIDEST = 4 / 5, 1.91
QUOTA, DAY_S = 50, 86_400
DUPLICATE = "(#506) Duplicate status message"
KINDS = ("fb_post", "fb_photo", "fb_comment", "ig_container", "ig_media", "fb_code", "fb_token")


def moment() -> str:
    """Return this instant as Graph writes it: 2026-12-01T15:00:00+0000."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime())


def missing(id: str) -> Problem:
    return Problem(404, f"(#100/33) Object with ID '{id}' does not exist")


class Page:
    """The one Facebook page."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.posts, self.photos = Objects(db, "fb_post"), Objects(db, "fb_photo")
        self.comments = Objects(db, "fb_comment")

    def add_photo(self, data: bytes, alt: str) -> Doc:
        """Keep an unpublished photo. Raises Problem for what is no image."""
        kind = forms.image_type(data)
        if not kind:
            raise Problem(400, "(#324) Missing or invalid image file")
        id = f"12000000000{count_up(self.db, 'fb_photo'):05}"
        return self.photos.put(id, {"id": id, "type": kind, "alt": alt}, blob=data)

    def add(self, message: str, link: str, photos: list[str]) -> Doc:
        """Keep a post. The same text again is a duplicate. Raises Problem."""
        if not (message.strip() or link or photos):
            raise Problem(400, "(#100) A post needs a message, a link or media")
        if len(message) > MOST or len(photos) > MOST_PHOTOS or (link and photos):
            raise Problem(400, "(#100) Invalid parameter")
        if unknown := [id for id in photos if self.photos.get(id) is None]:
            raise Problem(400, f"(#100) No photo {unknown[0]}")
        if any(post["message"] == message for post in self.posts.all()):
            raise Problem(400, DUPLICATE)
        id = f"{PAGE['id']}_{count_up(self.db, 'fb_post')}"
        post = {"id": id, "message": message, "link": link, "photos": photos, "edited": False}
        return self.posts.put(id, post | {"created_time": moment(), "unix": int(time.time())})

    def comment(self, parent: str, message: str) -> Doc:
        """Keep a comment below a post of the page, or of the Instagram account. Raises Problem."""
        if not any(Objects(self.db, kind).get(parent) for kind in ("fb_post", "ig_media")):
            raise missing(parent)
        if not message.strip():
            raise Problem(400, "(#100) A comment needs a message")
        id = f"{parent.rpartition('_')[2]}_{900_000 + count_up(self.db, 'fb_comment')}"
        row = {"id": id, "message": message, "text": message, "timestamp": moment()}
        return self.comments.put(id, row | {"created_time": moment()}, key=parent)

    def shown(self) -> list[Doc]:
        """Return every post, newest first, each with its photos and its comments in order."""
        return [
            post
            | {
                "photos": [self.photos.get(id) for id in post["photos"]],
                "comments": self.comments.by_key(post["id"]),
            }
            for post in self.posts.all()
        ]


class Gallery:
    """The one Instagram account."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.containers, self.media = Objects(db, "ig_container"), Objects(db, "ig_media")

    def contain(self, data: bytes, *, caption: str, alt: str, is_item: bool) -> Doc:
        """Keep the container of one image. Raises Problem for an image that Instagram does not take."""
        _require_image(data)
        return self._container(caption, is_item=is_item, items=[], alt=alt, blob=data)

    def carousel(self, children: list[str], caption: str) -> Doc:
        """Keep the container of several. Raises Problem."""
        found = [self.containers.get(id) for id in children]
        if not 2 <= len(children) <= MOST_IMAGES or not all(
            one and one["is_item"] for one in found
        ):
            raise Problem(400, "(#100) children must be 2 to 10 carousel items")
        return self._container(caption, is_item=False, items=children, alt="", blob=None)

    def _container(
        self, caption: str, *, is_item: bool, items: list[str], alt: str, blob: bytes | None
    ) -> Doc:
        if len(caption) > MOST_CAPTION or caption.count("#") > MOST_TAGS:
            raise Problem(400, "(#100) The caption is too long, or has too many hashtags")
        id = f"1799{count_up(self.db, 'ig_container'):012}"
        doc = {"id": id, "caption": caption, "is_item": is_item, "items": items, "alt": alt}
        doc |= {"made_at": time.time(), "is_published": False}
        return self.containers.put(id, doc, blob=blob)

    def status(self, id: str) -> str:
        """Return the state of a container. Raises Problem(404)."""
        if (doc := self.containers.get(id)) is None:
            raise missing(id)
        if doc["is_published"]:
            return "PUBLISHED"
        return "EXPIRED" if time.time() - doc["made_at"] > DAY_S else "FINISHED"

    def used(self) -> int:
        """Return how many posts were published in the running 24 hours."""
        return sum(time.time() - one["unix"] < DAY_S for one in self.media.all())

    def publish(self, id: str) -> Doc:
        """Make a post of a container. Raises Problem."""
        status = self.status(id)
        doc = self.containers.get(id)
        assert doc is not None  # noqa: S101 - `status` asked
        if status != "FINISHED" or doc["is_item"]:
            raise Problem(400, "(#9007) The media is not ready to be published")
        if self.used() >= QUOTA:
            raise Problem(403, "(#9) The app reached its publishing limit")
        self.containers.put(id, doc | {"is_published": True})
        media_id = f"1800{count_up(self.db, 'ig_media'):012}"
        post = {"id": media_id, "caption": doc["caption"], "items": doc["items"] or [id]}
        return self.media.put(media_id, post | {"timestamp": moment(), "unix": time.time()})

    def shown(self, comments: Objects) -> list[Doc]:
        """Return every post, newest first, with its images in order and its comments."""
        return [
            post
            | {
                "images": [self.containers.get(id) for id in post["items"]],
                "comments": comments.by_key(post["id"]),
            }
            for post in self.media.all()
        ]


def _require_image(data: bytes) -> None:
    try:
        with Image.open(BytesIO(data), formats=["JPEG"]) as image:
            width, height = image.size
    except (UnidentifiedImageError, OSError) as error:
        raise Problem(400, "(#9004) Only a JPEG can be accepted as media type") from error
    if len(data) > MOST_JPEG:
        raise Problem(400, "(#36000) The image is too large")
    if not NARROWEST - 0.01 <= width / height <= WIDEST + 0.01:
        raise Problem(400, "(#36003) The aspect ratio is not supported")
