"""The watch over canaries: what their first readers answer holds the release, and a person is called."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from halcytone.lib import rights
from halcytone.lib.errors import Invalid, WrongState
from halcytone.lib.gathering import gathering
from publishing import canary
from publishing.models import Canary, Delivery, Release
from publishing.services import canary as canaries
from publishing.services import history, releases

log = structlog.get_logger(__name__)
EVERY = timedelta(seconds=10)  # one look at a canary; workers ask more often than that


def watch(now: datetime) -> None:
    """Look at every running canary. Workers ask before they claim, so no step begins unseen."""
    running = Canary.objects.filter(
        status=Canary.Status.WATCHING, part__release__status=Release.Status.RELEASING
    )
    for row in running.select_related("part__release__draft"):
        if row.looked_at is None or now - row.looked_at >= EVERY:
            _look(row, now)


@transaction.atomic
@gathering()
def exclude_rest(release: Release, *, by: rights.Actor, reason: str) -> Release:
    """Leave the rest of a release out that its canary stopped. Raises WrongState when none has."""
    rights.require(by, "publishing.schedule_release", act="leave the rest of a release out")
    if not reason.strip():
        raise Invalid("Say why; the team reads it beside the release.", code="reason_missing")
    release = Release.objects.select_for_update().get(pk=release.pk)
    row = Canary.objects.filter(part__release=release, status=Canary.Status.STOPPED).first()
    if row is None or release.status != Release.Status.HELD:
        raise WrongState("No canary has stopped this release.")
    planned = row.part.deliveries.filter(state=Delivery.State.PLANNED)
    now = timezone.now()
    count = planned.update(
        state=Delivery.State.EXCLUDED, reason=Delivery.Reason.CANARY_STOP, changed_at=now
    )
    Canary.objects.filter(pk=row.pk).update(
        status=Canary.Status.EXCLUDED, decided_by=by, decided_at=now
    )
    release.move(Release.Status.RELEASING, note="")
    history.note(release, "rest left out", by, f"{count} rows. {reason.strip()}")
    return releases.finish(release)


@transaction.atomic
@gathering()
def _look(row: Canary, now: datetime) -> None:
    seen = canaries.seen(row.part)
    sent = seen["sent"]
    found = canary.alarms(sent, seen, row.history)
    Canary.objects.filter(pk=row.pk).update(seen=seen, looked_at=now)
    if not found:
        return
    why = f"The first readers stop it: {' '.join(found)}"[:500]
    stopped = Canary.objects.filter(pk=row.pk, status=Canary.Status.WATCHING)
    if not stopped.update(status=Canary.Status.STOPPED, why=why, stopped_at=now):
        return
    said = f"{why} The rest stays planned: resume it, or leave the rest out."
    releases.hold(row.part.release, by=None, reason=said[:500])
    log.warning("canary_stopped", release=row.part.release_id, **seen)
