"""A stop while processes send, two stops at once, and a copy of the database that another process opens."""

import json
import shutil
import time

import pytest

from tests.conftest import POSTGRES
from tests.publishing.houses import PEOPLE, House

pytestmark = [pytest.mark.slow]
BATCH = 50
LOOK_ON_S = 2  # for who does not stop to send on


def stop_in_the_middle(house, workers, pace_ms, **extra):
    """Let workers send, stop once some mails are out; return how many left after the stop was committed."""
    house.run("begin")
    processes = [house.start("work_on", PACE_MS=pace_ms, **extra) for _ in range(workers)]
    house.let_go(workers)
    until = time.monotonic() + 60
    while len(house.mails()) < 3 * BATCH and time.monotonic() < until:
        time.sleep(0.02)
    stopped_at = float(house.run("stop").split()[-1])
    time.sleep(LOOK_ON_S)
    (house.home / "enough").touch()
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err[-2000:]
    house.gather()
    after = sum(at > stopped_at for *_, at in house.mails())
    most = workers * BATCH * int(extra.get("MAIL_CONNECTIONS", 1))
    assert len(house.mails()) - after < house.people - 2 * most, "the stop came too late to show it"
    assert after <= most
    return after


def one_batch_leaves_and_two_people_start_again(house, workers=2, pace_ms="5", **extra):
    """`pace_ms` is between two mails, so that most are still to come when the stop is made."""
    after = stop_in_the_middle(house, workers, pace_ms, **extra)
    left = len(house.mails())
    found = house.books()
    print(json.dumps({"before": left - after, "after": after, "of": house.people}))
    assert found["uncertain"] == 0
    assert found["confirmed"] == left < house.people
    assert house.run("lift").split() == ["refused", "lifted"]
    others = [house.start("work", **extra) for _ in range(workers)]
    house.let_go(workers)
    for worker in others:
        _, err = worker.communicate(timeout=120)
        assert worker.returncode == 0, err[-2000:]
    sent = [key for key, *_ in house.mails()]
    assert len(sent) == len(set(sent)) == house.people
    assert house.books()["status"] == "done"


def test_a_stop_in_a_send_on_sqlite(on_sqlite):
    one_batch_leaves_and_two_people_start_again(on_sqlite)


@pytest.mark.postgres
def test_a_stop_in_a_send_of_full_size(at_full_size):
    one_batch_leaves_and_two_people_start_again(at_full_size, workers=4, LEASE_S="10")


@pytest.mark.postgres
def test_a_stop_lets_one_batch_of_each_connection_leave(on_postgres):
    extra = {"MAIL_CONNECTIONS": "4", "LEASE_S": "10"}
    one_batch_leaves_and_two_people_start_again(on_postgres, workers=1, pace_ms="20", **extra)


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


@pytest.mark.postgres
def test_two_presses_of_one_link_at_once_make_one_stop(on_postgres):
    token = on_postgres.run("make_link").split()[-1]
    both = [on_postgres.start("press_link", STOP_TOKEN=token) for _ in range(2)]
    on_postgres.let_go(2)
    said = [process.communicate(timeout=120) for process in both]
    assert sorted(out.strip().splitlines()[-1] for out, _ in said) == ["Already stopped", "Stopped"]
    assert on_postgres.run("count_stops").split()[-1] == "1"
