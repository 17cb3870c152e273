"""Mail services behind one port, each in its own words: Postmark, Brevo, SendGrid."""

from typing import Any

from aiohttp import web

from halcytone.sandbox import control, esp_rows, pages
from halcytone.sandbox.esp_rows import KIND, Mail, kept, refuse, unwritable
from halcytone.sandbox.gate import (
    WORLD,
    Dialect,
    Next,
    Problem,
    World,
    answer,
    gate,
    is_acceptable_key,
)
from halcytone.sandbox.store import Objects, now

SHOWN, MOST_BATCH = 200, 500


def _dialect(problem: Any, key: str, *, bearer: bool = False) -> Dialect:
    """Return how one of the services words refusals; `key` is the header that carries its key."""
    return Dialect(
        server="esp",
        problem=problem,
        is_authorised=lambda headers: is_acceptable_key(
            headers.get(key, "").removeprefix("Bearer " if bearer else "")
        ),
        limits=lambda wait_s: {"X-RateLimit-Reset": str(wait_s)},
        duplicate=(422, "This was sent before"),
        silent=("/favicon.ico",),
        open=("/health",),
    )


def _postmark_problem(status: int, detail: str) -> dict[str, Any]:
    code, _, text = detail.partition(" ")
    is_own = code.isdecimal() and len(code) < 5
    return {"ErrorCode": int(code) if is_own else status, "Message": text if is_own else detail}


def _brevo_problem(status: int, detail: str) -> dict[str, Any]:
    code = "unauthorized" if status == 401 else "invalid_parameter"
    return {"code": code, "message": detail}


def _sendgrid_problem(_status: int, detail: str) -> dict[str, Any]:
    return {"errors": [{"message": detail, "field": None, "help": None}]}


async def postmark(request: web.Request) -> web.Response:
    return answer(_postmark_one(request, await request.json()))


async def postmark_batch(request: web.Request) -> web.Response:
    """Take up to 500 mails; one that is refused does not stop the others."""
    given = await request.json()
    if not isinstance(given, list) or len(given) > MOST_BATCH:
        raise Problem(422, f"410 A batch has at most {MOST_BATCH} messages")
    answers = []
    for each in given:
        try:
            answers.append(_postmark_one(request, each))
        except Problem as refused:
            answers.append(_postmark_problem(refused.status, refused.detail))
    return answer(answers)


def _postmark_one(request: web.Request, data: dict[str, Any]) -> dict[str, Any]:
    headers = {each["Name"]: each["Value"] for each in data.get("Headers") or []}
    mail = Mail("postmark", str(data.get("To", "")), str(data.get("From", "")))
    mail.fill(data.get("Subject"), data.get("HtmlBody"), data.get("TextBody"))
    mail.headers, mail.metadata = headers, data.get("Metadata") or {}
    if unwritable(mail.to) == "inactive":
        raise Problem(
            422,
            "406 You tried to send to a recipient that has been marked as inactive.\nFound inactive"
            f" addresses: {mail.address}.\nInactive recipients are ones that have generated a hard"
            " bounce or a spam complaint.",
        )
    if unwritable(mail.to):
        raise Problem(422, f"300 Invalid 'To' address: '{mail.address}'.")
    id = kept(request.app[WORLD], mail)
    done = {"To": mail.to, "SubmittedAt": now(), "MessageID": id}
    return {**done, "ErrorCode": 0, "Message": "OK"}


async def brevo(request: web.Request) -> web.Response:
    data = await request.json()
    headers = dict(data.get("headers") or {})
    (to,) = data["to"]
    mail = Mail("brevo", str(to.get("email", "")), str(data["sender"].get("email", "")))
    mail.fill(data.get("subject"), data.get("htmlContent"), data.get("textContent"))
    mail.headers, mail.metadata = headers, esp_rows.parsed(headers.pop("X-Mailin-custom", "{}"))
    refuse(mail)
    return answer({"messageId": kept(request.app[WORLD], mail)}, 201)


async def sendgrid(request: web.Request) -> web.Response:
    """Take one mail and say nothing but yes: SendGrid answers 202 without a body."""
    data = await request.json()
    (personal,) = data["personalizations"]
    (to,) = personal["to"]
    bodies = {each["type"]: each["value"] for each in data.get("content") or []}
    mail = Mail("sendgrid", str(to.get("email", "")), str(data["from"].get("email", "")))
    mail.fill(
        personal.get("subject") or data.get("subject"),
        bodies.get("text/html"),
        bodies.get("text/plain"),
    )
    mail.headers = {**(data.get("headers") or {}), **(personal.get("headers") or {})}
    mail.metadata = {**(data.get("custom_args") or {}), **(personal.get("custom_args") or {})}
    refuse(mail)
    id = kept(request.app[WORLD], mail, id=str(mail.metadata.get("anymail_id") or ""))
    return web.Response(status=202, headers={"X-Message-Id": id})


def build(world: World) -> web.Application:
    app = web.Application(middlewares=[_passage], client_max_size=32 * 2**20)
    app[WORLD] = world
    control.add_routes(app, "esp", ROUTES, shape=esp_rows.shape)
    return app


@web.middleware
async def _passage(request: web.Request, handler: Next) -> web.StreamResponse:
    """Lead each call through the gate of the service that it is meant for."""
    named = (passage for path, passage in GATES.items() if request.path.startswith(path))
    response: web.StreamResponse = await next(named, GATES["/email"])(request, handler)
    return response


async def messages(request: web.Request) -> web.Response:
    """Return what was taken, newest first."""
    return answer({"messages": Objects(request.app[WORLD].db, KIND).all()[:SHOWN]})


async def front(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    found = Objects(world.db, KIND)
    held = {"mails": found.all()[:SHOWN], "sent": found.count()}
    return pages.response(pages.render(world, "esp.html", server="esp", **held))


async def health(_: web.Request) -> web.Response:
    about = {"status": "healthy", "service": "esp-sandbox", "version": "1"}
    return answer(about | {"timestamp": now()})


async def forget(request: web.Request) -> web.Response:
    db = request.app[WORLD].db
    Objects(db, KIND).clear()
    db.execute("DELETE FROM answers WHERE server = 'esp'")
    return answer({"status": "success", "message": "Everything the mail services held is deleted"})


GATES = {
    "/email": gate(_dialect(_postmark_problem, "X-Postmark-Server-Token")),
    "/v3/smtp/": gate(_dialect(_brevo_problem, "api-key")),
    "/v3/mail/": gate(_dialect(_sendgrid_problem, "Authorization", bearer=True)),
}
ROUTES: tuple[control.Route, ...] = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("GET", "/_sandbox/messages", messages),
    ("POST", "/email", postmark),
    ("POST", "/email/batch", postmark_batch),
    ("POST", "/v3/smtp/email", brevo),
    ("POST", "/v3/mail/send", sendgrid),
    ("DELETE", "/api/v1/test-data", forget),
)
