"""Meta's stand-in: the Graph API of one Facebook page and one Instagram account."""

import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp import web

from halcytone.sandbox import control, forms, meta_sign_in, pages
from halcytone.sandbox.gate import (
    WORLD,
    Dialect,
    Problem,
    World,
    answer,
    gate,
    is_acceptable_key,
)
from halcytone.sandbox.meta_rows import (
    DUPLICATE,
    KINDS,
    PAGE,
    QUOTA,
    USER,
    Doc,
    Gallery,
    Page,
    missing,
)
from halcytone.sandbox.store import Objects, now

CODES = {400: 100, 401: 190, 403: 10, 404: 100, 429: 4}  # of Graph, where a problem names none
SUBCODES = {401: 463}
NUMBER = re.compile(r"\(#(\d+)(?:/(\d+))?\) ?")
OLDEST, NEWEST = 21, 30  # versions that are spoken
SIGN_IN = tuple(
    f"/v{version}.0/{path}/"
    for version in range(OLDEST, NEWEST + 1)
    for path in ("dialog", "oauth")
)
HOUR_S, CALLS_PER_HOUR = 3_600, 200
FETCH_S = 10
MOST_FETCHED = 16 * 2**20


def problem(status: int, detail: str) -> dict[str, Any]:
    """Return an error as Graph words it; `(#506) …` or `(#100/33) …` in front names code and subcode."""
    named = NUMBER.match(detail)
    code = int(named[1]) if named else CODES.get(status, 1)
    sub = int(named[2]) if named and named[2] else SUBCODES.get(status)
    error = {"message": NUMBER.sub("", detail, count=1), "type": "OAuthException", "code": code}
    return {"error": error | ({"error_subcode": sub} if sub else {}) | {"fbtrace_id": "Sandbox"}}


def is_authorised(headers: Mapping[str, str]) -> bool:
    kind, _, token = headers.get("Authorization", "").partition(" ")
    return kind in ("Bearer", "OAuth") and is_acceptable_key(token)


