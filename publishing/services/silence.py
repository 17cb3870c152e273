"""What was on its way when the machines fell silent: going on late is a person's decision.

A worker that can send notes so. When the next note comes longer than its grace after the last one
(the power was off, outbound was off, an older copy of the database was put back), a release that was
under way is held, and people decide: resume it or cancel it.
"""

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from content.models import Draft
from publishing.models import Delivery, Heartbeat, Release
from publishing.services import installation, releases

log = structlog.get_logger(__name__)
SENDER = "sender"
EVERY = timedelta(seconds=10)  # a note is written at most this often
LEAST = timedelta(minutes=5)  # a worker may be busy for so long with one batch
WAITING = (Delivery.State.PLANNED, Delivery.State.CLAIMED)


@transaction.atomic
def look(now: datetime) -> None:
    """Note that a worker can send now, after holding what was under way before a long silence.

    Does nothing while nothing may leave. Call it before anything is claimed.
    """
    if not installation.may_send():
        return
    rows = Heartbeat.objects.select_for_update()
    row, is_new = rows.get_or_create(name=SENDER, defaults={"at": now})
    if is_new or now - row.at < EVERY:
        return
    if now - row.at > LEAST:
        _hold(row.at, now)
    Heartbeat.objects.filter(pk=row.pk).update(at=now)


def _hold(since: datetime, now: datetime) -> None:
    under_way = Release.objects.releasing().filter(prepared_at__lte=since, is_dry=False)
    for release in under_way.exclude(lateness=Draft.Lateness.SEND):
        is_long = now - since > timedelta(minutes=release.grace_min)
        if is_long and release.deliveries.filter(state__in=WAITING, due_at__lte=now).exists():
            releases.hold(release, by=None, reason=_question(since, now))
            log.warning("release_held_after_silence", release=release.pk)


def _question(since: datetime, now: datetime) -> str:
    return (
        f"Nothing could be sent from {since:%d %B %H:%M} to {now:%d %B %H:%M} UTC, and the rest is "
        "late now. Look at what is out; then resume it, or cancel it."
    )
