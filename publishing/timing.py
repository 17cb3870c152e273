"""When each part of a release leaves. Pure: a slot and what people chose in, instants (UTC) out.

Source: publishing specification §2, windows and options per release.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from halcytone.lib import zones
from publishing.slots import WALL

WEB, MAIL = "web", "newsletter"
NETWORKS = ("x", "linkedin", "facebook", "instagram")
#: Of the weekly rhythm: kind → (seconds after the slot, seconds that its window is open).
WEEKLY: Mapping[str, tuple[int, int]] = {
    WEB: (0, 60),
    MAIL: (0, 300),
    **dict.fromkeys(("banner", "sitemap", "ping", "purge"), (300, 300)),
    **dict.fromkeys(NETWORKS, (600, 300)),
}
#: Days after the first, of a staged roll-out; the networks are first.
STAGED = {WEB: 1, MAIL: 2}
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slot:
    """A wall-clock time of a zone."""

    wall: str  # "YYYY-MM-DDTHH:MM"
    zone: str

    def instant(self, *, days: int = 0, zone: str = "") -> datetime:
        """Return the instant of its wall clock so many days later, in its own or another zone."""
        moment = datetime.strptime(self.wall, WALL) + days * DAY  # noqa: DTZ007 - a wall clock
        return zones.instant(moment, zone or self.zone)


@dataclass(frozen=True, slots=True)
class Choices:
    """What people chose for one release. `windows` is {kind: ("09:00", "17:30")} on the slot's clock."""

    is_staged: bool = False
    stagger_min: int = 0
    by_reader_zone: bool = False
    windows: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """When one part leaves, and when its window closes (None: it has none)."""

    at: datetime
    until: datetime | None


def plan(
    slot: Slot,
    kinds: Sequence[str],
    choices: Choices,
    offsets: Mapping[str, tuple[int, int]],
    begins_at: datetime,
) -> dict[str, Due]:
    """Return {kind: Due} for the parts of a release.

    `offsets` is {kind: (seconds after the slot, seconds open)}. `begins_at` is when the first reader's
    slot comes: the page is up by then, since mails lead to it.
    """
    spread = _spread(kinds, choices.stagger_min)
    found = {}
    for kind in kinds:
        after_s, window_s = offsets.get(kind, (0, 0))
        at = slot.instant(days=STAGED.get(kind, 0) if choices.is_staged else 0)
        if kind == WEB and choices.by_reader_zone and not choices.is_staged:
            at = min(at, begins_at)
        at += timedelta(seconds=after_s) + spread.get(kind, timedelta())
        until = at + timedelta(seconds=window_s) if window_s else None
        found[kind] = _within(Due(at, until), slot.zone, choices.windows.get(kind))
    return found


def for_readers_of(
    zone: str, slot: Slot, choices: Choices, offsets: Mapping[str, tuple[int, int]]
) -> datetime:
    """Return when the mail to readers of this zone leaves: at the slot's wall clock of theirs."""
    days = STAGED[MAIL] if choices.is_staged else 0
    at = slot.instant(days=days, zone=zone) + timedelta(seconds=offsets.get(MAIL, (0, 0))[0])
    return _within(Due(at, None), zone, choices.windows.get(MAIL)).at


def first_zone(slot: Slot, known: Iterable[str]) -> str:
    """Return the zone in which the wall clock of the slot comes first; the slot's own among them."""
    return min([slot.zone, *known], key=lambda zone: (slot.instant(zone=zone), zone))


def _spread(kinds: Sequence[str], stagger_min: int) -> dict[str, timedelta]:
    """Return how much later each network goes, so that they are spread evenly over these minutes."""
    networks = [kind for kind in kinds if kind in NETWORKS]
    step = timedelta(minutes=stagger_min) / max(len(networks) - 1, 1)
    return {kind: place * step for place, kind in enumerate(networks)}


def _within(due: Due, zone: str, window: Sequence[str] | None) -> Due:
    """Move a part that falls outside its send window to when it opens next; it closes with it."""
    if not window:
        return due
    opens, closes = (time.fromisoformat(each) for each in window)
    here = due.at.astimezone(ZoneInfo(zone))
    on = here.date() + (DAY if here.time() >= closes else timedelta())
    at = max(due.at, zones.instant(datetime.combine(on, opens), zone))
    closing = zones.instant(datetime.combine(on, closes), zone)
    is_kept = due.until is not None and at == due.at
    return Due(at.astimezone(UTC), min(due.until or closing, closing) if is_kept else closing)
