"""`python -m tests.soak`: very many mails through real workers and a mail server that fails at random.

One worker is killed on the way. At the end the books must be exact against what the server took: nobody
twice, nobody lost, and the memory of the workers flat. SOAK_MAILS, SOAK_MINUTES and SOAK_SEED change it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import django

from tests.bench import database, processes

MAILS = int(os.environ.get("SOAK_MAILS", "200000"))
MINUTES = float(os.environ.get("SOAK_MINUTES", "20"))
SEED = os.environ.get("SOAK_SEED", "7")
WORKERS, LOOK_S, GROWTH = 2, 2.0, 1.2


def main():
    with (
        tempfile.TemporaryDirectory(prefix="halcytone-soak-") as home,
        database.fresh(home) as (url, kind),
        processes.running("tests.soak.sink", home, SEED) as port,
    ):
        os.environ.update(DJANGO_SETTINGS_MODULE="tests.soak.settings", HALCYTONE_HOME=home,
                          DATABASE_URL=url, BENCH_SMTP_PORT=port)  # fmt: skip
        print(f"{MAILS:,} readers, seed {SEED}, {kind}", flush=True)
        django.setup()
        release = begin()
        sizes = watch(release)
        sys.exit(judge(release, Path(home), sizes))


def begin():
    """Make the readers and start a newsletter to them."""
    from django.core.management import call_command

    from tests.bench import mail, people

    call_command("migrate", verbosity=0)
    people.make(MAILS)
    return mail.started()


def watch(release):
    """Run the workers to the end, one of them killed and replaced; returns {worker: sizes in MB}."""
    command = [sys.executable, "-m", "tests.soak.worker"]
    workers = [subprocess.Popen(command) for _ in range(WORKERS)]
    sizes = {each.pid: [] for each in workers}
    begun, is_killed = time.monotonic(), False
    while any(each.poll() is None for each in workers):
        time.sleep(LOOK_S)
        for each in workers:
            if each.poll() is None:
                sizes[each.pid].append(resident_mb(each.pid))
        if not is_killed and sent(release) > MAILS / 3:
            workers[0].send_signal(signal.SIGKILL)
            workers.append(subprocess.Popen(command))
            sizes[workers[-1].pid], is_killed = [], True
        if time.monotonic() - begun > MINUTES * 60:
            for each in workers:
                each.kill()
    print(f"{sent(release):,} rows settled in {time.monotonic() - begun:.0f} s", flush=True)
    return sizes


def sent(release):
    return release.deliveries.filter(handed_over_at__isnull=False).count()


def resident_mb(pid):
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def judge(release, home, sizes):
    """Print what is wrong, and return how much of it there is."""
    from publishing.books import books

    found = books(release)
    taken = Counter(key for path in home.glob("taken-*") for key in path.read_text().split())
    states = dict(release.deliveries.values_list("idempotency_key", "state"))
    confirmed = {key for key, state in states.items() if state == "confirmed"}
    may_be = confirmed | {key for key, state in states.items() if state == "uncertain"}
    wrong = {
        "taken twice": sum(1 for count in taken.values() if count > 1),
        "confirmed and never taken": len(confirmed - taken.keys()),
        "taken, and neither confirmed nor uncertain": len(taken.keys() - may_be),
        "books out of balance": int(not found.is_balanced or found.candidates != len(states)),
        "still on its way": found.planned + found.claimed + found.handed_over,
        "worker that grew": sum(map(grew, sizes.values())),
    }
    print(f"{found.candidates:,} = {found.confirmed:,} confirmed + {found.excluded:,} excluded"
          f" + {found.failed:,} failed + {found.uncertain:,} uncertain; {len(taken):,} taken")  # fmt: skip
    for seen in sizes.values():
        print("worker: MB", *(f"{size:.0f}" for size in seen[:: max(1, len(seen) // 12)]))
    for what, count in wrong.items():
        print(f"{count:>6}  {what}")
    return sum(wrong.values())


def grew(sizes):
    """Tell whether the last third of the samples lies above the second by more than a fifth."""
    third = len(sizes) // 3
    return third > 2 and max(sizes[-third:]) > GROWTH * max(sizes[third:-third])


if __name__ == "__main__":
    main()
