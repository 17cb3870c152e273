"""What a release costs at its places: planned from what was sealed, real from the confirmed rows of its ledger.

Publishing specification §6 and platform specification §2 (`/releases/{id}/cost`). Prices are those that the
passports state today; there is no second book.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count

from publishing import accounts, costs, passports
from publishing.channels.passport import Passport
from publishing.models import Delivery, Release, ReleasePart
from publishing.services.costs import described

State = Delivery.State
NO_PRICE = "no price"
NOT_SENT = (State.EXCLUDED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Line:
    """One format on its account. `planned_acts` and `real_acts` are what a price was asked for."""

    format: str
    account: str
    channel: str
    currency: str
    has_prices: bool
    planned: Decimal
    real: Decimal
    planned_acts: Mapping[str, int]
    real_acts: Mapping[str, int]

    @property
    def planned_words(self) -> str:
        return costs.shown(self.planned, self.currency) if self.has_prices else NO_PRICE

    @property
    def real_words(self) -> str:
        return costs.shown(self.real, self.currency) if self.has_prices else NO_PRICE


@dataclass(frozen=True, slots=True)
class Cost:
    """The lines of a release, and their sums by currency: `{currency: (planned, real)}`."""

    lines: Sequence[Line]
    totals: Mapping[str, tuple[Decimal, Decimal]]

    @property
    def sums(self) -> list[tuple[str, str]]:
        """Return planned and real as people read them, for each currency."""
        return [
            (costs.shown(planned, currency), costs.shown(real, currency))
            for currency, (planned, real) in self.totals.items()
        ]


def of(release: Release) -> Cost:
    """Return what this release costs: what was planned of it, and what of it is confirmed."""
    parts = list(release.parts.select_related("account", "seal"))
    known = passports.of_all([part.account for part in parts])
    rows = _rows(release)
    lines = [_line(part, known[part.account.pk], rows[part.pk]) for part in parts]
    totals: dict[str, tuple[Decimal, Decimal]] = {}
    for line in lines:
        if line.has_prices:
            planned, real = totals.get(line.currency, (Decimal(0), Decimal(0)))
            totals[line.currency] = (planned + line.planned, real + line.real)
    return Cost(lines, totals)


def _rows(release: Release) -> dict[int, dict[tuple[int, str], int]]:
    """Return {part: {(number, state): rows}}: one grouped query, however many readers there are."""
    groups = release.deliveries.order_by().values_list("part_of", "part", "state")
    found: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for part, number, state, count in groups.annotate(count=Count("pk")):
        found[part][number, state] = count
    return found


def _line(part: ReleasePart, passport: Passport, rows: Mapping[tuple[int, str], int]) -> Line:
    channel = accounts.plan_of(part.account)
    pieces = list(channel.parts(json.loads(part.seal.body)))
    images = described(json.loads(part.seal.content).get("media") or ())
    if channel.takes_recipients:
        sent = sum(count for (_, state), count in rows.items() if state == State.CONFIRMED)
        left = sum(count for (_, state), count in rows.items() if state not in NOT_SENT)
        expected = left if rows else part.seal.audience_count or 0
        one = costs.acts(pieces, images, passport)
        planned = Counter({act: n * expected for act, n in one.items()})
        real = Counter({act: n * sent for act, n in one.items()})
    else:
        done = {number for number, state in rows if state == State.CONFIRMED}
        out = [piece for number, piece in enumerate(pieces, start=1) if number in done]
        planned = costs.acts(pieces, images, passport)
        real = costs.acts(out, images if 1 in done else 0, passport)
    return Line(
        format=part.format,
        account=part.account.name,
        channel=part.account.channel,
        currency=passport.currency,
        has_prices=bool(passport.prices),
        planned=costs.price(planned, passport),
        real=costs.price(real, passport),
        planned_acts={act: n for act, n in planned.items() if n},
        real_acts={act: n for act, n in real.items() if n},
    )
