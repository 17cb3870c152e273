"""Celery's entrance. The rows are the queue: a lost message costs seconds, a repeated one nothing."""

import time
from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from publishing.services import (
    actors,
    cadences,
    callbacks,
    canary_watch,
    expiries,
    heartbeats,
    inbound,
    mailboxes,
    purges,
    releases,
    renewals,
    sender,
    silence,
    warming,
)

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
    canary_watch.watch(timezone.now())
    until = time.monotonic() + WORK_S
    sender.work(sender.worker_id(), until=until)
    if time.monotonic() >= until:
        nudge()


@shared_task
def recover() -> None:
    """Settle what ended workers left behind. Beat runs this every half minute."""
    sender.recover(sender.worker_id())


@shared_task
def settle_hits() -> None:
    """Decide who opened and clicked. Beat runs this every minute."""
    actors.settle(timezone.now())


@shared_task
def process_inbound() -> None:
    """Deal with what the outside told. A hook wakes it; beat runs it every minute."""
    inbound.process(timezone.now())


@shared_task
def read_mailbox() -> None:
    """Read the mailbox that bounces and answers come back to, where there is one."""
    if settings.MAILBOX_URL:
        mailboxes.read_imap(settings.MAILBOX_URL)
        inbound.process(timezone.now())


@shared_task
def look_after_accounts() -> None:
    """Renew tokens in time and tell people what ends. Beat runs this every minute."""
    now = timezone.now()
    renewals.refresh_due(now)
    expiries.warn(now)


@shared_task
def purge_caches() -> None:
    """Have caches forget what is due, tell who ordered it, warm pages. A purge wakes it; beat runs it every
    half minute.
    """
    now = timezone.now()
    for release in purges.work(now, until=time.monotonic() + WORK_S):
        releases.continue_or_finish(release)
    callbacks.work(timezone.now(), until=time.monotonic() + WORK_S)
    warming.plan(now)
    warming.work(timezone.now(), until=time.monotonic() + WORK_S)
    purges.clean()
    warming.clean()


def nudge() -> None:
    """Wake a worker for what is due now."""
    wake(work)


def wake(task: Any) -> None:
    """Run a task soon. Without a broker its rows wait for the next look."""
    try:
        task.apply_async(expires=STALE_S, retry=False)
    except OperationalError:
        log.warning("broker_unreachable")
