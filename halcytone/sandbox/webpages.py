"""Pages of the web that editors register by their address: stored, with change tokens, and redirects."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from typing import Any

from aiohttp import web

from halcytone.sandbox import images
from halcytone.sandbox.control import Listed, Part
from halcytone.sandbox.gate import WORLD, Dialect, Problem, World, answer
from halcytone.sandbox.store import Objects, now

KIND = "web_page"
HTML = "text/html; charset=utf-8"


def pages(request: web.Request) -> Objects:
    return Objects(request.app[WORLD].db, KIND)


async def show(request: web.Request) -> web.Response:
    """Answer as a web server does: with tokens, and 304 to a reader who has the page."""
    name = request.match_info["name"]
    page, data = pages(request).get(name), pages(request).blob(name)
    if page is None or data is None:
        raise Problem(404, "There is no such page")
    if page["location"]:
        return web.Response(status=page["status"], headers={"Location": page["location"]})
    tokens = {"Last-Modified": page["modified"], **({"ETag": page["etag"]} if page["etag"] else {})}
    if page["tokens"] and _is_known(request, page):
        return web.Response(status=304, headers=tokens)
    headers = {"Content-Type": page["type"], **(tokens if page["tokens"] else {})}
    return web.Response(body=data, status=page["status"], headers=headers)


def _is_known(request: web.Request, page: dict[str, Any]) -> bool:
    asked = request.headers.get("If-None-Match")
    if asked is not None:
        return page["etag"] in [token.strip() for token in asked.split(",")]
    since = request.headers.get("If-Modified-Since")
    return since is not None and parsedate_to_datetime(page["modified"]) <= parsedate_to_datetime(
        since
    )


async def keep(request: web.Request) -> web.Response:
    """Store a page, new or in place of the one before: its body and type are those of the call.

    In the query: `location` makes it a redirect, `status` another answer than 200 or 302, `tokens=none` or
    `tokens=date` leave out both change tokens or the ETag.
    """
    name, query, data = request.match_info["name"], request.query, await request.read()
    tokens, location = query.get("tokens", "both"), query.get("location", "")
    if tokens not in ("both", "date", "none"):
        raise ValueError("tokens is both, date or none")
    page = {
        "type": request.headers.get("Content-Type", HTML),
        "etag": f'"{sha256(data).hexdigest()[:16]}"' if tokens == "both" else "",
        "modified": format_datetime(datetime.now(UTC), usegmt=True),
        "tokens": tokens != "none",
        "location": location,
        "status": int(query.get("status") or (302 if location else 200)),
        "at": now(),
    }
    pages(request).delete(name)  # bytes that are replaced would stay
    pages(request).put(name, {"name": name, **page}, blob=data)
    return answer({"url": f"{request.app[WORLD].url('sources')}/pages/{name}", **page}, 201)


async def drop(request: web.Request) -> web.Response:
    pages(request).delete(request.match_info["name"])
    return web.Response(status=204)


def listed(world: World) -> list[Listed]:
    url = world.url("sources")
    return [
        Listed(page["name"], "Web page", f"{url}/pages/{page['name']}", page["at"])
        for page in Objects(world.db, KIND).all()
    ]


PART = Part(
    dialect=Dialect(
        server="sources",
        problem=images.problem,
        is_authorised=lambda _headers: True,
        limits=lambda _wait_s: {},
        duplicate=(409, "It is there already"),
        silent=(),
    ),
    paths=("/pages/",),
    routes=(
        ("GET", "/pages/{name}", show),
        ("PUT", "/_sandbox/pages/{name}", keep),
        ("DELETE", "/_sandbox/pages/{name}", drop),
    ),
    kinds=(KIND,),
    listed=listed,
)
