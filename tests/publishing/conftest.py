import pytest

from publishing.channels.memory import Memory
from tests.factories.publishing import memory_channels
from tests.publishing.houses import (  # noqa: F401
    at_full_size,
    full_template,
    on_postgres,
    on_sqlite,
    postgres_template,
    sqlite_template,
)


@pytest.fixture
def press(settings, tmp_path, db):
    """An installation of its own whose channels are memory twins: returns the world of an account."""
    settings.HALCYTONE_HOME = tmp_path
    settings.CHANNELS = memory_channels()
    settings.SANDBOX_PORTS = dict.fromkeys(settings.CHANNELS, 1)
    settings.OUTBOUND = "sandbox"
    Memory.WORLDS.clear()
    yield Memory.world
    Memory.WORLDS.clear()
