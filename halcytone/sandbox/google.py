"""Google's stand-in: tokens for service accounts, Docs v1 and the changes of Drive v3."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from halcytone.sandbox import google_json, google_pages, images
from halcytone.sandbox.control import Listed, Part
from halcytone.sandbox.gate import WORLD, Dialect, Problem, World, answer, is_acceptable_key
from halcytone.sandbox.google_rows import CHANGE, KIND, QUOTA, Documents
from halcytone.sandbox.store import Objects, count_up

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SETTING = "google_setting"
TOKEN_LIFE_S, LINK_LIFE_S = 3_599, 1_800
MODES = (
    google_json.REJECTED,
    google_json.ACCEPTED,
    "SUGGESTIONS_INLINE",
    "DEFAULT_FOR_CURRENT_ACCESS",
)
STATES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
}  # fmt: skip


def problem(status: int, detail: str) -> dict[str, Any]:
    error = {"code": status, "message": detail, "status": STATES.get(status, "UNKNOWN")}
    if detail == QUOTA:
        error["errors"] = [{"domain": "usageLimits", "reason": "userRateLimitExceeded"}]
    return {"error": error}


def is_authorised(headers: Mapping[str, str]) -> bool:
    kind, _, key = headers.get("Authorization", "").partition(" ")
    return kind == "Bearer" and is_acceptable_key(key)


def documents(request: web.Request) -> Documents:
    return Documents(request.app[WORLD].db)


async def token(request: web.Request) -> web.Response:
    """Give a token for a signed assertion; an issuer marked invalid is refused."""
    form = dict(parse_qsl((await request.read()).decode()))
    claims = _claims(form.get("assertion", ""))
    issuer = str(claims.get("iss", ""))
    if form.get("grant_type") != JWT_BEARER or not is_acceptable_key(issuer):
        refused = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        return answer(refused, 400)
    if not claims.get("scope"):
        refused = {"error": "invalid_scope", "error_description": "Invalid OAuth scope."}
        return answer(refused, 400)
    number = count_up(request.app[WORLD].db, "google_token")
    given = {"access_token": f"sandbox-google-token-{number}", "expires_in": TOKEN_LIFE_S}
    return answer(given | {"token_type": "Bearer"})


def _claims(assertion: str) -> dict[str, Any]:
    parts = assertion.split(".")
    if len(parts) != 3 or not all(parts):
        return {}
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    return claims if isinstance(claims, dict) else {}


async def get(request: web.Request) -> web.Response:
    document, query = documents(request).get(request.match_info["id"]), request.query
    mode = query.get("suggestionsViewMode", MODES[-1])
    if mode not in MODES:
        raise Problem(400, f"Invalid value at 'suggestions_view_mode': {mode}")
    made = google_json.tabs(document, mode, _linker(request.app[WORLD]))
    whole: dict[str, Any] = {"title": document["title"], "documentId": document["id"]}
    whole |= {"suggestionsViewMode": mode}
    if document["access"] == "edit":
        whole["revisionId"] = document["revision"]
    if query.get("includeTabsContent") == "true":
        whole["tabs"] = made
    else:
        whole |= made[0]["documentTab"]
    return answer(_masked(whole, query.get("fields", "")))


def _linker(world: World) -> google_json.Link:
    return lambda id: images.link(world, id, life_s=LINK_LIFE_S)


def _masked(whole: dict[str, Any], mask: str) -> dict[str, Any]:
    """Return the fields that a mask names; of it, only the names at the top are obeyed."""
    names = {name.partition("(")[0].partition("/")[0].strip() for name in mask.split(",")}
    return {key: value for key, value in whole.items() if key in names} if mask else whole


async def start_token(request: web.Request) -> web.Response:
    kind = "drive#startPageToken"
    return answer({"kind": kind, "startPageToken": str(documents(request).next_change())})


async def changes(request: web.Request) -> web.Response:
    since, size = request.query.get("pageToken", ""), int(request.query.get("pageSize", 100))
    setting = Objects(request.app[WORLD].db, SETTING).get("changes")
    size = min(size, setting["most"]) if setting else size
    if not since.isdecimal():
        raise Problem(400, "Invalid Value")
    found, following, is_more = documents(request).changed_since(int(since), size)
    rows = [
        {"kind": "drive#change", "changeType": "file", "fileId": change["fileId"]}
        | {"time": change["time"], "removed": change["removed"]}
        for change in found
    ]
    token = {"nextPageToken" if is_more else "newStartPageToken": str(following)}
    return answer({"kind": "drive#changeList", "changes": rows, **token})


async def limit(request: web.Request) -> web.Response:
    """Set how many changes one page holds at most, as Google may give fewer than were asked for."""
    most = int((await request.json())["most"])
    return answer(Objects(request.app[WORLD].db, SETTING).put("changes", {"most": most}))


async def file(request: web.Request) -> web.Response:
    document = documents(request).get(request.match_info["id"])
    about = {"kind": "drive#file", "id": document["id"], "name": document["title"]}
    about |= {"mimeType": "application/vnd.google-apps.document"}
    return answer(about | {"modifiedTime": document["modified"]})


async def put(request: web.Request) -> web.Response:
    """Have a document stand here; the same again is no change."""
    given = await request.json()
    document = documents(request).put(request.match_info["id"], dict(given))
    return answer(document | {"url": f"{request.app[WORLD].url('sources')}{_page(document)}"})


async def delete(request: web.Request) -> web.Response:
    documents(request).delete(request.match_info["id"])
    return answer({"deleted": 1})


def _page(document: dict[str, Any]) -> str:
    return f"/document/d/{document['id']}/edit"


def listed(world: World) -> list[Listed]:
    return [
        Listed(
            document["title"],
            f"Google Docs · {document['id']}",
            _page(document),
            document["modified"],
        )
        for document in Documents(world.db).kept.all()
    ]


PART = Part(
    dialect=Dialect(
        server="sources",
        problem=problem,
        is_authorised=is_authorised,
        limits=lambda _wait_s: {},
        duplicate=(409, "It is there already"),
        silent=("/document",),
        open=("/token",),
    ),
    paths=("/token", "/v1/documents/", "/drive/v3/", "/document"),
    routes=(
        ("POST", "/token", token),
        ("GET", "/v1/documents/{id}", get),
        ("GET", "/drive/v3/changes/startPageToken", start_token),
        ("GET", "/drive/v3/changes", changes),
        ("GET", "/drive/v3/files/{id}", file),
        ("PUT", "/_sandbox/changes", limit),
        ("PUT", "/_sandbox/documents/{id}", put),
        ("DELETE", "/_sandbox/documents/{id}", delete),
        *google_pages.ROUTES,
    ),
    kinds=(KIND, CHANGE, SETTING),
    listed=listed,
)
