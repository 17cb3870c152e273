"""What may be given as a document: told by its bytes, not by its name."""

import codecs
from pathlib import PurePath

from halcytone.lib.errors import Problem

MAX_BYTES = 10_485_760
READ_NOW = (".md", ".txt", ".json")
_READ_NOW = "Markdown (.md), text (.txt) and JSON (.json) files are read, written as UTF-8."
_KNOWN = {
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"%PDF-": "a PDF",
    b"\xd0\xcf\x11\xe0": "an older office document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a compressed file",
    codecs.BOM_UTF16_LE: "text written as UTF-16",
    codecs.BOM_UTF16_BE: "text written as UTF-16",
}
_PAGE = (b"<!doctype html", b"<html")


def check(data: bytes, file_name: str = "") -> list[Problem]:
    """Return why these bytes cannot become a document; an empty list when they can.

    `file_name` is "" for typed text. Whether the text obeys the grammar is not asked here.
    """
    if len(data) > MAX_BYTES:
        return [_problem("too_large", _too_large(len(data)), "Split it into several documents.")]
    if not data.strip():
        return [_problem("nothing_given", "There is no text in it.", "Give a text.")]
    if file_name and PurePath(file_name).suffix.lower() not in READ_NOW:
        return [
            _problem("type_refused", f"“{file_name}” is of a kind that is not read.", _READ_NOW)
        ]
    kind = _kind(data)
    if kind:
        return [_problem("type_refused", f"This is {kind}, whatever its name says.", _READ_NOW)]
    return []


def _too_large(size_bytes: int) -> str:
    return f"It has {size_bytes:,} bytes; at most {MAX_BYTES:,} bytes (10 MB) are read."


def _kind(data: bytes) -> str:
    for start, kind in _KNOWN.items():
        if data.startswith(start):
            return kind
    if data.removeprefix(codecs.BOM_UTF8).lstrip()[:20].lower().startswith(_PAGE):
        return "a web page"
    return "no text" if b"\0" in data[:8192] else ""


def _problem(code: str, message: str, hint: str) -> Problem:
    return Problem(code, f"{message} {hint}", attr="data", hint=hint)
