"""HALCYTONE_HOME: what is kept where, and who runs here."""

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from halcytone.supervisor import CannotStart

MOST_SOCKET_BYTES = 107  # sun_path of unix(7), without its closing zero
MOST_LOG_BYTES = 5 * 2**20
KEPT_LOGS = 3


def prepare(home: Path) -> None:
    """Make the directories of an installation, readable by their owner only."""
    for path in (home, home / "logs", home / "valkey", home / "sandbox"):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def socket_path(home: Path) -> Path:
    """Return the path of the broker's socket; a long home gets a short private directory for it."""
    path = home / "valkey.sock"
    if len(os.fsencode(path)) <= MOST_SOCKET_BYTES:
        return path
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"halcytone-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    facts = short.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise CannotStart(f"{short} must be a directory of yours alone (mode 0700); remove it")
    if len(os.fsencode(short / "valkey.sock")) > MOST_SOCKET_BYTES:
        raise CannotStart(f"{short} is too long for a socket: set HALCYTONE_HOME to a shorter path")
    return short / "valkey.sock"


@contextmanager
def only_one(home: Path, url: str) -> Iterator[None]:
    """Hold the installation while the block runs. Raises CannotStart when another process does."""
    with (home / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid, _, where = file.read().strip().partition(" ")
            raise CannotStart(
                f"Halcytone already runs here (pid {pid}) at {where}; stop it with: kill {pid}"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()} {url}\n")
        file.flush()
        yield
        file.truncate(0)


def log(home: Path, name: str) -> Path:
    """Return the path of a child's log."""
    return home / "logs" / f"{name}.log"


def rotate_logs(home: Path) -> None:
    """Move what large logs hold aside (`.1` is the newest of three) and let them begin anew.

    A child that writes goes on writing: its file is emptied, not replaced.
    """
    for path in (home / "logs").glob("*.log"):
        if path.stat().st_size > MOST_LOG_BYTES:
            for number in range(KEPT_LOGS - 1, 0, -1):
                older = path.with_suffix(f".log.{number}")
                if older.exists():
                    older.replace(path.with_suffix(f".log.{number + 1}"))
            shutil.copyfile(path, path.with_suffix(".log.1"))
            os.truncate(path, 0)
