"""A row of the ledger as its message and its outcome need it; many are read at once, so no model is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from publishing.models import Delivery

FIELDS = (
    *("pk", "release_id", "part_of_id", "target", "part", "merge", "attempts", "handed_over_at"),
    *("idempotency_key", "contact_id", "contact__email", "waits_for__provider_id"),
)


@dataclass(slots=True)
class Act:
    """One act towards the outside.

    `before` is the provider's id of the part before, or "". `following` is the address of the mail that
    goes out next on the same line, where one does.
    """

    pk: int
    release_id: int
    part_of_id: int
    target: str
    part: int
    merge: Mapping[str, Any]
    attempts: int
    handed_over_at: datetime | None
    key: str
    contact_id: int | None
    email: str | None
    before: str | None
    following: str = ""


def read(rows: QuerySet[Delivery]) -> list[Act]:
    """Return these rows, in one query that also reads addresses and predecessors."""
    return [Act(*row) for row in rows.values_list(*FIELDS)]


def of(row: Delivery) -> Act:
    """Return what `read` would of a row whose contact and predecessor are loaded."""
    return Act(
        pk=row.pk,
        release_id=row.release_id,
        part_of_id=row.part_of_id,
        target=row.target,
        part=row.part,
        merge=row.merge,
        attempts=row.attempts,
        handed_over_at=row.handed_over_at,
        key=row.idempotency_key,
        contact_id=row.contact_id,
        email=row.contact.email if row.contact else None,
        before=row.waits_for.provider_id if row.waits_for else None,
    )
