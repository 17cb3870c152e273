"""Notion's rich text as runs of words, and the values of its columns."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from content.sources.tree import Run, Runs

HOME = "https://www.notion.so"
Json = Mapping[str, Any]


def runs(rich: Iterable[Json] | None) -> Runs:
    """Return rich text as runs. What is mentioned is called by its name; no mark for underlining."""
    return tuple(_run(piece) for piece in rich or ())


def plain(rich: Iterable[Json] | None) -> str:
    """Return the words alone."""
    return "".join(run.text for run in runs(rich))


def address(id: str, block: str = "") -> str:
    """Return where a person opens a page, or a block of it."""
    return f"{HOME}/{id.replace('-', '')}" + (f"#{block.replace('-', '')}" if block else "")


def _run(piece: Json) -> Run:
    looks = piece.get("annotations") or {}
    text, link = _words(piece)
    return Run(
        text,
        bold=bool(looks.get("bold")),
        italic=bool(looks.get("italic")),
        strike=bool(looks.get("strikethrough")),
        code=bool(looks.get("code")) or piece.get("type") == "equation",
        link=f"{HOME}{link}" if link.startswith("/") else link,
    )


def _words(piece: Json) -> tuple[str, str]:
    """Return text and link. A page that is mentioned has a name here, and no link for readers."""
    text = str(piece.get("plain_text") or (piece.get("text") or {}).get("content") or "")
    link = str(piece.get("href") or "")
    if piece.get("type") != "mention":
        return text, link
    mention = piece.get("mention") or {}
    kind = str(mention.get("type"))
    what = mention.get(kind) or {}
    if kind == "user":
        return str(what.get("name") or text.removeprefix("@")), ""
    if kind in ("link_mention", "link_preview"):
        target = str(what.get("href") or what.get("url") or link)
        return str(what.get("title") or text or target), target
    return text, ""


def column(page: Json, *names: str, kind: str = "") -> Json:
    """Return the first column of a row with one of these names (any case) or this kind, or {}."""
    columns = page.get("properties") or {}
    by_name = {str(name).strip().casefold(): value for name, value in columns.items()}
    found = [by_name[name] for name in names if name in by_name]
    found += [value for value in columns.values() if kind and value.get("type") == kind]
    return found[0] if found else {}


def values(column: Json) -> list[str]:
    """Return what a column says, as texts in their order: choices, people, a date as it was set."""
    kind = str(column.get("type", ""))
    value = column.get(kind)
    found = _READERS[kind](value) if value is not None and kind in _READERS else []
    return [text for text in (each.strip() for each in found) if text]


def words(column: Json) -> Runs:
    """Return a column of text as runs, any other one as its values with commas."""
    kind = str(column.get("type", ""))
    if kind in ("title", "rich_text"):
        return runs(column.get(kind))
    said = ", ".join(values(column))
    return (Run(said),) if said else ()


def _formula(value: Json) -> list[str]:
    return values({"type": value.get("type"), **value})


def _rollup(value: Json) -> list[str]:
    if value.get("type") == "array":
        return [text for member in value.get("array") or () for text in values(member)]
    return values({"type": value.get("type"), **value})


def _flag(value: Any) -> list[str]:
    return ["true" if value else "false"]


def _text(value: Any) -> list[str]:
    return [str(value)]


_READERS: Mapping[str, Callable[[Any], list[str]]] = {
    "title": lambda value: [plain(value)],
    "rich_text": lambda value: [plain(value)],
    "select": lambda value: [str(value.get("name", ""))],
    "status": lambda value: [str(value.get("name", ""))],
    "multi_select": lambda value: [str(each.get("name", "")) for each in value],
    "people": lambda value: [str(each.get("name", "")) for each in value],
    "date": lambda value: [str(value.get("start") or "")],
    "checkbox": _flag,
    "boolean": _flag,
    "formula": _formula,
    "rollup": _rollup,
    **dict.fromkeys(
        ("number", "string", "url", "email", "phone_number", "created_time", "last_edited_time"),
        _text,
    ),
}
