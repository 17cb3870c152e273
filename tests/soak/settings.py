"""The settings of the benches, with leases that end while one watches."""

from tests.bench.settings import *  # noqa: F403

LEASE_S = 30
