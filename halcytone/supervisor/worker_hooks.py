"""Imported by the embedded worker: its pool's processes end with it."""

import os
from typing import Any

from celery.signals import worker_process_init

from halcytone.supervisor.kinship import end_with


def end_with_the_worker(**_: Any) -> None:
    end_with(os.getppid())


worker_process_init.connect(end_with_the_worker)
