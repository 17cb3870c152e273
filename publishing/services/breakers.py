"""The breaker of each account, shared by all workers: a place that is not well is left alone.

It opens after five failures in a row, lets one row through as a probe after a minute, closes after three
answers, and waits twice as long after each failed probe, up to ten minutes. A refusal is an answer. While
it is open rows stay planned, with the due date they had (publishing specification §5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from publishing.models import Account, Breaker
from publishing.services.outcomes import Outcome

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Watch:
    """What one worker meets on its way through one claim, after what all workers have met before.

    `met` has one outcome for each call, `asked` counts the messages of these calls.
    """

    misses: int
    asked: int = 0
    met: list[Outcome] = field(default_factory=list)

    def see(self, call: Sequence[Outcome]) -> None:
        """Note the outcomes of one call: it failed if none of its messages was answered."""
        asked = [outcome for outcome in call if outcome.is_miss is not None]
        self.asked += len(asked)
        if asked:
            self.met.append(min(asked, key=lambda outcome: bool(outcome.is_miss)))
            self.misses = self.misses + 1 if self.met[-1].is_miss else 0

    @property
    def is_well(self) -> bool:
        """Tell whether the next message may follow."""
        return self.misses < Breaker.OPENS_AFTER


def is_closed(account: Account, now: datetime) -> bool:
    """Tell whether rows of this account may go at this instant, if only as probes."""
    return not Breaker.objects.filter(account=account, opens_until__gt=now).exists()


def allowance(worker: str, account: Account, wanted: int, now: datetime) -> int:
    """Return how many rows may be claimed: all wanted, none while it is open, or one as a probe."""
    row = Breaker.objects.filter(account=account, opens_until__isnull=False).first()
    if row is None:
        return wanted
    if row.is_open(now) or wanted < 1:
        return 0
    is_free = Q(probe_until__isnull=True) | Q(probe_until__lt=now)
    rows = Breaker.objects.filter(is_free, account=account, opens_until__lte=now)
    until = now + timedelta(seconds=settings.LEASE_S)
    return rows.update(probe_by=worker, probe_until=until)


def put_back(worker: str, account: Account) -> None:
    """Give up a probe that nothing was sent for, so that the next row may be it."""
    rows = Breaker.objects.filter(account=account, probe_by=worker).exclude(probe_by="")
    rows.update(probe_by="", probe_until=None)


def watch(account: Account) -> Watch:
    """Return what a worker starts from: a probe is one failure away from opening it again."""
    row = Breaker.objects.filter(account=account).first() or Breaker()
    return Watch(row.misses if row.is_closed else Breaker.OPENS_AFTER - 1)


@transaction.atomic
def seen(account: Account, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Note what came of messages, in the order in which they were sent."""
    found = [outcome.is_miss for outcome in outcomes if outcome.is_miss is not None]
    rows = Breaker.objects.filter(account=account)
    if not any(found) and not rows.exclude(opens_until__isnull=True, misses=0).exists():
        return
    rows.get_or_create(account=account)
    row = rows.select_for_update().get()
    was_closed, until = row.is_closed, row.opens_until
    for is_miss in found:
        row.miss(now) if is_miss else row.answer(now)
    row.save()
    if row.opens_until != until:
        event = "breaker_closed" if row.is_closed else "breaker_opened"
        log.warning(event, account=account.pk, wait_s=row.wait_s, is_first=was_closed)
