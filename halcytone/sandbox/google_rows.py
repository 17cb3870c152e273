"""What stands at Google's stand-in: documents, their revisions, and the log of changes.

A document is `{"title", "tabs": [{"id", "title", "blocks", "tabs"}], "footnotes", "access"}`; with `blocks`
beside the title it has one tab. `access` is "edit", "view" (then Google tells no revision), "none", or "busy"
when the quota of the caller is used up. What a block may be is said in docs/sandbox.md.
"""

import json
from collections.abc import Iterator
from sqlite3 import Connection

from halcytone.sandbox.gate import Problem
from halcytone.sandbox.store import Doc, Objects, count_up, now

KIND, CHANGE = "google_document", "google_change"
QUOTA = "User Rate Limit Exceeded"
_COUNTER = "google_change"


class Documents:
    """The documents by their id."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.kept, self.changes = Objects(db, KIND), Objects(db, CHANGE)

    def get(self, id: str) -> Doc:
        """Return a document. Raises Problem(404), or 403 as its access says."""
        document = self.kept.get(id)
        if document is None:
            raise Problem(404, "Requested entity was not found.")
        if document["access"] == "none":
            raise Problem(403, "The caller does not have permission")
        if document["access"] == "busy":
            raise Problem(403, QUOTA)
        return document

    def put(self, id: str, given: Doc) -> Doc:
        """Store a document, new or in place of the one before; blocks that stay keep their ids."""
        before = self.kept.get(id) or {}
        tabs = given.get("tabs") or [{"id": "t.0", "blocks": given.get("blocks") or []}]
        document = {
            "id": id,
            "title": str(given.get("title", before.get("title", "Untitled document"))),
            "tabs": [_tab(tab, f"t.{n}") for n, tab in enumerate(tabs)],
            "footnotes": given.get("footnotes") or {},
            "access": given.get("access", "edit"),
        }
        _name_blocks(document, before)
        return self._changed(document, before)

    def delete(self, id: str) -> None:
        self.get(id)
        self.kept.delete(id)
        self._note(id, removed=True)

    def changed_since(self, number: int, size: int) -> tuple[list[Doc], int, bool]:
        """Return the last change of each file from a number on, the next number, and whether more wait."""
        log = [change for change in reversed(self.changes.all()) if change["number"] >= number]
        shown = log[:size]
        last = {change["fileId"]: change for change in log}
        following = shown[-1]["number"] + 1 if shown else self.next_change()
        return [c for c in shown if last[c["fileId"]] == c], following, len(log) > size

    def next_change(self) -> int:
        newest = self.changes.all()[:1]
        return newest[0]["number"] + 1 if newest else 1

    def _changed(self, document: Doc, before: Doc) -> Doc:
        said = json.dumps(document, sort_keys=True)
        unmarked = {k: v for k, v in before.items() if k not in ("revision", "modified")}
        if said == json.dumps(unmarked, sort_keys=True):
            return before
        number = self._note(document["id"], removed=False)
        marks = {"revision": f"ALBJ4L{number:08d}-sandbox", "modified": now()}
        return self.kept.put(document["id"], document | marks)

    def _note(self, id: str, *, removed: bool) -> int:
        number = count_up(self.db, _COUNTER)
        change = {"number": number, "fileId": id, "removed": removed, "time": now()}
        self.changes.put(str(number), change)
        return number


def every_block(tabs: list[Doc]) -> Iterator[tuple[Doc, Doc]]:
    """Yield each block with its tab, in reading order; a tab comes before those below it."""
    for tab in every_tab(tabs):
        for block in tab["blocks"]:
            yield tab, block


def every_tab(tabs: list[Doc]) -> Iterator[Doc]:
    for tab in tabs:
        yield tab
        yield from every_tab(tab["tabs"])


def runs_of(block: Doc) -> list[Doc]:
    """Return the runs of a block or cell; `text` alone is one run."""
    return list(block.get("runs") or [{"text": block.get("text", "")}])


def words_of(block: Doc) -> str:
    """Return what a block says, on lines of its own; cells are parted by ` | `."""
    if "table" in block:
        return "\n".join(" | ".join(words_of(cell) for cell in row) for row in block["table"])
    if "code" in block:
        return str(block["code"])
    return "".join(str(run.get("text", "")) for run in runs_of(block))


def _tab(given: Doc, id: str) -> Doc:
    own = str(given.get("id") or id)
    below = [_tab(tab, f"{own}.{n}") for n, tab in enumerate(given.get("tabs") or [])]
    return {
        "id": own,
        "title": str(given.get("title", "Tab 1")),
        "blocks": list(given.get("blocks") or []),
        "tabs": below,
    }


def _name_blocks(document: Doc, before: Doc) -> None:
    """Give every block an id: its own, that of an equal one before, or a new one."""
    free = {_look(block): block["id"] for _, block in every_block(before.get("tabs") or [])}
    taken = {block["id"] for _, block in every_block(document["tabs"]) if "id" in block}
    number = max((int(id[1:], 36) for id in {*free.values(), *taken} if id[:1] == "b"), default=0)
    for _, block in every_block(document["tabs"]):
        if "id" in block:
            continue
        known = free.pop(_look(block), "")
        if not known or known in taken:
            number += 1
            known = f"b{_in_36(number)}"
        block["id"] = known
        taken.add(known)


def _look(block: Doc) -> str:
    return json.dumps({k: v for k, v in block.items() if k != "id"}, sort_keys=True)


def _in_36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits
