"""What posts cost at their place: prices of the passport times what is posted. Pure: values in, value out.

Publishing specification §6. Reading a post back is an act with a price of its own.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from publishing.channels.passport import (
    MEDIA_METADATA,
    POST,
    POST_WITH_LINK,
    READ,
    READ_BACK,
    Passport,
)

LINK = re.compile(r"https?://\S", re.IGNORECASE)
CENT = Decimal("0.01")
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def acts(parts: Sequence[Mapping[str, Any]], images: int, passport: Passport) -> Counter[str]:
    """Return how often each priced act happens when these parts go out, with so many described images."""
    with_link = sum(1 for part in parts if LINK.search(str(part.get("text", ""))))
    found = Counter({POST: len(parts) - with_link, POST_WITH_LINK: with_link})
    if images:
        found[MEDIA_METADATA] = images
    if passport.can(READ_BACK):
        found[READ] = len(parts)
    return found


def price(acts: Mapping[str, int], passport: Passport) -> Decimal:
    """Return what these acts cost; an act without a price is free."""
    return sum((passport.prices.get(act, Decimal(0)) * n for act, n in acts.items()), Decimal(0))


def shown(amount: Decimal, currency: str) -> str:
    """Return an amount to the cent as people read it: "$0.31"."""
    text = f"{amount.quantize(CENT):,}"
    return f"{SIGNS[currency]}{text}" if currency in SIGNS else f"{text} {currency}"


def sentence(issue: Decimal, month: Decimal, passport: Passport) -> str:
    """Return "this issue about $0.31, month $1.24 of $25"."""
    about = shown(issue, passport.currency)
    return f"this issue about {about}, month {month_sentence(month, passport)}"


def month_sentence(month: Decimal, passport: Passport) -> str:
    """Return "$1.24 of $25", without the second where there is no budget."""
    budget = passport.monthly_budget
    spent = shown(month, passport.currency)
    if budget is None:
        return spent
    return f"{spent} of {shown(budget, passport.currency).removesuffix('.00')}"
