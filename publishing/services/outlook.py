"""What people should know before a draft leaves: closed days, collisions, order, and the week's rhythm.

Warnings keep nobody from anything; a blackout does (`blackout`). Source: publishing specification §2.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from content.models import Draft
from halcytone.lib import zones
from publishing import accounts, slots, timing
from publishing.models import Account, ClosedDay, Release, ReleasePart, WeeklyTarget
from publishing.services import timing as times
from publishing.timing import Due, Slot

Status = Release.Status
COMING = (Status.PLANNED, Status.RELEASING, Status.HELD, Status.LATE)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing to know. `code` is its kind, `text` the sentence for people."""

    code: str
    text: str


def warnings(draft: Draft) -> list[Warned]:
    """Return what to know about when this draft leaves; [] without a slot."""
    if not draft.slot_wall:
        return []
    dues = due(draft)
    return [
        *_closed(draft, dues),
        *_collisions(draft, dues),
        *_order(dues),
        *_rhythm(draft),
    ]


def due(draft: Draft) -> Mapping[str, Due]:
    """Return {format: Due} as its slot, its rhythm and its roll-out say now."""
    slot, choices = Slot(draft.slot_wall, draft.zone), times.choices_of(draft)
    begins_at = slot.instant()
    return timing.plan(slot, draft.formats, choices, times.offsets_of(draft), begins_at)


def blackout(release: Release, now: datetime) -> str:
    """Return why nothing may leave on this day; "" when it may. The day is that of the release's zone."""
    today = zones.local(now, release.zone).date()
    rows = ClosedDay.objects.filter(kind=ClosedDay.Kind.BLACKOUT, first__lte=today, last__gte=today)
    row = rows.first()
    return f"Nothing leaves on {today:%d %B %Y}: {row}." if row else ""


def week(type: str, around: datetime, zone: str) -> int:
    """Return how many drafts of this type go out, or went, in the week (from Monday) of an instant."""
    here = zones.local(around, zone)
    monday = (here - timedelta(days=here.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    rows = Release.objects.filter(draft__type=type, is_dry=False).exclude(status=Status.CANCELLED)
    span = (monday, monday + timedelta(days=7))
    return rows.filter(due_at__gte=span[0], due_at__lt=span[1]).values("draft").distinct().count()


def _closed(draft: Draft, dues: Mapping[str, Due]) -> Iterator[Warned]:
    days = sorted({zones.local(each.at, draft.zone).date() for each in dues.values()})
    for day in days:
        for row in ClosedDay.objects.filter(first__lte=day, last__gte=day):
            is_closed = row.kind == ClosedDay.Kind.BLACKOUT
            said = "nothing leaves on this day" if is_closed else "it is a holiday"
            yield Warned(row.kind, f"{day:%A, %d %B %Y}: {said} ({row}).")


def _collisions(draft: Draft, dues: Mapping[str, Due]) -> Iterator[Warned]:
    """Warn about other releases through the same account within the hour."""
    senders = _senders(draft)
    for format, when in dues.items():
        account = senders.get(format)
        others = ReleasePart.objects.filter(
            account=account,
            release__status__in=COMING,
            release__is_dry=False,
            due_at__gt=when.at - HOUR,
            due_at__lt=when.at + HOUR,
        ).exclude(release__draft=draft)
        for other in others.select_related("release__draft") if account else ():
            at = zones.local(other.due_at or other.release.due_at, draft.zone)
            text = (
                f"{account} also sends “{other.release.draft}” at {at:%H:%M}, within the same hour."
            )
            yield Warned("collision", text)


def _senders(draft: Draft) -> dict[str, Account | None]:
    chosen = dict(draft.renditions.values_list("format", "account"))
    wanted = [(format, chosen.get(format, "")) for format in draft.formats]
    return dict(zip(draft.formats, accounts.find_all(wanted), strict=True))


def _order(dues: Mapping[str, Due]) -> Iterator[Warned]:
    page = dues.get(timing.WEB)
    early = [name for name, each in dues.items() if page and each.at < page.at]
    if early:
        text = f"{', '.join(early)} would leave before the page; what links to it waits for it."
        yield Warned("before_page", text)


def _rhythm(draft: Draft) -> Iterator[Warned]:
    target = WeeklyTarget.objects.filter(type=draft.type).first()
    if target is None or draft.is_dry:
        return
    at = slots.instant(draft.slot_wall, draft.zone)
    is_counted = draft.releases.exclude(status=Status.CANCELLED).exists()
    count = week(draft.type, at, draft.zone) + (not is_counted)
    if count > target.most:
        text = f"It would be number {count} of its kind in this week; the target is {target.least} to {target.most}."
        yield Warned("rhythm", text)
