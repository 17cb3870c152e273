"""Celery's entrance. The rows are the queue: a lost message costs seconds, a repeated one nothing."""

import time

import structlog
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from publishing.services import cadences, heartbeats, sender, silence

log = structlog.get_logger(__name__)

WORK_S = 4  # one task's share, so that a worker stops in good time
STALE_S = 10  # a wake-up older than this is of no use: the next one is on its way


@shared_task
def reconcile() -> None:
    """Do what the clock asks for. Beat runs this every minute."""
    cadences.reconcile(timezone.now())


@shared_task
def work() -> None:
    """Send what is due; when the time is up and more is due, the next task goes on."""
    heartbeats.beat()
    silence.look(timezone.now())
    until = time.monotonic() + WORK_S
    sender.work(sender.worker_id(), until=until)
    if time.monotonic() >= until:
        nudge()


@shared_task
def recover() -> None:
    """Settle what ended workers left behind. Beat runs this every half minute."""
    sender.recover(sender.worker_id())


def nudge() -> None:
    """Wake a worker now. Without a broker the rows wait for the next look."""
    try:
        work.apply_async(expires=STALE_S, retry=False)
    except OperationalError:
        log.warning("broker_unreachable")
