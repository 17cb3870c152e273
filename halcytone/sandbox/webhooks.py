"""A receiver of signed webhooks: it keeps what it is told to show, each once."""

from typing import Any

from aiohttp import web

from halcytone.sandbox.gate import WORLD, Problem, answer
from halcytone.sandbox.store import Objects, count_up, now

KIND = "webhook"
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
FIELDS = ("kind", "title", "text", "url", "expires_at", "key")


async def take(request: web.Request) -> web.Response:
    """Keep one message; whoever sends it again under its `webhook-id` gets the first answer."""
    if missing := [name for name in SIGNED if not request.headers.get(name)]:
        raise Problem(401, f"{missing[0]} is missing")
    data = await request.json()
    if missing := [name for name in FIELDS if name not in data]:
        raise Problem(422, f"{missing[0]} is missing")
    return answer({"id": _kept(request, data)["id"]})


def _kept(request: web.Request, data: dict[str, Any]) -> dict[str, Any]:
    kept = Objects(request.app[WORLD].db, KIND)
    sent_as = request.headers["webhook-id"]
    if known := kept.by_key(sent_as):
        return known[0]
    signed = {name: request.headers[name] for name in SIGNED}
    signed["x-signature"] = request.headers.get("X-Signature", "")
    id = f"shown-{count_up(kept.db, KIND)}"
    return kept.put(id, {"id": id, "at": now(), "signed": signed, **data}, key=sent_as)


async def taken(request: web.Request) -> web.Response:
    """Return what was taken, newest first."""
    return answer({"webhooks": Objects(request.app[WORLD].db, KIND).all()[:200]})


ROUTES = (("POST", "/", take), ("GET", "/_sandbox/webhooks", taken))
