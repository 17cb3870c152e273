"""Membership in a JSON list of strings, without regard to case, on PostgreSQL and SQLite."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import JSONField, Lookup
from django.db.models.sql.compiler import SQLCompiler

Compiled = tuple[str, tuple[Any, ...]]


class ListLookup(Lookup):
    """`column` is a JSON list; the right side is a list of folded strings."""

    prepare_rhs = False
    postgres_operator = ""

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        raise NotImplementedError

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        column, params = self.process_lhs(compiler, connection)
        sql = f"(LOWER({column}::text)::jsonb {self.postgres_operator} %s::text[])"
        return sql, (*params, list(self.rhs))

    def _marks(self) -> str:
        return ", ".join(["%s"] * len(self.rhs))


@JSONField.register_lookup
class HoldsAny(ListLookup):
    """The list holds at least one of these."""

    lookup_name = "holds_any"
    postgres_operator = "?|"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        column, params = self.process_lhs(compiler, connection)
        members = f"SELECT 1 FROM json_each({column}) WHERE LOWER(value) IN ({self._marks()})"  # noqa: S608
        return f"EXISTS ({members})", (*params, *self.rhs)


@JSONField.register_lookup
class HoldsAll(ListLookup):
    """The list holds each of these; they are distinct."""

    lookup_name = "holds_all"
    postgres_operator = "?&"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        column, params = self.process_lhs(compiler, connection)
        found = (
            f"SELECT COUNT(DISTINCT LOWER(value)) FROM json_each({column}) "  # noqa: S608
            f"WHERE LOWER(value) IN ({self._marks()})"
        )
        return f"(({found}) = %s)", (*params, *self.rhs, len(self.rhs))
