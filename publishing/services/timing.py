"""When the parts of a release leave: worked out from its slot, its rhythm and what people chose."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from django.db.models import Exists, OuterRef, QuerySet

from content.models import Draft
from publishing import timing
from publishing.models import CadenceSlot, Delivery, Offset, Release, ReleasePart, Rollout
from publishing.timing import Choices, Slot
from segmentation import audience
from segmentation.models import Contact


def choices_of(draft: Draft) -> Choices:
    """Return what people chose for the release of a draft."""
    return chosen(Rollout.objects.filter(draft=draft))


def chosen(rows: Iterable[Rollout]) -> Choices:
    """Return what the roll-out of a draft, if it has one, says."""
    row = next(iter(rows), None)
    if row is None:
        return Choices()
    return Choices(row.is_staged, row.stagger_min, row.by_reader_zone, row.windows)


def offsets_of(draft: Draft) -> Mapping[str, tuple[int, int]]:
    """Return {kind: (seconds after the slot, seconds open)} of the rhythm that a draft is a turn of.

    What is no turn of a rhythm leaves at its slot, all at once: an urgent announcement, say.
    """
    return after(offsets(draft))


def offsets(draft: Draft) -> QuerySet[Offset]:
    """Return the offsets of the rhythm that a draft is a turn of."""
    turns = CadenceSlot.objects.filter(draft=draft).values("cadence")
    return Offset.objects.filter(cadence__in=turns)


def after(rows: Iterable[Offset]) -> dict[str, tuple[int, int]]:
    return {row.kind: (row.after_s, row.window_s) for row in rows}


def renew(release: Release) -> None:
    """Work out when each part leaves, and when the release begins, and write what is different.

    Wall clock and zone decide, so a rule of a zone that changed since is followed.
    """
    parts = list(release.parts.order_by("pk"))
    choices = choices_of(release.draft)
    changed = give(release, parts, choices, offsets_of(release.draft))
    if changed:
        ReleasePart.objects.bulk_update(changed, ["due_at", "window_until"])


def give(
    release: Release,
    parts: Sequence[ReleasePart],
    choices: Choices,
    offsets: Mapping[str, tuple[int, int]],
) -> list[ReleasePart]:
    """Set the times of these parts, unwritten, and return those that got others; write the release's."""
    slot = Slot(release.slot_wall, release.zone)
    begins_at = _begins_at(release, slot, choices)
    if begins_at != release.begins_at:
        Release.objects.filter(pk=release.pk).update(begins_at=begins_at)
        release.begins_at = begins_at
    dues = timing.plan(slot, [part.format for part in parts], choices, offsets, begins_at)
    changed = []
    for part in parts:
        due = dues[part.format]
        if (part.due_at, part.window_until) != (due.at, due.until):
            part.due_at, part.window_until = due.at, due.until
            changed.append(part)
    return changed


def due_of(release: Release, kind: str) -> datetime:
    """Return when an act of this kind is due that is no part: a purge, a ping, a banner."""
    slot = Slot(release.slot_wall, release.zone)
    found = timing.plan(
        slot, [kind], choices_of(release.draft), offsets_of(release.draft), release.due_at
    )
    return found[kind].at


def spread_over_zones(part: ReleasePart, now: datetime) -> None:
    """Give the planned rows of a mail to readers of many zones their times: one UPDATE for each zone."""
    rows = part.deliveries.filter(state=Delivery.State.PLANNED)
    draft = part.release.draft
    choices = choices_of(draft)
    if part.format != timing.MAIL or not choices.by_reader_zone:
        return
    slot, offsets = Slot(part.release.slot_wall, part.release.zone), offsets_of(draft)
    for zone in _zones_in(part):
        at = timing.for_readers_of(zone, slot, choices, offsets)
        of_zone = Contact.objects.filter(pk=OuterRef("contact"), timezone=zone)
        rows.filter(Exists(of_zone)).update(due_at=max(at, now))


def _begins_at(release: Release, slot: Slot, choices: Choices) -> datetime:
    segment = release.draft.segment
    if not choices.by_reader_zone or choices.is_staged or segment is None:
        return slot.instant()
    people = audience.candidates(segment).order_by()
    zones = _known(people.values_list("timezone", flat=True).distinct())
    return slot.instant(zone=timing.first_zone(slot, zones))


def _zones_in(part: ReleasePart) -> list[str]:
    rows = part.deliveries.filter(state=Delivery.State.PLANNED).exclude(contact__timezone="")
    return _known(rows.order_by().values_list("contact__timezone", flat=True).distinct())


def _known(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name in _all_zones())


@cache
def _all_zones() -> frozenset[str]:
    return frozenset(available_timezones())
