"""Settings of the processes of the crash tests: short leases, and a mail channel that can die."""

import os

from tests.settings import *  # noqa: F403

LEASE_S = int(os.environ.get("LEASE_S", "3"))
CLAIM_BATCH = 100
CANARY_FROM = 1_000_000  # nothing waits for its first readers
CHANNELS = {
    "mail": {
        "BACKEND": "tests.publishing.killing.Mail",
        "OPTIONS": {"connections": int(os.environ.get("MAIL_CONNECTIONS", "1"))},
    },
    "page": {"BACKEND": "tests.publishing.killing.Page"},
}
SANDBOX_PORTS = {"mail": 1, "page": 1}
