"""Celery's entrance to notifications. The rows are the queue."""

import time

import structlog
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from halcytone.lib.notices import routing, sending

log = structlog.get_logger(__name__)
WORK_S = 20  # one task's share


@shared_task(name="notices.deliver")
def deliver() -> None:
    """Take what people were told to where they want to hear it. Beat runs this every minute."""
    routing.route(timezone.now())
    sending.send_due(timezone.now(), until=time.monotonic() + WORK_S)


def nudge() -> None:
    """Wake a worker now. Without a broker the rows wait for the next look."""
    try:
        deliver.apply_async(expires=50, retry=False)
    except OperationalError:
        log.warning("broker_unreachable")
