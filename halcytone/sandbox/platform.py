"""The Platform's stand-in: pages, older routes, social posts, analytics."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from halcytone.sandbox import control, pages
from halcytone.sandbox.gate import (
    WORLD,
    Dialect,
    Problem,
    World,
    answer,
    gate,
    is_acceptable_key,
    unix_in,
)
from halcytone.sandbox.platform_rows import Pages, as_wire, page_of
from halcytone.sandbox.store import Objects, count_up, now
from halcytone.sandbox.triggers import has_word, obey

NETWORKS = frozenset({"twitter", "linkedin", "facebook", "instagram"})
SOURCES = ("organic", "social", "direct", "referral")
SLOW_S = 3.0
# The trigger words of a title and what they answer; letters around a word make it another word.
TRIGGERS = {"error": 400, "timeout": 408, "forbidden": 403}


def problem(status: int, detail: str) -> dict[str, Any]:
    return {"error": {"status": status, "message": detail}, "detail": detail}


DIALECT = Dialect(
    server="platform",
    problem=problem,
    is_authorised=lambda headers: is_acceptable_key(headers.get("X-API-Key", "")),
    limits=lambda wait_s: {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": unix_in(wait_s)},
    duplicate=(409, "Content with this slug exists"),
    silent=("/favicon.ico",),
    open=("/health", "/updates/", "/blog/"),
)


def build(world: World) -> web.Application:
    app = web.Application(middlewares=[gate(DIALECT)], client_max_size=32 * 2**20)
    app[WORLD] = world
    control.add_routes(app, "platform", ROUTES)
    return app


def obey_triggers(request: web.Request, title: str) -> None:
    obey(request, title, TRIGGERS, slow_s=SLOW_S)


def rows(request: web.Request) -> Pages:
    return Pages(request.app[WORLD].db, request.app[WORLD].url("platform"))


async def create(request: web.Request) -> web.Response:
    data = await request.json()
    obey_triggers(request, str(data.get("title", "")))
    if has_word("draft", str(data.get("title", ""))):
        data["status"] = "draft"
    page = rows(request).add(page_of(data, request.headers.get("X-Request-ID", "")))
    return answer(as_wire(page), 201)


async def publish(request: web.Request) -> web.Response:
    data = await request.json()
    obey_triggers(request, str(data.get("title", "")))
    if has_word("draft", str(data.get("title", ""))):
        status = "draft"
    elif data.get("scheduled_at"):
        status = "scheduled"
    else:
        status = "published" if data.get("publish_immediately", True) else "draft"
    fields = data | {"type": data.get("content_type", "web_update"), "status": status}
    page = rows(request).add(page_of(fields, request.headers.get("X-Request-ID", "")))
    wire = as_wire(page)
    shown = ("content_id", "url", "status", "published_at", "scheduled_at")
    return answer({key: wire[key] for key in shown}, 201)


async def listing(request: web.Request) -> web.Response:
    query = request.query
    limit, offset = int(query.get("limit", 50)), int(query.get("offset", 0))
    wanted = {
        "status": query.get("status", ""),
        "type": query.get("type", query.get("content_type", "")),
        "slug": query.get("slug", ""),
        "tags": query.get("tags", ""),
    }
    found = rows(request).find(wanted)
    items = [as_wire(page) for page in found[offset : offset + limit]]
    filters = {key: value or None for key, value in wanted.items()}
    numbers = {"total": len(found), "limit": limit, "offset": offset}
    return answer({"content": items, "items": items, **numbers, "filters": filters})


async def read(request: web.Request) -> web.Response:
    return answer(as_wire(rows(request).get(request.match_info["id"])))


async def change(request: web.Request) -> web.Response:
    """Answer PATCH and PUT: both take a part of the fields."""
    page = rows(request).change(request.match_info["id"], await request.json())
    return answer(as_wire(page))


async def delete(request: web.Request) -> web.Response:
    page = rows(request).change(request.match_info["id"], {"status": "deleted"})
    return answer({"status": "success", "message": "deleted", "content_id": page["id"]})


async def add_version(request: web.Request) -> web.Response:
    id = rows(request).get(request.match_info["id"])["id"]
    version = {"content_id": id, "created_at": now(), **(await request.json())}
    versions = Objects(request.app[WORLD].db, "version")
    number = count_up(request.app[WORLD].db, "version")
    return answer(versions.put(f"version-{number}", version, key=id), 201)


async def versions(request: web.Request) -> web.Response:
    id = rows(request).get(request.match_info["id"])["id"]
    return answer({"versions": Objects(request.app[WORLD].db, "version").by_key(id)})


async def schedule(request: web.Request) -> web.Response:
    data = await request.json()
    if not data.get("scheduled_at"):
        raise Problem(422, "scheduled_at is missing")
    changes = {"scheduled_at": data["scheduled_at"], "status": "scheduled"}
    return answer(as_wire(rows(request).change(request.match_info["id"], changes)))


async def archive(request: web.Request) -> web.Response:
    return answer(as_wire(rows(request).change(request.match_info["id"], {"status": "archived"})))


async def analytics(request: web.Request) -> web.Response:
    """Count what really happened here: page views, and nothing else that no one did."""
    page = rows(request).get(request.match_info["id"])
    views = page["views"]
    figures = {"views": views, "unique_views": views, "engagement_rate": 0.0}
    figures |= {"avg_time_on_page": 0, "bounce_rate": 0.0, "social_shares": 0, "comments": 0}
    sources = dict.fromkeys(SOURCES, 0) | {"direct": views}
    return answer(
        {"content_id": page["id"], **figures, "likes": 0, "last_updated": now()}
        | {"traffic_sources": sources}
    )


async def sync(request: web.Request) -> web.Response:
    data = await request.json()
    created, updated = rows(request).sync(list(data.get("items", [])))
    count = {"synced": created + updated, "created": created, "updated": updated}
    return answer({"status": "success", **count})


async def add_update(request: web.Request) -> web.Response:
    data = await request.json()
    obey_triggers(request, str(data.get("title", "")))
    fields = data | {"type": "update", "status": "published"}
    page = rows(request).add(page_of(fields, request.headers.get("X-Request-ID", "")))
    return answer(as_wire(page), 201)


async def updates(request: web.Request) -> web.Response:
    found = [as_wire(page) for page in rows(request).find({"type": "update"})]
    return answer({"updates": found, "total": len(found)})


async def social_post(request: web.Request) -> web.Response:
    data = await request.json()
    network, text = str(data.get("platform", "")), str(data.get("content", ""))
    if network not in NETWORKS:
        raise Problem(400, f"Unknown platform {network!r}; known: {', '.join(sorted(NETWORKS))}")
    if has_word("banned", text):
        raise Problem(403, "The content breaks a policy (banned)")
    db = request.app[WORLD].db
    id = f"post-{count_up(db, 'social')}"
    is_later = bool(data.get("scheduled_at"))
    post = {
        "post_id": id,
        "platform": network,
        "url": f"{request.app[WORLD].url('platform')}/social/{id}",
        "status": "scheduled" if is_later else "posted",
        "posted_at": None if is_later else now(),
    }
    kept = {key: data.get(key) for key in ("content", "media_urls", "scheduled_at", "hashtags")}
    Objects(db, "social").put(id, post | kept)
    return answer(post, 201)


async def social_read(request: web.Request) -> web.Response:
    return answer(_social(request))


async def social_analytics(request: web.Request) -> web.Response:
    names = ("impressions", "reach", "engagement", "likes", "shares", "comments", "clicks")
    figures: dict[str, float] = dict.fromkeys(names, 0)
    return answer({"post_id": _social(request)["post_id"], **figures, "engagement_rate": 0.0})


def _social(request: web.Request) -> dict[str, Any]:
    post = Objects(request.app[WORLD].db, "social").get(request.match_info["id"])
    if post is None:
        raise Problem(404, "No such post")
    return post


async def acknowledge(request: web.Request) -> web.Response:
    """Take a monitoring event or a webhook: the journal keeps it."""
    if not isinstance(await request.json(), Mapping):
        raise Problem(400, "An object is expected")
    return answer({"status": "success", "message": "received"})


async def health(_: web.Request) -> web.Response:
    return answer(
        {"status": "healthy", "service": "platform-sandbox", "version": "1", "timestamp": now()}
    )


async def stats(request: web.Request) -> web.Response:
    found = rows(request).find({})
    by_status: dict[str, int] = {}
    for page in found:
        by_status[page["status"]] = by_status.get(page["status"], 0) + 1
    social = Objects(request.app[WORLD].db, "social").count()
    return answer({"content": len(found), "by_status": by_status, "social_posts": social})


async def forget(request: web.Request) -> web.Response:
    db = request.app[WORLD].db
    for kind in ("page", "version", "social"):
        Objects(db, kind).clear()
    db.execute("DELETE FROM answers WHERE server = 'platform'")
    return answer({"status": "success", "message": "Everything the Platform held is deleted"})


async def public_page(request: web.Request) -> web.Response:
    """Show a published page to a person; the Platform's own client is not counted as a reader."""
    is_reader = "HalcytoneContentGenerator" not in request.headers.get("User-Agent", "")
    page = rows(request).public(request.match_info["slug"], is_view=is_reader)
    if page is None:
        html = pages.render(request.app[WORLD], "missing.html", server="platform")
        return web.Response(text=html, status=404, content_type="text/html")
    html = pages.render(request.app[WORLD], "page.html", server="platform", page=page)
    headers = {"Content-Security-Policy": pages.CONTENT_POLICY}
    return web.Response(text=html, content_type="text/html", headers=headers)


