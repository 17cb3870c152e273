"""Databases with processes of their own, for what only several processes can show."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import psycopg
import pytest

from tests import migrated
from tests.conftest import POSTGRES

PEOPLE = 2000
FULL = 10_000  # recipients, and 4 workers: the publishing specification's own size


class House:
    """A database with its home, and the processes that work on it."""

    def __init__(self, home, url, people=PEOPLE):
        self.home, self.people = home, people
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
        out, err = process.communicate(timeout=900)  # the test's own limit comes first
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
        """Return (key, address, when by time.time) of each mail that was taken, in order."""
        return [json.loads(line) for line in self.mail_file.read_text().splitlines()]

    def books(self):
        return json.loads(self.run("report").splitlines()[-1])


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
    with on_a_server(tmp_path_factory.mktemp("postgres"), PEOPLE) as name:
        yield name


@pytest.fixture(scope="session")
def full_template(tmp_path_factory):
    with on_a_server(tmp_path_factory.mktemp("full"), FULL) as name:
        yield name


@contextmanager
def on_a_server(home, people):
    """A database on PostgreSQL with so many readers, for copies to be made of."""
    name = f"halcytone_crash_{people}_{os.getpid()}"
    with made(name, migrated.postgres_template(POSTGRES)):
        House(home, server_url(name), people).run("prepare", str(people))
        yield name


@contextmanager
def made(name, template):
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def server_url(name):
    return f"{POSTGRES.rsplit('/', 1)[0]}/{name}"


@pytest.fixture
def on_postgres(postgres_template, tmp_path):
    name = f"{postgres_template}_copy"
    with made(name, postgres_template):
        yield House(tmp_path, server_url(name))


@pytest.fixture
def at_full_size(full_template, tmp_path):
    name = f"{full_template}_copy"
    with made(name, full_template):
        yield House(tmp_path, server_url(name), FULL)
