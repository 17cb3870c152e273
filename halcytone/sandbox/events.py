"""What a stand-in tells by itself: `POST /_sandbox/events` has it send signed webhooks."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from halcytone.sandbox.gate import WORLD, World, answer
from halcytone.sandbox.options import HOST
from halcytone.sandbox.store import count_up, now

TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Told:
    """One webhook: its body as JSON, headers of the service's own."""

    body: Mapping[str, Any] | list[Any]
    headers: Mapping[str, str] = field(default_factory=dict)


#: How a service words an event that was ordered. Raises ValueError for one it does not know.
Shape = Callable[[World, Mapping[str, Any]], Told]


def plain(world: World, event: Mapping[str, Any]) -> Told:
    """Word an event as CRM and Platform do: as it was ordered, with an id and the instant."""
    if not event.get("event"):
        raise ValueError('an event is {"event": "…", …}')
    return Told({"id": f"event-{count_up(world.db, 'event')}", "timestamp": now(), **event})


def route(shape: Shape) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of `{"url", "secret"?, "basic"?, "events": […]}` for one server.

    `url` is on this machine. With `secret` a webhook carries `X-Signature: sha256=` over its raw body and
    `X-Timestamp`; with `basic` ("name:password") it signs in. An event may name its `times`, to come again.
    """

    async def send(request: web.Request) -> web.Response:
        order = await request.json()
        try:
            url, events = _order(order)
            told = [
                webhook
                for event in events
                for webhook in [shape(request.app[WORLD], _without_times(event))] * _times(event)
            ]
        except (ValueError, TypeError, KeyError) as error:
            return answer({"error": str(error)}, 400)
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            return answer({"sent": [await _post(session, url, one, order) for one in told]})

    return send


def _order(order: Any) -> tuple[str, list[dict[str, Any]]]:
    if not isinstance(order, dict) or not isinstance(order.get("events"), list):
        raise ValueError('an order is {"url": "…", "events": [{…}, …]}')
    url = str(order.get("url", ""))
    if urlsplit(url).hostname not in (HOST, "localhost"):
        raise ValueError("url must be an address on this machine")
    return url, order["events"]


def _times(event: Mapping[str, Any]) -> int:
    return int(event.get("times", 1))


def _without_times(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "times"}


async def _post(
    session: aiohttp.ClientSession, url: str, told: Told, order: Mapping[str, Any]
) -> dict[str, Any]:
    body = json.dumps(told.body).encode()
    headers = {"Content-Type": "application/json", **told.headers}
    if secret := str(order.get("secret", "")):
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers |= {"X-Signature": f"sha256={digest}", "X-Timestamp": now()}
    name, _, password = str(order.get("basic", "")).partition(":")
    auth = aiohttp.BasicAuth(name, password) if name else None
    try:
        async with session.post(url, data=body, headers=headers, auth=auth) as response:
            return {"status": response.status, "body": told.body}
    except aiohttp.ClientError:
        return {"status": None, "body": told.body}