async def front(request: web.Request) -> web.Response:
    found = [as_wire(page) for page in rows(request).find({})]
    html = pages.render(request.app[WORLD], "platform.html", server="platform", found=found)
    return pages.response(html)


API = "/api/v1"
ROUTES = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("GET", "/updates/{slug}", public_page),
    ("GET", "/blog/{slug}", public_page),
    ("POST", f"{API}/content", create),
    ("GET", f"{API}/content", listing),
    ("POST", f"{API}/content/publish", publish),
    ("POST", f"{API}/content/sync", sync),
    ("GET", f"{API}/content/{{id}}", read),
    ("PATCH", f"{API}/content/{{id}}", change),
    ("PUT", f"{API}/content/{{id}}", change),
    ("DELETE", f"{API}/content/{{id}}", delete),
    ("POST", f"{API}/content/{{id}}/versions", add_version),
    ("GET", f"{API}/content/{{id}}/versions", versions),
    ("POST", f"{API}/content/{{id}}/schedule", schedule),
    ("POST", f"{API}/content/{{id}}/archive", archive),
    ("GET", f"{API}/content/{{id}}/analytics", analytics),
    ("GET", f"{API}/analytics/content/{{id}}", analytics),
    ("POST", f"{API}/updates", add_update),
    ("GET", f"{API}/updates", updates),
    ("POST", f"{API}/social/post", social_post),
    ("GET", f"{API}/social/{{id}}", social_read),
    ("GET", f"{API}/analytics/social/{{id}}", social_analytics),
    ("POST", f"{API}/monitoring/events", acknowledge),
    ("POST", f"{API}/webhooks/content", acknowledge),
    ("GET", f"{API}/stats", stats),
    ("DELETE", f"{API}/test-data", forget),
)
