"""What the database itself refuses: changing or removing a row of the chain, or setting its head back."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

#: Name → (table, event, condition on the row that is refused, sentence)
_RULES = {
    "entry_update": ("entry", "UPDATE", "1 = 1", "audit rows are never changed"),
    "entry_delete": ("entry", "DELETE", "1 = 1", "audit rows are never removed"),
    "head_update": ("head", "UPDATE", "NEW.seq < OLD.seq", "the audit chain is never shortened"),
    "head_delete": ("head", "DELETE", "1 = 1", "the head of the audit chain is never removed"),
}
_EMPTIED = ("entry", "head")  # TRUNCATE, which PostgreSQL has besides


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers that are missing."""
    drop(connection)
    is_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for name, rule in _RULES.items():
            for statement in (_postgresql if is_postgres else _sqlite)(name, *rule):
                cursor.execute(statement)
        for table in _EMPTIED if is_postgres else ():
            for statement in _no_truncate(table):
                cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Remove the triggers that are there."""
    with connection.cursor() as cursor:
        for name, (table, *_) in _RULES.items():
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS audit_{name} ON audit_{table}")
                cursor.execute(f"DROP FUNCTION IF EXISTS audit_{name}()")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS audit_{name}")
        for table in _EMPTIED if connection.vendor == "postgresql" else ():
            cursor.execute(f"DROP TRIGGER IF EXISTS audit_{table}_truncate ON audit_{table}")
            cursor.execute(f"DROP FUNCTION IF EXISTS audit_{table}_truncate()")


def _sqlite(name: str, table: str, event: str, condition: str, sentence: str) -> list[str]:
    return [
        f"CREATE TRIGGER audit_{name} BEFORE {event} ON audit_{table} FOR EACH ROW"
        f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
    ]


def _postgresql(name: str, table: str, event: str, condition: str, sentence: str) -> list[str]:
    kept = "OLD" if event == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION audit_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition} THEN RAISE EXCEPTION '{sentence}'"
        " USING ERRCODE = 'integrity_constraint_violation'; END IF;"
        f" RETURN {kept}; END $$",
        f"CREATE TRIGGER audit_{name} BEFORE {event} ON audit_{table}"
        f" FOR EACH ROW EXECUTE FUNCTION audit_{name}()",
    ]


def _no_truncate(table: str) -> list[str]:
    return [
        f"CREATE FUNCTION audit_{table}_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'the audit chain is never emptied'"
        " USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER audit_{table}_truncate BEFORE TRUNCATE ON audit_{table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION audit_{table}_truncate()",
    ]


def install(_apps: Any, schema_editor: Any) -> None:
    """Create them, in a migration."""
    create(schema_editor.connection)


def remove(_apps: Any, schema_editor: Any) -> None:
    """Drop them, in a migration."""
    drop(schema_editor.connection)
