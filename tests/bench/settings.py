"""The product's own settings, with its mail led to the sink, and bare ones for the yardstick of the API."""

import os

from tests.settings import *  # noqa: F403

SANDBOX_PORTS = {
    **SANDBOX_PORTS,  # noqa: F405
    "smtp": int(os.environ.get("BENCH_SMTP_PORT", "0")),
    "platform": int(os.environ.get("BENCH_PLATFORM_PORT", "0")),
}
ALLOWED_HOSTS = ["127.0.0.1"]
CANARY_FROM = 10**9  # a canary waits for minutes between its steps
API_LIMITS = {**API_LIMITS, "editor": 10**9}  # noqa: F405  (counted, but the bench asks faster than people may)
if os.environ.get("BENCH_PLAIN"):
    ROOT_URLCONF = "tests.bench.plain"
    MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]  # which allauth insists on
