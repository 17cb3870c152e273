"""Mastodon's stand-in: statuses, threads, images with descriptions, idempotency keys."""

import html
import re
from typing import Any

from aiohttp import web

from halcytone.sandbox import control, pages
from halcytone.sandbox.forms import image_type, parts
from halcytone.sandbox.gate import (
    WORLD,
    Dialect,
    Problem,
    World,
    answer,
    gate,
    is_acceptable_key,
)
from halcytone.sandbox.store import Doc, Objects, count_up, now

USER = {"id": "109000000000000001", "username": "halcytone", "acct": "halcytone"}
STATUS, MEDIA = "masto_status", "masto_media"
MOST_TEXT, MOST_ALT, MOST_MEDIA, PAGE, SHOWN = 500, 1_500, 4, 40, 200
URL = re.compile(r"https?://\S+")
API = "/api/v1"


def problem(_status: int, detail: str) -> dict[str, Any]:
    return {"error": detail}


DIALECT = Dialect(
    server="mastodon",
    problem=problem,
    is_authorised=lambda headers: is_acceptable_key(
        headers.get("Authorization", "").removeprefix("Bearer ")
    ),
    limits=lambda wait_s: {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0"},
    duplicate=(422, "Validation failed: this was posted before"),
    silent=("/favicon.ico", "/media/"),
    open=("/health",),
)


def build(world: World) -> web.Application:
    app = web.Application(middlewares=[gate(DIALECT)], client_max_size=32 * 2**20)
    app[WORLD] = world
    control.add_routes(app, "mastodon", ROUTES)
    return app


def statuses(request: web.Request) -> Objects:
    return Objects(request.app[WORLD].db, STATUS)


async def create(request: web.Request) -> web.Response:
    """Take one status; its Idempotency-Key gets the same one again."""
    data, kept = await request.json(), statuses(request)
    key = request.headers.get("Idempotency-Key", "")
    if key and (known := kept.by_key(key)):
        return answer(as_wire(request, known[0]))
    media = [str(id) for id in data.get("media_ids") or []]
    text = _text(data, is_bare=not media)
    if len(media) > MOST_MEDIA or not all(Objects(kept.db, MEDIA).get(id) for id in media):
        raise Problem(422, "Validation failed: unknown or too many media")
    parent = str(data.get("in_reply_to_id") or "")
    if parent and kept.get(parent) is None:
        raise Problem(404, "Record not found")
    id = str(110_000_000_000_000_000 + count_up(kept.db, STATUS))
    made = {"id": id, "text": text, "media": media, "in_reply_to_id": parent or None}
    kept.put(id, {**made, "created_at": now(), "edited_at": None}, key=key)
    return answer(as_wire(request, _known(request, id)))


async def read(request: web.Request) -> web.Response:
    return answer(as_wire(request, _known(request, request.match_info["id"])))


async def change(request: web.Request) -> web.Response:
    status = _known(request, request.match_info["id"])
    changed = {"text": _text(await request.json(), is_bare=True), "edited_at": now()}
    statuses(request).put(status["id"], status | changed)
    return answer(as_wire(request, status | changed))


async def delete(request: web.Request) -> web.Response:
    status = _known(request, request.match_info["id"])
    statuses(request).delete(status["id"])
    return answer(as_wire(request, status))


async def timeline(request: web.Request) -> web.Response:
    if request.match_info["id"] != USER["id"]:
        raise Problem(404, "Record not found")
    limit, below = int(request.query.get("limit", 20)), request.query.get("max_id", "")
    found = [one for one in statuses(request).all() if not below or int(one["id"]) < int(below)]
    return answer([as_wire(request, one) for one in found[: min(limit, PAGE)]])


async def upload(request: web.Request) -> web.Response:
    fields = parts(request.headers.get("Content-Type", ""), await request.read())
    image, alt = fields.get("file", b""), fields.get("description", b"").decode()
    kind = image_type(image)
    if not kind or len(alt) > MOST_ALT:
        raise Problem(422, "Validation failed: no image, or its description is too long")
    media = Objects(request.app[WORLD].db, MEDIA)
    id = str(120_000_000_000_000_000 + count_up(media.db, MEDIA))
    media.put(id, {"id": id, "type": "image", "description": alt, "kind": kind}, blob=image)
    return answer(_media(request, id))


async def media_state(request: web.Request) -> web.Response:
    return answer(_media(request, request.match_info["id"]))


async def image(request: web.Request) -> web.Response:
    media = Objects(request.app[WORLD].db, MEDIA)
    known, body = media.get(request.match_info["id"]), media.blob(request.match_info["id"])
    if known is None or body is None:
        raise web.HTTPNotFound
    headers = {"X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type=known["kind"], headers=headers)


async def me(_: web.Request) -> web.Response:
    return answer(USER)


def as_wire(request: web.Request, status: Doc) -> Doc:
    """Return a status as Mastodon shows it: paragraphs of HTML, links in full in hidden pieces."""
    shown = {key: status[key] for key in ("id", "created_at", "edited_at", "in_reply_to_id")}
    shown |= {"content": as_html(status["text"]), "account": USER, "visibility": "public"}
    shown["media_attachments"] = [_media(request, id) for id in status["media"]]
    return shown | {"url": f"{request.app[WORLD].url('mastodon')}/#{status['id']}"}


def as_html(text: str) -> str:
    paragraphs = text.split("\n\n")
    return "".join(f"<p>{'<br />'.join(map(_line, each.splitlines()))}</p>" for each in paragraphs)


def _line(line: str) -> str:
    def link(found: "re.Match[str]") -> str:
        scheme, _, rest = found[0].partition("://")
        hidden = f'<span class="invisible">{scheme}://</span><span class="">{rest}</span>'
        return f'<a href="{found[0]}" rel="nofollow noopener">{hidden}</a>'

    return URL.sub(link, html.escape(line, quote=False))


def _text(data: Doc, *, is_bare: bool) -> str:
    text = str(data.get("status") or "")
    if is_bare and not text.strip():
        raise Problem(422, "Validation failed: Text can't be blank")
    if len(URL.sub("x" * 23, text)) > MOST_TEXT:
        raise Problem(422, f"Validation failed: Text character limit of {MOST_TEXT} exceeded")
    return text


def _known(request: web.Request, id: str) -> Doc:
    status = statuses(request).get(id)
    if status is None:
        raise Problem(404, "Record not found")
    return status


def _media(request: web.Request, id: str) -> Doc:
    known = Objects(request.app[WORLD].db, MEDIA).get(id)
    if known is None:
        raise Problem(404, "Record not found")
    return {**known, "url": f"{request.app[WORLD].url('mastodon')}/media/{id}"}


async def front(request: web.Request) -> web.Response:
    found = [as_wire(request, one) for one in statuses(request).all()[:SHOWN]]
    html_ = pages.render(request.app[WORLD], "mastodon.html", server="mastodon", statuses=found)
    return pages.response(html_)


async def health(_: web.Request) -> web.Response:
    about = {"status": "healthy", "service": "mastodon-sandbox", "version": "4.3"}
    return answer(about | {"timestamp": now()})


async def forget(request: web.Request) -> web.Response:
    db = request.app[WORLD].db
    for kind in (STATUS, MEDIA):
        Objects(db, kind).clear()
    db.execute("DELETE FROM answers WHERE server = 'mastodon'")
    return answer({"status": "success", "message": "Everything Mastodon held is deleted"})


ROUTES: tuple[control.Route, ...] = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("GET", "/media/{id}", image),
    ("POST", f"{API}/statuses", create),
    ("GET", f"{API}/statuses/{{id}}", read),
    ("PUT", f"{API}/statuses/{{id}}", change),
    ("DELETE", f"{API}/statuses/{{id}}", delete),
    ("GET", f"{API}/accounts/verify_credentials", me),
    ("GET", f"{API}/accounts/{{id}}/statuses", timeline),
    ("POST", "/api/v2/media", upload),
    ("GET", f"{API}/media/{{id}}", media_state),
    ("DELETE", f"{API}/test-data", forget),
)
