"""Pages on the Halcytone Platform: one delivery is one page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from halcytone.lib import http
from halcytone.lib.errors import Refused, Unclear
from publishing.channels.base import (
    Content,
    HttpChannel,
    Message,
    Receipt,
    iso,
    look,
)
from publishing.channels.passport import API_KEY, ARCHIVE, EDIT, READ_BACK, SCHEDULE, Passport

PATH = "/api/v1/content"
PAGE_SIZE, MOST_PAGES = 20, 10  # of the listing, for a read-back
MARKER = "x-release"
# The Platform's published limits
MOST = {"title": 200, "html": 100_000, "excerpt": 500, "slug": 100, "tags": 10}
TITLE_MIN, HTML_MIN = 10, 100
SEO = {"seo_title": "title", "seo_description": "description"}
SEO_SAME = ("canonical", "open_graph", "json_ld")


class Platform(HttpChannel):
    """Publishes pages. `endpoint` is the base URL, `credential` the API key.

    A page carries its delivery's key as `seo_metadata["x-release"]`, by which it is found again. An
    absence is believed `settle_s` after the hand-over, when the Platform is surely done with it.
    """

    name = "platform"
    formats = ("web",)
    passport = Passport(
        api_version="v1",
        auth=API_KEY,
        limits=MOST,
        alt_text="the alt attribute of each image",
        abilities=frozenset({EDIT, READ_BACK, SCHEDULE, ARCHIVE}),
        per_hour=10,
        per_day=50,
    )

    def problems(self, content: Content) -> list[str]:
        found = [
            f"The page has no {key}" for key in ("title", "html", "slug") if not content.get(key)
        ]
        for key, most in MOST.items():
            if len(content.get(key) or "") > most:
                found.append(f"The {key} has {len(content[key])}, the Platform takes {most}")
        for key, least in (("title", TITLE_MIN), ("html", HTML_MIN)):
            if 0 < len(content.get(key) or "") < least:
                found.append(f"The {key} needs at least {least} characters")
        return found

    @contextmanager
    def session(self) -> Iterator["PlatformSession"]:
        with self.client() as client:
            yield PlatformSession(self, client)

    def client(self) -> http.Client:
        headers = {
            "X-API-Key": self.account.credential,
            "X-Service-Name": "content-generator",
            "User-Agent": "HalcytoneContentGenerator/publishing",
        }
        return http.Client(
            "The Platform", self.account.endpoint, headers=headers, transport=self.transport
        )

    def read_back(self, message: Message) -> Receipt | None:
        """Look for the page by slug and key; a page of that slug with another key is not ours."""
        if not self.account.can_read_back:
            return super().read_back(message)
        with self.client() as client:
            return look(lambda: self._found(client, message), message, self.settle_s)

    def _found(self, client: http.Client, message: Message) -> Receipt | None:
        for item in _items(client, str(message.content["slug"])):
            if _marker(item) == message.key and item.get("id"):
                return _receipt(item)
        return None


class PlatformSession:
    """A line to the Platform."""

    def __init__(self, channel: Platform, client: http.Client) -> None:
        self.channel, self.client = channel, client

    def send(self, message: Message) -> Receipt:
        if problems := self.channel.problems(message.content):
            raise Refused(problems[0], code="bad_content")
        answer = self.client.post(PATH, wire(message), request_id=message.key)
        if not isinstance(answer.data, Mapping) or not answer.data.get("id"):
            raise Unclear("The Platform took the page but named no id", code="no_id")
        return _receipt(answer.data)

    def edit(self, provider_id: str, content: Content, *, key: str, at: datetime) -> None:
        """Change a published page; the version before is kept by the Platform first."""
        path, changes = f"{PATH}/{provider_id}", page(content, key)
        version = {"content_id": provider_id, "changes": sorted(changes), "created_by": "halcytone"}
        self.client.post(f"{path}/versions", version | {"created_at": iso(at)})
        by = {"updated_at": iso(at), "updated_by": "halcytone"}
        self.client.patch(path, changes | by, request_id=key)

    def archive(self, provider_id: str, *, key: str) -> None:
        """Archive a published page there: `POST /api/v1/content/{id}/archive`."""
        self.client.post(f"{PATH}/{provider_id}/archive", {}, request_id=key)


def wire(message: Message) -> dict[str, Any]:
    """Return the body of the POST that publishes this page."""
    at = message.at or datetime.now(UTC)
    return page(message.content, message.key) | {
        "slug": message.content["slug"],
        "type": _type(message.content),
        "status": "published",
        "author": "content-generator",
        "scheduled_at": None,
        "published_at": iso(at),
    }


def page(content: Content, key: str) -> dict[str, Any]:
    """Return the fields of a page that an edit may change."""
    seo = {theirs: content[ours] for ours, theirs in SEO.items() if content.get(ours)}
    seo |= {name: content[name] for name in SEO_SAME if content.get(name)}
    return {
        "title": content["title"],
        "content": content["html"],
        "excerpt": content.get("excerpt", ""),
        "tags": list(content.get("tags", [])),
        "categories": list(content.get("categories", [])),
        "seo_metadata": seo | {MARKER: key},
    }


def _type(content: Content) -> str:
    return "blog_post" if str(content.get("path", "")).startswith("/blog") else "update"


def _items(client: http.Client, slug: str) -> Iterator[Mapping[str, Any]]:
    """Yield the pages of this slug. Raises Unclear when the listing is longer than can be read."""
    for number in range(MOST_PAGES):
        params: dict[str, str | int] = {
            "slug": slug,
            "limit": PAGE_SIZE,
            "offset": number * PAGE_SIZE,
        }
        data = client.get(PATH, params).data
        items = data.get("items") if isinstance(data, Mapping) else None
        if not isinstance(items, list):
            raise Unclear("The Platform's listing cannot be read", code="unreadable")
        yield from (
            item for item in items if isinstance(item, Mapping) and item.get("slug") == slug
        )
        if len(items) < PAGE_SIZE:
            return
    raise Unclear("The Platform holds too many pages to look through", code="too_many")


def _marker(item: Mapping[str, Any]) -> str:
    seo = item.get("seo_metadata")
    return str(seo.get(MARKER, "")) if isinstance(seo, Mapping) else ""


def _receipt(item: Mapping[str, Any]) -> Receipt:
    """Return the receipt of a page that readers see. Raises Unclear for one that was kept back."""
    if (status := str(item.get("status") or "published")) != "published":
        said = f"The Platform has the page as {status}: nobody sees it until it is published there"
        raise Unclear(said, code=f"kept_as_{status}"[:40])
    return Receipt(str(item["id"]), str(item.get("url") or ""))
