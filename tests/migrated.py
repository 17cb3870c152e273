"""The migrated database of the tests, made once for each state of the migrations and copied from then on.

Running all migrations takes longer than most test files. The copy is kept in the machine's folder for
temporary files under a digest of all that migrations read; whatever else follows a migration (groups,
permissions, schedules) is written anew each time.
"""

import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection

ROOT = Path(__file__).parent.parent
#: Migrations, the code that they call, and the libraries with migrations of their own.
READ = (
    *(f"{app}/**/migrations/*.py" for app in ("approvals", "content", "halcytone", "publishing", "segmentation")),
    "approvals/p*.py", "approvals/triggers.py", "approvals/services/policies.py",
    "approvals/services/checklists.py", "halcytone/lib/audit/*.py", "halcytone/lib/history.py",
    "requirements/dev-lock.txt",
)  # fmt: skip

PREFIX = "halcytone_migrated_"
LOCK = 0x6861_6C63  # of PostgreSQL: one process makes the copy, the others wait


def postgres_template(server):
    """Return the name of a migrated database on this server, of which others are made as copies.

    It stays on the server until the migrations change.
    """
    name = f"{PREFIX}{_digest()[:16]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # until the end of the connection
        known = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if name not in known:
            for old in known:
                if old.startswith(PREFIX):
                    connection.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}_unfinished"')
            _migrate(f"{server.rsplit('/', 1)[0]}/{name}_unfinished")
            connection.execute(f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"')
    return name


def _migrate(url):
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "DATABASE_URL": url, "HALCYTONE_HOME": home}
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=300)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Let a SQLite database in memory be filled from the copy, if there is one."""
    creation = connection.creation
    if connection.vendor == "sqlite" and creation.is_in_memory_db(creation._get_test_db_name()):
        migrate = creation.create_test_db
        creation.create_test_db = lambda *given, **named: _made(migrate, *given, **named)


def _made(migrate, *given, **named):
    copy = _folder() / f"{_digest()}.sqlite3"
    if not copy.exists():
        name = migrate(*given, **named)
        _keep(copy)
        return name
    name = connection.creation._get_test_db_name()
    connection.close()
    connection.settings_dict["NAME"] = name
    connection.ensure_connection()
    with closing(sqlite3.connect(copy)) as kept:
        kept.backup(connection.connection)
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)
    return name


def _keep(copy):
    unfinished = copy.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(unfinished)) as kept:
        connection.connection.backup(kept)
    unfinished.replace(copy)


def _folder():
    folder = Path(tempfile.gettempdir()) / f"halcytone-migrated-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _digest():
    found = hashlib.sha256(sys.version.encode())
    paths = {path for pattern in READ for path in ROOT.glob(pattern)}
    for path in sorted(paths):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:32]
