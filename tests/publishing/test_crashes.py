"""kill -9 at each step of the crash table while 2,000 mails go out with two workers.

Real processes on a real database. Nobody gets two mails, nobody is missing, lost answers are
uncertain, and the sum is exact. One step is made at the specification's own size, 10,000 mails and four
workers; with HALCYTONE_CRASH=whole, all of them are.
"""

import json
import os
import signal
from collections import Counter

import pytest

BATCH = 50
#: step → (the how-many-th time kills, whether what was handed over may be unknown afterwards)
STEPS = {
    "claiming": (1, False),
    "claimed": (1, False),
    "first_byte": (230, True),
    "taken": (230, True),
    "unrecorded": (6, True),
}
IS_WHOLE = os.environ.get("HALCYTONE_CRASH") == "whole"
AT_FULL_SIZE = [*STEPS] if IS_WHOLE else ["taken"]
CONNECTIONS = 4

pytestmark = [pytest.mark.slow]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_on_sqlite(on_sqlite, step):
    kill_and_check(on_sqlite, step, PACE_MS="2")  # so that no worker takes all before the other


@pytest.mark.postgres
@pytest.mark.parametrize("step", [step for step in STEPS if step not in AT_FULL_SIZE])
def test_killed_at_a_step_on_postgres(on_postgres, step):
    kill_and_check(on_postgres, step)


@pytest.mark.postgres
@pytest.mark.parametrize("step", AT_FULL_SIZE)
def test_killed_at_full_size(at_full_size, step):
    kill_and_check(at_full_size, step, workers=4, LEASE_S="10")


@pytest.mark.postgres
@pytest.mark.parametrize("step", ["first_byte", "taken", "unrecorded"] if IS_WHOLE else ["taken"])
def test_killed_with_a_batch_on_each_of_several_connections(on_postgres, step):
    kill_and_check(on_postgres, step, MAIL_CONNECTIONS=str(CONNECTIONS), LEASE_S="6")


def kill_and_check(house, step, *, workers=2, **extra):
    """Kill one of these workers at a step, start another in its place, and look at every row."""
    at, may_be_unknown = STEPS[step]
    house.run("begin")
    doomed = house.start("work", CRASH=step, CRASH_AT=str(at), **extra)
    others = [house.start("work", **extra) for _ in range(workers - 1)]
    house.let_go(workers)
    doomed.communicate(timeout=240)
    assert doomed.returncode == -signal.SIGKILL
    others.append(house.start("work", **extra))
    for process in others:
        _, err = process.communicate(timeout=240)
        assert process.returncode == 0, err[-3000:]
    most = BATCH * int(extra.get("MAIL_CONNECTIONS", 1)) if may_be_unknown else 0
    check(house, step, most)


def check(house, step, most_unknown):
    found = house.books()
    states = found.pop("rows")
    copies = Counter(key for key, *_ in house.mails())
    print(json.dumps({"step": step, **found, "copies": dict(Counter(copies.values()))}))
    assert set(copies.values()) == {1}, "somebody got two"
    assert len(states) == found["candidates"] == house.people
    assert set(states.values()) <= {"confirmed", "uncertain"}
    assert all(key in copies for key, state in states.items() if state == "confirmed")
    assert all(key in states for key in copies)
    assert found["is_balanced"]
    unknown = found["uncertain"]
    assert found["confirmed"] + unknown == house.people
    assert bool(most_unknown) <= unknown <= most_unknown
    expected = ("incomplete", f"Incomplete, {unknown} to resolve") if unknown else ("done", "")
    assert (found["status"], found["note"]) == expected
