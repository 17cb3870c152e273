"""Meta's sign-in on its stand-in: a dialog with scopes and pages to choose, codes, and the tokens behind them.

A person's token lives for an hour, an exchanged one for 60 days; those of pages have no end of their own,
but the access to data, of which every token tells, ends 90 days after the dialog.
"""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from halcytone.sandbox import pages, sign_in
from halcytone.sandbox.gate import WORLD, Next, Problem, answer
from halcytone.sandbox.meta_rows import PAGE, STUDIO, USER, Doc
from halcytone.sandbox.store import Objects, count_up

HOUR_S, DAY_S = 3_600, 86_400
CODE_S, LONG_S, DATA_S = 600, 60 * DAY_S, 90 * DAY_S
TASKS = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
PAGES = (PAGE, STUDIO)
LOST = "(#190/463) Error validating access token: Session has expired"


def codes(request: web.Request) -> Objects:
    return Objects(request.app[WORLD].db, "fb_code")


def tokens(request: web.Request) -> Objects:
    return Objects(request.app[WORLD].db, "fb_token")


@web.middleware
async def ended(request: web.Request, handler: Next) -> web.StreamResponse:
    """Refuse a token of ours that has ended; what was never made here is not judged."""
    row = tokens(request).get(_shown(request))
    if row is not None and _is_over(row):
        raise Problem(401, LOST)
    return await handler(request)


def _shown(request: web.Request) -> str:
    return request.headers.get("Authorization", "").partition(" ")[2]


def _is_over(row: Doc) -> bool:
    return any(0 < row[end] <= time.time() for end in ("ends_at", "data_ends_at"))


async def dialog(request: web.Request) -> web.Response:
    """Ask a person which scopes and pages it is about."""
    query = request.query
    sign_in.require(query, "client_id", "redirect_uri", "state")
    html = pages.render(
        request.app[WORLD],
        "meta_sign_in.html",
        server="meta",
        scopes=[scope for scope in query.get("scope", "").split(",") if scope],
        pages=PAGES,
        user=USER,
        given={name: query[name] for name in ("client_id", "redirect_uri", "state")},
    )
    return sign_in.shown(html)


async def done(request: web.Request) -> web.Response:
    """Send the person back, with a code or with her no."""
    query = request.query
    sign_in.require(query, "client_id", "redirect_uri", "state")
    if query.get("answer") != "allow":
        said = {"error": "access_denied", "error_reason": "user_denied", "error_code": "200"}
        return _back(query, said | {"error_description": "Permissions error"})
    code = f"sandbox-meta-code-{count_up(request.app[WORLD].db, 'fb_code'):06}"
    chosen = {"scopes": query.getall("scope", []), "pages": query.getall("page", [])}
    given = {name: query[name] for name in ("client_id", "redirect_uri")}
    codes(request).put(code, chosen | given | {"made_at": time.time(), "is_used": False})
    return _back(query, {"code": code})


def _back(query: Mapping[str, str], said: Mapping[str, str]) -> web.Response:
    to = f"{query['redirect_uri']}?{urlencode({**said, 'state': query['state']})}#_=_"
    return web.Response(status=302, headers={"Location": to})


async def access_token(request: web.Request) -> web.Response:
    """Redeem a code, or exchange a person's token for one of 60 days."""
    form = dict(parse_qsl((await request.read()).decode())) or dict(request.query)
    if not form.get("client_id"):
        raise Problem(400, "(#101) Missing client_id parameter")
    if form.get("grant_type") == "fb_exchange_token":
        row = tokens(request).get(form.get("fb_exchange_token", ""))
        if row is None or row["page"] or _is_over(row):
            raise Problem(400, LOST)
        return _made(request, row, LONG_S)
    row = _redeemed(request, form)
    data_ends_at = int(time.time()) + DATA_S
    return _made(request, row | {"page": "", "data_ends_at": data_ends_at}, HOUR_S)


def _redeemed(request: web.Request, form: Mapping[str, str]) -> Doc:
    row = codes(request).get(form.get("code", ""))
    if row is None:
        raise Problem(400, "(#100) Invalid verification code format")
    if row["is_used"]:
        raise Problem(400, "(#100/36009) This authorization code has been used")
    if time.time() - row["made_at"] > CODE_S:
        raise Problem(400, "(#100/36007) This authorization code has expired")
    if any(form.get(name) != row[name] for name in ("client_id", "redirect_uri")):
        raise Problem(400, "(#100/36008) Error validating verification code")
    codes(request).put(form["code"], row | {"is_used": True})
    return row


def _made(request: web.Request, row: Doc, life_s: int) -> web.Response:
    token = _kept(request, row, ends_at=int(time.time()) + life_s)
    return answer({"access_token": token, "token_type": "bearer", "expires_in": life_s})


def _kept(request: web.Request, row: Doc, **changes: Any) -> str:
    names = ("scopes", "pages", "page", "data_ends_at")
    doc = {name: row[name] for name in names} | changes
    kind = "page" if doc["page"] else "person"
    token = f"sandbox-meta-{kind}-{count_up(request.app[WORLD].db, 'fb_token'):06}"
    tokens(request).put(token, doc)
    return token


async def accounts(request: web.Request) -> web.Response:
    """List the pages that a person chose, each with a token of its own."""
    row = tokens(request).get(_shown(request))
    if row is None or row["page"]:
        raise Problem(401, "(#190) Invalid OAuth access token")
    is_shown = "pages_show_list" in row["scopes"]
    chosen = [one for one in PAGES if is_shown and one["id"] in row["pages"]]
    return answer({"data": [_as_page(request, row, one) for one in chosen], "paging": {}})


def _as_page(request: web.Request, row: Doc, page: Doc) -> Doc:
    token = _kept(request, row, page=page["id"], ends_at=0)
    found = {**page, "access_token": token, "tasks": TASKS}
    if page is PAGE and "instagram_basic" in row["scopes"]:
        found["instagram_business_account"] = USER
    return found


async def debug_token(request: web.Request) -> web.Response:
    """Say what a token may, and until when; only to an app."""
    app_id, bar, _ = _shown(request).partition("|")
    if not bar:
        raise Problem(401, "(#190) An app access token is needed")
    row = tokens(request).get(request.query.get("input_token", ""))
    if row is None:
        return answer({"data": {"app_id": app_id, "is_valid": False, "scopes": []}})
    kind = "PAGE" if row["page"] else "USER"
    data = {"app_id": app_id, "type": kind, "is_valid": not _is_over(row), "scopes": row["scopes"]}
    ends = {"expires_at": row["ends_at"], "data_access_expires_at": row["data_ends_at"]}
    return answer({"data": data | ends})


async def order_ends(request: web.Request) -> web.Response:
    """End the access of every token in so many seconds, which may be none."""
    ends_at = int(time.time() + float((await request.json())["ends_in_s"]))
    db = request.app[WORLD].db
    db.execute(
        "UPDATE objects SET doc = json_set(doc, '$.data_ends_at', ?) WHERE kind = 'fb_token'",
        (ends_at,),
    )
    return answer({"ends_at": ends_at}, 201)


ROUTES = (
    ("GET", "/{version}/dialog/oauth", dialog),
    ("GET", "/{version}/dialog/oauth/done", done),
    ("GET", "/{version}/oauth/access_token", access_token),
    ("POST", "/{version}/oauth/access_token", access_token),
    ("GET", "/{version}/me/accounts", accounts),
    ("GET", "/{version}/debug_token", debug_token),
    ("POST", "/_sandbox/tokens", order_ends),
)
