"""What an answer of `documents.get` (Docs API v1) says: every tab of it, in order, as one text."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from content.sources import levels, writer
from content.sources.base import Remark, Text
from content.sources.google_blocks import Tab
from content.sources.google_runs import Json, Reader, Whole
from content.sources.tree import Tree
from halcytone.lib import canonical


def read(document: Json, page: str) -> Text:
    """Return the text of a document. `page` is its address for people, without a query."""
    whole = Whole(str(document.get("documentId")), page)
    seen: Counter[str] = Counter()
    tabs: list[Tab] = []
    for id, content in _tabs(document):
        tabs.append(Tab(Reader(whole, id, content), seen))
        tabs[-1].read((content.get("body") or {}).get("content") or ())
    blocks = levels.levelled([tab.blocks for tab in tabs])
    title = str(document.get("title") or "")
    tree = Tree(tuple(blocks), title=title, footnotes=whole.footnotes)
    text = writer.write(tree, is_typed=True, pictures=whole.pictures)
    return replace(text, remarks=_in_order(text, [told for tab in tabs for told in tab.remarks]))


def digest(document: Json) -> str:
    """Return a hash of what a document says; links that every answer makes anew do not count."""
    return canonical.digest(_stable(document))


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _stable(v) for k, v in value.items() if k not in ("contentUri", "revisionId")}
    return [_stable(member) for member in value] if isinstance(value, list) else value


def _tabs(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield id and content of each tab; a tab comes before those below it."""
    if "tabs" not in document:
        yield "t.0", document  # an answer in the older form has one tab alone
    ahead = list(reversed(document.get("tabs") or ()))
    while ahead:
        tab = ahead.pop()
        yield (
            str((tab.get("tabProperties") or {}).get("tabId") or "t.0"),
            tab.get("documentTab") or {},
        )
        ahead += reversed(tab.get("childTabs") or ())


def _in_order(text: Text, told: Iterable[tuple[str, Remark]]) -> tuple[Remark, ...]:
    """Return what was told of blocks, and by the writer, by the lines of the text."""
    lines = {place.id: place.line for place in text.places}
    placed = [replace(remark, line=lines.get(id, 1)) for id, remark in told]
    return tuple(sorted([*text.remarks, *placed], key=lambda remark: remark.line))
