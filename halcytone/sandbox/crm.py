"""The CRM's stand-in: mails to many, what became of them, campaigns, reports."""

from typing import Any

from aiohttp import web

from halcytone.sandbox import control, crm_people, pages
from halcytone.sandbox.crm_rows import KINDS, MOST_RECIPIENTS, Crm, mail_of
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
from halcytone.sandbox.store import Doc, Objects, count_up, now
from halcytone.sandbox.triggers import obey

SLOW_S = 2.0
TRIGGERS = {"error": 500, "timeout": 408, "invalid": 400}
SHOWN = 200


def problem(status: int, detail: str) -> dict[str, Any]:
    return {"error": detail, "status": status, "detail": detail}


DIALECT = Dialect(
    server="crm",
    problem=problem,
    is_authorised=lambda headers: is_acceptable_key(headers.get("X-API-Key", "")),
    limits=lambda wait_s: {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": unix_in(wait_s)},
    duplicate=(409, "This was sent before"),
    silent=("/favicon.ico",),
    open=("/health",),
)


def build(world: World) -> web.Application:
    app = web.Application(middlewares=[gate(DIALECT)], client_max_size=32 * 2**20)
    app[WORLD] = world
    control.add_routes(app, "crm", ROUTES)
    return app


def crm(request: web.Request) -> Crm:
    return Crm(request.app[WORLD].db)


async def batch(request: web.Request) -> web.Response:
    """Send one mail to up to a hundred people; the job keeps the answer under X-Request-ID."""
    data = await request.json()
    obey(request, str(data.get("subject", "")), TRIGGERS, slow_s=SLOW_S)
    recipients = data.get("recipients")
    if not isinstance(recipients, list) or not 0 < len(recipients) <= MOST_RECIPIENTS:
        raise Problem(422, f"recipients must be 1 to {MOST_RECIPIENTS}")
    rows, mail = crm(request), mail_of(data)
    id = request.headers.get("X-Request-ID") or f"job-{count_up(rows.db, 'crm_job')}"
    job = rows.keep_job(id, rows.send(mail, recipients))
    counts = {"successful": job["sent_count"], "failed": job["failed_count"]}
    return answer({**counts, "errors": job["errors"], "job_id": id})


async def newsletter(request: web.Request) -> web.Response:
    """The older route: one mail to everybody who takes it."""
    data = await request.json()
    obey(request, str(data.get("subject", "")), TRIGGERS, slow_s=SLOW_S)
    rows = crm(request)
    job = rows.send(mail_of(data), rows.people(status="active"))
    return answer({"sent": job["sent_count"], "failed": job["failed_count"]})


async def send(request: web.Request) -> web.Response:
    data = await request.json()
    obey(request, str(data.get("subject", "")), TRIGGERS, slow_s=SLOW_S)
    if not data.get("sender_email"):
        raise Problem(422, "sender_email is missing")
    rows = crm(request)
    given = data.get("recipients")
    people = rows.people(status="active") if given is None else [_recipient(each) for each in given]
    campaign = str(data.get("campaign_id") or "")
    id = f"message-{count_up(rows.db, 'crm_message')}"
    rows.send(mail_of(data, html="html_content"), people)
    counted = {"message_id": id, "status": "sent", "recipients_count": len(people)}
    sent = {**counted, "timestamp": now(), "campaign_id": campaign}
    Objects(rows.db, "crm_message").put(id, sent)
    return answer(sent)


def _recipient(given: Any) -> dict[str, Any]:
    return dict(given) if isinstance(given, dict) else {"email": str(given)}


async def status(request: web.Request) -> web.Response:
    rows, id = crm(request), request.match_info["id"]
    sent = Objects(rows.db, "crm_message").get(id)
    mail = sent or rows.mails.get(id)
    if mail is None:
        raise Problem(404, "No such message")
    events = mail.get("events") or [{"event": "sent", "timestamp": mail["timestamp"]}]
    shown = {key: mail[key] for key in ("message_id", "status", "timestamp")}
    return answer({**shown, "events": events})


async def job(request: web.Request) -> web.Response:
    found = crm(request).jobs.get(request.match_info["id"])
    if found is None:
        raise Problem(404, "No such job")
    return answer(found)


async def track(request: web.Request) -> web.Response:
    data = await request.json()
    for name in ("event", "email"):
        if not data.get(name):
            raise Problem(422, f"{name} is missing")
    return answer({"status": "recorded", "mails": crm(request).add_event(data)})


async def analytics(request: web.Request) -> web.Response:
    """Count the mails of a campaign, or of everything, between two instants."""
    query, rows = request.query, crm(request)
    campaign = query.get("campaign_id", "")
    found = rows.mails.by_key(campaign) if campaign else rows.mails.all()
    start, end = query.get("start_date", ""), query.get("end_date", "") or "9999"
    within = [mail for mail in found if start <= mail["timestamp"] <= f"{end}~"]
    return answer({"campaign_id": campaign or None, **rows.figures(within), "last_updated": now()})


async def add_campaign(request: web.Request) -> web.Response:
    data, rows = await request.json(), crm(request)
    if not str(data.get("name") or "").strip():
        raise Problem(422, "name is missing")
    id = f"campaign-{count_up(rows.db, 'crm_campaign')}"
    made = {"campaign_id": id, "name": data["name"], "status": "draft", "created_at": now()}
    kept = {key: data.get(key) for key in ("description", "tags", "metadata")}
    rows.campaigns.put(id, made | kept)
    return answer(made, 201)


async def campaigns(request: web.Request) -> web.Response:
    found = crm(request).campaigns.all()
    return answer({"campaigns": found, "total": len(found)})


async def campaign_analytics(request: web.Request) -> web.Response:
    rows, id = crm(request), request.match_info["id"]
    mails = rows.mails.by_key(id)
    if not mails and rows.campaigns.get(id) is None:
        raise Problem(404, "No such campaign")
    return answer({"campaign_id": id, **rows.figures(mails), "last_updated": now()})


async def report(request: web.Request) -> web.Response:
    """Count the mails of the last days, in all and by campaign."""
    days, rows = int(request.query.get("days", 7)), crm(request)
    mails = rows.since(days)
    by_campaign: dict[str, list[Doc]] = {}
    for mail in mails:
        by_campaign.setdefault(mail["campaign_id"], []).append(mail)
    parts = [{"campaign_id": id, **rows.figures(found)} for id, found in by_campaign.items()]
    return answer({"days": days, **rows.figures(mails), "campaigns": parts})


async def health(_: web.Request) -> web.Response:
    about = {"status": "healthy", "service": "crm-sandbox", "version": "1", "timestamp": now()}
    return answer({**about, "features": ["email", "contacts", "campaigns", "reports"]})


async def stats(request: web.Request) -> web.Response:
    rows = crm(request)
    held = {"emails": rows.mails.count(), "campaigns": rows.campaigns.count()}
    return answer({**held, "jobs": rows.jobs.count(), "contacts": rows.counts()})


async def forget(request: web.Request) -> web.Response:
    db = request.app[WORLD].db
    for kind in (*KINDS, "crm_message"):
        Objects(db, kind).clear()
    db.execute("DELETE FROM answers WHERE server = 'crm'")
    return answer({"status": "success", "message": "Everything the CRM held is deleted"})


async def front(request: web.Request) -> web.Response:
    rows = crm(request)
    held = {"mails": rows.mails.all()[:SHOWN], "counts": rows.counts(), "sent": rows.mails.count()}
    return pages.response(pages.render(request.app[WORLD], "crm.html", server="crm", **held))


API = "/api/v1"
ROUTES: tuple[control.Route, ...] = (
    ("GET", "/", front),
    ("GET", "/health", health),
    ("POST", f"{API}/email/batch", batch),
    ("POST", f"{API}/email/send", send),
    ("POST", f"{API}/email/track", track),
    ("GET", f"{API}/email/analytics", analytics),
    ("GET", f"{API}/email/jobs/{{id}}", job),
    ("GET", f"{API}/email/{{id}}/status", status),
    ("POST", f"{API}/notifications/newsletter", newsletter),
    ("POST", f"{API}/campaigns", add_campaign),
    ("GET", f"{API}/campaigns", campaigns),
    ("GET", f"{API}/campaigns/{{id}}/analytics", campaign_analytics),
    ("GET", f"{API}/reports/emails", report),
    ("GET", f"{API}/stats", stats),
    ("DELETE", f"{API}/test-data", forget),
    *crm_people.ROUTES,
)
