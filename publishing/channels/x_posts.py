"""Finding a post of ours again on a timeline of X, which gives no idempotency key."""

import html
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from halcytone.lib import http
from halcytone.lib.errors import Unclear
from publishing.channels.base import Message, iso

SKEW_S = 5  # how far X's clock may be behind ours
PAGE_SIZE, MOST_PAGES = 100, 5
SCHEME = re.compile(r"https?://(www\.)?")


def find(client: http.Client, user_id: str, message: Message) -> str | None:
    """Return the id of the post that is this message, or None. Raises Unclear when it cannot be known."""
    posts = _timeline(client, user_id, message)
    return next((str(post["id"]) for post in posts if _is_same(post, message)), None)


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
    """Return a post's text as it was written.

    X escapes &, < and >, shortens links to t.co, and adds a link of its own to the images.
    """
    text = html.unescape(str(post["text"]))
    for link in post.get("entities", {}).get("urls", ()):
        written = "" if link.get("media_key") else link.get("expanded_url") or link["url"]
        text = text.replace(link["url"], written)
    return _plain(text)


def _plain(text: str) -> str:
    """Return a text without what X may change: space at line ends, the scheme of a link."""
    return SCHEME.sub("", " ".join(text.split())).replace("/ ", " ").rstrip("/")
