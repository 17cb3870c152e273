"""A stop while two processes send, and a copy of the database that another process opens."""

import json
import shutil
import time

import pytest

from tests.conftest import POSTGRES
from tests.publishing.houses import PEOPLE, House

pytestmark = [pytest.mark.slow]
BATCH = 50
WORKERS = 2


def stop_in_the_middle(house):
    """Let two workers send, stop once some mails are out; return what left after the stop."""
    house.run("begin")
    workers = [house.start("work_for", "8", PACE_MS="2") for _ in range(WORKERS)]
    house.let_go(WORKERS)
    until = time.monotonic() + 60
    while len(house.mails()) < 3 * BATCH and time.monotonic() < until:
        time.sleep(0.02)
    house.run("stop")
    before = len(house.mails())
    for worker in workers:
        _, err = worker.communicate(timeout=60)
        assert worker.returncode == 0, err[-2000:]
    house.gather()
    assert before < PEOPLE - WORKERS * BATCH, "the stop came too late to show anything"
    return len(house.mails()) - before


def one_batch_leaves_and_two_people_start_again(house):
    assert stop_in_the_middle(house) <= WORKERS * BATCH
    left = len(house.mails())
    found = json.loads(house.run("report").splitlines()[-1])
    assert found["uncertain"] == 0
    assert found["confirmed"] == left < PEOPLE
    assert house.run("lift").split() == ["refused", "lifted"]
    worker = house.start("work")
    house.let_go(1)
    _, err = worker.communicate(timeout=120)
    assert worker.returncode == 0, err[-2000:]
    sent = [key for key, _ in house.mails()]
    assert len(sent) == len(set(sent)) == PEOPLE
    assert json.loads(house.run("report").splitlines()[-1])["status"] == "done"


def test_a_stop_in_a_send_on_sqlite(on_sqlite):
    one_batch_leaves_and_two_people_start_again(on_sqlite)


@pytest.mark.postgres
def test_a_stop_in_a_send_on_postgres(on_postgres):
    one_batch_leaves_and_two_people_start_again(on_postgres)


def a_copy_sends_nothing_until_it_is_claimed(first, copy):
    """Both run at once on their own databases, as a restored backup does beside its first machine."""
    workers = [first.start("work"), copy.start("work_for", "4")]
    for house in (first, copy):
        (house.home / "go").touch()
    for worker in workers:
        _, err = worker.communicate(timeout=120)
        assert worker.returncode == 0, err[-2000:]
    assert len(first.mails()) == PEOPLE
    assert copy.mails() == []
    shown = json.loads(copy.run("overdue").splitlines()[-1])
    assert shown["under_way"] == 1
    assert "Another machine" in shown["why_not"]
    assert json.loads(copy.run("take").splitlines()[-1]) == {"epoch": 2, "status": "held"}


def test_a_copied_sqlite_database_sends_nothing(on_sqlite, tmp_path_factory):
    on_sqlite.run("begin")
    home = tmp_path_factory.mktemp("copy")
    for path in on_sqlite.home.glob("press.sqlite3*"):
        shutil.copy(path, home)
    copy = House(home, f"sqlite:///{home}/press.sqlite3")
    a_copy_sends_nothing_until_it_is_claimed(on_sqlite, copy)


@pytest.mark.postgres
def test_a_copied_postgres_database_sends_nothing(on_postgres, tmp_path_factory):
    import psycopg

    on_postgres.run("begin")
    name = on_postgres.environment["DATABASE_URL"].rsplit("/", 1)[1]
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}_2" TEMPLATE "{name}"')
    url = f"{POSTGRES.rsplit('/', 1)[0]}/{name}_2"
    try:
        copy = House(tmp_path_factory.mktemp("copy"), url)
        a_copy_sends_nothing_until_it_is_claimed(on_postgres, copy)
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}_2" WITH (FORCE)')
