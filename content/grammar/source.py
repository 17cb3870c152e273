"""The text as it came, and the same text made fit for grammar, with every position kept.

Lines end at LF, CRLF or CR only. A byte-order mark is the signature of a file and no character of
line 1. Invisible characters are taken out and letters composed (NFC) line by line, and a column in
the cleaned line can always be told as a column of the original one.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from content.grammar.problems import START, Log, Place

MAX_BYTES = 10 * 1024 * 1024
_LINE_END = re.compile("\r\n|\r|\n")
# C0 and C1 controls except tab and line ends, noncharacters, and marks without width or effect.
# Joiners and direction marks stay: scripts need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060-\u2064\ufeff\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_HARD_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " "})


@dataclass(frozen=True, slots=True)
class Source:
    """`raw` as it came, `lines` cleaned, `grammar` the same with hard blanks as plain ones.

    `lines[n]` and `grammar[n]` have the same length; n is 0-based.
    """

    raw: tuple[str, ...]
    lines: tuple[str, ...]
    grammar: tuple[str, ...]

    def place(self, line: int, index: int = 0) -> Place:
        """Return where character `index` (0-based) of cleaned line `line` (0-based) was written."""
        if line >= len(self.raw):
            return Place(max(1, len(self.raw)), 1)
        raw = self.raw[line]
        if raw == self.lines[line]:
            return Place(line + 1, index + 1)
        kept = bisect_right(range(len(raw) + 1), index, key=lambda k: len(cleaned(raw[:k])))
        return Place(line + 1, max(1, kept))

    @property
    def is_blank(self) -> bool:
        return not any(line.strip() for line in self.lines)


def decoded(data: bytes | str, log: Log) -> str | None:
    """Return the text, or None with the reason in the log: too big, or not clean UTF-8."""
    text = _from_bytes(data, log) if isinstance(data, bytes) else _from_text(data, log)
    return None if text is None else text.removeprefix("\ufeff")


def _from_bytes(data: bytes, log: Log) -> str | None:
    if _is_too_big(len(data), log):
        return None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode().removeprefix("\ufeff")
        bad = data[error.start]
        _refuse(before, f"The byte 0x{bad:02X} is not UTF-8; nothing was read.", log)
        return None


def _from_text(text: str, log: Log) -> str | None:
    if (bad := _SURROGATE.search(text)) is not None:
        before = text[: bad.start()].removeprefix("\ufeff")
        _refuse(before, "A lone surrogate is no character; nothing was read.", log)
        return None
    size = len(text) if len(text) > MAX_BYTES else len(text.encode())
    return None if _is_too_big(size, log) else text


def _is_too_big(size_bytes: int, log: Log) -> bool:
    if size_bytes <= MAX_BYTES:
        return False
    log.add(
        "source_truncated",
        START,
        f"The document has {size_bytes:,} bytes; at most {MAX_BYTES:,} are read.",
        hint="Split the document, or take its images out of the text.",
    )
    return True


def _refuse(before: str, message: str, log: Log) -> None:
    lines = _LINE_END.split(before)
    log.add(
        "encoding",
        Place(len(lines), len(lines[-1]) + 1),
        message,
        hint="Save the document as UTF-8 and send it again.",
    )


def split(text: str) -> list[str]:
    """Split at LF, CRLF and CR, and at nothing else."""
    return _LINE_END.split(text) if "\r" in text else text.split("\n")


def prepared(text: str, log: Log) -> Source:
    """Split and clean a text; what was taken out is told once."""
    raw = tuple(split(text))
    lines = raw
    if _INVISIBLE.search(text) is not None:
        _tell_invisible(raw, log)
        lines = tuple(cleaned(line) for line in raw)
    elif not unicodedata.is_normalized("NFC", text):
        lines = tuple(unicodedata.normalize("NFC", line) for line in raw)
    return Source(raw, lines, tuple(line.translate(_HARD_BLANKS) for line in lines))


def cleaned(line: str) -> str:
    """Return a line without invisible characters, in NFC."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", line))


def has_invisible(text: str) -> bool:
    return _INVISIBLE.search(text) is not None


def _tell_invisible(raw: tuple[str, ...], log: Log) -> None:
    count, first = 0, None
    for number, line in enumerate(raw):
        for found in _INVISIBLE.finditer(line):
            first = first or (Place(number + 1, found.start() + 1), ord(found.group()))
            count += 1
    if first is not None:
        place, point = first
        log.add(
            "invisible_removed",
            place,
            f"Removed {count} invisible character(s), the first is U+{point:04X}.",
        )
