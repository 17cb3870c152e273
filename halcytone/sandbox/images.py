"""Images of the stand-in documents, behind links that expire as those of the real services do."""

import hashlib
import time
from sqlite3 import Connection
from typing import Any

from aiohttp import web

from halcytone.sandbox.control import Part
from halcytone.sandbox.gate import WORLD, Dialect, Problem, World, answer
from halcytone.sandbox.store import Objects

MOST_BYTES = 16 * 2**20
KIND, SETTING = "source_image", "source_image_life"
TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def keep(db: Connection, data: bytes) -> str:
    """Store an image and return its id; the same bytes give the same id."""
    id = hashlib.sha256(data).hexdigest()[:32]
    Objects(db, KIND).put(id, {"id": id, "size": len(data)}, blob=data)
    return id


def link(world: World, id: str, *, life_s: int) -> str:
    """Return an address of an image that works from now on for so long, unless told otherwise."""
    return f"{world.url('sources')}/images/{id}?made={time.time():.6f}&life={life_s}"


async def show(request: web.Request) -> web.Response:
    db, query = request.app[WORLD].db, request.query
    data = Objects(db, KIND).blob(request.match_info["id"])
    if data is None:
        raise Problem(404, "There is no such image")
    setting = Objects(db, SETTING).get("s")
    life_s = setting["life_s"] if setting else float(query["life"])
    if time.time() - float(query["made"]) >= life_s:
        raise Problem(403, "The link to this image has expired")
    kind = next((kind for magic, kind in TYPES.items() if data.startswith(magic)), "")
    headers = {"X-Content-Type-Options": "nosniff"}
    return web.Response(body=data, content_type=kind or "application/octet-stream", headers=headers)


async def take(request: web.Request) -> web.Response:
    return answer({"id": keep(request.app[WORLD].db, await request.read())}, 201)


async def limit(request: web.Request) -> web.Response:
    """Set how long links to images live: `{"life_s": 60}`; null gives each its own life back."""
    life_s = (await request.json()).get("life_s")
    settings = Objects(request.app[WORLD].db, SETTING)
    settings.clear()
    if life_s is not None:
        settings.put("s", {"life_s": float(life_s)})
    return answer({"life_s": life_s})


def problem(status: int, detail: str) -> dict[str, Any]:
    return {"error": {"status": status, "message": detail}}


PART = Part(
    dialect=Dialect(
        server="sources",
        problem=problem,
        is_authorised=lambda _headers: True,
        limits=lambda _wait_s: {},
        duplicate=(409, "It is there already"),
        silent=("/favicon.ico",),
    ),
    paths=("/images/",),
    routes=(
        ("GET", "/images/{id}", show),
        ("POST", "/_sandbox/images", take),
        ("PUT", "/_sandbox/images", limit),
    ),
    kinds=(KIND, SETTING),
    listed=lambda _world: [],
)
