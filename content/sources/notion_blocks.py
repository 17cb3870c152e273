"""Notion's blocks as blocks of a tree. Pure: answers of its API in, blocks, pictures and remarks out.

A block that contains others has them in `children`; `notion_api` put them there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from content.sources import inline, notion_text
from content.sources.base import Picture, Remark
from content.sources.notion_text import Json, plain, runs
from content.sources.tree import (
    Block,
    Cell,
    Code,
    Heading,
    ListItem,
    Paragraph,
    Quote,
    Rule,
    Run,
    Runs,
    Table,
)
from halcytone.lib import canonical

UNTOLD = frozenset({"breadcrumb", "table_of_contents", "template"})
LISTS = frozenset({"bulleted_list_item", "numbered_list_item", "to_do"})
FLAT = frozenset({"column_list", "column", "synced_block"})  # they only hold others
LINKED = frozenset({"video", "file", "pdf", "audio", "bookmark", "embed", "link_preview"})
BELOW = frozenset({"child_page", "child_database", "link_to_page"})
_DASHES = "-–—―"
_PLAIN_CODE = "plain text"


@dataclass(slots=True)
class Reader:
    """The blocks of one page so far. `stored` are the images that are kept here, by key.

    `remarks` are by the id of the block they are about; `before` says after which written block it stood.
    """

    page: str
    stored: Mapping[str, str] = field(default_factory=dict)
    shift: int = 0  # added to the level of every heading
    blocks: list[Block] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)
    remarks: list[tuple[str, Remark]] = field(default_factory=list)

    def read(self, siblings: Iterable[Json], inside: int = 0) -> None:
        """Add these blocks and all that they contain. `inside` is in how many list items they stand."""
        number = 0
        for block in siblings:
            kind = str(block.get("type"))
            number = _next_number(block, number) if kind == "numbered_list_item" else 0
            if kind in UNTOLD:
                continue
            if kind in LISTS:
                self._item(block, inside, number or None)
            elif kind in FLAT:
                self._flat(block, inside)
            elif kind in _MAKERS:
                _MAKERS[kind](self, block, inside)
            else:
                self._left_out(block)

    def _put(self, block: Json, made: Block, inside: int) -> None:
        id = str(block.get("id", ""))
        url = notion_text.address(self.page, id)
        self.blocks.append(replace(made, id=id, url=url, inside=inside))

    def _item(self, block: Json, inside: int, number: int | None) -> None:
        kind = str(block["type"])
        body = _body(block)
        checked = bool(body.get("checked")) if kind == "to_do" else None
        words = runs(body.get("rich_text"))
        self._put(block, ListItem(inside + 1, words, number=number, is_checked=checked), inside)
        self.read(_children(block), inside + 1)

    def _flat(self, block: Json, inside: int) -> None:
        if block.get("is_hidden"):
            message = "A synced block cannot be read: its original is not shared with us."
            hint = "Share the page of the original with the integration, then read this one again."
            self._remark(block, "block_left_out", message, hint)
        self.read(_children(block), inside)

    def _words(self, block: Json, inside: int) -> None:
        words = runs(_body(block).get("rich_text"))
        if inline.plain(words).strip():
            self._put(block, Paragraph(words), inside)
        self.read(_children(block), inside)

    def _heading(self, block: Json, inside: int) -> None:
        level = min(6, int(str(block["type"])[-1]) + self.shift)
        self._put(block, Heading(level, runs(_body(block).get("rich_text"))), inside)
        self.read(_children(block), inside)

    def _quote(self, block: Json, inside: int) -> None:
        words = list(runs(_body(block).get("rich_text")))
        children = list(_children(block))
        while children and children[0].get("type") == "paragraph":
            words += [Run("\n"), *runs(_body(children[0]).get("rich_text"))]
            children = [*_children(children[0]), *children[1:]]
        said, who = _attributed(words)
        self._put(block, Quote(said, who), inside)
        self.read(children, inside)

    def _code(self, block: Json, inside: int) -> None:
        body = _body(block)
        language = str(body.get("language") or "")
        language = "" if language == _PLAIN_CODE else language.replace(" ", "-")
        self._put(block, Code(plain(body.get("rich_text")), language), inside)
        self._caption(block, inside)

    def _equation(self, block: Json, inside: int) -> None:
        self._put(block, Code(str(_body(block).get("expression") or ""), "latex"), inside)

    def _rule(self, block: Json, inside: int) -> None:
        self._put(block, Rule(), inside)

    def _table(self, block: Json, inside: int) -> None:
        body = _body(block)
        is_top, is_side = bool(body.get("has_column_header")), bool(body.get("has_row_header"))
        rows = tuple(
            tuple(
                Cell(runs(cell), is_head=(is_top and not y) or (is_side and not x))
                for x, cell in enumerate(_body(row).get("cells") or ())
            )
            for y, row in enumerate(_children(block))
        )
        if any(rows):
            self._put(block, Table(tuple(row for row in rows if row)), inside)

    def _image(self, block: Json, inside: int) -> None:
        body = _body(block)
        url, is_hosted = location(body)
        if not url:
            return
        key = picture_key(url, is_hosted=is_hosted)
        stored = self.stored.get(key, "") if is_hosted else ""
        caption = " ".join(plain(body.get("caption")).split())
        self.pictures[key] = Picture(url=url, offered_alt=caption, stored=stored)
        self._put(block, Paragraph((Run(image=key),)), inside)

    def _linked(self, block: Json, inside: int) -> None:
        """Turn what cannot be shown in a text into a link; Notion's own links end within the hour."""
        body = _body(block)
        url, is_hosted = location(body)
        name = plain(body.get("caption")) or str(body.get("name") or "") or url
        if is_hosted:
            name = name if name != url else "a file"
            message = f"“{name}” is kept at Notion, where links to it end within the hour."
            hint = "Put it at a public address and link to that."
            self._remark(block, "block_left_out", message, hint)
            self._put(block, Paragraph((Run(name),)), inside)
        elif url:
            self._put(block, Paragraph((Run(name, link=url),)), inside)

    def _below(self, block: Json, inside: int) -> None:
        title = str(_body(block).get("title") or "another page")
        message = f"“{title}” is a page of its own and was not read here."
        hint = (
            f"Register it as a document if it shall be read: {notion_text.address(_target(block))}"
        )
        self._remark(block, "page_linked", message, hint)

    def _caption(self, block: Json, inside: int) -> None:
        words = runs(_body(block).get("caption"))
        if inline.plain(words).strip():
            self.blocks.append(Paragraph(words, inside=inside))

    def _left_out(self, block: Json) -> None:
        kind = str(_body(block).get("block_type") or block.get("type")).replace("_", " ")
        message = f"A block of the kind “{kind}” cannot be read, so it was left out."
        self._remark(block, "block_left_out", message, "Say it in words if readers need it.")

    def _remark(self, block: Json, code: str, message: str, hint: str) -> None:
        """Note a remark at this block, or at the one written before it if this one is not."""
        id = str(block.get("id", ""))
        before = next((made.id for made in reversed(self.blocks) if made.id), "")
        is_written = code == "block_left_out" and str(block.get("type")) in LINKED
        self.remarks.append((id if is_written else before, Remark(code, message, hint=hint)))


