"""Two processes that look at the clocks in the same second: each thing happens once, on both databases."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REVIEWS = 6
pytestmark = pytest.mark.slow


@pytest.fixture(params=[pytest.param("postgres", marks=pytest.mark.postgres), "sqlite"])
def run(request, tmp_path):
    """Start a racer on a fresh database: run(command, …) → the running process."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/race.sqlite3"
    given = {**os.environ, "DATABASE_URL": url, "HALCYTONE_HOME": str(tmp_path)}

    def start(*arguments):
        command = [sys.executable, "-m", "tests.approvals.clock_racer", *map(str, arguments)]
        return subprocess.Popen(
            command, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start


def answer(process):
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return json.loads(out.splitlines()[-1])


def test_two_processes_do_each_due_thing_once(run):
    due = answer(run("prepare", REVIEWS))
    assert len(due) == 4 * REVIEWS  # three reminders and an escalation for each review
    racers = [run("look", 2), run("look", 2)]
    heard = [each for racer in racers for each in answer(racer)]
    assert sorted(heard) == sorted(due)
    assert answer(run("outcome"))[:2] == [REVIEWS, 0]
