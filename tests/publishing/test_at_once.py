"""Several beats and several workers at once do each thing once."""

import json

import pytest

pytestmark = [pytest.mark.slow]


def test_three_beats_and_two_workers_on_sqlite(on_sqlite):
    look_and_work(on_sqlite)


@pytest.mark.postgres
def test_three_beats_and_two_workers_on_postgres(on_postgres):
    look_and_work(on_postgres)


def all_at_once(house, verbs):
    processes = [house.start(verb) for verb in verbs]
    house.let_go(len(verbs))
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(verbs), outputs
    house.gather()


def look_and_work(house):
    house.run("rhythm")
    all_at_once(house, ["look"] * 3)
    house.run("agree")
    all_at_once(house, ["look"] * 3)
    all_at_once(house, ["work"] * 2)
    found = json.loads(house.run("report").splitlines()[-1])
    assert (found["status"], found["candidates"], found["confirmed"]) == ("done", 1, 1)
    assert len(house.mails()) == 1
