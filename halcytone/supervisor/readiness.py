"""What must be true before the children start, and how to know that they answer."""

import hashlib
import http.client
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from halcytone.sandbox.options import HOST
from halcytone.supervisor import CannotStart

PORT_PATIENCE_S = 2.0  # a port of a process that has just been killed
POLL_S = 0.05


def within(seconds: float, is_true: Callable[[], bool]) -> bool:
    """Ask until the answer is yes, or the time is over; return the last answer."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def check_ports(ports: Mapping[int, str]) -> None:
    """Raise CannotStart naming the first port that is taken, and the setting that moves it."""
    for port, setting in ports.items():
        if not within(PORT_PATIENCE_S, partial(_is_free, port)):
            raise CannotStart(
                f"Port {port} on {HOST} is taken. Stop what listens there, or set {setting}"
                " to use another."
            )


def _is_free(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
        except OSError:
            return False
    return True


def migrate() -> bool:
    """Bring the tables up to date; tell whether there was anything to do."""
    executor = MigrationExecutor(connection)
    is_needed = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if is_needed:
        call_command("migrate", interactive=False, verbosity=0)
    connection.close()
    return is_needed


def collect_static() -> bool:
    """Collect and compress the static files when any has changed; tell whether one had."""
    stamp, now = Path(settings.STATIC_ROOT) / ".collected", _static_digest()
    if stamp.exists() and stamp.read_text() == now:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now)
    return True


def _static_digest() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(ignore_patterns=[]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def is_broker_up(path: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as sock:
        try:
            sock.settimeout(1)
            sock.connect(str(path))
            sock.sendall(b"PING\r\n")
            return sock.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def is_live(port: int) -> bool:
    with closing(http.client.HTTPConnection(HOST, port, timeout=5)) as client:
        try:
            client.request("GET", "/live")
            return client.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def listens(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
        return sock.connect_ex((HOST, port)) == 0
