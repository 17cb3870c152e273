"""The stand-in for places texts come from: several services behind one port, each in its own words."""

from aiohttp import web

from halcytone.sandbox import control, google, images, notion, pages, webpages
from halcytone.sandbox.control import Part
from halcytone.sandbox.gate import WORLD, Next, World, answer, gate
from halcytone.sandbox.store import Objects, now

#: The services; whatever belongs to none of them is answered in the words of the first.
PARTS: tuple[Part, ...] = (images.PART, google.PART, notion.PART, webpages.PART)
GATES = tuple((part.paths, gate(part.dialect)) for part in PARTS)


def build(world: World) -> web.Application:
    app = web.Application(middlewares=[_passage], client_max_size=images.MOST_BYTES)
    app[WORLD] = world
    control.add_routes(
        app, "sources", [*ROUTES, *(route for part in PARTS for route in part.routes)]
    )
    return app


@web.middleware
async def _passage(request: web.Request, handler: Next) -> web.StreamResponse:
    """Lead each call through the gate of the service that it is meant for."""
    named = (passage for paths, passage in GATES if request.path.startswith(paths))
    passage = next(named, GATES[0][1])
    response: web.StreamResponse = await passage(request, handler)
    return response


async def front(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    listed = [line for part in PARTS for line in part.listed(world)]
    newest = sorted(listed, key=lambda line: line.at, reverse=True)
    html = pages.render(world, "sources.html", server="sources", listed=newest)
    return pages.response(html)


async def health(_: web.Request) -> web.Response:
    about = {"status": "healthy", "service": "sources-sandbox", "version": "1"}
    return answer(about | {"timestamp": now()})


async def forget(request: web.Request) -> web.Response:
    db = request.app[WORLD].db
    for kind in (kind for part in PARTS for kind in part.kinds):
        Objects(db, kind).clear()
    db.execute("DELETE FROM answers WHERE server = 'sources'")
    return answer({"status": "success", "message": "Everything the sources held is deleted"})


ROUTES: tuple[control.Route, ...] = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("DELETE", "/api/v1/test-data", forget),
)
