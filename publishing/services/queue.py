"""The one query of what is due. Releases and parts are few and asked first; rows are many."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from halcytone.lib import statements
from publishing.models import Account, Delivery, Release, ReleasePart
from publishing.services import presses

#: How long mails and posts wait for the page that they link to (publishing specification §2).
PAGE_WINDOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a running release, of which rows may be worked on."""

    pk: int
    release: int
    account: int
    is_page: bool
    prepared_at: datetime


def running_parts() -> QuerySet[ReleasePart]:
    """Return the parts that may leave now: of running releases, not refused, not stopped."""
    return ReleasePart.objects.filter(
        ~presses.stopped(),
        release__status=Release.Status.RELEASING,
        release__is_dry=False,
        refusal="",
        account__is_enabled=True,
    ).order_by()


def running() -> list[Part]:
    """Return what is asked of these parts before their rows are."""
    fields = ("pk", "release", "account", "format", "release__prepared_at")
    return [
        Part(pk, release, account, format == "web", prepared_at)
        for pk, release, account, format, prepared_at in running_parts().values_list(*fields)
    ]


def due_accounts(now: datetime) -> list[Account]:
    """Return the accounts with rows that are due, in the order of their keys."""
    ready = _ready(now)
    accounts = Account.objects.filter(pk__in={part.account for part in ready}).order_by("key")
    return [account for account in accounts if _of_parts(ready, account, now).exists()]


def due(account: Account, now: datetime) -> QuerySet[Delivery]:
    """Return what this account may hand over now: running, not stopped, its predecessor confirmed."""
    return _of_parts(_ready(now), account, now)


def _of_parts(ready: Sequence[Part], account: Account, now: datetime) -> QuerySet[Delivery]:
    """Return what an account may hand over of these parts."""
    parts = [part.pk for part in ready if part.account == account.pk]
    is_free = Q(waits_for__isnull=True) | Q(waits_for__state=Delivery.State.CONFIRMED)
    rows = Delivery.objects.filter(
        is_free, account=account, state=Delivery.State.PLANNED, due_at__lte=now
    )
    return statements.among(rows, "publishing_delivery.part_of_id", parts)


def _ready(now: datetime) -> list[Part]:
    """Return the parts whose turn it is: the page first, for as long as its window."""
    parts = running()
    waited_for = _open_pages({part.release for part in parts if not part.is_page}, now)
    return [
        part
        for part in parts
        if part.is_page or part.release not in waited_for or part.prepared_at <= now - PAGE_WINDOW
    ]


def _open_pages(releases: Collection[int], now: datetime) -> set[int]:
    """Return those of these releases whose page has begun and is still on its way, or stopped."""
    if not releases:
        return set()
    pages = ReleasePart.objects.filter(release__in=releases, format="web", refusal="")
    ids = list(pages.values_list("pk", flat=True))
    rows = Delivery.objects.open().filter(part_of__in=ids)
    has_begun = Q(due_at__lte=now) | Q(attempts__gt=0)
    return set(rows.filter(has_begun).values_list("release", flat=True))
