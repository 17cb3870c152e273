"""Two workers at the same instant: every message leaves once."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PEOPLE = 25


@pytest.fixture(params=[pytest.param("postgres", marks=pytest.mark.postgres), "sqlite"])
def run(request, tmp_path, sandbox):
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/notices.sqlite3"
    given = {
        **os.environ,
        "DATABASE_URL": url,
        "HALCYTONE_HOME": str(tmp_path),
        "NOTICE_PORTS": json.dumps(dict(sandbox.ports)),
    }

    def start(*arguments):
        module = "tests.halcytone.lib.notices.delivery_process"
        command = [sys.executable, "-m", module, *map(str, arguments)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=ROOT, env=given, stdout=pipe, stderr=pipe, text=True)

    return start


def answer(process):
    out, error = process.communicate(timeout=280)
    assert process.returncode == 0, error
    return json.loads(out.splitlines()[-1])


@pytest.mark.slow
def test_every_message_leaves_once_from_two_workers(run, sandbox):
    answer(run("prepare", PEOPLE))
    start_at = time.time() + 5
    left = [answer(worker) for worker in [run("deliver", start_at) for _ in range(2)]]

    mails = sandbox.mails(limit=1)
    assert (mails["total"], mails["distinct_message_ids"]) == (2 * PEOPLE, 2 * PEOPLE)
    slack = sandbox.ask("receivers", "GET", "/_sandbox/messages")["messages"]
    assert len(slack) == 2
    assert sum(left) == 2 * PEOPLE + 2
    assert answer(run("outcome")) == ["sent"] * 4 * PEOPLE
