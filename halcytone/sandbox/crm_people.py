"""The CRM's people: subscribers, contacts, what they chose, which addresses are good."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from halcytone.sandbox.crm_rows import ACTIVE, ADDRESS, UNSUBSCRIBED, Crm
from halcytone.sandbox.gate import WORLD, Problem, answer
from halcytone.sandbox.store import Doc, now

DISPOSABLE = frozenset({"mailinator.com", "guerrillamail.com", "10minutemail.com", "yopmail.com"})
ROLES = frozenset({"abuse", "admin", "info", "noreply", "postmaster", "sales", "support"})
CHOICES = {"subscribe": ACTIVE, "unsubscribe": UNSUBSCRIBED, "update": ACTIVE}
PAGE = 100


def crm(request: web.Request) -> Crm:
    return Crm(request.app[WORLD].db)


async def subscribers(request: web.Request) -> web.Response:
    """List subscribers page by page, under both names that clients know."""
    query = request.query
    status, opt_in = query.get("status", ACTIVE), query.get("newsletter_opt_in")
    found = crm(request).people(status=status)
    page, numbers = _page(request, found)
    people = [_subscriber(each) for each in page]
    filters = {"status_filter": status, "newsletter_opt_in_filter": opt_in == "true"}
    return answer({"users": people, "subscribers": people, **numbers, **filters})


async def subscribers_count(request: web.Request) -> web.Response:
    found = len(crm(request).people(status=request.query.get("status", ACTIVE)))
    return answer({"count": found, "total": found})


async def contacts(request: web.Request) -> web.Response:
    page, numbers = _page(request, crm(request).people(status=request.query.get("status", "all")))
    return answer({"contacts": [_contact(each) for each in page], **numbers})


async def add_contact(request: web.Request) -> web.Response:
    made = crm(request).add_contact(await request.json())
    return answer({key: _contact(made)[key] for key in CREATED}, 201)


async def count(request: web.Request) -> web.Response:
    return answer({**crm(request).counts(), "last_updated": now()})


async def subscription(request: web.Request) -> web.Response:
    """Keep what somebody chose: 201 for somebody new, 200 for a known one."""
    choice = request.match_info["choice"]
    if choice not in CHOICES:
        raise Problem(404, "The choice is subscribe, unsubscribe or update")
    rows, data = crm(request), await request.json()
    known = rows.contacts.get(str(data.get("email", "")).strip().lower())
    status = known["status"] if choice == "update" and known else CHOICES[choice]
    person, is_new = rows.set_contact(data, status)
    return answer(_contact(person), 201 if is_new else 200)


async def validate(request: web.Request) -> web.Response:
    """Sort addresses; one that is disposable or of a role is named there besides."""
    emails = (await request.json()).get("emails")
    if not isinstance(emails, list):
        raise Problem(422, "emails must be a list")
    given = [str(email) for email in emails]
    valid = [email for email in given if ADDRESS.fullmatch(email)]
    return answer(
        {
            "valid": valid,
            "invalid": [email for email in given if email not in valid],
            "disposable": [e for e in valid if e.rpartition("@")[2].lower() in DISPOSABLE],
            "role_based": [e for e in valid if e.partition("@")[0].lower() in ROLES],
        }
    )


def _page(request: web.Request, found: Sequence[Doc]) -> tuple[Sequence[Doc], dict[str, int]]:
    limit, offset = (int(request.query.get(k, d)) for k, d in (("limit", PAGE), ("offset", 0)))
    if limit < 1 or offset < 0:
        raise Problem(422, "limit is 1 or more, offset 0 or more")
    return found[offset : offset + limit], {"total": len(found), "limit": limit, "offset": offset}


def _subscriber(contact: Doc) -> dict[str, Any]:
    names = (contact["first_name"], contact["last_name"])
    same = {key: contact[key] for key in ("id", "email", "status", "preferences", "tags")}
    first, last = names
    return same | {
        "name": " ".join(filter(None, names)),
        "first_name": first,
        "last_name": last,
        "subscription_date": contact["created_at"],
        "metadata": contact["metadata"],
    }


def _contact(contact: Doc) -> dict[str, Any]:
    return {"contact_id": contact["id"], **{key: contact[key] for key in SHOWN}}


CREATED = ("contact_id", "email", "status", "created_at")
SHOWN = ("email", "first_name", "last_name", "status", "tags", "metadata", "created_at")
API = "/api/v1"
ROUTES = (
    ("GET", f"{API}/users/subscribers", subscribers),
    ("GET", f"{API}/users/subscribers/count", subscribers_count),
    ("GET", f"{API}/contacts", contacts),
    ("POST", f"{API}/contacts", add_contact),
    ("GET", f"{API}/contacts/count", count),
    ("POST", f"{API}/subscriptions/{{choice}}", subscription),
    ("POST", f"{API}/email/validate", validate),
)
