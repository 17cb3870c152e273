"""The whole embedded installation: started in order, watched, ended in the opposite order."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import FrameType

from halcytone.sandbox.options import Options
from halcytone.supervisor import CannotStart, plan, readiness
from halcytone.supervisor import home as homes
from halcytone.supervisor.children import Child, Plan

BROKER_PATIENCE_S, WEB_PATIENCE_S = 15.0, 90.0
WATCH_S = 0.2
LOG_TURNS = 300  # once a minute
Tell = Callable[[str], None]


class Stopped(BaseException):
    """SIGTERM or SIGINT: unwinds to where the children are ended. Not an error to be handled."""


@dataclass(slots=True)
class Household:
    """The children in the order of their start, and one run of a command after it."""

    home: Path
    port: int
    sandbox: Options
    tell: Tell
    children: list[Child] = field(default_factory=list)
    errand: Child | None = None

    def start(self) -> None:
        """Start everything and return when the desk answers. Raises CannotStart."""
        homes.rotate_logs(self.home)
        socket = homes.socket_path(self.home)
        environment = plan.environment(self.home, socket)
        self._add(plan.broker(self.home, socket), environment)
        self._add(plan.sandbox(self.home, self.sandbox), environment)
        if readiness.migrate():
            self.tell("The tables are up to date")
        if readiness.collect_static():
            self.tell("The static files are collected")
        self._await("valkey", BROKER_PATIENCE_S, lambda: readiness.is_broker_up(socket))
        self._add(plan.web(self.home, self.port), environment)
        self._add(plan.worker(self.home), environment)
        self._add(plan.beat(self.home), environment)
        self._await("web", WEB_PATIENCE_S, lambda: readiness.is_live(self.port))
        self._await("sandbox", BROKER_PATIENCE_S, self._is_sandbox_up)

    def run_errand(self, errand: Plan) -> None:
        """Start a command that ends by itself; a failure is told."""
        quiet = {"LOG_LEVEL": "WARNING"}  # what it says is for a person
        self.errand = Child(errand, {**self.children[0].environment, **quiet})
        self.errand.start()

    def watch(self) -> None:
        """Tend the children until a signal stops the watch."""
        for turn in count():
            if turn % LOG_TURNS == 0:
                homes.rotate_logs(self.home)
            self._tend()
            time.sleep(WATCH_S)

    def stop(self) -> None:
        """End beat, worker, web, sandbox and broker, one after the other."""
        for child in [*([self.errand] if self.errand else []), *reversed(self.children)]:
            child.stop()

    def _add(self, wanted: Plan, environment: Mapping[str, str]) -> None:
        child = Child(wanted, environment)
        self.children.append(child)
        child.start()

    def _tend(self) -> None:
        for child in self.children:
            if news := child.tend():
                self.tell(news)
        if self.errand and not self.errand.is_alive:
            self._tell_errand(self.errand)
            self.errand = None

    def _tell_errand(self, errand: Child) -> None:
        code = errand.process.returncode if errand.process else None
        if code:
            self.tell(f"{errand.plan.name} failed (exit code {code})")

    def _await(self, name: str, patience_s: float, is_up: Callable[[], bool]) -> None:
        def is_up_now() -> bool:
            self._tend()
            return is_up()

        if not readiness.within(patience_s, is_up_now):
            log = self.home / "logs" / f"{name}.log"
            raise CannotStart(f"{name} does not answer after {patience_s:g} s; its log is {log}")

    def _is_sandbox_up(self) -> bool:
        return all(readiness.listens(port) for port in self.sandbox.ports.values())


@contextmanager
def until_stopped(household: Household) -> Iterator[None]:
    """Run the block until SIGTERM or SIGINT; whatever ends it, the children are ended."""
    before = {number: signal.signal(number, _raise) for number in SIGNALS}
    try:
        yield
    except Stopped:
        household.tell("Stopping")
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        household.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _raise(number: int, _: FrameType | None) -> None:
    raise Stopped(number)
