"""Settings of the processes of the crash tests: short leases, and a mail channel that can die."""

from tests.settings import *  # noqa: F403

LEASE_S = 3
CLAIM_BATCH = 100
CHANNELS = {
    "mail": {"BACKEND": "tests.publishing.killing.Mail"},
    "page": {"BACKEND": "tests.publishing.killing.Page"},
}
SANDBOX_PORTS = {"mail": 1, "page": 1}
