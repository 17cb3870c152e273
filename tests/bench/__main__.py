"""`python -m tests.bench [NAME…]`: run the benches, all or those named, and print one table."""

import os
import platform
import sys
import tempfile
from importlib import import_module

import django

from tests.bench import database, processes, table

BENCHES = ("generation", "documents", "unchanged", "mail", "pages", "prepare", "api", "deliveries", "approvals", "audit",
           "queue")  # fmt: skip


def main(names):
    wanted = names or BENCHES
    if unknown := set(wanted) - set(BENCHES):
        sys.exit(f"There is no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}.")
    with (
        tempfile.TemporaryDirectory(prefix="halcytone-bench-") as home,
        database.fresh(home) as (url, kind),
        processes.running("tests.bench.sink") as port,
    ):
        os.environ.update(
            DJANGO_SETTINGS_MODULE="tests.bench.settings",
            HALCYTONE_HOME=home,
            DATABASE_URL=url,
            BENCH_SMTP_PORT=port,
        )
        print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {kind}", flush=True)
        _measure(wanted)


def _measure(names):
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    rows = []
    try:
        for name in names:
            print(f"measuring {name} …", flush=True)
            rows += import_module(f"tests.bench.{name}").run()
    finally:
        connection.close()
    table.show(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
