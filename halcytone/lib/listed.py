"""A subquery's rows as one value: they come along with the row they belong to, in the same question."""

import json
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Subquery
from django.db.models.sql.compiler import SQLCompiler


class Listed(Subquery):
    """The column `one` of a subquery as a list, in no order: an array on PostgreSQL, JSON on SQLite."""

    template = "ARRAY(%(subquery)s)"
    template_sqlite = "(SELECT json_group_array(one) FROM (%(subquery)s))"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template=self.template_sqlite, **extra)

    def convert_value(self, value: Any, expression: Any, connection: Any) -> list[Any]:
        return json.loads(value) if isinstance(value, str) else list(value)
