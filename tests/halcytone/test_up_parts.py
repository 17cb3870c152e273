"""The supervisor's parts: back-off, logs, the socket's place."""

import stat
import sys
import time
from itertools import pairwise

import pytest

from halcytone.supervisor import CannotStart, home
from halcytone.supervisor.children import Child, Plan


@pytest.fixture
def dying(tmp_path):
    """A child that ends at once, with a clock of its own that the test moves."""
    plan = Plan("dying", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log", 1.0)
    return Child(plan, {})


def test_the_wait_before_each_new_start_doubles_up_to_half_a_minute(dying):
    waits = []
    for _ in range(7):
        dying.start()
        dying.process.wait()
        news = dying.tend()
        assert "exit code 3" in news
        waits.append(dying.due_at - time.monotonic())
    assert [round(wait) for wait in waits] == [1, 2, 4, 8, 16, 30, 30]
    assert all(a <= b + 1 for a, b in pairwise(waits))


def test_a_child_that_is_not_yet_due_is_not_started(dying):
    dying.start()
    dying.process.wait()
    dying.tend()
    assert dying.tend() == ""
    assert not dying.is_alive
    dying.due_at = time.monotonic()
    assert dying.tend() == "dying runs again"
    dying.stop()


def test_after_a_long_life_a_death_counts_as_the_first(dying):
    dying.wait_s = 16
    dying.start()
    dying.process.wait()
    dying.started_at -= 61
    assert "next start in 1 s" in dying.tend()


def test_a_child_that_does_not_listen_is_killed(tmp_path):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    child = Child(Plan("deaf", [sys.executable, "-c", deaf], tmp_path / "log", 0.2), {})
    child.start()
    while not (tmp_path / "log").read_text():
        time.sleep(0.02)
    started = time.monotonic()
    child.stop()
    assert time.monotonic() - started < 5
    assert not child.is_alive


def test_a_large_log_is_moved_aside_while_its_writer_goes_on(tmp_path):
    home.prepare(tmp_path)
    path = home.log(tmp_path, "web")
    with path.open("ab", buffering=0) as writer:
        for number in range(5):
            writer.write(bytes([65 + number]) * (home.MOST_LOG_BYTES + 1))
            home.rotate_logs(tmp_path)
        writer.write(b"on")
    assert path.read_bytes() == b"on"
    kept = [path.with_suffix(f".log.{number}").read_bytes()[:1] for number in (1, 2, 3)]
    assert kept == [b"E", b"D", b"C"]
    assert not path.with_suffix(".log.4").exists()


def test_a_small_log_is_continued(tmp_path):
    home.prepare(tmp_path)
    home.log(tmp_path, "web").write_text("yesterday")
    home.rotate_logs(tmp_path)
    assert home.log(tmp_path, "web").read_text() == "yesterday"


def test_an_errand_without_a_log_speaks_to_the_person_who_started_it(capfd):
    errand = Child(
        Plan("say", [sys.executable, "-c", "print('sign in as …')"], None, 1.0), {"PYTHONUTF8": "1"}
    )
    errand.start()
    errand.process.wait()
    assert capfd.readouterr().out == "sign in as …\n"


def test_a_long_home_gets_a_short_private_place_for_its_socket(tmp_path):
    assert home.socket_path(tmp_path) == tmp_path / "valkey.sock"
    long = tmp_path / ("x" * 120)
    path = home.socket_path(long)
    assert len(str(path)) <= 107
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert home.socket_path(long) == path
    path.parent.chmod(0o755)
    with pytest.raises(CannotStart, match="yours alone"):
        home.socket_path(long)
    path.parent.rmdir()


def test_directories_are_for_their_owner_only(tmp_path):
    home.prepare(tmp_path / "home")
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
