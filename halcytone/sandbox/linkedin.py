"""LinkedIn's stand-in: the Posts API, the older ugcPosts, images, comments, versions, tokens."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from halcytone.sandbox import control, forms, pages, sign_in
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
from halcytone.sandbox.linkedin_rows import Doc, Posts, read_text
from halcytone.sandbox.store import Objects, count_up, now

CODES = {401: "INVALID_ACCESS_TOKEN", 403: "ACCESS_DENIED", 404: "NOT_FOUND",
         422: "INVALID_CONTENT", 426: "NONEXISTENT_VERSION", 429: "TOO_MANY_REQUESTS"}  # fmt: skip
DAY_LIMIT = 100  # posts of one member, as LinkedIn publishes it
TOKEN_LIFE_S = 5_184_000
VERSION_MONTHS = 12  # how long a version is spoken
SHARE = "com.linkedin.ugc.ShareContent"
UPLOAD = "com.linkedin.digitalmedia.uploading.MediaUploadHttpRequest"
KINDS = ("li_post", "li_comment", "li_image")


def problem(status: int, detail: str) -> dict[str, Any]:
    return {"message": detail, "status": status, "code": CODES.get(status, "ERROR")}


def is_authorised(headers: Mapping[str, str]) -> bool:
    kind, _, token = headers.get("Authorization", "").partition(" ")
    return kind == "Bearer" and is_acceptable_key(token)


def limits(wait_s: int) -> dict[str, str]:
    return {"X-RateLimit-Limit": str(DAY_LIMIT), "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": unix_in(wait_s)}  # fmt: skip


DIALECT = Dialect(
    server="linkedin",
    problem=problem,
    is_authorised=is_authorised,
    limits=limits,
    duplicate=(422, "Content is a duplicate of urn:li:share:7400000000000000000"),
    silent=("/favicon.ico", "/media/"),
    open=("/health", "/oauth/"),
)


def build(world: World) -> web.Application:
    app = web.Application(middlewares=[gate(DIALECT)], client_max_size=32 * 2**20)
    app[WORLD] = world
    control.add_routes(app, "linkedin", ROUTES)
    return app


def posts(request: web.Request) -> Posts:
    return Posts(request.app[WORLD].db)


def require_version(request: web.Request) -> None:
    """Refuse a missing version, one that is no month, and one of more than a year ago (426)."""
    version = request.headers.get("LinkedIn-Version", "")
    if request.headers.get("X-Restli-Protocol-Version") != "2.0.0":
        raise Problem(400, "X-Restli-Protocol-Version must be 2.0.0")
    if not re.fullmatch(r"20\d{2}(0[1-9]|1[0-2])", version):
        raise Problem(400, "A version must be present: LinkedIn-Version: YYYYMM")
    today = datetime.now(UTC)
    age = (today.year - int(version[:4])) * 12 + today.month - int(version[4:])
    if not 0 <= age <= VERSION_MONTHS:
        raise Problem(426, f"Requested version {version} is not active")


def urn_of(request: web.Request) -> str:
    return unquote(request.match_info["urn"])


async def initialise(request: web.Request) -> web.Response:
    require_version(request)
    data = await request.json()
    if request.query.get("action") != "initializeUpload":
        raise Problem(400, "action must be initializeUpload")
    image = posts(request).expect(str(data["initializeUploadRequest"]["owner"]), "image")
    return answer({"value": {"uploadUrl": _upload_url(request, image), "image": image["id"]}})


async def register(request: web.Request) -> web.Response:
    data = await request.json()
    if request.query.get("action") != "registerUpload":
        raise Problem(400, "action must be registerUpload")
    image = posts(request).expect(str(data["registerUploadRequest"]["owner"]), "digitalmediaAsset")
    mechanism = {UPLOAD: {"headers": {}, "uploadUrl": _upload_url(request, image)}}
    return answer({"value": {"uploadMechanism": mechanism, "asset": image["id"]}})


def _upload_url(request: web.Request, image: Doc) -> str:
    return f"{request.app[WORLD].url('linkedin')}/dms-uploads/{image['number']}"


async def upload(request: web.Request) -> web.Response:
    data = await request.read()
    kind = forms.image_type(data)
    if kind not in ("image/png", "image/jpeg", "image/gif"):
        raise Problem(400, "An image is a PNG, JPEG or GIF")
    posts(request).store(request.match_info["number"], data, kind)
    return web.Response(status=201)


async def create(request: web.Request) -> web.Response:
    require_version(request)
    data = await request.json()
    if data.get("lifecycleState") != "PUBLISHED" or data.get("visibility") != "PUBLIC":
        raise Problem(422, "A post is PUBLISHED and PUBLIC here")
    if data["distribution"]["feedDistribution"] != "MAIN_FEED":
        raise Problem(422, "feedDistribution must be MAIN_FEED")
    raw = str(data.get("commentary") or "")
    images, article = _content(data.get("content") or {})
    post = posts(request).add(str(data["author"]), read_text(raw), images, article, raw=raw)
    return web.Response(status=201, headers={"x-restli-id": post["id"]})


def _content(content: Doc) -> tuple[list[Doc], Doc | None]:
    """Return images and article of a post. Raises Problem for a shape that LinkedIn does not know."""
    if set(content) - {"media", "multiImage", "article"} or len(content) > 1:
        raise Problem(422, "content is one of media, multiImage, article")
    rows = [content["media"]] if "media" in content else []
    if "multiImage" in content:
        rows = content["multiImage"]["images"]
        if len(rows) < 2:
            raise Problem(422, "multiImage has 2 to 20 images")
    article = content.get("article")
    if article is not None and not str(article.get("source", "")).startswith("http"):
        raise Problem(422, "An article needs a source and a title")
    return [{"id": str(row["id"]), "alt": str(row.get("altText") or "")} for row in rows], article


async def create_older(request: web.Request) -> web.Response:
    data = await request.json()
    shared = data["specificContent"][SHARE]
    media = shared.get("media") or []
    if shared["shareMediaCategory"] != ("IMAGE" if media else "NONE"):
        raise Problem(422, "shareMediaCategory does not fit the media")
    images = [
        {"id": str(row["media"]), "alt": str((row.get("description") or {}).get("text") or "")}
        for row in media
    ]
    text = str(shared["shareCommentary"]["text"])
    post = posts(request).add(str(data["author"]), text, images, None, raw=text)
    return answer({"id": post["id"]}, 201, **{"x-restli-id": post["id"]})


async def change(request: web.Request) -> web.Response:
    require_version(request)
    _require_patch(request)
    raw = str((await request.json())["patch"]["$set"]["commentary"])
    posts(request).change(urn_of(request), read_text(raw), raw)
    return web.Response(status=204)


async def change_older(request: web.Request) -> web.Response:
    _require_patch(request)
    data = await request.json()
    text = str(data["patch"]["specificContent"][SHARE]["$set"]["shareCommentary"]["text"])
    posts(request).change(urn_of(request), text, text)
    return web.Response(status=204)


def _require_patch(request: web.Request) -> None:
    if request.headers.get("X-RestLi-Method") != "PARTIAL_UPDATE":
        raise Problem(400, "X-RestLi-Method must be PARTIAL_UPDATE")


async def delete(request: web.Request) -> web.Response:
    posts(request).delete(urn_of(request))
    return web.Response(status=204)


async def read(request: web.Request) -> web.Response:
    return answer(as_wire(posts(request).get(urn_of(request))))


async def finder(request: web.Request) -> web.Response:
    require_version(request)
    if request.query.get("q") != "author":
        raise Problem(400, "q must be author")
    return _listed(request, request.query["author"], as_wire)


async def finder_older(request: web.Request) -> web.Response:
    authors = re.fullmatch(r"List\((.+)\)", request.query.get("authors", ""))
    if request.query.get("q") != "authors" or authors is None:
        raise Problem(400, "q must be authors, and authors a List(…)")
    return _listed(request, authors[1], as_older_wire)


def _listed(request: web.Request, author: str, wire: Any) -> web.Response:
    start, count = int(request.query.get("start", 0)), int(request.query.get("count", 10))
    if not 1 <= count <= 100:
        raise Problem(400, "count must be 1 to 100")
    rows = [wire(post) for post in posts(request).by(author, start, count)]
    return answer({"elements": rows, "paging": {"start": start, "count": count, "links": []}})


def as_wire(post: Doc) -> Doc:
    at = {"createdAt": post["created_ms"], "publishedAt": post["created_ms"]}
    return {**{key: post[key] for key in ("id", "author", "commentary")}, **at,
            "lifecycleState": "PUBLISHED", "visibility": "PUBLIC"}  # fmt: skip


def as_older_wire(post: Doc) -> Doc:
    share = {SHARE: {"shareCommentary": {"text": post["text"]}}}
    created = {"time": post["created_ms"], "actor": post["author"]}
    return {"id": post["id"], "author": post["author"], "specificContent": share,
            "created": created, "lifecycleState": "PUBLISHED"}  # fmt: skip


async def comment(request: web.Request) -> web.Response:
    data = await request.json()
    text = str(data["message"]["text"])
    made = posts(request).comment(urn_of(request), str(data["actor"]), text)
    return answer(as_comment(made), 201, **{"x-restli-id": made["id"].rsplit(",")[-1].strip(")")})


async def comments(request: web.Request) -> web.Response:
    post = posts(request).get(urn_of(request))
    start, count = int(request.query.get("start", 0)), int(request.query.get("count", 10))
    rows = posts(request).comments.by_key(post["id"])[start : start + count]
    return answer({"elements": [as_comment(row) for row in rows], "paging": {"start": start}})


def as_comment(row: Doc) -> Doc:
    return {"$URN": row["id"], "commentUrn": row["id"], "object": row["object"],
            "actor": row["actor"], "message": {"text": row["text"], "attributes": []},
            "created": {"time": row["created_ms"], "actor": row["actor"]}}  # fmt: skip


async def me(_: web.Request) -> web.Response:
    return answer({"id": "halcytone", "localizedFirstName": "Halcytone"})


async def token(request: web.Request) -> web.Response:
    """Refresh: a new access token, the refresh token stays. A marked one is refused."""
    form = dict(parse_qsl((await request.read()).decode()))
    given = form.get("refresh_token") or form.get("code") or ""
    is_ours = sign_in.is_good(given, form.get("code_verifier", ""))
    if not given or not is_ours or "invalid" in given or "expired" in given:
        detail = "The provided token is invalid, expired or revoked"
        return answer({"error": "invalid_grant", "error_description": detail}, 400)
    number = count_up(request.app[WORLD].db, "li_token")
    scopes = "w_organization_social,r_organization_social"
    return answer({"access_token": f"sandbox-linkedin-token-{number}", "expires_in": TOKEN_LIFE_S,
                   "scope": scopes})  # fmt: skip


async def authorize(request: web.Request) -> web.Response:
    return sign_in.page(request, "linkedin", "LinkedIn", "Halcytone")


async def image(request: web.Request) -> web.Response:
    images = Objects(request.app[WORLD].db, "li_image")
    known, body = images.get(urn_of(request)), images.blob(urn_of(request))
    if known is None or not body:
        raise web.HTTPNotFound
    headers = {"X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type=known["type"], headers=headers)


async def front(request: web.Request) -> web.Response:
    shown = posts(request).shown()
    world = request.app[WORLD]
    return pages.response(pages.render(world, "linkedin.html", server="linkedin", posts=shown))


async def health(_: web.Request) -> web.Response:
    body = {"status": "healthy", "service": "linkedin-sandbox", "version": "202610"}
    return answer(body | {"timestamp": now()})


async def forget(request: web.Request) -> web.Response:
    db = request.app[WORLD].db
    for kind in KINDS:
        Objects(db, kind).clear()
    db.execute("DELETE FROM answers WHERE server = 'linkedin'")
    return answer({"status": "success", "message": "Everything LinkedIn held is deleted"})


ROUTES = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("GET", "/media/{urn}", image),
    ("POST", "/rest/images", initialise),
    ("PUT", "/dms-uploads/{number}", upload),
    ("POST", "/rest/posts", create),
    ("GET", "/rest/posts", finder),
    ("GET", "/rest/posts/{urn}", read),
    ("POST", "/rest/posts/{urn}", change),
    ("DELETE", "/rest/posts/{urn}", delete),
    ("POST", "/rest/socialActions/{urn}/comments", comment),
    ("GET", "/rest/socialActions/{urn}/comments", comments),
    ("POST", "/v2/assets", register),
    ("POST", "/v2/ugcPosts", create_older),
    ("GET", "/v2/ugcPosts", finder_older),
    ("POST", "/v2/ugcPosts/{urn}", change_older),
    ("DELETE", "/v2/ugcPosts/{urn}", delete),
    ("POST", "/v2/socialActions/{urn}/comments", comment),
    ("GET", "/v2/socialActions/{urn}/comments", comments),
    ("GET", "/v2/me", me),
    ("GET", "/oauth/v2/authorization", authorize),
    ("POST", "/oauth/v2/accessToken", token),
    ("DELETE", "/api/v1/test-data", forget),
)
