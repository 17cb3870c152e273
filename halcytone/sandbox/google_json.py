"""Documents of the stand-in as `documents.get` answers them (Docs API v1)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from halcytone.sandbox.google_rows import runs_of
from halcytone.sandbox.store import Doc

ACCEPTED, REJECTED = "PREVIEW_SUGGESTIONS_ACCEPTED", "PREVIEW_WITHOUT_SUGGESTIONS"
MONOSPACE = "Roboto Mono"
LEVELS = 9
INDENT_PT = 36
_GLYPHS: dict[str, Doc] = {
    "bullet": {"glyphSymbol": "●"},
    "number": {"glyphType": "DECIMAL"},
    "check": {"glyphType": "GLYPH_TYPE_UNSPECIFIED"},
}
Link = Callable[[str], str]


def tabs(document: Doc, mode: str, link: Link) -> list[Doc]:
    """Return `Document.tabs`. `link` gives the address of an image that works for now."""
    return [_tab(tab, document, mode, link, place=(n, 0)) for n, tab in enumerate(document["tabs"])]


def _tab(tab: Doc, document: Doc, mode: str, link: Link, *, place: tuple[int, int]) -> Doc:
    index, depth = place
    made = _Tab(document["footnotes"], mode, link)
    content = made.content(tab["blocks"])
    below = [
        _tab(child, document, mode, link, place=(n, depth + 1))
        for n, child in enumerate(tab["tabs"])
    ]
    return {
        "tabProperties": {"tabId": tab["id"], "title": tab["title"], "index": index}
        | ({"nestingLevel": depth} if depth else {}),
        "documentTab": {
            "body": {"content": [{"endIndex": 1, "sectionBreak": {"sectionStyle": {}}}, *content]},
            "lists": made.lists,
            "inlineObjects": made.inline,
            "positionedObjects": made.positioned,
            "footnotes": made.footnotes,
        },
    } | ({"childTabs": below} if below else {})


class _Tab:
    """One tab as it is written: content in order, and what it refers to by id."""

    def __init__(self, notes: Doc, mode: str, link: Link) -> None:
        self.notes, self.mode, self.link = notes, mode, link
        self.at = 1
        self.lists: Doc = {}
        self.inline: Doc = {}
        self.positioned: Doc = {}
        self.footnotes: Doc = {}
        self.open: tuple[str, dict[int, str]] = ("", {})  # the list that goes on: id, kind by level

    def content(self, blocks: Iterable[Doc]) -> list[Doc]:
        return [element for block in blocks for element in self._elements(block)]

    def _elements(self, block: Doc) -> Iterator[Doc]:
        if "list" not in block:
            self.open = ("", {})
        if "raw" in block:
            yield block["raw"]
        elif "table" in block:
            yield self._spanning(lambda: {"table": self._table(block)})
        elif "code" in block:
            for line in str(block["code"]).split("\n"):
                yield self._paragraph({"runs": [{"text": line, "code": True}]})
        elif "quote" in block:
            yield from self._quote(block)
        elif block.get("rule"):
            yield self._paragraph({"runs": [{"rule": True}]})
        else:
            yield self._paragraph(block)

    def _quote(self, block: Doc) -> Iterator[Doc]:
        said = [run | {"italic": True} for run in runs_of(block["quote"])]
        yield self._paragraph({"runs": said, "indent": INDENT_PT})
        if "attribution" in block:
            who = [{"text": "— "}, *runs_of(block["attribution"])]
            yield self._paragraph({"runs": who, "indent": INDENT_PT})

    def _spanning(self, make: Callable[[], Doc]) -> Doc:
        start = self.at
        made = make()
        return {"startIndex": start, "endIndex": self.at, **made}

    def _paragraph(self, block: Doc) -> Doc:
        return self._spanning(lambda: {"paragraph": self._as_paragraph(block)})

    def _as_paragraph(self, block: Doc) -> Doc:
        style: Doc = {
            "namedStyleType": block.get("style", "NORMAL_TEXT"),
            "direction": "LEFT_TO_RIGHT",
        }
        if style["namedStyleType"] not in ("NORMAL_TEXT", "SUBTITLE"):
            style["headingId"] = f"h.{block.get('id', '')}"
        if "indent" in block:
            indent = {"magnitude": block["indent"], "unit": "PT"}
            style |= {"indentStart": indent, "indentFirstLine": indent}
        runs = [run for run in runs_of(block) if self._is_shown(run)]
        if not runs or runs[-1].keys() & _ELEMENTS.keys():
            runs.append({"text": ""})
        *others, last = runs
        elements = [*map(self._element, others), self._text(_soft(last) + "\n", last)]
        paragraph: Doc = {"elements": elements, "paragraphStyle": style}
        if "list" in block:
            paragraph["bullet"] = self._bullet(block["list"])
        if block.get("positioned"):
            paragraph["positionedObjectIds"] = [self._float(image) for image in block["positioned"]]
        return paragraph

    def _is_shown(self, run: Doc) -> bool:
        hidden = {ACCEPTED: "deletion", REJECTED: "insertion"}.get(self.mode, "")
        return not hidden or run.get("suggested") != hidden

    def _element(self, run: Doc) -> Doc:
        for name, make in _ELEMENTS.items():
            if name in run:
                start, self.at = self.at, self.at + 1
                made = make(self, run)
                return {"startIndex": start, "endIndex": self.at, **made}
        return self._text(_soft(run), run)

    def _text(self, text: str, run: Doc) -> Doc:
        start = self.at
        self.at += len(text.encode("utf-16-le")) // 2
        made: Doc = {"content": text, "textStyle": _look(run)}
        if self.mode not in (ACCEPTED, REJECTED) and (kind := run.get("suggested")):
            made[f"suggested{kind.capitalize()}Ids"] = [f"suggest.{start}"]
        return {"startIndex": start, "endIndex": self.at, "textRun": made}

    def _image(self, run: Doc) -> Doc:
        id = f"kix.image{len(self.inline) + 1}"
        held = {"embeddedObject": self._embedded(run)}
        self.inline[id] = {"objectId": id, "inlineObjectProperties": held}
        return {"inlineObjectElement": {"inlineObjectId": id, "textStyle": {}}}

    def _float(self, image: Doc) -> str:
        id = f"kix.float{len(self.positioned) + 1}"
        held = {"embeddedObject": self._embedded(image)}
        self.positioned[id] = {"objectId": id, "positionedObjectProperties": held}
        return id

    def _embedded(self, image: Doc) -> Doc:
        told = {key: image[key] for key in ("title", "description") if image.get(key)}
        if image.get("drawing"):
            return told | {"embeddedDrawingProperties": {}}
        return told | {"imageProperties": {"contentUri": self.link(image["image"])}}

    def _footnote(self, run: Doc) -> Doc:
        id = str(run["footnote"])
        if id not in self.footnotes:
            self.footnotes[id] = {"footnoteId": id, "content": []}
            at, self.at = self.at, 0
            blocks = self.notes.get(id, {"text": ""})
            blocks = blocks if isinstance(blocks, list) else [blocks]
            self.footnotes[id]["content"] = self.content(blocks)
            self.at = at
        number = str(list(self.footnotes).index(id) + 1)
        return {"footnoteReference": {"footnoteId": id, "footnoteNumber": number}}

    def _bullet(self, given: Doc) -> Doc:
        level, kind = int(given.get("level", 1)) - 1, str(given.get("kind", "bullet"))
        id, kinds = self.open
        if not id or kinds.get(level, kind) != kind or given.get("new"):
            id, kinds = f"kix.list{len(self.lists) + 1}", {}
            nesting = [{"bulletAlignment": "START", "glyphFormat": f"%{n}"} for n in range(LEVELS)]
            self.lists[id] = {"listProperties": {"nestingLevels": nesting}}
        if level not in kinds:
            kinds[level] = kind
            start = {"startNumber": int(given.get("number") or 1)} if kind == "number" else {}
            self.lists[id]["listProperties"]["nestingLevels"][level] |= _GLYPHS[kind] | start
        self.open = (id, kinds)
        look = {"strikethrough": True} if given.get("checked") else {}
        return {"listId": id, "textStyle": look} | ({"nestingLevel": level} if level else {})

    def _table(self, block: Doc) -> Doc:
        rows, heads = _with_covered(block["table"]), int(block.get("headers", 0))
        made = [
            {
                "tableCells": [self._cell(cell) for cell in row],
                "tableRowStyle": {"tableHeader": True} if number < heads else {},
            }
            for number, row in enumerate(rows)
        ]
        width = max(map(len, rows), default=0)
        return {"rows": len(rows), "columns": width, "tableRows": made}

    def _cell(self, cell: Doc) -> Doc:
        blocks = cell.get("blocks") or [{"runs": runs_of(cell)}]
        spans = {"rowSpan": int(cell.get("rows", 1)), "columnSpan": int(cell.get("columns", 1))}
        return self._spanning(lambda: {"content": self.content(blocks), "tableCellStyle": spans})


def _with_covered(rows: list[list[Doc]]) -> list[list[Doc]]:
    """Return rows with an empty cell wherever another one spans, as Google keeps them."""
    grid: dict[tuple[int, int], Doc] = {}
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            while (y, x) in grid:
                x += 1
            spans = int(cell.get("rows", 1)), int(cell.get("columns", 1))
            grid |= {
                (y + down, x + right): {} for down in range(spans[0]) for right in range(spans[1])
            }
            grid[y, x] = cell
    return [[grid[place] for place in sorted(grid) if place[0] == y] for y in range(len(rows))]


def _soft(run: Doc) -> str:
    """Return a run's text; a line end inside a paragraph is a vertical tab at Google."""
    return str(run.get("text", "")).replace("\n", "\v")


