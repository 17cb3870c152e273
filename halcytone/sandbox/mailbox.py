"""The mailbox page and its JSON, on the SMTP port."""

from typing import Any

from aiohttp import web

from halcytone.sandbox import control, mails, pages
from halcytone.sandbox.gate import WORLD, World, answer
from halcytone.sandbox.store import now

PER_PAGE, MOST_PAGES = 25, 10**6


def build(world: World) -> web.Application:
    app = web.Application()
    app[WORLD] = world
    control.add_routes(app, "smtp", ROUTES)
    return app


async def listing(request: web.Request) -> web.Response:
    try:
        return answer(mails.find(request.app[WORLD].db, request.query))
    except ValueError as error:
        return answer({"error": str(error)}, 400)


async def one(request: web.Request) -> web.Response:
    mail, raw = _mail(request)
    found = mails.parts(raw)
    body = {"headers": found.headers, "text": found.text, "html": found.html}
    return answer(mail | body | {"attachments": found.attachments})


async def delete_all(request: web.Request) -> web.Response:
    return answer({"deleted": mails.delete(request.app[WORLD].db)})


async def delete_one(request: web.Request) -> web.Response:
    mail, _ = _mail(request)
    return answer({"deleted": mails.delete(request.app[WORLD].db, mail["id"])})


async def front(request: web.Request) -> web.Response:
    page = _page(request)
    query = {"q": request.query.get("q", "").strip(), "limit": str(PER_PAGE)}
    query["offset"] = str((page - 1) * PER_PAGE)
    found = mails.find(request.app[WORLD].db, query)
    last = max(-(-found["total"] // PER_PAGE), 1)
    html = pages.render(
        request.app[WORLD],
        "mailbox.html",
        server="smtp",
        found=found,
        q=query["q"],
        page=page,
        last=last,
    )
    return pages.response(html)


def _page(request: web.Request) -> int:
    number = request.query.get("page", "1")
    return min(max(int(number), 1), MOST_PAGES) if number.isdecimal() else 1


async def view(request: web.Request) -> web.Response:
    mail, raw = _mail(request)
    width = 375 if request.query.get("width") == "375" else 600
    html = pages.render(
        request.app[WORLD],
        "mail.html",
        server="smtp",
        mail=mail,
        sender=mails.header(raw, "From") or mail["from"],
        parts=mails.parts(raw),
        width=width,
        scheme="dark" if request.query.get("scheme") == "dark" else "light",
    )
    return pages.response(html)


async def body_html(request: web.Request) -> web.Response:
    """Serve the HTML part alone, without scripts, forms or an origin of its own."""
    _, raw = _mail(request)
    html = pages.in_scheme(mails.parts(raw).html, request.query.get("scheme", ""))
    headers = {"Content-Security-Policy": pages.MAIL_POLICY}
    return web.Response(text=html, content_type="text/html", headers=headers)


async def source(request: web.Request) -> web.Response:
    _, raw = _mail(request)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Type": "text/plain; charset=utf-8"}
    return web.Response(body=raw, headers=headers)


async def delete_form(request: web.Request) -> web.Response:
    """Delete one mail, or all, for a person; another site's form is refused."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="Only the mailbox's own page may delete mails")
    id = int(request.match_info["id"]) if "id" in request.match_info else None
    mails.delete(request.app[WORLD].db, id)
    raise web.HTTPSeeOther("/")


def _mail(request: web.Request) -> tuple[dict[str, Any], bytes]:
    db = request.app[WORLD].db
    mail = mails.get(db, int(request.match_info["id"]))
    if mail is None:
        raise web.HTTPNotFound(text="There is no such mail")
    return mail, mails.raw(db, mail["id"])


async def health(_: web.Request) -> web.Response:
    return answer(
        {"status": "healthy", "service": "smtp-sandbox", "version": "1", "timestamp": now()}
    )


ROUTES = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("GET", r"/mail/{id:\d+}", view),
    ("GET", r"/mail/{id:\d+}/html", body_html),
    ("GET", r"/mail/{id:\d+}/source", source),
    ("POST", r"/mail/{id:\d+}/delete", delete_form),
    ("POST", "/delete-all", delete_form),
    ("GET", "/_sandbox/mailbox", listing),
    ("DELETE", "/_sandbox/mailbox", delete_all),
    ("GET", r"/_sandbox/mailbox/{id:\d+}", one),
    ("GET", r"/_sandbox/mailbox/{id:\d+}/raw", source),
    ("DELETE", r"/_sandbox/mailbox/{id:\d+}", delete_one),
)
