"""Fixtures that give a test the stand-in servers, in a process of their own."""

import pytest

from halcytone.sandbox.running import run


@pytest.fixture(scope="session")
def _one_sandbox():
    with run() as running:
        yield running


@pytest.fixture
def sandbox(_one_sandbox):
    """All stand-ins on free ports, empty and without faults."""
    _one_sandbox.clear()
    return _one_sandbox


@pytest.fixture
def sandbox_settings(sandbox, settings):
    """The same, with the settings pointing at them."""
    settings.OUTBOUND = "sandbox"
    settings.SANDBOX_PORTS = dict(sandbox.ports)
    return sandbox
