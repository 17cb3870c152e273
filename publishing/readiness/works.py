"""Are the machines at work, and is nothing in the way?"""

import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min
from django.urls import reverse
from django.utils import timezone

from halcytone.lib import rights
from publishing import passports
from publishing.models import Account, Delivery, Stop
from publishing.readiness.base import GO, NO_GO, WARNING, Area, Finding, Subject
from publishing.services import breakers, heartbeats, installation, outlook, pace, queue

QUEUE_AGE_S = 60
DISK_FULL = 0.90
SKEW_S = 2.0
OPERATOR = "Whoever runs this installation."


class Works(Area):
    name = "works"
    title = "Works"

    def findings(self, subject: Subject) -> Iterator[Finding]:
        yield self._workers(subject.now)
        yield self._queue(subject.now)
        yield self._disk()
        yield self._clock()
        yield self._lease()
        yield from self._breakers(subject)
        yield from self._stops(subject)
        yield from self._days(subject)

    def _workers(self, now: datetime) -> Finding:
        age_s = heartbeats.age_s(now)
        if age_s is None or age_s >= heartbeats.STALE_S:
            seen = "never" if age_s is None else f"{age_s:.0f} s ago"
            said = f"No worker is at work: one was seen {seen}."
            return Finding("workers", NO_GO, said, who=OPERATOR)
        return Finding("workers", GO, f"A worker was seen {max(age_s, 0):.0f} s ago.")

    def _queue(self, now: datetime) -> Finding:
        """Say how long something due has waited while nothing of its account left; pace is no delay."""
        path = f"{reverse('publishing:ledger')}?state=planned"
        parts: dict[int, list[int]] = {}
        for part in queue.running():
            parts.setdefault(part.account, []).append(part.pk)
        accounts = Account.objects.in_bulk(list(parts))
        age_s = max((_waits_s(accounts[pk], ids, now) for pk, ids in parts.items()), default=0.0)
        if age_s > QUEUE_AGE_S:
            said = f"What is due waits for {age_s:.0f} s already."
            return Finding("queue", NO_GO, said, who=OPERATOR, path=path)
        return Finding("queue", GO, "Nothing that is due waits for long.", path=path)

    def _disk(self) -> Finding:
        usage = shutil.disk_usage(settings.HALCYTONE_HOME)
        share = 1 - usage.free / usage.total
        said = f"The disk is {share:.0%} full."
        if share > DISK_FULL:
            return Finding("disk", NO_GO, said, who=OPERATOR)
        return Finding("disk", GO, said)

    def _clock(self) -> Finding:
        """Compare the clock of this machine with the database's, which all machines share."""
        if connection.vendor != "postgresql":
            return Finding("clock", GO, "One machine, one clock.")
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            skew_s = abs((cursor.fetchone()[0] - timezone.now()).total_seconds())
        said = f"The clocks of this machine and the database are {skew_s:.1f} s apart."
        return Finding(
            "clock", NO_GO if skew_s > SKEW_S else GO, said, who=OPERATOR if skew_s > SKEW_S else ""
        )

    def _lease(self) -> Finding:
        path = reverse("publishing:installation")
        if why := installation.why_not():
            return Finding("lease", NO_GO, why, path=path)
        return Finding("lease", GO, "This machine holds the installation.", path=path)

    def _breakers(self, subject: Subject) -> Iterator[Finding]:
        accounts = {leg.account.pk: leg.account for leg in subject.legs if leg.account}
        wrong = [each for each in accounts.values() if not breakers.is_closed(each, subject.now)]
        for account in wrong:
            said = f"The place of {account} is not well: its breaker is open, rows wait."
            yield Finding(
                "breaker", NO_GO, said, account.key, OPERATOR, reverse("publishing:accounts")
            )
        if not wrong:
            yield Finding("breaker", GO, "No account is left alone for being unwell.")

    def _stops(self, subject: Subject) -> Iterator[Finding]:
        path = reverse("publishing:releases")
        who = rights.who_may("publishing.lift_stop")
        accounts = {leg.account.pk: leg.account for leg in subject.legs if leg.account}
        channels = {account.channel for account in accounts.values()}
        open_stops = [
            stop
            for stop in Stop.objects.filter(lifted_at=None)
            if stop.scope == Stop.Scope.EVERYTHING
            or stop.channel in channels
            or stop.account_id in accounts
            or (subject.release and stop.release_id == subject.release.pk)
        ]
        for stop in open_stops:
            said = f"The presses are stopped ({stop.get_scope_display()}): {stop.reason}"
            yield Finding("stop", NO_GO, said, who=who, path=path)
        if not open_stops:
            yield Finding("stop", GO, "Nothing is stopped.", path=path)

    def _days(self, subject: Subject) -> Iterator[Finding]:
        path = reverse("publishing:cadences")
        if (
            subject.release
            and subject.at
            and (why := outlook.blackout(subject.release, subject.at))
        ):
            yield Finding(
                "blackout", NO_GO, why, who=rights.who_may("publishing.change_cadence"), path=path
            )
        for warned in outlook.warnings(subject.draft):
            if warned.code != "blackout":
                yield Finding(warned.code, WARNING, warned.text, path=path)


def _waits_s(account: Account, parts: Sequence[int], now: datetime) -> float:
    rows = Delivery.objects.filter(part_of__in=parts)
    due = rows.filter(state=Delivery.State.PLANNED, attempts=0, waits_for=None, due_at__lte=now)
    since = due.aggregate(oldest=Min("due_at"))["oldest"]
    spent = pace.spent(account, passports.of(account), now)
    if since is None or any(each.used >= each.limit for each in spent):
        return 0.0
    last = rows.aggregate(last=Max("handed_over_at"))["last"]
    return float((now - max(since, last or since)).total_seconds())
