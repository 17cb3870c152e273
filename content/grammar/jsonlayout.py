"""JSON documents (§3.6): `{category: [{title, content, …}]}` or `{"document": …, "items": […]}`."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from content.grammar import directives, jsontext, source, vocabulary
from content.grammar.directives import Directive, Line
from content.grammar.jsontext import BrokenJsonError, Cell, Lines
from content.grammar.problems import Log, Place
from content.grammar.raw import Gathered, Raw, Section, Value, Written

_TEXTS = ("title", "content", "date", "link", "image", "alt", "author")
_LISTS = frozenset({"channels", "tags", "sensitive"})
_KNOWN = frozenset({*_TEXTS, "tags", "section", *vocabulary.ITEM_KEYS})
_HINTS = {
    "A text is expected.": "Write it between double quotes.",
    "One plain value is expected.": "Write a text in double quotes; true, false and a priority need none.",
    "A text or a list of texts is expected.": 'Write "one, two" or ["one", "two"].',
    "A list is expected.": "Write the items between [ and ].",
    "A list of items is expected.": 'Write [{"title": …, "content": …}].',
    "An object is expected.": 'Write {"title": …, "content": …}.',
}
_MEND = "Mend it at this place; until then nothing is read."
_SURROGATE = re.compile("[\ud800-\udfff]")
_LOOKS = re.compile(r'\s*(?:\{|\[\s*[{\["])')


@dataclass(slots=True)
class _Document:
    text: str
    lines: Lines
    log: Log
    found: Gathered
    is_long: bool = False

    def place(self, at: int) -> Place:
        line, index = self.lines.at(at)
        return Place(line + 1, index + 1)

    def tell(self, at: int, message: str, path: str = "", hint: str = "") -> str:
        shown = f"{path}: {message}" if path else message
        hint = hint or _HINTS.get(message, "")
        return self.log.add("json_schema", self.place(at), shown, hint=hint, about=path or None)


def is_meant(text: str, name: str) -> bool:
    """Tell whether a text must be read as JSON: by its name, or by how it begins."""
    if name.lower().endswith(".json"):
        return True
    return _LOOKS.match(text) is not None


def parsed(text: str, log: Log) -> Cell | None:
    """Return the value of a JSON text, or None with `json_schema` or `encoding` in the log."""
    lines = Lines(text)
    try:
        cell = jsontext.read(text)
    except BrokenJsonError as broken:
        line, index = lines.at(broken.at)
        message = f"This is not valid JSON: {broken.message}"
        log.add("json_schema", Place(line + 1, index + 1), message, hint=_MEND)
        return None
    for one in jsontext.cells(cell):
        if isinstance(one.value, str) and _SURROGATE.search(one.value):
            line, index = lines.at(one.start)
            message = "A lone surrogate is no character; nothing was read."
            hint = "Write the whole character, or both halves of the pair."
            log.add("encoding", Place(line + 1, index + 1), message, hint=hint)
            return None
    return cell


def read(text: str, cell: Cell, log: Log) -> Gathered:
    """Return the items of a JSON document; what does not fit the schema is told with its path."""
    document = _Document(text, Lines(text), log, Gathered("json"))
    if not isinstance(cell.value, dict):
        hint = 'Write {"tips": [{"title": …, "content": …}]}.'
        document.tell(cell.start, "An object is expected.", "", hint)
        return document.found
    _tell_repeated(document, cell, "")
    if "items" in cell.value or "document" in cell.value:
        _long(document, cell)
    else:
        for key, entries in cell.value.items():
            _category(document, key, entries)
    return document.found


def _tell_repeated(document: _Document, cell: Cell, path: str) -> list[str]:
    return [
        document.tell(
            at,
            f"The key “{key}” stands twice; the first one counts.",
            _join(path, key),
            "Keep one.",
        )
        for key, at in cell.repeated
    ]


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _category(document: _Document, key: str, entries: Cell) -> None:
    section = Section(key, section_key_exact(key), document.place(entries.key_at + 1))
    document.found.sections.append(section)
    if entries.value is None:
        return
    if not isinstance(entries.value, list):
        document.tell(entries.start, "A list of items is expected.", key)
        return
    for number, entry in enumerate(entries.value):
        _item(document, entry, f"{key}[{number}]", section)


def section_key_exact(name: str) -> str | None:
    return vocabulary.SECTION_NAMES.get(" ".join(name.split()).casefold())


def _long(document: _Document, cell: Cell) -> None:
    document.is_long = document.found.is_long_json = True
    for key, value in cell.value.items():
        if key == "document":
            _head(document, value)
        elif key != "items":
            hint = _guess(key, ("document", "items"))
            document.tell(value.key_at, f"There is no field “{key}”.", key, hint)
    items = cell.value.get("items")
    if items is None or items.value is None:
        return
    if not isinstance(items.value, list):
        document.tell(items.start, "A list is expected.", "items")
        return
    for number, entry in enumerate(items.value):
        _item(document, entry, f"items[{number}]", None)


def _head(document: _Document, cell: Cell) -> None:
    if cell.value is None:
        return
    if not isinstance(cell.value, dict):
        document.tell(cell.start, "An object is expected.", "document")
        return
    _tell_repeated(document, cell, "document")
    for key, value in cell.value.items():
        path = f"document.{key}"
        if value.value is None:
            continue
        if key == "title" and isinstance(value.value, str):
            document.found.title = source.cleaned(value.value).strip()
        elif key in vocabulary.DIRECTIVE_KEYS:
            document.found.lines.extend(_directives(document, key, value, path))
        elif key == "title":
            document.tell(value.start, "A text is expected.", path)
        else:
            hint = _guess(key, ("title", *vocabulary.DIRECTIVE_KEYS))
            document.tell(value.key_at, f"There is no field “{key}”.", path, hint)


def _item(document: _Document, cell: Cell, path: str, section: Section | None) -> None:
    if not isinstance(cell.value, dict):
        document.tell(cell.start, "An object is expected.", path)
        return
    place = document.place(cell.start)
    if section is None:
        section = Section(is_named=False)
        document.found.sections.append(section)
    end = document.lines.at(max(cell.start, cell.stop - 1))[0]
    raw = Raw(place.line - 1, end + 1, place, section, is_plain=False, path=path)
    raw.codes += _tell_repeated(document, cell, path)
    for key, value in cell.value.items():
        if value.value is not None:
            _member(document, raw, key, value)
    section.items.append(raw)
    document.found.items.append(raw)


def _member(document: _Document, raw: Raw, key: str, value: Cell) -> None:
    path = f"{raw.path}.{key}"
    if key == "section" and document.is_long:
        _section(document, raw, value, path)
    elif key not in _KNOWN or key == "section":
        message = f"There is no field “{key}”."
        raw.codes.append(document.tell(value.key_at, message, path, _guess(key)))
    elif key in _TEXTS or key == "tags":
        _text(document, raw, key, value, path)
    else:
        raw.lines.extend(_directives(document, key, value, path))


def _section(document: _Document, raw: Raw, value: Cell, path: str) -> None:
    if not isinstance(value.value, str):
        raw.codes.append(document.tell(value.start, "A text is expected.", path))
        return
    raw.section.heading, raw.section.is_named = value.value, True
    raw.section.key = section_key_exact(value.value)
    raw.section.place = document.place(value.start + 1)


def _text(document: _Document, raw: Raw, key: str, value: Cell, path: str) -> None:
    text = _as_text(value)
    if text is None or (isinstance(value.value, list) and key != "tags"):
        raw.codes.append(document.tell(value.start, "A text is expected.", path))
        return
    text = _cleaned(document, text, value)
    line, index = document.lines.at(value.start)
    is_string = isinstance(value.value, str)
    place = Place(line + 1, index + 1 + is_string)
    written = Value(text.strip(), place, _members(document, value))
    if not written.text:
        return
    if key == "title":
        raw.title = written
    elif key == "content":
        raw.body = [Written(part.rstrip(), line, index) for part in source.split(text)]
    raw.fields[key] = written


def _as_text(cell: Cell) -> str | None:
    """Return a string, or a list of strings as comma text; None for anything else."""
    if isinstance(cell.value, str):
        return cell.value
    if isinstance(cell.value, list) and all(isinstance(m.value, str) for m in cell.value):
        return ", ".join(member.value for member in cell.value)
    return None


def _members(document: _Document, cell: Cell) -> tuple[Place, ...]:
    """Return where the texts of a list begin, behind their quotes."""
    if not isinstance(cell.value, list):
        return ()
    return tuple(document.place(member.start + 1) for member in cell.value)


def _cleaned(document: _Document, text: str, cell: Cell) -> str:
    parts = source.split(text)
    cleaned = [source.cleaned(part) for part in parts]
    if any(map(source.has_invisible, parts)):
        place = document.place(cell.start)
        document.log.add("invisible_removed", place, "Removed invisible characters from a text.")
    return "\n".join(cleaned)


def _directives(document: _Document, key: str, cell: Cell, path: str) -> Iterator[Line]:
    values = cell.value if key == "source" and isinstance(cell.value, list) else [cell]
    for value in values:
        text = _scalar_text(key, value)
        if text is None:
            what = "A text or a list of texts" if key in _LISTS else "One plain value"
            code = document.tell(value.start, f"{what} is expected.", path)
            yield Line(codes=(code,))
            continue
        line, index = document.lines.at(value.start)
        is_string = isinstance(value.value, str)
        key_place = document.place(value.key_at or value.start)
        place = Place(line + 1, index + 1 + is_string)
        text, members = _cleaned(document, text, value).strip(), _members(document, value)
        written = Directive(key, text, line, index, index, members=members)
        yield Line(directives.valued(written, (key_place, place), document.log, path))


def _scalar_text(key: str, cell: Cell) -> str | None:
    value: Any = cell.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and key == "priority":
        return str(value)
    if isinstance(value, str):
        return value
    return _as_text(cell) if key in _LISTS else None


def _guess(key: str, known: Collection[str] = _KNOWN) -> str:
    guess = directives.nearest(key)
    return f"Did you mean {guess}?" if guess else "Known fields: " + ", ".join(sorted(known)) + "."
