"""Several querysets read in one statement: what an act needs costs one round trip, not one a table.

Each becomes a subselect that hands its rows over as one JSON array; they come out of the querysets as they
would have come out one by one, related rows and annotations with them. Columns of bytes are not for this.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

#: How a database writes the rows of a subselect, aliased `t`, as one JSON text.
_AS_JSON: dict[str, Callable[[Sequence[str]], str]] = {
    "sqlite": lambda names: f"json_group_array(json_array({', '.join(names)}))",
    "postgresql": lambda _: "json_agg(row_to_json(t))::text",
}
#: What psycopg would have made of a value that JSON has no type for; SQLite has none itself.
_FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "DateTimeField": datetime.fromisoformat,
    "DateField": date.fromisoformat,
    "TimeField": time.fromisoformat,
    "DecimalField": lambda value: Decimal(str(value)),
    "UUIDField": UUID,
    "JSONField": json.dumps,
}


def fill(*querysets: QuerySet[Any]) -> None:
    """Fetch these querysets in one statement. Using them afterwards asks the database nothing.

    All are of one database. Those that were fetched before, or cannot have a row, are not asked for.
    """
    wanted = [each for each in querysets if each._result_cache is None]
    if not wanted:
        return
    connection = connections[wanted[0].db]
    compilers = [each.query.get_compiler(connection=connection) for each in wanted]
    statements = [_statement(each) for each in compilers]
    asked = [each for each in statements if each]
    answers: Iterable[Any] = ()
    if asked:
        with connection.cursor() as cursor:
            columns = ", ".join(f"({sql})" for sql, _ in asked)
            cursor.execute(f"SELECT {columns}", [one for _, params in asked for one in params])
            answers = cursor.fetchone()
    left = iter(answers)
    for queryset, compiler, statement in zip(wanted, compilers, statements, strict=True):
        _serve(queryset, compiler, _rows(compiler, next(left)) if statement else [])


def nest(parents: Iterable[Model], name: str, children: Iterable[Any], key: str) -> None:
    """Give each of these rows its children, as `prefetch_related(name)` does. No query.

    `key` is the attribute of a child that holds the primary key of its parent.
    """
    of: dict[Any, list[Any]] = {}
    for child in children:
        of.setdefault(getattr(child, key), []).append(child)
    for parent in parents:
        rows = getattr(parent, name).get_queryset()
        rows._result_cache, rows._prefetch_done = of.get(parent.pk, []), True
        vars(parent).setdefault("_prefetched_objects_cache", {})[name] = rows


def _statement(compiler: SQLCompiler) -> tuple[str, Sequence[Any]] | None:
    try:
        sql, params = compiler.as_sql(with_col_aliases=True)
    except EmptyResultSet:
        return None
    names = [compiler.quote_name_unless_alias(str(alias)) for *_, alias in compiler.select]
    rows = _AS_JSON[compiler.connection.vendor](names)
    return f"SELECT {rows} FROM ({sql}) t", params  # noqa: S608  (written by the compiler)


def _rows(compiler: SQLCompiler, answer: str | None) -> list[tuple[Any, ...]]:
    """Return the rows as the driver of the database would have given them."""
    found = json.loads(answer or "[]")
    if compiler.connection.vendor == "sqlite":
        return [tuple(row) for row in found]
    made = [_FROM_JSON.get(each.output_field.get_internal_type()) for each, *_ in compiler.select]
    return [
        tuple(
            make(value) if make and value is not None else value
            for make, value in zip(made, row.values(), strict=True)
        )
        for row in found
    ]


def _serve(queryset: QuerySet[Any], compiler: SQLCompiler, rows: list[tuple[Any, ...]]) -> None:
    """Let a queryset fetch these rows in place of asking for them."""
    compiler.execute_sql = lambda *_args, **_kwargs: [rows]  # type: ignore[method-assign,assignment]
    query = queryset.query
    query.get_compiler = lambda *_args, **_kwargs: compiler  # type: ignore[method-assign]
    try:
        queryset._fetch_all()
    finally:
        del query.get_compiler
