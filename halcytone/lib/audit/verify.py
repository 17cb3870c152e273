"""Walking the chain from its first row to its head, in slices: the memory it takes does not grow."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min

from halcytone.lib.audit import chain, links, signing
from halcytone.lib.audit.models import Entry, Head

SLICE = 5_000  # rows read at once
SHA256, PREVIOUS = len(links.FIELDS), len(links.FIELDS) - 1


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain is not what was written. `kind` and `at` are of the row as it stands."""

    seq: int
    kind: str
    at: datetime | None
    what: str

    def __str__(self) -> str:
        named = f" ({self.kind}, {self.at:%Y-%m-%d %H:%M:%S} UTC)" if self.at else ""
        return f"Row {self.seq}{named}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain was walked, the digest it ends with, and where it is broken; None: nowhere."""

    rows: int
    seq: int
    sha256: str
    found: Break | None


def verify(*, noted: tuple[int, str] | None = None, most: int | None = None) -> Verdict:
    """Walk the chain. `noted` is a head (row, digest) that somebody wrote down outside the database.

    `most` walks so many of the last rows and trusts the one before them. Rows that are appended meanwhile
    are left for the next time.
    """
    head = Head.objects.filter(pk=chain.ONLY_ROW).first()
    rows, seq, previous, found = 0, *_start(head, most), None
    last: tuple[Any, ...] | None = None
    for row in _rows(seq, head.seq if head else None):
        found = _broken(row, seq, previous, last)
        if found is None and noted and row[0] == noted[0] and row[SHA256] != noted[1]:
            found = _at(row, "its digest is not the one that was noted down.")
        if found:
            return Verdict(rows, seq, previous, found)
        rows, seq, previous, last = rows + 1, row[0], row[SHA256], row
    found = _wrong_end(head, seq, previous, last, noted)
    return Verdict(rows, seq, previous, found)


def _start(head: Head | None, most: int | None) -> tuple[int, str]:
    """Return the row, and its digest, behind which the walk begins."""
    before = head.seq - most if head and most else 0
    row = Entry.objects.filter(seq=before).first() if before > 0 else None
    return (row.seq, row.sha256) if row else (0, links.GENESIS)


def _rows(after: int, until: int | None) -> Iterator[tuple[Any, ...]]:
    """Yield the rows in their order, FIELDS and digest of each; those up to the head that was read."""
    rows = Entry.objects.order_by("seq").values_list(*links.FIELDS, "sha256")
    if after:
        rows = rows.filter(seq__gt=after)
    if until is not None:
        rows = rows.filter(seq__lte=until)
    # by windows of the key, which no planner mistakes for a sort of all that is left
    first = rows.aggregate(first=Min("seq"))["first"]
    while first is not None:
        yield from list(rows.filter(seq__range=(first, first + SLICE - 1)))
        first = rows.filter(seq__gte=first + SLICE).aggregate(first=Min("seq"))["first"]


def _broken(
    row: tuple[Any, ...], seq: int, previous: str, last: tuple[Any, ...] | None
) -> Break | None:
    if row[0] != seq + 1:
        gap = f"{row[0] - seq - 1} rows are" if row[0] - seq > 2 else "it is"
        return Break(seq + 1, "", None, f"{gap} missing; the next one that is there is {row[0]}.")
    if links.digest(row[:SHA256]) != row[SHA256]:
        return _at(row, "what it says is not what its digest was made of: it was altered.")
    if row[PREVIOUS] != previous:
        if last is None:
            return _at(row, "it does not begin a chain: a row before it was taken away.")
        return _at(last, f"it was replaced: row {row[0]} was chained to another one.")
    return None


def _wrong_end(
    head: Head | None,
    seq: int,
    sha256: str,
    last: tuple[Any, ...] | None,
    noted: tuple[int, str] | None,
) -> Break | None:
    """Return what is wrong with the end of a chain that is whole in itself."""
    if noted and noted[0] > seq:
        return Break(seq + 1, "", None, f"rows {seq + 1} to {noted[0]}, noted down, are missing.")
    if head is None:
        return Break(seq + 1, "", None, "the head of the chain is missing.") if last else None
    if not signing.is_signed(chain.head_text(head.seq, head.sha256), head.signature):
        return Break(head.seq, "", None, "the head of the chain does not bear our signature.")
    if head.seq > seq:
        return Break(seq + 1, "", None, f"rows {seq + 1} to {head.seq} at the end are missing.")
    if last and head.sha256 != sha256:
        return _at(last, "the signed head names another digest: it was replaced.")
    return _behind_the_head()


def _behind_the_head() -> Break | None:
    """Return a row that stands behind the head, which no act of ours has written."""
    last = Entry.objects.order_by("-seq").values_list(*links.FIELDS, "sha256").first()
    now = Head.objects.filter(pk=chain.ONLY_ROW).values_list("seq", flat=True).first() or 0
    if last and last[0] > now:
        return _at(last, f"it stands behind the signed head, which is row {now}.")
    return None


def _at(row: tuple[Any, ...], what: str) -> Break:
    return Break(row[0], row[links.FIELDS.index("kind")], row[1], what)
