"""From a row of a file to the record of a contact: mapping of columns, values, consent. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from halcytone.lib.errors import Invalid, Problem
from segmentation import cleaning
from segmentation.sheets import Row

ANSWERS = ("consent", "consent_at", "consent_source", "consent_wording")
TARGETS = (*cleaning.CLEANERS, *ANSWERS)
#: Headings that people use, in folded letters, and the field each means.
HEADINGS = {
    "e mail": "email", "mail": "email", "email address": "email", "e mail address": "email",
    "id": "external_id", "full name": "name", "city": "location", "lang": "language",
    "time zone": "timezone", "tz": "timezone", "job": "profession", "tag": "tags",
    "opt in": "consent", "subscribed": "consent", "opt in date": "consent_at",
    "consent date": "consent_at", "opt in at": "consent_at", "wording": "consent_wording",
    "last active": "last_active_at",
}  # fmt: skip
YES = frozenset(("yes", "y", "true", "1", "x", "on", "given"))
NO = frozenset(("", "no", "n", "false", "0", "off", "withdrawn"))
SOURCES = ("form", "import", "api", "event", "paper")


@dataclass(frozen=True, slots=True)
class Answer:
    """A "yes" with its proof."""

    at: datetime
    source: str
    wording: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the person who imports says about the yes of every row. `""` and None = each row says it.

    `is_for_all`: rows without a consent column say yes, all of them.
    """

    source: str = ""
    wording: str = ""
    at: datetime | None = None
    is_for_all: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One row, cleaned: only the fields that it fills. `problem` = why it cannot be imported."""

    line: int
    values: Mapping[str, Any] = field(default_factory=dict)
    answer: Answer | None = None
    lacks_proof: bool = False  # it says yes, but source, date or wording is missing
    problem: Problem | None = None

    @property
    def who(self) -> str:
        return str(self.values.get("email") or self.values.get("external_id") or "")


def guess(header: Iterable[str]) -> dict[str, str]:
    """Return {column: field} for the columns whose heading is known; the first of equals wins."""
    mapping: dict[str, str] = {}
    for column in header:
        words = " ".join(
            unicodedata.normalize("NFC", column)
            .casefold()
            .replace("_", " ")
            .replace("-", " ")
            .split()
        )
        target = HEADINGS.get(words, words.replace(" ", "_"))
        if target in TARGETS and target not in mapping.values() and column not in mapping:
            mapping[column] = target
    return mapping


def check_mapping(header: Sequence[str], mapping: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with a mapping of columns; `attr` is the column."""
    problems = []
    for column, target in mapping.items():
        if column not in header:
            problems.append(
                Problem("unknown_column", f'The file has no column "{column}".', column)
            )
        if target not in TARGETS:
            close = get_close_matches(target, TARGETS, 1)
            hint = f'Did you mean "{close[0]}"?' if close else ""
            message = f'A contact has no field "{target}".'
            problems.append(Problem("unknown_field", message, column, hint=hint))
        elif [*mapping.values()].count(target) > 1:
            message = f'Two columns are mapped to "{target}".'
            problems.append(Problem("mapped_twice", message, column))
    if not {"email", "external_id"} & {*mapping.values()}:
        message = "One column must be the e-mail address or the external id."
        problems.append(Problem("no_key", message, "email"))
    return problems


def record(
    row: Row, header: Sequence[str], mapping: Mapping[str, str], proof: Proof, now: datetime
) -> Record:
    """Return the record of a row; what is wrong with it is its `problem`, never an exception."""
    if row.mistake:
        return Record(row.line, problem=Problem("unreadable", row.mistake, line=row.line))
    if any(cell.strip() for cell in row.cells[len(header) :]):
        message = f"It has {len(row.cells)} cells; the file has {len(header)} columns."
        return Record(row.line, problem=Problem("too_many_cells", message, line=row.line))
    cells = dict(zip(header, row.cells, strict=False))
    filled = {mapping[name]: text.strip() for name, text in cells.items() if name in mapping}
    values: dict[str, Any] = {}
    try:
        for name, text in filled.items():
            if name in cleaning.CLEANERS and text:
                values[name] = cleaning.clean(name, text)
        _check(values)
        answer, lacks_proof = _answer(filled, proof, now)
    except Invalid as error:
        shown = {name: filled[name] for name in ("email", "external_id") if filled.get(name)}
        return Record(row.line, values=shown, problem=error.problems[0])
    return Record(row.line, values, answer, lacks_proof)


def _check(values: Mapping[str, Any]) -> None:
    if not values.get("email") and not values.get("external_id"):
        message = "Neither an address nor an external id."
        raise Invalid([Problem("no_key", message, "email")])
    cleaning.check_birthday(
        values.get("birth_day"), values.get("birth_month"), values.get("birth_year")
    )


def _answer(filled: Mapping[str, str], proof: Proof, now: datetime) -> tuple[Answer | None, bool]:
    """Return (the yes of a row with its proof, whether a yes lacks its proof). Raises Invalid."""
    if not _says_yes(filled, proof):
        return None, False
    at = _moment(filled.get("consent_at", "")) or proof.at
    source = filled.get("consent_source", "").casefold() or proof.source
    wording = filled.get("consent_wording", "") or proof.wording
    if source and source not in SOURCES:
        message = f"The source of a consent is one of {', '.join(SOURCES)}."
        raise Invalid([Problem("wrong_value", message, "consent_source")])
    if at is not None and at > now:
        message = "A consent cannot be dated in the future."
        raise Invalid([Problem("future", message, "consent_at")])
    if at is None or not source or not wording:
        return None, True
    return Answer(at, source, wording), False


def _says_yes(filled: Mapping[str, str], proof: Proof) -> bool:
    if "consent" not in filled:
        return proof.is_for_all
    word = filled["consent"].casefold()
    if word not in YES | NO:
        raise Invalid([Problem("wrong_value", "Consent is yes or no.", "consent")])
    return word in YES


def _moment(text: str) -> datetime | None:
    try:
        return cleaning.moment(text) if text else None
    except ValueError as error:
        message = "A date is needed here, as YYYY-MM-DD or with time and zone."
        raise Invalid([Problem("wrong_value", message, "consent_at")]) from error
