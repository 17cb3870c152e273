"""From a notification to the ways that lead to its person, by what she chose."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from halcytone.lib.notices import channels, digests, events
from halcytone.lib.notices.models import Dispatch, Notification, Preferences

SLICE = 200


def route(now: datetime) -> int:
    """Make the dispatches of what was told since the last time; return how many notifications."""
    done = 0
    while count := _route_slice(now):
        done += count
    return done


@transaction.atomic
def _route_slice(now: datetime) -> int:
    rows = Notification.objects.filter(routed_at__isnull=True).select_related("person")
    # of two workers, one takes the rows that the other has not locked
    can_skip = connection.features.has_select_for_update_skip_locked
    found = list(rows.select_for_update(of=("self",), skip_locked=can_skip).order_by("pk")[:SLICE])
    people = {row.person_id for row in found}
    wishes = {each.person_id: each for each in Preferences.objects.filter(person__in=people)}
    ways = channels.open_ways()
    plain = Preferences()
    Dispatch.objects.bulk_create(
        dispatch
        for row in found
        for dispatch in dispatches(row, wishes.get(row.person_id, plain), ways, now)
    )
    hidden = [row.pk for row in found if _is_hidden(row, wishes.get(row.person_id, plain))]
    Notification.objects.filter(pk__in=hidden).update(on_desk=False)
    Notification.objects.filter(pk__in=[row.pk for row in found]).update(routed_at=now)
    return len(found)


def dispatches(
    row: Notification, wish: Preferences, ways: Sequence[str], now: datetime
) -> Iterator[Dispatch]:
    """Yield how a notification travels. Nobody who has left is written to."""
    if not row.person.is_active or row.person.is_service:
        return
    for channel in ways:
        choice = events.chosen(wish.choices, row.kind, channel, is_now=row.is_now)
        if choice == events.OFF or (channel == events.MAIL and not row.person.email):
            continue
        if choice == events.DIGEST:
            zone = row.person.zone or settings.DEFAULT_ZONE
            due_at = digests.next_at(now, zone, wish.digest)
            bundle = f"digest:{row.person_id}:{due_at:%Y-%m-%dT%H:%MZ}"
        else:
            due_at = now
            is_slack = channel == events.SLACK
            bundle = f"slack:{row.event}" if is_slack else f"mail:{row.pk}"
        yield Dispatch(notification=row, channel=channel, bundle=bundle, due_at=due_at)


def _is_hidden(row: Notification, wish: Preferences) -> bool:
    choice = events.chosen(wish.choices, row.kind, events.DESK, is_now=row.is_now)
    return choice == events.OFF
