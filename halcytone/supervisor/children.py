"""One child: started, watched, started again, ended with all its own children."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from halcytone.supervisor.kinship import end_with

FIRST_WAIT_S, MOST_WAIT_S = 1.0, 30.0
STEADY_S = 60.0  # after so long a life, a death is the first one again


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `stop_s` is how long it may take to end before it is killed.

    `log` gets what it prints; None lets it speak to whoever started the supervisor.
    """

    name: str
    command: Sequence[str]
    log: Path | None
    stop_s: float


@dataclass(slots=True)
class Child:
    """A planned process and its present life. All calls come from the thread that started it."""

    plan: Plan
    environment: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    wait_s: float = FIRST_WAIT_S
    due_at: float = field(default=0.0)

    def start(self) -> None:
        with self.plan.log.open("ab") if self.plan.log else nullcontext() as log:
            self.process = subprocess.Popen(
                list(self.plan.command),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT if log else None,
                start_new_session=True,
                preexec_fn=partial(end_with, os.getpid()),  # safe: the supervisor has one thread
            )
        self.started_at, self.due_at = time.monotonic(), 0.0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self) -> str:
        """Plan the next start of a dead child, or make it; return a sentence when there is news."""
        now = time.monotonic()
        if self.process is None and now >= self.due_at:
            self.start()
            return f"{self.plan.name} runs again"
        if self.process is None or self.is_alive:
            return ""
        cause = _cause(self.process.returncode)
        self._sweep()
        if now - self.started_at > STEADY_S:
            self.wait_s = FIRST_WAIT_S
        wait_s, self.wait_s = self.wait_s, min(self.wait_s * 2, MOST_WAIT_S)
        self.process, self.due_at = None, now + wait_s
        return f"{self.plan.name} ended ({cause}); next start in {wait_s:g} s, see {self.plan.log}"

    def stop(self) -> None:
        """Ask it to end, then kill what is left of it and of its own children."""
        if self.process is None:
            return
        if self.is_alive:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(self.plan.stop_s)
        self._sweep()
        self.process.wait()

    def _sweep(self) -> None:
        assert self.process is not None  # noqa: S101 - both callers have looked
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
