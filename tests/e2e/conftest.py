"""One real installation for all tests of the desk, with a small world in it, and a browser."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHROMIUM
from tests.e2e.edition import decided, edition, release  # noqa: F401  (fixtures)
from tests.e2e.press import Person, Press
from tests.halcytone.test_up import ROOT, Up


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.chromium)
            item.add_marker(pytest.mark.slow)


def load_world(up):
    environment = {
        "HALCYTONE_HOME": str(up.home),
        "HALCYTONE_PORT": str(up.port),
        "SANDBOX_PORT_SHIFT": str(up.shift),
        "DJANGO_SETTINGS_MODULE": "halcytone.settings",
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
    }
    command = [sys.executable, "-m", "tests.e2e.world"]
    made = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def press(tmp_path_factory):
    up = Up(tmp_path_factory.mktemp("press") / "home")
    try:
        up.await_start()
        yield Press(up, load_world(up))
    finally:
        up.end()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def at_desk(browser, press):
    """Return `at_desk(name)`: that person, signed in at a browser of her own; one for each name."""
    there = {}

    def person(name):
        if name not in there:
            there[name] = Person(browser, press, name).sign_in()
        return there[name]

    yield person
    for one in there.values():
        one.context.close()


@pytest.fixture
def stranger(browser, press):
    """Return `stranger(**options)`: a fresh browser where nobody is signed in."""
    made = []

    def person(name="nobody", **options):
        made.append(Person(browser, press, name, **options))
        return made[-1]

    yield person
    for one in made:
        one.context.close()
