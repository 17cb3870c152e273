"""The same control routes on every server: what arrived, and what shall fail."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from halcytone.sandbox import events, journal
from halcytone.sandbox.gate import WORLD, Dialect, World, answer

Route = tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a server's front page."""

    title: str
    about: str
    url: str
    at: str  # ISO 8601


@dataclass(frozen=True, slots=True)
class Part:
    """One of several services behind one port.

    `paths` begin the addresses that speak its dialect. `kinds` are the objects it keeps, which
    `DELETE /api/v1/test-data` forgets.
    """

    dialect: Dialect
    paths: tuple[str, ...]
    routes: tuple[Route, ...]
    kinds: tuple[str, ...]
    listed: Callable[[World], list[Listed]]


def add_routes(
    app: web.Application,
    server: str,
    own: Iterable[Route],
    *,
    shape: events.Shape = events.plain,
) -> None:
    """Give a server its own routes and the control routes; whatever has GET has HEAD.

    `shape` is how the server words an event that it is told to send.
    """
    control = _Control(server)
    routes: tuple[Route, ...] = (
        ("GET", "/_sandbox/requests", control.requests),
        ("DELETE", "/_sandbox/requests", control.forget),
        ("POST", "/_sandbox/faults", control.add_fault),
        ("GET", "/_sandbox/faults", control.faults),
        ("DELETE", "/_sandbox/faults", control.clear_faults),
        ("POST", "/_sandbox/events", events.route(shape)),
    )
    for method, path, handler in (*routes, *own):
        app.router.add_route(method, path, handler)
        if method == "GET":
            app.router.add_head(path, handler)


class _Control:
    def __init__(self, server: str) -> None:
        self.server = server

    async def requests(self, request: web.Request) -> web.Response:
        try:
            return answer(journal.find(request.app[WORLD].db, self.server, request.query))
        except ValueError as error:
            return answer({"error": str(error)}, 400)

    async def forget(self, request: web.Request) -> web.Response:
        return answer({"deleted": journal.clear(request.app[WORLD].db, self.server)})

    async def add_fault(self, request: web.Request) -> web.Response:
        try:
            order = await request.json()
            fault = request.app[WORLD].faults.add(self.server, _mapping(order))
        except ValueError as error:
            return answer({"error": str(error)}, 400)
        return answer(fault.as_dict(), 201)

    async def faults(self, request: web.Request) -> web.Response:
        orders = request.app[WORLD].faults.of(self.server)
        return answer({"faults": [fault.as_dict() for fault in orders]})

    async def clear_faults(self, request: web.Request) -> web.Response:
        return answer({"deleted": request.app[WORLD].faults.clear(self.server)})


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("match") or {}, dict):
        raise ValueError('a fault is {"match": {…}, "times": n, "kind": "…"}')
    return value
