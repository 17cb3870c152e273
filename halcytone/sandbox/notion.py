"""Notion's stand-in: databases, data sources, pages and blocks, in the words of its API."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from halcytone.sandbox import images, notion_pages
from halcytone.sandbox.control import Listed, Part
from halcytone.sandbox.gate import WORLD, Dialect, Problem, World, answer, is_acceptable_key
from halcytone.sandbox.notion_rows import KINDS, Rows, made_id, whole_id, whole_text
from halcytone.sandbox.store import Doc

OLDER, NEWER = "2022-06-28", "2025-09-03"
LINK_LIFE_S = 3600
MOST_LISTED = 100
BOT = {"object": "user", "id": made_id("bot")}
CODES = {
    400: "validation_error", 401: "unauthorized", 403: "restricted_resource",
    404: "object_not_found", 409: "conflict_error", 429: "rate_limited",
    503: "service_unavailable", 504: "gateway_timeout",
}  # fmt: skip
_OWN_CODES = {"Invalid request URL": "invalid_request_url", "Notion-Version": "missing_version"}
_COMPARED: Mapping[str, Callable[[str, str], bool]] = {
    "on_or_after": lambda moment, given: moment >= given,
    "after": lambda moment, given: moment > given,
    "on_or_before": lambda moment, given: moment <= given,
    "before": lambda moment, given: moment < given,
    "equals": lambda moment, given: moment == given,
}


def problem(status: int, detail: str) -> dict[str, Any]:
    own = next((code for start, code in _OWN_CODES.items() if detail.startswith(start)), "")
    code = own or CODES.get(status, "internal_server_error")
    request_id = made_id("request", detail)
    return {"object": "error", "status": status, "code": code, "message": detail} | {
        "request_id": request_id
    }


def is_authorised(headers: Mapping[str, str]) -> bool:
    kind, _, key = headers.get("Authorization", "").partition(" ")
    return kind == "Bearer" and is_acceptable_key(key)


def rows(request: web.Request) -> Rows:
    return Rows(request.app[WORLD].db)


def version(request: web.Request) -> str:
    """Return the version that is spoken. Raises Problem(400)."""
    given = request.headers.get("Notion-Version", "")
    if given not in (OLDER, NEWER):
        raise Problem(400, f"Notion-Version header should be {OLDER} or {NEWER}, was {given!r}.")
    return given


def require(request: web.Request, wanted: str) -> None:
    if version(request) != wanted:
        raise Problem(400, "Invalid request URL.")


def asked_id(request: web.Request) -> str:
    given = request.match_info["id"]
    try:
        return whole_id(given)
    except ValueError:
        raise Problem(400, f"path failed validation: {given} should be a valid uuid.") from None


def missing(what: str, id: str) -> Problem:
    shared = "Make sure the relevant pages and databases are shared with your integration."
    return Problem(404, f"Could not find {what} with ID: {id}. {shared}")


async def database(request: web.Request) -> web.Response:
    id, spoken = asked_id(request), version(request)
    found = rows(request).databases.get(id)
    if found is None:
        if rows(request).pages.get(id):
            raise Problem(400, f"Provided database_id {id} is a page, not a database.")
        raise missing("database", id)
    told = _head("database", found) | {"description": [], "is_inline": False}
    told["parent"] = {"type": "workspace", "workspace": True}
    if spoken == OLDER:
        return answer(told | {"properties": _schema(rows(request).rows(id))})
    return answer(told | {"data_sources": [{"id": found["source"], "name": found["title"]}]})


async def data_source(request: web.Request) -> web.Response:
    require(request, NEWER)
    found = _database_of(request)
    told = _head("data_source", found) | {"id": found["source"]}
    told["parent"] = {"type": "database_id", "database_id": found["id"]}
    return answer(told | {"properties": _schema(rows(request).rows(found["id"]))})


async def query_source(request: web.Request) -> web.Response:
    require(request, NEWER)
    return await _query(request, _database_of(request), "page_or_data_source")


async def query_database(request: web.Request) -> web.Response:
    require(request, OLDER)
    id = asked_id(request)
    found = rows(request).databases.get(id)
    if found is None:
        raise missing("database", id)
    return await _query(request, found, "page_or_database")


async def page(request: web.Request) -> web.Response:
    id, spoken = asked_id(request), version(request)
    found = rows(request).pages.get(id)
    if found is None:
        raise missing("page", id)
    return answer(_page(request, found, spoken))


async def block(request: web.Request) -> web.Response:
    id = asked_id(request)
    version(request)
    found = rows(request).blocks.get(id)
    if found is None:
        raise missing("block", id)
    return answer(_blocks(request, [found])[0])


async def children(request: web.Request) -> web.Response:
    id = asked_id(request)
    version(request)
    kept = rows(request)
    if kept.pages.get(id) is None and kept.blocks.get(id) is None:
        raise missing("block", id)
    told = _listed(kept.blocks.by_key(id), request.query, "block")
    return answer(told | {"results": _blocks(request, told["results"])})


async def me(request: web.Request) -> web.Response:
    version(request)
    owner = {"type": "workspace", "workspace": True}
    return answer(BOT | {"type": "bot", "name": "Halcytone", "bot": {"owner": owner}})


async def put(request: web.Request) -> web.Response:
    """Let a database or a page be as it is given; answers its id."""
    try:
        given = await request.json()
        kept, id = rows(request), request.match_info["id"]
        made = (
            kept.put_database(id, given)
            if given.get("object") == "database"
            else kept.put_page(id, given)
        )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return answer({"error": f"This is no page or database: {error!r}"}, 400)
    return answer({"id": made["id"], "last_edited_time": made["last_edited_time"]})


def listed(world: World) -> list[Listed]:
    kept = Rows(world.db)
    alone = [page for page in kept.pages.all() if not page["database"]]
    return [
        *(_listed_database(one, kept.rows(one["id"])) for one in kept.databases.all()),
        *(_line(one, notion_pages.title(one), "page", one["last_edited_time"]) for one in alone),
    ]


def _listed_database(database: Doc, of: Sequence[Doc]) -> Listed:
    about = f"database · {len(of)} {'row' if len(of) == 1 else 'rows'}"
    edited = max(one["last_edited_time"] for one in (database, *of))
    return _line(database, database["title"], about, edited)


def _line(of: Doc, title: str, about: str, edited: str) -> Listed:
    return Listed(title, f"Notion · {about}", f"/notion/{of['id']}", edited)


def _database_of(request: web.Request) -> Doc:
    id = asked_id(request)
    found = rows(request).database_of(id)
    if found is None:
        raise missing("data_source", id)
    return found


async def _query(request: web.Request, of: Doc, kind: str) -> web.Response:
    asked = await request.json() if await request.read() else {}
    there = [one for one in rows(request).rows(of["id"]) if not one["in_trash"]]
    found = [one for one in there if _passes(one, asked.get("filter"))]
    for sort in reversed(asked.get("sorts") or ()):
        name = _timestamp(sort)
        found.sort(key=lambda one: str(one[name]), reverse=sort.get("direction") == "descending")
    told = _listed(found, asked, kind)
    told["results"] = [_page(request, one, version(request)) for one in told["results"]]
    return answer(told)


def _timestamp(asked: Mapping[str, Any]) -> str:
    name = str(asked.get("timestamp"))
    if name not in ("created_time", "last_edited_time"):
        raise Problem(400, "body failed validation: the sandbox knows timestamps alone.")
    return name


def _passes(row: Doc, wanted: Mapping[str, Any] | None) -> bool:
    if not wanted:
        return True
    name = _timestamp(wanted)
    conditions = wanted.get(name) or {}
    if not conditions or set(conditions) - set(_COMPARED):
        raise Problem(400, f"body failed validation: body.filter.{name} should have a condition.")
    return all(_COMPARED[how](row[name], str(given)) for how, given in conditions.items())


def _listed(told: Sequence[Doc], asked: Mapping[str, Any], kind: str) -> Doc:
    """Return one page of a list; the cursor is the id of the first thing on the next one."""
    size = int(asked.get("page_size", MOST_LISTED))
    if not 1 <= size <= MOST_LISTED:
        raise Problem(400, f"page_size should be 1 to {MOST_LISTED}, was {size}.")
    start = 0
    if cursor := asked.get("start_cursor"):
        start = next((n for n, one in enumerate(told) if one["id"] == cursor), -1)
        if start < 0:
            raise Problem(400, f"The start_cursor provided is invalid: {cursor}")
    following = told[start + size : start + size + 1]
    return {
        "object": "list",
        "results": list(told[start : start + size]),
        "next_cursor": following[0]["id"] if following else None,
        "has_more": bool(following),
        "type": kind,
        kind: {},
    }


def _head(what: str, of: Doc) -> Doc:
    return {
        "object": what,
        "id": of["id"],
        "title": whole_text(of["title"]),
        "created_time": of["created_time"],
        "last_edited_time": of["last_edited_time"],
        "created_by": BOT,
        "last_edited_by": BOT,
        "icon": None,
        "cover": None,
        "archived": of["in_trash"],
        "in_trash": of["in_trash"],
        "url": _url(of["id"]),
        "public_url": None,
    }


def _page(request: web.Request, of: Doc, spoken: str) -> Doc:
    told = _head("page", {"title": "", **of}) | {"properties": of["properties"]}
    del told["title"]
    if not of["database"]:
        return told | {"parent": {"type": "workspace", "workspace": True}}
    parent: Doc = {"type": "database_id", "database_id": of["database"]}
    if spoken == NEWER and (database := rows(request).databases.get(of["database"])):
        parent |= {"type": "data_source_id", "data_source_id": database["source"]}
    return told | {"parent": parent}


def _blocks(request: web.Request, found: Sequence[Doc]) -> list[Doc]:
    """Return blocks of one page as Notion tells them."""
    page = rows(request).pages.get(found[0]["page"]) if found else None
    return [_block(request.app[WORLD], each, page or {}) for each in found]


def _block(world: World, of: Doc, page: Doc) -> Doc:
    kind = "page_id" if of["parent"] == of["page"] else "block_id"
    return {
        "object": "block",
        "id": of["id"],
        "parent": {"type": kind, kind: of["parent"]},
        "created_time": page.get("created_time"),
        "last_edited_time": page.get("last_edited_time"),
        "created_by": BOT,
        "last_edited_by": BOT,
        "has_children": of["has_children"],
        "archived": False,
        "in_trash": False,
        "type": of["type"],
        of["type"]: _served(world, of["body"]),
    }


def _served(world: World, value: Any) -> Any:
    """Give each stored image the address that it has for the next hour."""
    if isinstance(value, dict) and isinstance(value.get("image"), str):
        ends = datetime.now(UTC) + timedelta(seconds=LINK_LIFE_S)
        moment = ends.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        url = images.link(world, value["image"], life_s=LINK_LIFE_S)
        return {"url": url, "expiry_time": moment}
    if isinstance(value, dict):
        return {name: _served(world, member) for name, member in value.items()}
    return [_served(world, member) for member in value] if isinstance(value, list) else value


def _schema(of: Iterable[Doc]) -> Doc:
    columns = {name: each for row in of for name, each in row["properties"].items()}
    return {
        name: {"id": each["id"], "name": name, "type": each["type"], each["type"]: {}}
        for name, each in columns.items()
    }


def _url(id: str) -> str:
    return f"https://www.notion.so/{id.replace('-', '')}"


PART = Part(
    dialect=Dialect(
        server="sources",
        problem=problem,
        is_authorised=is_authorised,
        limits=lambda _wait_s: {},
        duplicate=(409, "Conflict occurred while saving. Please try again."),
        silent=("/notion/",),
    ),
    paths=(
        *("/v1/databases/", "/v1/data_sources/", "/v1/pages/", "/v1/blocks/", "/v1/users/"),
        "/notion/",
    ),
    routes=(
        ("GET", "/v1/databases/{id}", database),
        ("POST", "/v1/databases/{id}/query", query_database),
        ("GET", "/v1/data_sources/{id}", data_source),
        ("POST", "/v1/data_sources/{id}/query", query_source),
        ("GET", "/v1/pages/{id}", page),
        ("GET", "/v1/blocks/{id}", block),
        ("GET", "/v1/blocks/{id}/children", children),
        ("GET", "/v1/users/me", me),
        ("PUT", "/_sandbox/notion/{id}", put),
        *notion_pages.ROUTES,
    ),
    kinds=KINDS,
    listed=listed,
)
