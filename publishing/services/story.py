"""Everything that happened between the press and one reader, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.utils import timezone

from publishing.models import Delivery
from publishing.rebuilt import MOVED
from segmentation.models import Contact
from segmentation.services import suppressions

State = Delivery.State
MOST = 500  # deliveries of one page; a weekly letter makes ten years of them
#: What left, or may have: of these rows a mail can be made anew.
LEFT = (State.HANDED_OVER, State.CONFIRMED, State.UNCERTAIN, State.FAILED)


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `tone` is "ok", "bad" or ""."""

    at: datetime
    what: str
    tone: str = ""
    detail: str = ""
    delivery: Delivery | None = None


def of(contact: Contact) -> list[Moment]:
    """Return the moments of a reader, newest first: consent, suppression, and the last MOST deliveries."""
    told = chain(_answers(contact), _stops(contact), *map(_delivery, _deliveries(contact)))
    return sorted(told, key=lambda moment: moment.at, reverse=True)


def remember_address(contact: Contact, old: str) -> None:
    """Keep, beside what was handed over to a reader, the address of then; she has another one now."""
    now = timezone.now().isoformat()
    rows = list(contact.deliveries.filter(handed_over_at__isnull=False, state__in=LEFT))
    for row in rows:
        row.merge = {**row.merge, MOVED: [*row.merge.get(MOVED, []), [now, old]]}
    Delivery.objects.bulk_update(rows, ["merge"], batch_size=500)


def _deliveries(contact: Contact) -> Sequence[Delivery]:
    rows = contact.deliveries.select_related("release__draft", "part_of", "account")
    return list(rows.prefetch_related("events__by").order_by("-pk")[:MOST])


def _answers(contact: Contact) -> Iterator[Moment]:
    for row in contact.consents.all():
        words = "She said yes" if row.is_given else "She said no"
        scope = f"{row.get_purpose_display()}, {row.channel}"
        detail = f"{scope}, list {row.list}" if row.list else scope
        tone = "ok" if row.is_given else "bad"
        yield Moment(row.at, words, tone, f"{detail}. {row.get_source_display()}")


def _stops(contact: Contact) -> Iterator[Moment]:
    for row in suppressions.of(contact):
        yield Moment(row.created_at, f"Not written to: {row.get_reason_display()}", "bad", row.note)


def _delivery(row: Delivery) -> Iterator[Moment]:
    title = row.release.draft.title
    if row.state == State.EXCLUDED:
        yield Moment(row.changed_at, f"Left out of “{title}”", "", row.get_reason_display(), row)
    if row.handed_over_at:
        yield Moment(row.handed_over_at, f"“{title}” was handed over", "", str(row.account), row)
    if row.confirmed_at:
        yield Moment(row.confirmed_at, f"“{title}” was taken", "ok", row.provider_id, row)
    if row.state in (State.UNCERTAIN, State.FAILED):
        yield Moment(
            row.changed_at, f"“{title}”: {row.get_state_display().lower()}", "bad", row.error, row
        )
    for event in row.events.all():
        by = f"{event.by}: " if event.by else ""
        words = event.kind.replace("_", " ").capitalize()
        yield Moment(event.at, words, "", f"{by}{event.detail}", row)
