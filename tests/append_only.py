"""Lets tests that empty a database do so, though its triggers keep some rows for good.

A test with `transaction=True` or a live server ends with DELETE on every table. Its triggers step
aside for that moment alone. PostgreSQL empties with TRUNCATE, which only the triggers of the audit
chain refuse. Rows that migrations made come back by `first_rows_stay` in conftest.py.
"""

import pytest
from pytest_django.plugin import blocking_manager_key

TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    from django.db import connection

    from halcytone.lib.audit import triggers as audit

    if not {"transactional_db", "live_server"} & empties(item):
        return (yield)
    if connection.vendor != "sqlite":
        with item.config.stash[blocking_manager_key].unblock():
            audit.drop(connection)
        try:
            return (yield)
        finally:
            with item.config.stash[blocking_manager_key].unblock():
                audit.create(connection)
    with item.config.stash[blocking_manager_key].unblock(), connection.cursor() as cursor:
        triggers = cursor.execute(TRIGGERS).fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        return (yield)
    finally:
        with item.config.stash[blocking_manager_key].unblock(), connection.cursor() as cursor:
            is_there = cursor.execute("SELECT 1 FROM sqlite_master").fetchone()
            for _, sql in triggers if is_there else ():  # after the last test the database is gone
                cursor.execute(sql)


def empties(item):
    """The names of the fixtures of a test, with what its mark stands for."""
    mark = item.get_closest_marker("django_db")
    names = set(getattr(item, "fixturenames", ()))
    return names | ({"transactional_db"} if mark and mark.kwargs.get("transaction") else set())
