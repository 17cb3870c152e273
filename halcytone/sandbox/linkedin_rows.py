"""What LinkedIn's stand-in keeps: posts, comments, images; and its "little text", read on its own.

A stand-in that used our escaping could not find it wrong.
"""

import re
import sqlite3
import time
from typing import Any

from halcytone.sandbox.gate import Problem
from halcytone.sandbox.store import Objects, count_up, now

Doc = dict[str, Any]
ORGANISATION = "urn:li:organization:4711"  # whom the demo speaks as; any other may post too
RESERVED = "|{}@[]()<>#\\*_~"
TEMPLATE = re.compile(r"\{(hashtag)\|\\([#＃])\|([^|}]+)\}")
MOST, MOST_IMAGES, MOST_ALT = 3_000, 20, 4_086
DUPLICATE = "Content is a duplicate of {urn}"
FIRST_ID = 7_400_000_000_000_000_000
UPLOAD_LIFE_S = 900


def read_text(commentary: str) -> str:
    """Return a commentary as people see it. Raises Problem(400) for a reserved character that is bare."""
    shown, at = [], 0
    while at < len(commentary):
        if template := TEMPLATE.match(commentary, at):
            shown.append(template[2] + template[3].replace("\\", ""))
            at = template.end()
        elif commentary[at] == "\\" and commentary[at + 1 : at + 2] in RESERVED:
            shown.append(commentary[at + 1 : at + 2])
            at += 2
        elif commentary[at] in RESERVED:
            raise Problem(400, f"The commentary has a bare {commentary[at]!r} at {at}")
        else:
            shown.append(commentary[at])
            at += 1
    return "".join(shown)


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


class Posts:
    """Posts of all authors, with their comments; what is deleted is gone, comments and all."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.posts, self.comments = Objects(db, "li_post"), Objects(db, "li_comment")
        self.images = Objects(db, "li_image")

    def add(
        self, author: str, text: str, images: list[Doc], article: Doc | None, *, raw: str
    ) -> Doc:
        """Keep a post; the same text by the same author is a duplicate. Raises Problem."""
        self._require_good(author, text, images)
        for post in self.posts.by_key(author):
            if post["text"] == text:
                raise Problem(422, DUPLICATE.format(urn=post["id"]))
        urn = f"urn:li:share:{FIRST_ID + count_up(self.db, 'li_post')}"
        post = {"id": urn, "author": author, "text": text, "commentary": raw, "images": images}
        post |= {"article": article, "created_ms": milliseconds(), "at": now(), "edited": False}
        return self.posts.put(urn, post, key=author)

    def _require_good(self, author: str, text: str, images: list[Doc]) -> None:
        if not re.fullmatch(r"urn:li:(organization|person):[\w-]+", author):
            raise Problem(403, "The author is no organization or member of this token")
        if len(text) > MOST:
            raise Problem(422, f"The commentary has {len(text)} characters, {MOST} are allowed")
        if not text.strip() and not images:
            raise Problem(422, "A post needs a commentary or content")
        if len(images) > MOST_IMAGES:
            raise Problem(422, f"A post has at most {MOST_IMAGES} images, not {len(images)}")
        for image in images:
            known = self.images.get(image["id"])
            if known is None or not known["size"]:
                raise Problem(422, f"The image {image['id']} was not uploaded")
            if len(image["alt"]) > MOST_ALT:
                raise Problem(422, f"An alt text has at most {MOST_ALT} characters")

    def get(self, urn: str) -> Doc:
        if (post := self.posts.get(urn)) is None:
            raise Problem(404, f"There is no post {urn}")
        return post

    def change(self, urn: str, text: str, raw: str) -> None:
        changed = self.get(urn) | {"text": text, "commentary": raw, "edited": True}
        self.posts.put(urn, changed, key=changed["author"])

    def delete(self, urn: str) -> None:
        self.get(urn)
        self.posts.delete(urn)
        for comment in self.comments.by_key(urn):
            self.comments.delete(comment["id"])

    def by(self, author: str, start: int, count: int) -> list[Doc]:
        """Return some posts of an author, newest first."""
        return list(reversed(self.posts.by_key(author)))[start : start + count]

    def comment(self, urn: str, actor: str, text: str) -> Doc:
        self.get(urn)
        if not text.strip() or len(text) > MOST:
            raise Problem(422, f"A comment has 1 to {MOST} characters")
        number = FIRST_ID + count_up(self.db, "li_comment")
        comment: Doc = {"id": f"urn:li:comment:({urn},{number})", "object": urn, "actor": actor}
        comment |= {"text": text, "created_ms": milliseconds(), "at": now()}
        return self.comments.put(comment["id"], comment, key=urn)

    def expect(self, owner: str, kind: str) -> Doc:
        """Make room for an image: an id, and the moment at which its address ends."""
        number = FIRST_ID + count_up(self.db, "li_image")
        image: Doc = {"id": f"urn:li:{kind}:{number}", "number": str(number), "owner": owner}
        image |= {"size": 0, "type": "", "ends_at": time.time() + UPLOAD_LIFE_S}
        return self.images.put(image["id"], image, key=str(number))

    def store(self, number: str, data: bytes, media_type: str) -> None:
        """Take the bytes of an image. Raises Problem(401) at an address that ended, 404 at no address."""
        found = self.images.by_key(number)
        if not found:
            raise Problem(404, "There is no such upload")
        if found[0]["ends_at"] < time.time():
            raise Problem(401, "The upload URL has expired")
        self.images.delete(found[0]["id"])
        filled = found[0] | {"size": len(data), "type": media_type}
        self.images.put(filled["id"], filled, key=number, blob=data)

    def shown(self) -> list[Doc]:
        """Return every post, newest first, each with its comments in order."""
        return [post | {"comments": self.comments.by_key(post["id"])} for post in self.posts.all()]
