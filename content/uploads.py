"""What may be given as a document: told by its bytes, not by its name."""

import codecs
import re
from pathlib import PurePath

from content.sources import bundle, docx
from content.sources.archives import Archive
from halcytone.lib.errors import Problem, Refused

MAX_BYTES = 10_485_760
TEXT, PAGE, WORD, BUNDLE = "a text", "a web page", "a Word document", "a ZIP archive"
#: What the bytes of a file must be, by the end of its name.
READ = {
    ".md": {TEXT},
    ".txt": {TEXT},
    ".json": {TEXT},
    ".html": {PAGE, TEXT},
    ".docx": {WORD},
    ".zip": {BUNDLE},
}
ENDINGS = {PAGE: ".html", WORD: ".docx", BUNDLE: ".zip"}
READ_NOW = (
    "Markdown (.md), text (.txt), JSON (.json), web pages (.html), Word documents (.docx) and ZIP archives "
    "(.zip) of a text with its images are read; text is written as UTF-8."
)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_KNOWN = {
    b"%PDF-": "a PDF",
    b"\xd0\xcf\x11\xe0": "an older office document, or one that is locked with a password",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a compressed file",
    b"Rar!": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"PK\x05\x06": "an empty ZIP archive",
    **dict.fromkeys(_UTF_16, "text written as UTF-16"),
}
_PAGE = re.compile(rb"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def check(data: bytes, file_name: str = "") -> list[Problem]:
    """Return why these bytes cannot become a document; an empty list when they can.

    `file_name` is "" for typed text. Whether the text obeys the grammar is not asked here.
    """
    if len(data) > MAX_BYTES:
        return [_problem("too_large", _too_large(len(data)), "Split it into several documents.")]
    if not data.strip():
        return [_problem("nothing_given", "There is no text in it.", "Give a text.")]
    ending = PurePath(file_name).suffix.lower() if file_name else ".txt"
    if ending not in READ:
        return [_problem("type_refused", f"“{file_name}” is of a kind that is not read.", READ_NOW)]
    try:
        found = kind(data, ending)
    except Refused as error:
        return [Problem(error.code, str(error), attr="data")]
    if found in READ[ending]:
        return []
    said = f"This is {found}, whatever its name says." if file_name else f"This is {found}."
    wanted = ENDINGS.get(found)
    hint = f"Give it as a file whose name ends in {wanted}." if wanted else READ_NOW
    return [_problem("type_refused", said, hint)]


def is_typed(file_name: str) -> bool:
    """Tell whether people can write in a file of this name by hand."""
    return not file_name.lower().endswith((".docx", ".zip"))


def kind(data: bytes, ending: str = "") -> str:
    """Return what these bytes are: TEXT, PAGE, WORD, BUNDLE, or words for what is not read.

    A file with the `ending` of a page may be written as UTF-16. Raises Refused for an archive that is not
    sound, holds macros, or leaves open which of its files is the text.
    """
    if data.startswith(b"PK\x03\x04"):
        return _packed(data)
    if ending == ".html" and data.startswith(_UTF_16):
        return PAGE
    for start, words in _KNOWN.items():
        if data.startswith(start):
            return words
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "a picture"
    if _PAGE.match(data.removeprefix(codecs.BOM_UTF8)[:1024]):
        return PAGE
    return "no text" if b"\0" in data[:8192] else TEXT


def _packed(data: bytes) -> str:
    archive = Archive(data)
    if docx.is_word(archive):
        docx.require_plain(archive)
        return WORD
    if "[Content_Types].xml" in archive.files or "mimetype" in archive.files:
        return "an office document that is not read"
    bundle.main(archive)
    return BUNDLE


def _too_large(size_bytes: int) -> str:
    return f"It has {size_bytes:,} bytes; at most {MAX_BYTES:,} bytes (10 MB) are read."


def _problem(code: str, message: str, hint: str) -> Problem:
    return Problem(code, f"{message} {hint}", attr="data", hint=hint)
