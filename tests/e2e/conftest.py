"""One real installation for all tests of the desk, with a small world in it, and a browser."""

from pathlib import Path

import pytest

from tests.conftest import CHROMIUM
from tests.e2e.edition import decided, edition, release  # noqa: F401  (fixtures)
from tests.e2e.inside import at, clock, house  # noqa: F401  (fixtures)
from tests.e2e.press import Person, Press, run_module
from tests.halcytone.test_up import Up


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.chromium)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def press(tmp_path_factory):
    up = Up(tmp_path_factory.mktemp("press") / "home")
    try:
        up.await_start()
        yield Press(up, run_module(up, "tests.e2e.world"))
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
