"""SQL that the ORM composed once and that is asked often: its constants written into the text."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import connections
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
PLACE = re.compile(r"%[%s]")
WORD = re.compile(r"[A-Za-z0-9_@-]*")

#: By database vendor: how a statement says that a column is one of many numbers, given as `ids` gives them.
AMONG = {
    "postgresql": "= ANY(%s::bigint[])",
    "sqlite": "IN (SELECT value FROM json_each(%s))",
}


def ids(vendor: str, numbers: Sequence[int]) -> str:
    """Return numbers as the one parameter of `AMONG`."""
    listed = ",".join(map(str, numbers))
    return f"{{{listed}}}" if vendor == "postgresql" else f"[{listed}]"


def among(rows: QuerySet[Row], column: str, numbers: Sequence[int]) -> QuerySet[Row]:
    """Return those of these rows whose column, `table.column`, is one of many numbers.

    As `__in`, which takes longer to compose for hundreds than the database takes to answer.
    """
    vendor = connections[rows.db].vendor
    return rows.extra(where=[f"{column} {AMONG[vendor]}"], params=[ids(vendor, numbers)])  # noqa: S610


def inlined(statement: str, parameters: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return a statement with fewer places, and the parameters that are left, in their order.

    Plain words and whole numbers are written out; all else stays a parameter.
    """
    waiting, left = iter(parameters), []

    def written(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%%"
        value = next(waiting)
        if type(value) is int:
            return str(value)
        if isinstance(value, str) and WORD.fullmatch(value):
            return f"'{value}'"
        left.append(value)
        return "%s"

    return PLACE.sub(written, statement), left
