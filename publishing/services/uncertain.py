"""What may or may not have left, gathered by the call whose answer was lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction

from halcytone.lib import rights
from halcytone.lib.errors import WrongState
from halcytone.lib.gathering import gathering
from publishing.models import Delivery
from publishing.services import deliveries

MOST = (
    2_000  # rows of one page; a lost call has 1 to 100, a killed worker leaves at most its batches
)


@dataclass(frozen=True, slots=True)
class Call:
    """Rows that one call carried, or that one worker had under way: looked up together, settled together."""

    rows: Sequence[Delivery]

    @property
    def first(self) -> Delivery:
        return self.rows[0]

    @property
    def at(self) -> datetime | None:
        return self.first.handed_over_at

    @property
    def is_mail(self) -> bool:
        return self.first.contact_id is not None

    @property
    def ids(self) -> str:
        return ",".join(str(row.pk) for row in self.rows)


def calls() -> list[Call]:
    """Return the uncertain rows by lost call, the oldest first; at most MOST rows."""
    rows = Delivery.objects.filter(state=Delivery.State.UNCERTAIN)
    rows = rows.select_related("release__draft", "part_of", "account", "contact")
    ordered = rows.order_by("handed_over_at", "account", "part_of", "error_code", "pk")[:MOST]
    return list(_grouped(list(ordered)))


def count() -> int:
    """Return how many rows are uncertain."""
    return Delivery.objects.filter(state=Delivery.State.UNCERTAIN).count()


@transaction.atomic
@gathering()
def settle(ids: Sequence[int], *, by: rights.Actor, answer: str, reason: str) -> list[Delivery]:
    """Settle the rows of lost calls with one answer and one reason.

    Raises what `deliveries.settle` raises, and WrongState for more than MOST rows and for one that is
    not there; then none is settled.
    """
    if len(ids) > MOST:
        raise WrongState(f"At most {MOST:,} rows are settled at once. Choose fewer calls.")
    rows = list(Delivery.objects.filter(pk__in=ids).order_by("pk"))
    if len(rows) != len(set(ids)) or not rows:
        raise WrongState("Some of these rows are not there any more. Look at them again.")
    return deliveries.settle_together(rows, by=by, answer=answer, reason=reason)


def _grouped(rows: Sequence[Delivery]) -> Iterator[Call]:
    def call(row: Delivery) -> tuple[object, ...]:
        own = row.pk if row.contact_id is None else 0
        return (row.handed_over_at, row.account_id, row.part_of_id, row.error_code, own)

    for _, group in groupby(rows, call):
        yield Call(list(group))
