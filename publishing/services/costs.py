"""What the posts of an account have cost this month, and what a rendition would cost: counted from rows."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from content.models import Rendition
from publishing import accounts as plans
from publishing import costs
from publishing.channels.base import Channel
from publishing.channels.passport import Passport
from publishing.models import Account, Delivery, ReleasePart


@dataclass(frozen=True, slots=True)
class Cost:
    """What one rendition would cost on its account, and where that leaves the month."""

    issue: Decimal
    month: Decimal
    currency: str
    budget: Decimal | None
    sentence: str

    @property
    def is_over(self) -> bool:
        return self.budget is not None and self.month + self.issue > self.budget


def of_rendition(
    rendition: Rendition, account: Account, passport: Passport, now: datetime
) -> Cost | None:
    """Return what this rendition would cost; None where nothing has a price."""
    if not passport.prices:
        return None
    content = json.loads(rendition.body)
    issue = of_content(content, described(rendition.media), account, passport)
    spent = month(account, passport, now)
    return Cost(
        issue,
        spent,
        passport.currency,
        passport.monthly_budget,
        costs.sentence(issue, spent, passport),
    )


def of_content(
    content: Mapping[str, Any], images: int, account: Account, passport: Passport
) -> Decimal:
    """Return what this content would cost on this account, with so many described images."""
    return _price(content, images, plans.plan_of(account, passport), passport)


def month(account: Account, passport: Passport, now: datetime) -> Decimal:
    """Return what went out through this account has cost since the first of the desk's month.

    Counted from the confirmed rows of the ledger, with the prices of today.
    """
    return months([account], {account.pk: passport}, now)[account.pk]


def months(
    accounts: Iterable[Account], known: Mapping[int, Passport], now: datetime
) -> dict[int, Decimal]:
    """Return `month` of each of these accounts by id, in two statements. `known`: their passports."""
    rows = {account.pk: account for account in accounts}
    priced = [pk for pk in rows if known[pk].prices]
    sent = Delivery.objects.filter(
        account__in=priced, state=Delivery.State.CONFIRMED, confirmed_at__gte=month_start(now)
    )
    numbers: dict[tuple[int, int], list[int]] = defaultdict(list)
    for pk, part_id, number in sent.values_list("account_id", "part_of_id", "part"):
        numbers[pk, part_id].append(number)
    parts = ReleasePart.objects.select_related("seal").in_bulk({part_id for _, part_id in numbers})
    found = dict.fromkeys(rows, Decimal(0))
    channels = {pk: plans.plan_of(rows[pk], known[pk]) for pk, _ in numbers}
    for (pk, part_id), wanted in numbers.items():
        part = parts[part_id]
        content, images = json.loads(part.seal.body), _images(part)
        found[pk] += _price(content, images, channels[pk], known[pk], wanted)
    return found


def month_start(now: datetime) -> datetime:
    """Return when the month began on the desk's clock."""
    local = now.astimezone(ZoneInfo(settings.DEFAULT_ZONE))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def described(media: Iterable[Mapping[str, Any]]) -> int:
    """Return how many of these images have an alt text, which a place may ask money for."""
    return sum(1 for image in media if image.get("alt"))


def _images(part: ReleasePart) -> int:
    return described(json.loads(part.seal.content).get("media") or ())


def _price(
    content: Mapping[str, Any],
    images: int,
    channel: Channel,
    passport: Passport,
    numbers: Sequence[int] | None = None,
) -> Decimal:
    """Return the price of these parts of a content (1-based), of all of them without numbers.

    The images go with the first part.
    """
    parts = list(enumerate(channel.parts(content), start=1))
    wanted = [part for number, part in parts if numbers is None or number in numbers]
    images = images if numbers is None or 1 in numbers else 0
    return costs.price(costs.acts(wanted, images, passport), passport)
