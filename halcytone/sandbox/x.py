"""X's stand-in: posts, threads, media, tokens, limits."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from halcytone.sandbox import control, forms, pages, sign_in, weighted
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
from halcytone.sandbox.store import Objects, count_up, now
from halcytone.sandbox.x_rows import DUPLICATE, USER, Posts

TITLES = {400: "Invalid Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found Error"}
MOST_IMAGE_BYTES = 5 * 2**20
MOST_ALT = 1000
WINDOW_S, POSTS_PER_WINDOW = 900, 300
MEDIA_LIFE_S, TOKEN_LIFE_S = 86_400, 7_200
SCOPES = "tweet.read tweet.write users.read media.write offline.access"


def problem(status: int, detail: str) -> dict[str, Any]:
    title = TITLES.get(status, "Too Many Requests" if status == 429 else "Error")
    body = {"title": title, "detail": detail, "type": "about:blank", "status": status}
    return body | {"errors": [{"message": detail, "title": title}]}


def is_authorised(headers: Mapping[str, str]) -> bool:
    """Accept a bearer token (OAuth 2.0) or a signed OAuth 1.0a header."""
    kind, _, token = headers.get("Authorization", "").partition(" ")
    if kind == "OAuth":
        return all(f"oauth_{part}=" in token for part in ("token", "signature", "consumer_key"))
    return kind == "Bearer" and is_acceptable_key(token)


def limits(wait_s: int, remaining: int = 0) -> dict[str, str]:
    return {
        "x-rate-limit-limit": str(POSTS_PER_WINDOW),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": unix_in(wait_s),
    }


DIALECT = Dialect(
    server="x",
    problem=problem,
    is_authorised=is_authorised,
    limits=limits,
    duplicate=(403, DUPLICATE),
    silent=("/favicon.ico", "/media/", "/halcytone/"),
    open=("/health", "/2/oauth2/", "/i/oauth2/"),
)


def build(world: World) -> web.Application:
    app = web.Application(middlewares=[gate(DIALECT)], client_max_size=32 * 2**20)
    app[WORLD] = world
    app[PACE] = _Pace()
    control.add_routes(app, "x", ROUTES)
    return app


class _Pace:
    """Posts in the running window of 15 minutes."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.start, self.used = time.monotonic(), 0

    def use(self) -> dict[str, str]:
        """Count one post and return the limit headers. Raises Problem(429)."""
        if time.monotonic() - self.start >= WINDOW_S:
            self.restart()
        if self.used >= POSTS_PER_WINDOW:
            raise Problem(429, "Too Many Requests")
        self.used += 1
        left_s = int(WINDOW_S - (time.monotonic() - self.start))
        return limits(left_s, POSTS_PER_WINDOW - self.used)


PACE = web.AppKey("pace", _Pace)


def posts(request: web.Request) -> Posts:
    return Posts(request.app[WORLD].db)


async def create(request: web.Request) -> web.Response:
    data = await request.json()
    text = str(data.get("text") or "")
    media = [str(id) for id in (data.get("media") or {}).get("media_ids") or []]
    parent = str((data.get("reply") or {}).get("in_reply_to_tweet_id") or "")
    if not text.strip() and not media:
        raise Problem(400, "A post needs text or media")
    if (size := weighted.length(text)) > weighted.MOST:
        raise Problem(400, f"The text is too long: {size} weighted, {weighted.MOST} are allowed")
    headers = request.app[PACE].use()
    post = posts(request).add(text, media, parent)
    data = {"id": post["id"], "text": post["text"], "edit_history_tweet_ids": [post["id"]]}
    return answer({"data": data}, 201, **headers)


async def read(request: web.Request) -> web.Response:
    return answer({"data": Posts.as_wire(posts(request).get(request.match_info["id"]))})


async def delete(request: web.Request) -> web.Response:
    posts(request).delete(request.match_info["id"])
    return answer({"data": {"deleted": True}})


async def timeline(request: web.Request) -> web.Response:
    if request.match_info["id"] != USER["id"]:
        raise Problem(404, f"Could not find user with id: [{request.match_info['id']}]")
    found = posts(request).page(request.query)
    meta: dict[str, Any] = {"result_count": len(found.posts)}
    if not found.posts:
        return answer({"meta": meta})
    meta |= {"newest_id": found.posts[0]["id"], "oldest_id": found.posts[-1]["id"]}
    if found.next_token:
        meta["next_token"] = found.next_token
    return answer({"data": [Posts.as_wire(post) for post in found.posts], "meta": meta})


async def me(_: web.Request) -> web.Response:
    return answer({"data": USER})


async def upload(request: web.Request) -> web.Response:
    media = _kept_media(request, await request.read())
    data = {key: media[key] for key in ("id", "media_key", "size", "expires_after_secs")}
    return answer({"data": data})


