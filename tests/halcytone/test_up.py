"""The embedded installation, in real processes."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from halcytone.sandbox.options import PORTS

ROOT = Path(__file__).parents[2]
SANDBOX = tuple(PORTS.values())
CHILDREN = {"valkey", "sandbox", "web", "worker", "beat"}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def is_free(port):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_places():
    """Yield (web port, shift of the sandbox) pairs that do not meet."""
    for number in range(11_000 + os.getpid() % 97 * 200, 50_000, 100):
        if all(is_free(number + port) for port in (50, *SANDBOX)):
            yield number + 50, number


PLACES = free_places()


def until(is_true, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


class Up:
    """A supervisor as a person would start it, and what it said."""

    def __init__(self, home, place=None, **environment):
        self.home, (self.port, self.shift) = home, place or next(PLACES)
        self.said_in = home.parent / f"{home.name}-{time.monotonic_ns()}.txt"
        given = {"HALCYTONE_HOME": str(home), "HALCYTONE_PORT": str(self.port)}
        given |= {
            "SANDBOX_PORT_SHIFT": str(self.shift),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
        }
        with self.said_in.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=given | environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self):
        return self.said_in.read_text()

    def await_start(self):
        until(lambda: "runs at" in self.said or self.process.poll() is not None, 120)
        assert self.process.poll() is None, self.said

    def descendants(self):
        """Return {pid: command line} of all processes below the supervisor."""
        found, parents = {}, {self.process.pid}
        rows = [row for row in map(process_row, Path("/proc").glob("[0-9]*")) if row]
        while new := {
            pid: line for pid, parent, line in rows if parent in parents and pid not in found
        }:
            found |= new
            parents = set(new)
        return found

    def await_all(self):
        """Wait until the web's worker and the two of the pool are there as well."""
        until(lambda: len(self.descendants()) >= len(CHILDREN) + 3)
        return self.descendants()

    def child(self, words):
        return min(pid for pid, line in self.descendants().items() if words in line)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(15)


def process_row(folder):
    try:
        stat = (folder / "stat").read_text().rpartition(") ")[2].split()
        line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return None
    return None if stat[0] == "Z" else (int(folder.name), int(stat[1]), line)


def is_alive(pid):
    return process_row(Path(f"/proc/{pid}")) is not None


