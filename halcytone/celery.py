"""The workers' application. Tasks are entrances: the due rows in the tables are the queue."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from halcytone.lib import collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "halcytone.settings")

app = Celery("halcytone")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def settle(**_told: Any) -> None:
    """Ready a process of the worker for its work."""
    collector.settle()


worker_process_init.connect(settle)
