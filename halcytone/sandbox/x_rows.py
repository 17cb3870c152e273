"""X's posts: order, threads, duplicates."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from halcytone.sandbox.gate import Problem
from halcytone.sandbox.store import Objects, count_up, now

Post = dict[str, Any]
USER = {"id": "1990000000000000001", "name": "Halcytone", "username": "halcytone"}
FIRST_ID = 2_000_000_000_000_000_000
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
MOST_IMAGES = 4


@dataclass(frozen=True, slots=True)
class Slice:
    """Some posts, newest first, and the token of the next ones ("" at the end)."""

    posts: list[Post]
    next_token: str


class Posts:
    """The posts of the one account that the stand-in has; a deleted one is gone."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.objects = Objects(db, "post")
        self.media = Objects(db, "media")

    def add(self, text: str, media: list[str], parent: str) -> Post:
        """Keep a new post. The same text in the same place is a duplicate. Raises Problem."""
        if parent and self.objects.get(parent) is None:
            raise Problem(403, "You replied to a Tweet that is deleted or not visible to you.")
        if len(media) > MOST_IMAGES or any(self.media.get(id) is None for id in media):
            raise Problem(400, "Your media IDs are invalid.")
        if any(post["text"] == text and text for post in self.objects.by_key(parent)):
            raise Problem(403, DUPLICATE)
        id = str(FIRST_ID + count_up(self.db, "post"))
        above = self.objects.get(parent) if parent else None
        post = {"id": id, "text": text, "media": media, "parent": parent, "created_at": now()}
        post["conversation_id"] = above["conversation_id"] if above else id
        return self.objects.put(id, post, key=parent)

    def get(self, id: str) -> Post:
        post = self.objects.get(id)
        if post is None:
            raise Problem(404, f"Could not find tweet with id: [{id}].")
        return post

    def delete(self, id: str) -> None:
        self.get(id)
        self.objects.delete(id)

    def page(self, query: Mapping[str, str]) -> Slice:
        """Return one page of the timeline, newest first. Raises Problem(400) for a bad size."""
        size = int(query.get("max_results", 10))
        if not 5 <= size <= 100:
            raise Problem(400, f"max_results must be 5 to 100, not {size}")
        before = query.get("pagination_token") or query.get("until_id")
        found = self.objects.all()
        if before:
            found = [post for post in found if int(post["id"]) < int(before)]
        if since := query.get("since_id"):
            found = [post for post in found if int(post["id"]) > int(since)]
        if start := query.get("start_time"):
            found = [post for post in found if post["created_at"] >= start]
        shown = found[:size]
        return Slice(shown, shown[-1]["id"] if len(found) > size else "")

    def threads(self) -> list[list[Post]]:
        """Return the conversations, newest first, each in reading order."""
        by_start: dict[str, list[Post]] = {}
        for post in reversed(self.objects.all()):
            by_start.setdefault(post["conversation_id"], []).append(post)
        return list(reversed(by_start.values()))

    @staticmethod
    def as_wire(post: Post) -> dict[str, Any]:
        wire = {key: post[key] for key in ("id", "text", "conversation_id", "created_at")}
        wire |= {"author_id": USER["id"], "edit_history_tweet_ids": [post["id"]]}
        if post["parent"]:
            wire["in_reply_to_user_id"] = USER["id"]
            wire["referenced_tweets"] = [{"type": "replied_to", "id": post["parent"]}]
        if post["media"]:
            wire["attachments"] = {"media_keys": [f"3_{id}" for id in post["media"]]}
        return wire