@contextmanager
def running(home, place=None, **environment):
    up = Up(home, place, **environment)
    try:
        up.await_start()
        yield up
    finally:
        up.end()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An installation that has been started once, so that later starts are quick."""
    home = tmp_path_factory.mktemp("up") / "home"
    with running(home) as up:
        assert httpx.get(f"http://127.0.0.1:{up.port}/live").status_code == 200
    return home


def test_a_later_start_is_quick_and_everything_answers(home):
    started = time.monotonic()
    with running(home) as up:
        assert time.monotonic() - started < 20
        assert "tables" not in up.said
        for port in SANDBOX:
            assert httpx.get(f"http://127.0.0.1:{port + up.shift}/").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{up.port}/accounts/login/").status_code == 200


def test_sigterm_ends_everything_within_ten_seconds(home):
    with running(home) as up:
        below = up.await_all()
        started = time.monotonic()
        up.process.terminate()
        assert up.process.wait(30) == 0
        assert time.monotonic() - started < (10 if os.getloadavg()[0] < os.cpu_count() else 20)
        assert [pid for pid in below if is_alive(pid)] == []


def test_a_second_start_is_refused_with_the_way_to_stop_the_first(home):
    with running(home) as up:
        second = Up(home)
        assert second.process.wait(30) == 1
        assert (
            f"already runs here (pid {up.process.pid}) at http://127.0.0.1:{up.port}" in second.said
        )
        assert f"kill {up.process.pid}" in second.said
        assert up.process.poll() is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("worker", " worker "),
        ("web", "gunicorn"),
        ("sandbox", "sandbox"),
        ("valkey", "valkey-server"),
    ],
)
def test_a_killed_child_and_its_own_children_are_replaced(home, name, words):
    with running(home) as up:
        before = {pid for pid, line in up.await_all().items() if words in line}
        os.kill(up.child(words), signal.SIGKILL)
        until(lambda: f"{name} runs again" in up.said)
        assert f"{name} ended (signal 9); next start in 1 s" in up.said
        assert not [pid for pid in before if is_alive(pid)]
        until(lambda: words in " ".join(up.descendants().values()))
        until(lambda: answers(up))


def answers(up):
    try:
        return httpx.get(f"http://127.0.0.1:{up.port}/live").status_code == 200
    except httpx.HTTPError:
        return False


def test_killing_the_supervisor_leaves_no_orphan_and_the_next_start_works(home):
    place = next(PLACES)
    with running(home, place) as up:
        below = up.await_all()
        up.process.kill()
        until(lambda: not [pid for pid in below if is_alive(pid)], 3)
    with running(home, place) as again:
        assert answers(again)


@pytest.mark.parametrize(
    ("offset", "setting"), [(50, "HALCYTONE_PORT"), (8025, "SANDBOX_PORT_SHIFT")]
)
def test_a_taken_port_is_named_with_the_setting_that_moves_it(home, offset, setting):
    place = _, shift = next(PLACES)
    with socket.create_server(("127.0.0.1", shift + offset)):
        up = Up(home, place)
        assert up.process.wait(30) == 1
    assert f"Port {shift + offset} on 127.0.0.1 is taken" in up.said
    assert setting in up.said
    assert "Traceback" not in up.said


def test_two_run_side_by_side(home, tmp_path):
    with running(home) as first, running(tmp_path / "other") as second:
        assert answers(first)
        assert answers(second)


def test_nothing_listens_beyond_loopback(home):
    with running(home) as up:
        inodes = {inode for pid in up.await_all() for inode in sockets_of(pid)}
        rows = [
            line.split()
            for table in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        ]
        listening = [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
        assert len(listening) == len(PORTS) + 1
        assert {address.split(":")[0] for address in listening} == {"0100007F"}


WITNESS = """
import os, sys

LOCAL = ("127.0.0.1", "localhost", "::1")

def hear(event, facts):
    if event == "socket.connect" and isinstance(facts[1], tuple):
        host = facts[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = facts[0]
    else:
        return
    with open(os.environ["HEARD"], "a") as file:
        file.write(f"{event} {host}\\n" if host not in LOCAL else "")

sys.addaudithook(hear)
open(os.environ["HEARD"], "a").write("listening\\n")
"""


def test_no_process_looks_for_another_host(home, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WITNESS)
    heard, log = tmp_path / "heard", home / "logs" / "worker.log"
    before = len(log.read_text())
    with running(home, PYTHONPATH=str(tmp_path), HEARD=str(heard)) as up:
        up.await_all()
        assert answers(up)
        until(lambda: " ready." in log.read_text()[before:])
    told = heard.read_text().splitlines()
    assert len(told) >= len(CHILDREN)  # the supervisor and every child that is Python's
    assert set(told) == {"listening"}


def sockets_of(pid):
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except OSError:
            continue
        if found:
            yield found[1]


def test_the_production_mode_is_not_run_by_up(tmp_path):
    environment = {
        "HALCYTONE_MODE": "production",
        "SECRET_KEY": "k" * 60,
        "ALLOWED_HOSTS": "press.halcytone.example",
        "SITE_URL": "https://halcytone.example",
        "PRESS_URL": "https://press.halcytone.example",
        "SITE_POSTAL_ADDRESS": "Halcytone, 1 Example Street",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "OUTBOUND": "sandbox",
        "ALLOW_DRY_PRODUCTION": "true",
    }
    up = Up(tmp_path / "home", **environment)
    assert up.process.wait(30) == 1
    assert "`up` runs the embedded mode" in up.said
