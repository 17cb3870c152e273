"""Pages on which a person edits what stands at Notion's stand-in."""

from collections.abc import Iterator
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from halcytone.sandbox import pages
from halcytone.sandbox.gate import WORLD
from halcytone.sandbox.notion_rows import (
    Rows,
    column_text,
    column_value,
    made_id,
    minute,
    plain,
    whole_id,
    whole_text,
)
from halcytone.sandbox.store import Doc, count_up

KINDS = {
    "paragraph": "Paragraph",
    "heading_1": "Heading 1",
    "heading_2": "Heading 2",
    "heading_3": "Heading 3",
    "bulleted_list_item": "Bullet",
    "numbered_list_item": "Number",
    "to_do": "To-do",
    "quote": "Quote",
    "callout": "Callout",
    "toggle": "Toggle",
    "code": "Code",
}
Form = MultiDictProxy[Any]


def title(page: Doc) -> str:
    """Return the name of a page or row."""
    columns = page["properties"].values()
    return next((plain(each["title"]) for each in columns if each["type"] == "title"), "")


async def show(request: web.Request) -> web.Response:
    world, id = request.app[WORLD], _id(request)
    kept = Rows(world.db)
    if database := kept.databases.get(id):
        rows = [(row, title(row)) for row in kept.rows(id)]
        html = pages.render(
            world, "notion_database.html", server="sources", database=database, rows=rows
        )
        return pages.response(html)
    page = _page(kept, id)
    columns = [
        (name, text)
        for name, each in page["properties"].items()
        if (text := column_text(each)) is not None
    ]
    html = pages.render(
        world,
        "notion_page.html",
        server="sources",
        page=page,
        title=title(page),
        columns=columns,
        blocks=list(_blocks(kept, id)),
        kinds=KINDS,
    )
    return pages.response(html)


async def edit(request: web.Request) -> web.Response:
    """Save a page, move it to the trash or back, or add a row to a database."""
    kept, id, form = Rows(request.app[WORLD].db), _id(request), await request.post()
    if kept.databases.get(id):
        number = count_up(request.app[WORLD].db, "notion_row")
        row = made_id(id, "added", str(number), minute())
        kept.put_page(row, {"properties": {"Name": str(form["title"])}}, database=id)
        raise web.HTTPSeeOther(f"/notion/{row}")
    page = _page(kept, id)
    if form.get("act") in ("trash", "restore"):
        kept.touch(page, in_trash=form["act"] == "trash")
    else:
        _save(kept, page, form)
    raise web.HTTPSeeOther(f"/notion/{page['database'] or id}")


def _save(kept: Rows, page: Doc, form: Form) -> None:
    properties = {name: _column(each, name, form) for name, each in page["properties"].items()}
    is_changed = properties != page["properties"]
    for block, _, text in list(_blocks(kept, page["id"])):
        given = _lines(form.get(f"block:{block['id']}", text))
        if given != text:
            is_changed = True
            body = block["body"] | {"rich_text": whole_text(given)}
            kept.put_block(page, block | {"body": body}, parent=block["parent"])
    if added := _lines(form.get("text", "")):
        is_changed, kind = True, str(form.get("kind", "paragraph"))
        kept.add_block(page, {"type": kind, kind: {"rich_text": added}})
    if is_changed:
        kept.touch(page, properties=properties)


def _column(column: Doc, name: str, form: Form) -> Doc:
    before, given = column_text(column), form.get(f"column:{name}")
    if given is None or given == before:
        return column
    kind = column["type"]
    said: Any = _lines(given)
    if kind == "multi_select":
        said = [each.strip() for each in said.split(",") if each.strip()]
    return column | {kind: column_value(kind, said)}


def _blocks(kept: Rows, parent: str, depth: int = 0) -> Iterator[tuple[Doc, int, str]]:
    """Yield each block that holds words, how deep it stands, and these words."""
    for block in kept.blocks.by_key(parent):
        if "rich_text" in block["body"]:
            yield block, depth, plain(block["body"]["rich_text"])
        yield from _blocks(kept, block["id"], depth + 1)


def _lines(text: Any) -> str:
    return str(text).replace("\r\n", "\n").strip()


def _id(request: web.Request) -> str:
    try:
        return whole_id(request.match_info["id"])
    except ValueError:
        raise web.HTTPNotFound from None


def _page(kept: Rows, id: str) -> Doc:
    page = kept.pages.get(id)
    if page is None:
        raise web.HTTPNotFound
    return page


ROUTES = (("GET", "/notion/{id}", show), ("POST", "/notion/{id}", edit))
