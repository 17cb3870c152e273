"""A database for the benches alone: on PostgreSQL if one answers, else SQLite."""

import os
import secrets
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

SERVER = "postgresql://127.0.0.1:5432/postgres"


@contextmanager
def fresh(home):
    """Yield (URL of an empty database, what it is); it is dropped at the end."""
    server = os.environ.get("BENCH_DATABASE_URL", SERVER)
    try:
        connection = psycopg.connect(server, autocommit=True, connect_timeout=3)
    except psycopg.Error:
        yield f"sqlite:///{home}/bench.sqlite3", "SQLite (no PostgreSQL answered)"
        return
    name = f"halcytone_bench_{secrets.token_hex(4)}"
    with connection:
        version = connection.info.server_version // 10_000
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield _url(server, connection.info.user, name), f"PostgreSQL {version}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _url(server, user, name):
    parts = urlsplit(server)
    place = parts.netloc if "@" in parts.netloc else f"{user}@{parts.netloc}"
    return f"postgresql://{place}/{name}"
