"""What every test shares: the services of this machine, and what could not run without them."""

import os
import shutil
import socket
import uuid
from types import SimpleNamespace
from urllib.parse import urlsplit

import hypothesis
import pytest

#: A busy machine is slow at drawing examples too; that says nothing about the code.
hypothesis.settings.register_profile(
    "busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy")
pytest_plugins = ["tests.append_only", "tests.migrated", "tests.sandbox_fixtures"]

REQUIRED = {name for name in os.environ.get("HALCYTONE_REQUIRE", "").split(",") if name}
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://root@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
CHROMIUM = os.environ.get("TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
not_run: dict[str, int] = {}


def answers(url):
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=1).close()
    except OSError:
        return False
    return True


def is_there(service):
    return {
        "postgres": lambda: answers(POSTGRES),
        "redis": lambda: answers(REDIS),
        "chromium": lambda: os.access(CHROMIUM, os.X_OK),
    }[service]()


def pytest_collection_modifyitems(config, items):
    """Leave out tests whose service this machine lacks; fail instead where it is required.

    Folders whose tests need one mark them before (`tryfirst`).
    """
    there = {name: is_there(name) for name in ("postgres", "redis", "chromium")}
    for service in sorted(REQUIRED):
        if not there[service]:
            raise pytest.UsageError(f"HALCYTONE_REQUIRE names {service}, which does not answer")
    kept, left_out = [], []
    for item in items:
        missing = [name for name in there if not there[name] and item.get_closest_marker(name)]
        (left_out if missing else kept).append(item)
        for name in missing:
            not_run[name] = not_run.get(name, 0) + 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["not_run"] = not_run


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    not_run.update(getattr(node, "workeroutput", {}).get("not_run", {}))  # each collects them all


def pytest_terminal_summary(terminalreporter):
    for name, count in sorted(not_run.items()):
        terminalreporter.write_line(f"not run: {count} tests need {name}, which is not here")


def write_first_rows(**kwargs):
    """Write what migrations wrote once more, after a test has emptied the database."""
    from importlib import import_module

    from django.apps import apps

    from approvals.services import checklists, escalation, policies

    for preset in ("standard", "priority", "budget"):
        policies.install(preset, 1)
    checklists.install()
    apps.get_model("auth", "Group").objects.get_or_create(name=escalation.COMMUNICATIONS)
    recipe = import_module("content.migrations.0002_weekly_recipe")
    editor = SimpleNamespace(connection=SimpleNamespace(alias="default"))
    recipe.create(apps, editor)
    for name in ("0006_known_scanners", "0021_targets"):
        import_module(f"publishing.migrations.{name}").write(apps, editor)


@pytest.fixture(autouse=True, scope="session")
def first_rows_stay():
    from django.apps import apps
    from django.db.models.signals import post_migrate

    post_migrate.connect(write_first_rows, sender=apps.get_app_config("publishing"))


@pytest.fixture
def postgres_url():
    """The URL of a fresh PostgreSQL database, migrated and without a row of its own; dropped afterwards."""
    import psycopg

    from tests.migrated import postgres_template

    template = postgres_template(POSTGRES)
    name = f"halcytone_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def chromium_path():
    return CHROMIUM


@pytest.fixture(autouse=True)
def clean_cache(settings):
    from django.core.cache import cache

    from halcytone.lib.api import limits

    cache.clear()
    limits.counters.cache_clear()
