"""gunicorn's configuration in the embedded mode: its workers end with their master."""

from typing import Any

from halcytone.supervisor.kinship import end_with


def post_fork(_: Any, worker: Any) -> None:
    end_with(worker.ppid)