async def upload_older(request: web.Request) -> web.Response:
    media = _kept_media(request, await request.read())
    life = {"size": media["size"], "expires_after_secs": MEDIA_LIFE_S}
    return answer({"media_id": int(media["id"]), "media_id_string": media["id"], **life})


def _kept_media(request: web.Request, body: bytes) -> dict[str, Any]:
    fields = forms.parts(request.headers.get("Content-Type", ""), body)
    image = fields.get("media", b"")
    if fields.get("media_category", b"tweet_image") != b"tweet_image":
        raise Problem(400, "media_category must be tweet_image")
    kind = forms.image_type(image)
    if not kind:
        raise Problem(400, "media is missing, or not a PNG, JPEG, GIF or WebP image")
    if len(image) > MOST_IMAGE_BYTES:
        raise Problem(400, f"The image has {len(image)} bytes, at most {MOST_IMAGE_BYTES}")
    db = request.app[WORLD].db
    id = str(1_700_000_000_000_000_000 + count_up(db, "media"))
    media = {"id": id, "media_key": f"3_{id}", "size": len(image), "type": kind, "alt_text": ""}
    media["expires_after_secs"] = MEDIA_LIFE_S
    return Objects(db, "media").put(id, media, blob=image)


async def describe(request: web.Request) -> web.Response:
    data = await request.json()
    text = data["metadata"]["alt_text"]["text"]
    media = Objects(request.app[WORLD].db, "media")
    known = media.get(str(data.get("id")))
    if known is None:
        raise Problem(404, f"No media {data.get('id')!r}")
    if not isinstance(text, str) or not 0 < len(text) <= MOST_ALT:
        raise Problem(400, f"The alt text must have 1 to {MOST_ALT} characters")
    media.put(known["id"], known | {"alt_text": text})
    associated = {"alt_text": {"text": text}}
    return answer({"data": {"id": known["id"], "associated_metadata": associated}})


async def token(request: web.Request) -> web.Response:
    """Refresh or redeem: a new pair each time; a code or token marked invalid is refused."""
    form = dict(parse_qsl((await request.read()).decode()))
    kind = form.get("grant_type", "")
    given = form.get({"refresh_token": "refresh_token", "authorization_code": "code"}.get(kind, ""))
    is_ours = sign_in.is_good(given or "", form.get("code_verifier", ""))
    if not given or not is_ours or "invalid" in given or "expired" in given:
        detail = "Value passed for the token was invalid."
        return answer({"error": "invalid_request", "error_description": detail}, 400)
    number = count_up(request.app[WORLD].db, "token")
    pair = {"access_token": f"sandbox-access-token-{number}"}
    pair |= {"refresh_token": f"sandbox-refresh-token-{number}", "scope": SCOPES}
    return answer({"token_type": "bearer", "expires_in": TOKEN_LIFE_S, **pair})


async def authorize(request: web.Request) -> web.Response:
    return sign_in.page(request, "x", "X", f"@{USER['username']}")


async def image(request: web.Request) -> web.Response:
    media = Objects(request.app[WORLD].db, "media")
    known, body = media.get(request.match_info["id"]), media.blob(request.match_info["id"])
    if known is None or body is None:
        raise web.HTTPNotFound
    headers = {"X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type=known["type"], headers=headers)


async def front(request: web.Request) -> web.Response:
    media = Objects(request.app[WORLD].db, "media")
    threads = posts(request).threads()
    html = pages.render(
        request.app[WORLD], "x.html", server="x", threads=threads, user=USER, media=media.get
    )
    return pages.response(html)


async def health(_: web.Request) -> web.Response:
    return answer({"status": "healthy", "service": "x-sandbox", "version": "2", "timestamp": now()})


async def forget(request: web.Request) -> web.Response:
    db = request.app[WORLD].db
    for kind in ("post", "media"):
        Objects(db, kind).clear()
    db.execute("DELETE FROM answers WHERE server = 'x'")
    request.app[PACE].restart()
    return answer({"status": "success", "message": "Everything X held is deleted"})


ROUTES = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("GET", "/media/{id}", image),
    ("POST", "/2/tweets", create),
    ("GET", "/2/tweets/{id}", read),
    ("DELETE", "/2/tweets/{id}", delete),
    ("GET", "/2/users/me", me),
    ("GET", "/2/users/{id}/tweets", timeline),
    ("POST", "/2/media/upload", upload),
    ("POST", "/1.1/media/upload.json", upload_older),
    ("POST", "/2/media/metadata", describe),
    ("GET", "/i/oauth2/authorize", authorize),
    ("POST", "/2/oauth2/token", token),
    ("DELETE", "/api/v1/test-data", forget),
)
