"""Databases with processes of their own, for what only several processes can show."""

import json
import os
import shutil
import subprocess
import sys
import time

import psycopg
import pytest

from tests.conftest import POSTGRES

PEOPLE = 2000


class House:
    """A database with its home, and the processes that work on it."""

    def __init__(self, home, url):
        self.home = home
        self.mail_file = home / "mails"
        self.mail_file.touch()
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.publishing.crash_settings",
            "HALCYTONE_HOME": str(home),
            "DATABASE_URL": url,
            "MAIL_FILE": str(self.mail_file),
        }

    def start(self, verb, *arguments, **extra):
        command = [sys.executable, "-m", "tests.publishing.crash_process", verb, *arguments]
        return subprocess.Popen(
            command,
            env={**self.environment, **extra},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, verb, *arguments):
        process = self.start(verb, *arguments)
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err[-3000:]
        return out

    def let_go(self, workers):
        """Let the workers begin together once this many are ready."""
        until = time.monotonic() + 60
        while len(list(self.home.glob("ready-*"))) < workers and time.monotonic() < until:
            time.sleep(0.05)
        (self.home / "go").touch()

    def gather(self):
        """Have the next workers wait for each other again."""
        for path in [*self.home.glob("ready-*"), self.home / "go"]:
            path.unlink()

    def mails(self):
        return [json.loads(line) for line in self.mail_file.read_text().splitlines()]


@pytest.fixture(scope="module")
def sqlite_template(tmp_path_factory):
    home = tmp_path_factory.mktemp("sqlite")
    House(home, f"sqlite:///{home}/press.sqlite3").run("prepare", str(PEOPLE))
    return home


@pytest.fixture
def on_sqlite(sqlite_template, tmp_path):
    for path in sqlite_template.glob("press.sqlite3*"):
        shutil.copy(path, tmp_path)
    return House(tmp_path, f"sqlite:///{tmp_path}/press.sqlite3")


@pytest.fixture(scope="module")
def postgres_template(tmp_path_factory):
    name = f"halcytone_crash_{os.getpid()}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    url = f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
    House(tmp_path_factory.mktemp("postgres"), url).run("prepare", str(PEOPLE))
    yield name
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def on_postgres(postgres_template, tmp_path):
    name = f"{postgres_template}_copy"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template}"')
    yield House(tmp_path, f"{POSTGRES.rsplit('/', 1)[0]}/{name}")
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