def _look(run: Doc) -> Doc:
    names = {"bold": "bold", "italic": "italic", "strike": "strikethrough"}
    look: Doc = {theirs: True for ours, theirs in names.items() if run.get(ours)}
    if run.get("code"):
        look["weightedFontFamily"] = {"fontFamily": MONOSPACE, "weight": 400}
    if "link" in run:
        look["link"] = {"url": run["link"]}
    elif "heading" in run:
        look["link"] = {"heading": {"id": run["heading"], "tabId": run.get("tab", "t.0")}}
    elif "bookmark" in run:
        look["link"] = {"bookmark": {"id": run["bookmark"], "tabId": run.get("tab", "t.0")}}
    return look


def _person(_tab: _Tab, run: Doc) -> Doc:
    return {"person": {"personId": "kix.person", "personProperties": run["person"]}}


def _rich(_tab: _Tab, run: Doc) -> Doc:
    return {"richLink": {"richLinkId": "kix.rich", "richLinkProperties": run["rich"]}}


def _date(_tab: _Tab, run: Doc) -> Doc:
    return {
        "dateElement": {"dateId": "kix.date", "dateElementProperties": {"displayText": run["date"]}}
    }


def _bare(name: str) -> Callable[[_Tab, Doc], Doc]:
    return lambda _tab, _run: {name: {}}


_ELEMENTS: dict[str, Callable[[_Tab, Doc], Any]] = {
    "image": _Tab._image,
    "footnote": _Tab._footnote,
    "person": _person,
    "rich": _rich,
    "date": _date,
    "rule": _bare("horizontalRule"),
    "equation": _bare("equation"),
    "page_break": _bare("pageBreak"),
}