def usage(share: int, wait_s: int = 0) -> dict[str, str]:
    """Return the headers in which Graph tells how many per cent of the limits are used."""
    row = {"call_count": share, "total_cputime": 0, "total_time": 0}
    business = {"type": "pages", **row, "estimated_time_to_regain_access": -(-wait_s // 60)}
    return {
        "X-App-Usage": json.dumps(row),
        "X-Business-Use-Case-Usage": json.dumps({PAGE["id"]: [business]}),
    }


DIALECT = Dialect(
    server="meta",
    problem=problem,
    is_authorised=is_authorised,
    limits=lambda wait_s: usage(100, wait_s),
    duplicate=(400, DUPLICATE),
    silent=("/favicon.ico", "/photos/", "/pictures/"),
    open=("/health", *SIGN_IN),
)


class _Calls:
    """Calls in the running hour, and the states that the next containers are said to be in."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.start, self.used = time.monotonic(), 0
        self.states: list[str] = []

    def headers(self) -> dict[str, str]:
        if time.monotonic() - self.start >= HOUR_S:
            self.start, self.used = time.monotonic(), 0
        self.used += 1
        return usage(min(100, self.used * 100 // CALLS_PER_HOUR))


CALLS = web.AppKey("calls", _Calls)


def build(world: World) -> web.Application:
    app = web.Application(
        middlewares=[gate(DIALECT), meta_sign_in.ended], client_max_size=32 * 2**20
    )
    app[WORLD] = world
    app[CALLS] = _Calls()
    control.add_routes(app, "meta", ROUTES)
    return app


def page(request: web.Request) -> Page:
    return Page(request.app[WORLD].db)


def gallery(request: web.Request) -> Gallery:
    return Gallery(request.app[WORLD].db)


def said(request: web.Request, data: Any) -> web.Response:
    return answer(data, 200, **request.app[CALLS].headers())


def id_of(request: web.Request, *allowed: str) -> str:
    """Return the id in the path. Raises Problem for a retired version, or another id than these."""
    version = re.fullmatch(r"v(\d+)\.0", request.match_info["version"])
    if version is None or not OLDEST <= int(version[1]) <= NEWEST:
        raise Problem(400, "(#2635) You are calling a deprecated version of the API")
    id = request.match_info["id"]
    if allowed and id not in allowed:
        raise missing(id)
    return id


async def fields_of(request: web.Request) -> dict[str, Any]:
    """Return what was sent, as JSON, a form, or multipart; a file's bytes stand under its field."""
    body, kind = await request.read(), request.headers.get("Content-Type", "")
    if kind.startswith("multipart/"):
        parts = forms.parts(kind, body)
        return {name: data if name == "source" else data.decode() for name, data in parts.items()}
    if kind.startswith("application/json"):
        return dict(json.loads(body))
    return dict(parse_qsl(body.decode()))


async def photo(request: web.Request) -> web.Response:
    id_of(request, PAGE["id"])
    fields = await fields_of(request)
    if str(fields.get("published")).lower() != "false":
        raise Problem(400, "(#100) Only unpublished photos here: published=false")
    data = fields.get("source") or await _fetched(str(fields.get("url") or ""))
    kept = page(request).add_photo(data, str(fields.get("alt_text_custom") or ""))
    return said(request, {"id": kept["id"]})


async def feed(request: web.Request) -> web.Response:
    id_of(request, PAGE["id"])
    fields = await fields_of(request)
    media = fields.get("attached_media") or []
    photos = [str(one["media_fbid"]) for one in media]
    post = page(request).add(
        str(fields.get("message") or ""), str(fields.get("link") or ""), photos
    )
    return said(request, {"id": post["id"]})


async def read_feed(request: web.Request) -> web.Response:
    id_of(request, PAGE["id"])
    since, limit = int(request.query.get("since", 0)), int(request.query.get("limit", 25))
    rows = [post for post in page(request).posts.all() if post["unix"] >= since][:limit]
    return said(request, {"data": [_asked(request, _as_post(request, post)) for post in rows]})


async def read(request: web.Request) -> web.Response:
    """Give the fields that were asked for, of whatever has this id."""
    id = id_of(request)
    known = {PAGE["id"]: PAGE, USER["id"]: USER, "me": PAGE}
    if id in known:
        return said(request, _asked(request, known[id]))
    if post := page(request).posts.get(id):
        return said(request, _asked(request, _as_post(request, post)))
    if media := gallery(request).media.get(id):
        return said(request, _asked(request, _as_media(request, media)))
    return said(request, _asked(request, {"id": id, "status_code": _status(request, id)}))


def _status(request: web.Request, id: str) -> str:
    status, states = gallery(request).status(id), request.app[CALLS].states
    return states.pop(0) if states else status


def _asked(request: web.Request, row: Mapping[str, Any]) -> Doc:
    names = request.query.get("fields", "id").split(",")
    return {name: row[name] for name in ("id", *names) if name in row}


def _as_post(request: web.Request, post: Doc) -> Doc:
    return post | {"permalink_url": f"{request.app[WORLD].url('meta')}/#{post['id']}"}


def _as_media(request: web.Request, media: Doc) -> Doc:
    return media | {"permalink": f"{request.app[WORLD].url('meta')}/#{media['id']}"}


async def change(request: web.Request) -> web.Response:
    id, fields = id_of(request), await fields_of(request)
    for rows in (page(request).posts, page(request).comments):
        if known := rows.get(id):
            message = str(fields.get("message") or "")
            rows.db.execute(
                "UPDATE objects SET doc = ? WHERE kind = ? AND id = ?",
                (json.dumps(known | {"message": message, "edited": True}), rows.kind, id),
            )
            return said(request, {"success": True})
    raise missing(id)


async def delete(request: web.Request) -> web.Response:
    id = id_of(request)
    for rows in (page(request).posts, page(request).comments):
        if rows.get(id):
            rows.delete(id)
            return said(request, {"success": True})
    raise missing(id)


async def comment(request: web.Request) -> web.Response:
    fields = await fields_of(request)
    made = page(request).comment(id_of(request), str(fields.get("message") or ""))
    return said(request, {"id": made["id"]})


async def comments(request: web.Request) -> web.Response:
    rows = page(request).comments.by_key(id_of(request))
    return said(request, {"data": [_asked(request, row) for row in rows]})


async def contain(request: web.Request) -> web.Response:
    id_of(request, USER["id"])
    fields = await fields_of(request)
    caption = str(fields.get("caption") or "")
    if fields.get("media_type") == "CAROUSEL":
        children = fields.get("children") or []
        if isinstance(children, str):
            children = children.split(",")
        return said(request, {"id": gallery(request).carousel(list(children), caption)["id"]})
    data = await _fetched(str(fields.get("image_url") or ""))
    is_item = str(fields.get("is_carousel_item", False)).lower() == "true"
    made = gallery(request).contain(
        data, caption=caption, alt=str(fields.get("alt_text") or ""), is_item=is_item
    )
    return said(request, {"id": made["id"]})


async def _fetched(url: str) -> bytes:
    """Fetch an image as Meta does, from this machine alone. Raises Problem."""
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        raise Problem(
            400, "(#9004) The image cannot be fetched: the sandbox reaches this machine alone"
        )
    try:
        wait = aiohttp.ClientTimeout(total=FETCH_S)
        async with (
            aiohttp.ClientSession(timeout=wait, trust_env=False) as session,
            session.get(url, allow_redirects=False) as found,
        ):
            if found.status != 200:
                raise Problem(400, f"(#9004) The image cannot be fetched: {found.status}")
            return await found.content.read(MOST_FETCHED)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Problem(400, "(#9004) The image cannot be fetched") from error


async def publish(request: web.Request) -> web.Response:
    id_of(request, USER["id"])
    made = gallery(request).publish(str((await fields_of(request)).get("creation_id") or ""))
    return said(request, {"id": made["id"]})


async def read_media(request: web.Request) -> web.Response:
    id_of(request, USER["id"])
    rows = gallery(request).media.all()[: int(request.query.get("limit", 25))]
    return said(request, {"data": [_asked(request, _as_media(request, row)) for row in rows]})


async def quota(request: web.Request) -> web.Response:
    id_of(request, USER["id"])
    config = {"quota_total": QUOTA, "quota_duration": 86_400}
    row = {"config": config, "quota_usage": gallery(request).used()}
    return said(request, {"data": [row]})


async def order_states(request: web.Request) -> web.Response:
    """Say in which states the next questions about containers find them."""
    states = (await request.json())["states"]
    known = {"IN_PROGRESS", "ERROR", "EXPIRED", "FINISHED"}
    if not isinstance(states, list) or set(states) - known:
        return answer({"error": f"states is a list of {', '.join(sorted(known))}"}, 400)
    request.app[CALLS].states = states
    return answer({"states": states}, 201)


def _bytes(request: web.Request, kind: str) -> web.Response:
    objects, id = Objects(request.app[WORLD].db, kind), request.match_info["id"]
    known, body = objects.get(id), objects.blob(id)
    if known is None or body is None:
        raise web.HTTPNotFound
    headers = {"X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type=known.get("type", "image/jpeg"), headers=headers)


async def photo_bytes(request: web.Request) -> web.Response:
    return _bytes(request, "fb_photo")


async def picture_bytes(request: web.Request) -> web.Response:
    return _bytes(request, "ig_container")


async def front(request: web.Request) -> web.Response:
    shown = page(request).shown(), gallery(request).shown(page(request).comments)
    html = pages.render(
        request.app[WORLD], "meta.html", server="meta", posts=shown[0], media=shown[1],
        page=PAGE, user=USER,
    )  # fmt: skip
    return pages.response(html)


async def health(_: web.Request) -> web.Response:
    body = {"status": "healthy", "service": "meta-sandbox", "version": f"v{NEWEST}.0"}
    return answer(body | {"timestamp": now()})


async def forget(request: web.Request) -> web.Response:
    db = request.app[WORLD].db
    for kind in KINDS:
        Objects(db, kind).clear()
    db.execute("DELETE FROM answers WHERE server = 'meta'")
    request.app[CALLS].restart()
    return answer({"status": "success", "message": "Everything Meta held is deleted"})


ROUTES = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("GET", "/photos/{id}", photo_bytes),
    ("GET", "/pictures/{id}", picture_bytes),
    ("POST", "/_sandbox/containers", order_states),
    ("DELETE", "/api/v1/test-data", forget),
    *meta_sign_in.ROUTES,
    ("POST", "/{version}/{id}/photos", photo),
    ("POST", "/{version}/{id}/feed", feed),
    ("GET", "/{version}/{id}/feed", read_feed),
    ("POST", "/{version}/{id}/comments", comment),
    ("GET", "/{version}/{id}/comments", comments),
    ("POST", "/{version}/{id}/media", contain),
    ("GET", "/{version}/{id}/media", read_media),
    ("POST", "/{version}/{id}/media_publish", publish),
    ("GET", "/{version}/{id}/content_publishing_limit", quota),
    ("GET", "/{version}/{id}", read),
    ("POST", "/{version}/{id}", change),
    ("DELETE", "/{version}/{id}", delete),
)
