"""Telling people in time that a version or a token ends: 30, 14, 7 and 1 days before, and after it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from halcytone.lib.notices.telling import tell
from publishing.models import Account
from publishing.services.connections import keepers, who_connects
from publishing.services.passports import WARN_DAYS, ends, rows_of

WHAT = {"sunset": "The version of its API", "token": "The token"}


def warn(now: datetime) -> int:
    """Tell those who look after an account what of it ends; each of the days once. Returns how many ends."""
    rows = list(Account.objects.filter(is_enabled=True))
    kept, told = rows_of(rows), 0
    for account in rows:
        known = kept[account.pk]
        for what, end in ends(known.passport, known.token).items():
            days = (_day(end) - _day(now)).days
            mark = next((mark for mark in sorted((0, *WARN_DAYS)) if days <= mark), None)
            if mark is not None:
                _tell(account, what, end, days, mark)
                told += 1
    return told


def _tell(account: Account, what: str, end: date, days: int, mark: int) -> None:
    when = "has ended" if days < 0 else "ends today" if not days else f"ends in {days} days"
    tell(
        "expiry" if mark > 1 else "no_go",
        event=f"account:{account.pk}:{what}:{_day(end)}:{mark}",
        to=keepers(account),
        by=None,
        subject=f"{account}: {WHAT[what].lower()} {when}",
        text=f"{WHAT[what]} of {account} ends on {_day(end):%-d %B %Y}. After it nothing of this "
        f"channel goes out. {who_connects(account)}",
        path=reverse("publishing:account", args=[account.pk]),
    )


def _day(moment: date) -> date:
    """Return the day on the desk's clock."""
    if isinstance(moment, datetime):
        return moment.astimezone(ZoneInfo(settings.DEFAULT_ZONE)).date()
    return moment
