"""The Platform's pages: fields, limits, life cycle."""

import re
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from halcytone.sandbox.gate import Problem
from halcytone.sandbox.store import Objects, count_up, now

Page = dict[str, Any]
NEWER_TYPES = ("blog_post", "update", "announcement", "documentation", "landing_page")
OLDER_TYPES = ("web_update", "newsletter", "social_post")
TYPES = frozenset({*NEWER_TYPES, *OLDER_TYPES})
STATUSES = frozenset({"draft", "scheduled", "published", "archived", "deleted"})
MOST = {"title": 200, "content": 100_000, "excerpt": 500, "slug": 100, "tags": 10}
TEXTS = ("title", "content", "excerpt")
FREE = ("tags", "categories", "seo_metadata", "metadata")
FIELDS = (*TEXTS, "slug", "type", "status", *FREE, "author", "scheduled_at", "published_at")


def page_of(data: Mapping[str, Any], request_id: str) -> Page:
    """Return a new page from what a client sent. Raises Problem(422) with the field at fault.

    The release marker is `seo_metadata["x-release"]`, `metadata["x-release"]` or X-Request-ID.
    """
    page: Page = {"excerpt": "", "tags": [], "categories": [], "seo_metadata": {}, "metadata": {}}
    page |= {"type": "update", "status": "published", "author": "content-generator"}
    page |= {"scheduled_at": None, "published_at": None, "updated_at": None, "views": 0}
    page |= {key: data[key] for key in FIELDS if data.get(key) is not None}
    page["slug"] = page.get("slug") or _slug(str(page.get("title", "")))
    page["x_release"] = _marker(page) or request_id
    _check(page)
    if page["status"] == "published":
        page["published_at"] = page["published_at"] or now()
    return page


def _marker(page: Page) -> str:
    marked = page["seo_metadata"] | page["metadata"]
    return str(marked.get("x-release") or marked.get("x_release") or "")


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:100]


def _check(page: Page) -> None:
    for name in ("title", "content"):
        if not isinstance(page.get(name), str) or not page[name].strip():
            raise Problem(422, f"{name} is missing")
    for name, most in MOST.items():
        if len(page[name]) > most:
            raise Problem(422, f"{name} has {len(page[name])}, at most {most} are allowed")
    if page["type"] not in TYPES:
        raise Problem(422, f"Unknown type {page['type']!r}")
    if page["status"] not in STATUSES:
        raise Problem(422, f"Unknown status {page['status']!r}")
    if page["status"] == "scheduled" and not _is_moment(page["scheduled_at"]):
        raise Problem(422, "scheduled_at must be an ISO 8601 instant")


def as_wire(page: Page) -> dict[str, Any]:
    """Return a page in both spellings that clients know."""
    shown = {key: page.get(key) for key in FIELDS}
    shown |= {"id": page["id"], "content_id": page["id"], "content_type": page["type"]}
    shown |= {key: page[key] for key in ("created_at", "updated_at", "url", "x_release")}
    return shown | {"analytics": {"views": page["views"]}}


class Pages:
    """All pages of one Platform, by id and by slug."""

    def __init__(self, db: sqlite3.Connection, base_url: str) -> None:
        self.db, self.base_url = db, base_url
        self.objects = Objects(db, "page")

    def add(self, page: Page) -> Page:
        """Keep a new page. Raises Problem(409) when a living page has this slug."""
        if self._living(page["slug"]):
            raise Problem(409, f"Content with the slug {page['slug']!r} exists")
        page |= {"id": f"content-{count_up(self.db, 'page')}", "created_at": now()}
        page["url"] = f"{self.base_url}/updates/{page['slug']}"
        return self._put(page)

    def get(self, id: str) -> Page:
        page = self.objects.get(id)
        if page is None or page["status"] == "deleted":
            raise Problem(404, f"No content {id!r}")
        return self._matured(page)

    def change(self, id: str, data: Mapping[str, Any]) -> Page:
        page = self.get(id)
        changes = {key: data[key] for key in FIELDS if key in data and key != "slug"}
        page |= changes | {"updated_at": data.get("updated_at") or now()}
        page["x_release"] = _marker(page) or page["x_release"]
        _check(page)
        if page["status"] == "published":
            page["published_at"] = page["published_at"] or now()
        return self._put(page)

    def find(self, wanted: Mapping[str, str]) -> list[Page]:
        """Return the pages with these values, newest first; deleted ones only when asked for."""
        found = [self._matured(page) for page in self.objects.all()]
        status = wanted.get("status")
        kept = [p for p in found if p["status"] == status or (not status and not _is_gone(p))]
        for name in ("type", "slug"):
            if value := wanted.get(name):
                kept = [page for page in kept if page[name] == value]
        tags = {tag for tag in wanted.get("tags", "").split(",") if tag}
        return [page for page in kept if not tags or tags & set(page["tags"])]

    def public(self, slug: str, *, is_view: bool) -> Page | None:
        """Return the page that readers see at this slug; a view is counted."""
        page = next((p for p in self._living(slug) if p["status"] == "published"), None)
        if page and is_view:
            page["views"] += 1
            self._put(page)
        return page

    def sync(self, items: list[Mapping[str, Any]]) -> tuple[int, int]:
        """Create or change each item by id or slug; return (created, updated)."""
        created = 0
        for item in items:
            known = self.objects.get(str(item.get("id", "")))
            same = [known] if known else self._living(str(item.get("slug", "")))
            if same:
                self.change(same[0]["id"], item)
            else:
                self.add(page_of(item, ""))
                created += 1
        return created, len(items) - created

    def _living(self, slug: str) -> list[Page]:
        found = self.objects.by_key(slug) if slug else []
        return [self._matured(page) for page in found if not _is_gone(page)]

    def _matured(self, page: Page) -> Page:
        """Publish a scheduled page whose time has come."""
        if page["status"] == "scheduled" and _is_past(page["scheduled_at"]):
            page |= {"status": "published", "published_at": page["scheduled_at"]}
            self._put(page)
        return page

    def _put(self, page: Page) -> Page:
        return self.objects.put(page["id"], page, key=page["slug"])


def _is_gone(page: Page) -> bool:
    return bool(page["status"] == "deleted")


def _is_moment(value: Any) -> bool:
    try:
        return bool(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def _is_past(moment: str) -> bool:
    when = datetime.fromisoformat(moment)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)) <= datetime.now(UTC)
