"""CSV files in and out. Pure: bytes in, rows with their line numbers out, one at a time."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from halcytone.lib.errors import Invalid, Problem

DELIMITERS = (",", ";")
BOM = b"\xef\xbb\xbf"
MAX_COLUMNS = 200
PIECE = 1 << 20
#: Cells that begin so are run as formulas by spreadsheet programs (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file. `line` is where it begins, 1-based; `mistake` "" = it could be read."""

    line: int
    cells: tuple[str, ...]
    mistake: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was looked at: its first row, and how its cells are divided."""

    data: bytes
    header: tuple[str, ...]
    delimiter: str

    def rows(self) -> Iterator[Row]:
        """Yield the rows below the header, without empty lines. Never raises."""
        rows = _rows(self.data, self.delimiter)
        next(rows, None)
        for row in rows:
            if row.mistake or any(cell.strip() for cell in row.cells):
                yield row


def read(data: bytes) -> Sheet:
    """Return the sheet in these bytes: UTF-8 with or without BOM, divided by "," or ";".

    Raises Invalid with the line when it is not UTF-8, or when it has no header.
    """
    data = data.removeprefix(BOM)
    _check_encoding(data)
    first = data[:1_000_000].split(b"\n", 1)[0]
    delimiter = max(DELIMITERS, key=lambda sign: len(next(_rows(first, sign), Row(1, ())).cells))
    header = next(_rows(data, delimiter), None)
    if header is None or header.mistake or not any(cell.strip() for cell in header.cells):
        message = "The file needs a first line that names its columns."
        raise Invalid([Problem("no_header", message, line=1)])
    if len(header.cells) > MAX_COLUMNS:
        raise Invalid([Problem("too_wide", f"At most {MAX_COLUMNS} columns.", line=1)])
    return Sheet(data, tuple(cell.strip() for cell in header.cells), delimiter)


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet program runs as a formula: a leading apostrophe is added."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def line_of(cells: Sequence[str]) -> str:
    """Return one guarded CSV line, with its line end."""
    out = io.StringIO()
    csv.writer(out).writerow([guarded(cell) for cell in cells])
    return out.getvalue()


def _rows(data: bytes, delimiter: str) -> Iterator[Row]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    reader = csv.reader(text, delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, (), f"This line cannot be read as CSV: {error}.")
        else:
            yield Row(line, tuple(cells))


def _check_encoding(data: bytes) -> None:
    """Raise Invalid unless all of it is UTF-8; read in pieces, so that memory stays flat."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), PIECE):
        piece = data[start : start + PIECE]
        try:
            decoder.decode(piece, final=start + PIECE >= len(data))
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, start + error.start) + 1
            message = f"The file is not UTF-8 (line {line}). Save it as “CSV UTF-8” and try again."
            raise Invalid([Problem("not_utf8", message, line=line)]) from error
