"""What receives from us: Slack, the purges of caches, IndexNow, webhooks. One port, each in its words."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from lxml import etree

from halcytone.sandbox import control, pages, webhooks
from halcytone.sandbox.gate import WORLD, Dialect, Problem, World, answer, gate, is_acceptable_key
from halcytone.sandbox.store import Objects, count_up, now

MOST_TEXT = 40_000  # characters; Slack cuts longer ones
SHOWN = 200
SLACK, PURGE, PING, HOOK = "slack_message", "purge", "index_ping", "hook"
KINDS = (SLACK, PURGE, PING, HOOK, webhooks.KIND)
MOST_FILES, MOST_PATHS, MOST_URLS = 30, 3_000, 10_000
CLOUDFRONT = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
#: What the webhook receiver knows its senders' signatures by.
SECRET = "sandbox-secret"  # noqa: S105  (of the stand-in alone)


def problem(status: int, detail: str) -> dict[str, Any]:
    return {
        "ok": False,
        "success": False,
        "error": detail,
        "errors": [{"code": status, "message": detail}],
    }


def is_authorised(headers: Mapping[str, str]) -> bool:
    """Most of these have no key besides their address; one that is sent all the same must be a good one."""
    kind, _, key = headers.get("Authorization", "").partition(" ")
    return not key or kind.startswith("AWS4") or is_acceptable_key(key)


DIALECT = Dialect(
    server="receivers",
    problem=problem,
    is_authorised=is_authorised,
    limits=lambda wait_s: {"Retry-After": str(wait_s)},
    duplicate=(409, "duplicate"),
    silent=("/favicon.ico",),
    open=("/health",),
)


def build(world: World) -> web.Application:
    app = web.Application(middlewares=[gate(DIALECT)])
    app[WORLD] = world
    control.add_routes(app, "receivers", ROUTES)
    return app


def _keep(request: web.Request, kind: str, **about: Any) -> str:
    db = request.app[WORLD].db
    id = f"{kind}-{count_up(db, kind)}"
    Objects(db, kind).put(id, {"id": id, "at": now(), **about})
    return id


async def slack(request: web.Request) -> web.Response:
    """Take one message, as a webhook does: JSON in, the word "ok" out."""
    text = (await request.json()).get("text")
    if not isinstance(text, str) or not text.strip():
        raise Problem(400, "no_text")
    _keep(request, SLACK, text=text[:MOST_TEXT])
    return web.Response(text="ok")


async def cloudflare(request: web.Request) -> web.Response:
    """Forget files, at most 30 a call, or everything."""
    if not request.headers.get("Authorization", "").startswith("Bearer "):
        raise Problem(401, "Authentication error")
    data = await request.json()
    files, everything = data.get("files"), data.get("purge_everything") is True
    if everything == isinstance(files, list):
        raise Problem(400, "Either files or purge_everything")
    if files is not None and not 0 < len(files) <= MOST_FILES:
        raise Problem(400, f"A call takes 1 to {MOST_FILES} files")
    zone = request.match_info["zone"]
    id = _keep(
        request, PURGE, service="cloudflare", zone=zone, paths=files or [], everything=everything
    )
    return answer({"success": True, "errors": [], "messages": [], "result": {"id": id}})


async def cloudfront(request: web.Request) -> web.Response:
    """Take an InvalidationBatch; the same CallerReference is the same invalidation."""
    if "Signature=" not in request.headers.get("Authorization", ""):
        return _xml(
            403,
            "<ErrorResponse><Error><Code>MissingAuthenticationToken</Code></Error></ErrorResponse>",
        )
    space = {"c": CLOUDFRONT}
    try:
        root = etree.fromstring(
            await request.read(), etree.XMLParser(resolve_entities=False, no_network=True)
        )
        paths = [str(path.text) for path in root.findall(".//c:Path", space)]
        quantity = int(root.findtext(".//c:Quantity", "0", space))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Problem(400, "MalformedXML") from error
    reference = root.findtext("c:CallerReference", "", space)
    if not reference or quantity != len(paths) or not 0 < len(paths) <= MOST_PATHS:
        raise Problem(400, "InvalidArgument")
    held = Objects(request.app[WORLD].db, PURGE)
    known = next((one for one in held.all() if one.get("reference") == reference), None)
    if known:
        return _invalidation(str(known["id"]))
    zone = request.match_info["distribution"]
    about = {"service": "cloudfront", "zone": zone, "reference": reference}
    return _invalidation(_keep(request, PURGE, paths=paths, everything=paths == ["/*"], **about))


def _invalidation(id: str) -> web.Response:
    return _xml(201, f"<Invalidation><Id>{id}</Id><Status>InProgress</Status></Invalidation>")


def _xml(status: int, text: str) -> web.Response:
    text = text.replace(">", f' xmlns="{CLOUDFRONT}">', 1)
    return web.Response(text=text, status=status, content_type="text/xml")


async def purge(request: web.Request) -> web.Response:
    """Forget what a signed POST names."""
    body = await request.read()
    if not _is_signed(request, body):
        raise Problem(401, "The signature is missing or wrong")
    data = await request.json()
    about = {"paths": data.get("urls") or [], "everything": bool(data.get("everything"))}
    return answer({"id": _keep(request, PURGE, service="signed", zone="", **about)})


async def index_now(request: web.Request) -> web.Response:
    """Take changed addresses of one host, as indexnow.org says: 200, 202, 400, 403, 422."""
    data = await request.json()
    urls, host, key = data.get("urlList"), data.get("host"), data.get("key")
    if not isinstance(urls, list) or not urls or len(urls) > MOST_URLS or not host:
        raise Problem(400, "Bad request")
    if not isinstance(key, str) or not 8 <= len(key) <= 128:
        raise Problem(403, "The key is not valid")
    if any(f"//{host}" not in str(url) for url in urls):
        raise Problem(422, "An address is not of this host")
    _keep(request, PING, host=host, urls=urls)
    return web.Response(status=202)


async def webhook(request: web.Request) -> web.Response:
    """Take a webhook and say what its signature is worth: "valid", "wrong" or "none"."""
    body = await request.read()
    given = request.headers.get("X-Signature", "")
    worth = "valid" if _is_signed(request, body) else "wrong" if given else "none"
    names = ("webhook-id", "webhook-timestamp", "webhook-signature", "X-Signature", "X-Timestamp")
    headers = {name: request.headers[name] for name in names if name in request.headers}
    about = {
        "signature": worth,
        "headers": headers,
        "body": body.decode(errors="replace")[:MOST_TEXT],
    }
    if worth == "wrong":
        _keep(request, HOOK, **about)
        raise Problem(401, "The signature is wrong")
    return answer({"id": _keep(request, HOOK, **about)})


def _is_signed(request: web.Request, body: bytes) -> bool:
    right = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    given = request.headers.get("X-Signature", "")
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), right.encode())


def _held(kind: str, name: str) -> Any:
    async def held(request: web.Request) -> web.Response:
        return answer({name: Objects(request.app[WORLD].db, kind).all()[:SHOWN]})

    return held


async def front(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    held = {kind: Objects(world.db, kind).all()[:SHOWN] for kind in KINDS}
    return pages.response(pages.render(world, "receivers.html", server="receivers", held=held))


async def health(_: web.Request) -> web.Response:
    about = {"status": "healthy", "service": "receivers-sandbox", "version": "1"}
    return answer(about | {"timestamp": now()})


async def forget(request: web.Request) -> web.Response:
    db = request.app[WORLD].db
    for kind in KINDS:
        Objects(db, kind).clear()
    db.execute("DELETE FROM answers WHERE server = 'receivers'")
    return answer({"status": "success", "message": "Everything the receivers held is deleted"})


ROUTES: tuple[control.Route, ...] = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("GET", "/_sandbox/messages", _held(SLACK, "messages")),
    ("GET", "/_sandbox/purges", _held(PURGE, "purges")),
    ("GET", "/_sandbox/pings", _held(PING, "pings")),
    ("GET", "/_sandbox/hooks", _held(HOOK, "hooks")),
    ("POST", "/services/{team}/{hook}/{secret}", slack),
    ("POST", "/zones/{zone}/purge_cache", cloudflare),
    ("POST", "/2020-05-31/distribution/{distribution}/invalidation", cloudfront),
    ("POST", "/purge", purge),
    ("POST", "/indexnow", index_now),
    ("POST", "/webhooks/{name}", webhook),
    ("DELETE", "/api/v1/test-data", forget),
    *webhooks.ROUTES,
)
