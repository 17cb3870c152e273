"""Pages on which a person writes in the stand-in documents, to see what the press room makes of it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from aiohttp import web
from multidict import MultiDictProxy

from halcytone.sandbox import images, pages
from halcytone.sandbox.gate import WORLD, Problem
from halcytone.sandbox.google_rows import Documents, every_tab, runs_of, words_of
from halcytone.sandbox.store import Doc

STYLES = {
    "NORMAL_TEXT": "Text",
    "TITLE": "Title",
    "SUBTITLE": "Subtitle",
    **{f"HEADING_{level}": f"Heading {level}" for level in range(1, 7)},
    "bullet": "Bullet",
    "number": "Number",
    "check": "Check box",
}
LIFE_S = 1_800
Form = MultiDictProxy[Any]


async def show(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    document = _document(request)
    html = pages.render(
        world,
        "google_document.html",
        server="sources",
        document=document,
        tabs=[
            (tab, [_row(block) for block in tab["blocks"]]) for tab in every_tab(document["tabs"])
        ],
        styles=STYLES,
        picture=lambda id: images.link(world, id, life_s=LIFE_S),
    )
    return pages.response(html)


async def create(request: web.Request) -> web.Response:
    _require_own_page(request)
    id = f"sandbox-{uuid4().hex[:20]}"
    Documents(request.app[WORLD].db).put(id, {"title": "Untitled document"})
    raise web.HTTPSeeOther(f"/document/d/{id}/edit")


async def save(request: web.Request) -> web.Response:
    _require_own_page(request)
    document, form = _document(request), await request.post()
    for tab in every_tab(document["tabs"]):
        kept = [block for block in tab["blocks"] if not form.get(f"remove:{block['id']}")]
        tab["blocks"] = [_edited(block, form) for block in kept]
        if added := _lines(form.get(f"add:{tab['id']}", "")):
            tab["blocks"].append(_styled({"text": added}, str(form.get(f"style:{tab['id']}"))))
    notes = {id: _edited_note(id, note, form) for id, note in document["footnotes"].items()}
    given = {"title": form.get("title", ""), "tabs": document["tabs"], "footnotes": notes}
    Documents(request.app[WORLD].db).put(document["id"], given | {"access": document["access"]})
    raise web.HTTPSeeOther(f"/document/d/{document['id']}/edit")


def _row(block: Doc) -> Doc:
    """Return what the form shows of a block: its words, its kind, its pictures."""
    found = {"id": block["id"], "words": words_of(block), "pictures": list(_pictures(block))}
    kind = next((name for name in ("table", "code", "quote", "rule", "raw") if name in block), "")
    if kind == "quote":
        found["words"] = words_of(block["quote"])
    return found | {"kind": kind, "style": _style(block)}


def _style(block: Doc) -> str:
    if "list" in block:
        return str(block["list"].get("kind", "bullet"))
    return str(block.get("style", "NORMAL_TEXT"))


def _pictures(block: Doc) -> Iterator[tuple[str, str]]:
    cells = [cell for row in block.get("table", ()) for cell in row]
    for run in [
        run for part in (block, *cells) for run in (*runs_of(part), *part.get("positioned", ()))
    ]:
        if "image" in run:
            yield run["image"], run.get("description") or run.get("title") or ""


def _edited(block: Doc, form: Form) -> Doc:
    given = form.get(f"text:{block['id']}")
    words = words_of(block.get("quote", block))
    if given is not None and _lines(given) != words:
        block = _said(block, _lines(given))
    if style := form.get(f"style:{block['id']}"):
        block = _styled(block, str(style))
    return block


def _said(block: Doc, words: str) -> Doc:
    if "table" in block:
        return block | {"table": _table(block["table"], words)}
    if "code" in block:
        return block | {"code": words}
    if "quote" in block:
        return block | {"quote": {"runs": retold(runs_of(block["quote"]), words)}}
    return block | {"runs": retold(runs_of(block), words)}


def _edited_note(id: str, note: Any, form: Form) -> Any:
    given = form.get(f"note:{id}")
    if given is None or isinstance(note, list) or _lines(given) == words_of(note):
        return note
    return {"runs": retold(runs_of(note), _lines(given))}


def _styled(block: Doc, style: str) -> Doc:
    if style == _style(block) or style not in STYLES:
        return block
    bare = {key: value for key, value in block.items() if key not in ("style", "list")}
    if style in ("bullet", "number", "check"):
        level = block.get("list", {}).get("level", 1)
        return bare | {"list": {"kind": style, "level": level}}
    return bare | {"style": style}


def _table(rows: list[list[Doc]], words: str) -> list[list[Doc]]:
    said = [[cell.strip() for cell in line.split("|")] for line in words.split("\n")]
    if [len(row) for row in said] != [len(row) for row in rows]:
        return [[{"text": cell} for cell in row] for row in said]
    return [
        [
            cell if words_of(cell) == text else cell | {"runs": retold(runs_of(cell), text)}
            for cell, text in zip(row, texts, strict=True)
        ]
        for row, texts in zip(rows, said, strict=True)
    ]


def retold(runs: list[Doc], words: str) -> list[Doc]:
    """Return runs that say these words; what stays at both ends keeps its look."""
    before = "".join(str(run.get("text", "")) for run in runs)
    start = _alike(before, words)
    end = _alike(before[start:][::-1], words[start:][::-1])
    gone = len(before) - end  # what stood from `start` to here is replaced
    new, at, made = words[start : len(words) - end], 0, []
    for run in runs:
        text = str(run.get("text", ""))
        first, last = max(start - at, 0), max(gone - at, 0)
        is_there = at <= start < at + len(text) + (gone == start) and "text" in run
        said = text[:first] + (new if is_there else "") + text[max(first, last) :]
        new = "" if is_there else new
        at += len(text)
        made += [run | {"text": said}] if "text" in run and said else [] if "text" in run else [run]
    return made + ([{"text": new}] if new else [])


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common from their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _lines(text: Any) -> str:
    return str(text).replace("\r\n", "\n").strip("\n")


def _document(request: web.Request) -> Doc:
    try:
        return Documents(request.app[WORLD].db).get(request.match_info["id"])
    except Problem as problem:
        raise web.HTTPNotFound(text="There is no such document") from problem


def _require_own_page(request: web.Request) -> None:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="Only the sandbox's own page may write documents")


ROUTES = (
    ("POST", "/document", create),
    ("GET", "/document/d/{id}/edit", show),
    ("POST", "/document/d/{id}/edit", save),
)
