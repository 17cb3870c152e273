"""JSON that remembers where every key and value was written. No recursion, linear time."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_BLANKS = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_UNCLOSED = "The string is not closed or has a wrong character."
MAX_DEPTH = 32


class BrokenJsonError(ValueError):
    """Not JSON; `at` is the index of the first character that cannot stand there."""

    def __init__(self, message: str, at: int) -> None:
        self.message, self.at = message, at
        super().__init__(message)


@dataclass(slots=True)
class Cell:
    """A value, where it begins and ends (indexes in the text), and a second use of its keys.

    `value` is a dict of cells, a list of cells, or a scalar; `key_at` is where its key begins.
    """

    value: Any
    start: int
    stop: int = 0
    key_at: int = 0
    repeated: list[tuple[str, int]] = field(default_factory=list)


def read(text: str) -> Cell:
    """Return the one value of a JSON text; raises BrokenJsonError."""
    cell, at = _Reader(text).whole()
    at = _blank(text, at)
    if at < len(text):
        raise BrokenJsonError("Text stands behind the JSON value.", at)
    return cell


def _blank(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[Cell] = []

    def whole(self) -> tuple[Cell, int]:
        """Read one value, keeping the open objects and arrays on a list of our own."""
        at = _blank(self.text, 0)
        while True:
            cell, at, is_open = self._value(at)
            if is_open:
                continue
            while not is_open:
                if not self.open:
                    return cell, at
                at, is_open = self._behind(at)
                if not is_open:
                    cell = self.open.pop()
                    cell.stop = at

    def _value(self, at: int) -> tuple[Cell, int, bool]:
        """Read a scalar or an empty or opening container; return (cell, index, is it still open)."""
        mark = self.text[at : at + 1]
        key = self._pending_key
        if mark in ("{", "["):
            return self._container(mark, at, key)
        cell, at = self._scalar(at)
        self._put(cell, key)
        return cell, at, False

    _pending_key: tuple[str, int] | None = None

    def _container(self, mark: str, at: int, key: tuple[str, int] | None) -> tuple[Cell, int, bool]:
        cell = Cell({} if mark == "{" else [], at)
        self._put(cell, key)
        if len(self.open) >= MAX_DEPTH:
            raise BrokenJsonError(f"More than {MAX_DEPTH} levels.", at)
        at = _blank(self.text, at + 1)
        if self.text[at : at + 1] == ("}" if mark == "{" else "]"):
            cell.stop = at + 1
            return cell, at + 1, False
        self.open.append(cell)
        if mark == "{":
            at = self._key(at)
        return cell, at, True

    def _put(self, cell: Cell, key: tuple[str, int] | None) -> None:
        self._pending_key = None
        if not self.open:
            return
        into = self.open[-1]
        if isinstance(into.value, list):
            into.value.append(cell)
        elif key is not None:
            cell.key_at = key[1]
            if key[0] in into.value:
                into.repeated.append(key)
            else:
                into.value[key[0]] = cell

    def _key(self, at: int) -> int:
        found = _STRING.match(self.text, at)
        if found is None and self.text[at : at + 1] == '"':
            raise BrokenJsonError(_UNCLOSED, _bad(self.text, at))
        if found is None:
            raise BrokenJsonError("A key in double quotes is expected.", at)
        self._pending_key = (_unescaped(found.group()), at)
        at = _blank(self.text, found.end())
        if self.text[at : at + 1] != ":":
            raise BrokenJsonError("A colon is expected behind the key.", at)
        return _blank(self.text, at + 1)

    def _behind(self, at: int) -> tuple[int, bool]:
        """Go on behind a value: a comma opens the next, a bracket closes the container."""
        inside = self.open[-1]
        is_list = isinstance(inside.value, list)
        at = _blank(self.text, at)
        mark = self.text[at : at + 1]
        if mark == ("]" if is_list else "}"):
            return at + 1, False
        if mark != ",":
            raise BrokenJsonError("A comma or the closing bracket is expected.", at)
        at = _blank(self.text, at + 1)
        return (at, True) if is_list else (self._key(at), True)

    def _scalar(self, at: int) -> tuple[Cell, int]:
        if (found := _STRING.match(self.text, at)) is not None:
            return Cell(_unescaped(found.group()), at, found.end()), found.end()
        if (found := _NUMBER.match(self.text, at)) is not None and len(found.group()) < 100:
            return Cell(json.loads(found.group()), at, found.end()), found.end()
        for word, value in _WORDS.items():
            if self.text.startswith(word, at):
                return Cell(value, at, at + len(word)), at + len(word)
        if self.text[at : at + 1] == '"':
            raise BrokenJsonError(_UNCLOSED, _bad(self.text, at))
        raise BrokenJsonError("A value is expected.", at)


_PART = re.compile(r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')


def _bad(text: str, at: int) -> int:
    """Return the index of the first character that cannot stand in the string."""
    found = _PART.match(text, at + 1)
    return found.end() if found else at


def _unescaped(text: str) -> str:
    return str(json.loads(text)) if "\\" in text else text[1:-1]


class Lines:
    """Turns indexes of a text into 0-based lines and the index in the line; ends are LF, CRLF, CR."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(found.end() for found in re.finditer("\r\n|\r|\n", text))]

    def at(self, index: int) -> tuple[int, int]:
        line = bisect_right(self.starts, index) - 1
        return line, index - self.starts[line]


def cells(cell: Cell) -> Iterator[Cell]:
    """Yield a value and everything in it."""
    waiting = [cell]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one.value, dict):
            waiting.extend(one.value.values())
        elif isinstance(one.value, list):
            waiting.extend(one.value)
