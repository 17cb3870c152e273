"""Canaries: the rows of a part are due in steps, and somebody's decision lets a stopped one go on."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper, F, QuerySet
from django.utils import timezone

from content.models import Draft
from halcytone.lib import rights
from publishing import canary
from publishing.canary import Step
from publishing.models import Canary, Delivery, Event, Release, ReleasePart, Rollout
from segmentation import addresses, audience

PAST_RELEASES = 5  # of a list, that its history is made of
PLANNED = Delivery.State.PLANNED


def steps(count: int, mailboxes: int = 0) -> list[Step]:
    """Return the steps of a part with so many rows by the settings of this installation."""
    own = mailboxes if settings.TEST_MAILBOXES else None
    return canary.steps(count, gap=_gap(), mailboxes=own)


def is_wanted(part: ReleasePart) -> bool:
    """Tell whether a part to readers begins with a few: as chosen, else when there are many."""
    row = Rollout.objects.filter(draft=part.release.draft_id).first()
    choice = row.canary if row else Rollout.Canary.AUTO
    segment = part.release.draft.segment
    if choice != Rollout.Canary.AUTO or segment is None:
        return choice == Rollout.Canary.ON
    many = settings.CANARY_FROM
    return audience.candidates(segment).order_by()[many : many + 1].exists()


def wait(draft: Draft, count: int) -> timedelta:
    """Return how long the last step of a mail to so many readers waits: 0 where all of it goes at once."""
    choice = Rollout.objects.filter(draft=draft).values_list("canary", flat=True).first()
    is_on = choice == Rollout.Canary.ON or (
        choice != Rollout.Canary.OFF and count > settings.CANARY_FROM
    )
    return steps(count)[-1].after if is_on else timedelta()


def moments(at: datetime) -> list[tuple[str, datetime]]:
    """Return when the rows of a part are due that leaves at `at`: until which key ("" = the end), when."""
    return [(step.last, at + step.after) for step in steps(0) if step.first or step.last]


def begin(part: ReleasePart, at: datetime) -> Canary:
    """Note the steps of a part whose rows were made due by `moments`; our own mailboxes go first."""
    if settings.TEST_MAILBOXES:
        _own(part).update(due_at=at)
    return _kept(part, at, _steps_of(part))


def delay(part: ReleasePart, at: datetime) -> Canary:
    """Put the rows of a part, each from its own time on, off by their steps: for readers of many zones."""
    found = _steps_of(part)
    for step in found:
        if step.after:
            _rows_of(part, step).update(due_at=_moved(step.after))
    return _kept(part, at, found)


def seen(part: ReleasePart) -> dict[str, int]:
    """Return {"sent": handed over, kind: rows that ended so}: counts of ledger rows and their events."""
    rows = part.deliveries
    events = Event.objects.filter(delivery__part_of=part, kind__in=list(canary.LIMITS))
    if part.release.prepared_at:
        events = events.filter(at__gte=part.release.prepared_at)
    by_kind: dict[str, set[int]] = {kind: set() for kind in canary.LIMITS}
    for kind, row in events.order_by().values_list("kind", "delivery").distinct():
        by_kind[kind].add(row)
    refused = rows.filter(state=Delivery.State.FAILED).values_list("pk", flat=True)
    put_off = rows.filter(state=PLANNED, attempts__gt=0).values_list("pk", flat=True)
    by_kind[canary.BOUNCED].update(refused)
    by_kind[canary.DEFERRED].update(put_off)
    sent = rows.filter(handed_over_at__isnull=False).count()
    return {"sent": sent, **{kind: len(found) for kind, found in by_kind.items()}}


def go_on(release: Release, *, by: rights.Actor) -> None:
    """Note that a person lets a stopped release go on; it is not stopped by its first readers again."""
    stopped = Canary.objects.filter(part__release=release, status=Canary.Status.STOPPED)
    stopped.update(status=Canary.Status.RESUMED, decided_by=by, decided_at=timezone.now())


def of(release: Release) -> Canary | None:
    """Return the canary of a release; None when it leaves all at once."""
    rows = Canary.objects.filter(part__release=release)
    return rows.select_related("part", "decided_by").first()


def history_of(part: ReleasePart) -> dict[str, float]:
    """Return {kind: rate} over the last releases to the same list; {} while there are none."""
    draft = part.release.draft
    before = ReleasePart.objects.filter(
        release__draft__segment=draft.segment_id,
        release__is_dry=False,
        release__status=Release.Status.DONE,
        format=part.format,
    ).exclude(release__draft=draft)
    totals: dict[str, int] = {}
    for each in before.select_related("release").order_by("-release__due_at")[:PAST_RELEASES]:
        for name, count in seen(each).items():
            totals[name] = totals.get(name, 0) + count
    sent = totals.pop("sent", 0)
    return {kind: count / sent for kind, count in totals.items()} if sent else {}


def _gap() -> timedelta:
    return timedelta(minutes=settings.CANARY_STEP_MIN)


def _steps_of(part: ReleasePart) -> list[Step]:
    planned = part.deliveries.filter(state=PLANNED)
    return steps(planned.count(), _own(part).count())


def _own(part: ReleasePart) -> QuerySet[Delivery]:
    keys = [addresses.key(address) for address in settings.TEST_MAILBOXES]
    return part.deliveries.filter(state=PLANNED, contact__email_key__in=keys)


def _rows_of(part: ReleasePart, step: Step) -> QuerySet[Delivery]:
    """Return the planned rows of one step: by the key, without our own mailboxes, which are the first."""
    own = _own(part).values("pk")
    if not step.first and not step.last:
        return part.deliveries.filter(pk__in=list(own.values_list("pk", flat=True)))
    rows = part.deliveries.filter(state=PLANNED)
    if step.first:
        rows = rows.filter(idempotency_key__gte=step.first)
    if step.last:
        rows = rows.filter(idempotency_key__lt=step.last)
    ids = list(own.values_list("pk", flat=True)) if settings.TEST_MAILBOXES else []
    return rows.exclude(pk__in=ids) if ids else rows


def _moved(by: timedelta) -> ExpressionWrapper:
    return ExpressionWrapper(F("due_at") + by, output_field=DateTimeField())


def _kept(part: ReleasePart, at: datetime, found: Sequence[Step]) -> Canary:
    told: list[Mapping[str, Any]] = [
        {"name": step.name, "at": (at + step.after).isoformat(), "rows": step.rows}
        for step in found
    ]
    row, _ = Canary.objects.update_or_create(
        part=part,
        defaults={
            "steps": told,
            "history": history_of(part),
            "status": Canary.Status.WATCHING,
            "why": "",
            "stopped_at": None,
        },
    )
    return row
