"""When a worker was last seen at its work, so that silence is noticed before a slot is missed."""

from datetime import datetime, timedelta

from django.utils import timezone

from publishing.models import Heartbeat

WORKER = "worker"
EVERY = timedelta(seconds=10)  # a beat is written at most this often
STALE_S = 60  # older than this, nobody is at work (platform specification, probes)


def beat(now: datetime | None = None) -> None:
    """Note that a worker is at work. Any number of workers may: one row, one UPDATE."""
    now = now or timezone.now()
    row, is_new = Heartbeat.objects.get_or_create(name=WORKER, defaults={"at": now})
    if not is_new and row.at <= now - EVERY:
        Heartbeat.objects.filter(pk=row.pk, at__lt=now).update(at=now)


def age_s(now: datetime | None = None) -> float | None:
    """Return the seconds since a worker was seen; None when none ever was."""
    row = Heartbeat.objects.filter(name=WORKER).first()
    return ((now or timezone.now()) - row.at).total_seconds() if row else None