def location(file: Json) -> tuple[str, bool]:
    """Return the address of a file and whether it is one of Notion's, which end within the hour."""
    hosted = file.get("file") or {}
    if hosted.get("url"):
        return str(hosted["url"]), True
    return str((file.get("external") or file).get("url") or ""), False


def picture_key(url: str, *, is_hosted: bool) -> str:
    """Return what a text calls this image. Notion signs its addresses anew with every answer."""
    name = url.partition("?")[0] if is_hosted else url
    return f"image:{canonical.sha256(name)[:24]}"


def hosted_keys(blocks: Iterable[Json]) -> set[str]:
    """Return the keys of all images in these blocks whose addresses end."""
    found: set[str] = set()
    for block in blocks:
        if block.get("type") == "image":
            url, is_hosted = location(_body(block))
            found |= {picture_key(url, is_hosted=True)} if is_hosted else set()
        found |= hosted_keys(_children(block))
    return found


def _body(block: Json) -> Json:
    return block.get(str(block.get("type"))) or {}


def _children(block: Json) -> Sequence[Json]:
    return block.get("children") or ()


def _next_number(block: Json, number: int) -> int:
    start = _body(block).get("list_start_index")
    return number + 1 if number or not isinstance(start, int) else start


def _target(block: Json) -> str:
    body = _body(block)
    return str(body.get("page_id") or body.get("database_id") or block.get("id", ""))


def _attributed(words: Sequence[Run]) -> tuple[Runs, Runs]:
    """Split off the last line when it begins with a dash: it says who is quoted."""
    for index in range(len(words) - 1, -1, -1):
        before, is_there, last = words[index].text.rpartition("\n")
        if not is_there:
            continue
        tail = (replace(words[index], text=last), *words[index + 1 :])
        line = inline.plain(tail).lstrip()
        if line[:1] not in _DASHES or not line.strip(_DASHES + " "):
            break
        head = (*words[:index], replace(words[index], text=before))
        return _stripped(head, str.rstrip, last=True), _stripped(tail, _no_dash, last=False)
    return tuple(words), ()


def _stripped(words: Runs, strip: Callable[[str], str], *, last: bool) -> Runs:
    kept = [run for run in words if run.text]
    if kept:
        at = -1 if last else 0
        kept[at] = replace(kept[at], text=strip(kept[at].text))
    return tuple(kept)


def _no_dash(text: str) -> str:
    return text.lstrip(_DASHES + " \u00a0")


_Maker = Callable[[Reader, Any, int], None]
_MAKERS: Mapping[str, _Maker] = {
    **dict.fromkeys(("paragraph", "callout", "toggle"), Reader._words),
    **{f"heading_{level}": Reader._heading for level in range(1, 7)},
    "quote": Reader._quote,
    "code": Reader._code,
    "equation": Reader._equation,
    "divider": Reader._rule,
    "table": Reader._table,
    "image": Reader._image,
    **dict.fromkeys(LINKED, Reader._linked),
    **dict.fromkeys(BELOW, Reader._below),
}
