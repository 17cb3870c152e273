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
from publishing import accounts, costs
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
    return _price(content, images, accounts.plan_of(account), passport)


def month(account: Account, passport: Passport, now: datetime) -> Decimal:
    """Return what went out through this account has cost since the first of the desk's month.

    Counted from the confirmed rows of the ledger, with the prices of today.
    """
    if not passport.prices:
        return Decimal(0)
    rows = Delivery.objects.filter(
        account=account, state=Delivery.State.CONFIRMED, confirmed_at__gte=month_start(now)
    )
    numbers: dict[int, list[int]] = defaultdict(list)
    for part_id, number in rows.values_list("part_of_id", "part"):
        numbers[part_id].append(number)
    parts = ReleasePart.objects.select_related("seal").in_bulk(numbers)
    channel = accounts.plan_of(account)
    return sum(
        (
            _price(json.loads(part.seal.body), _images(part), channel, passport, numbers[pk])
            for pk, part in parts.items()
        ),
        Decimal(0),
    )


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
