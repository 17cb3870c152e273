"""The rows of a release, made at its slot: one for each candidate, each part of a thread, each page."""

import json
from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from publishing import accounts, keys
from publishing.models import Delivery, ReleasePart
from publishing.services import ledger
from segmentation import audience

PAST = Delivery.Reason.PAST_RECIPIENT
CHECKED_AT_ONCE = 5000  # contacts asked about in one query


def prepare(part: ReleasePart, now: datetime) -> None:
    """Make the deliveries of a part, planned for now. People who may not be written to are rows too."""
    channel = accounts.plan_of(part.account)
    if not channel.takes_recipients:
        _add_posts(part, now)
        if ledger.out_elsewhere(part).exists():
            part.deliveries.update(state=Delivery.State.EXCLUDED, reason=PAST, changed_at=now)
    elif part.release.draft.segment is not None:
        _add_recipients(part, now)
        for rows in _contacts_of(part):
            reasons = ledger.past_recipients(part, rows) | ledger.exclusions(part, rows)
            ledger.exclude({rows[contact]: reason for contact, reason in reasons.items()}, now)


def exclude_all(part: ReleasePart, reason: str, now: datetime) -> int:
    """Make the rows of a part that has none, and exclude what is still planned. Returns how many."""
    if not part.deliveries.exists():
        prepare(part, now)
    planned = part.deliveries.filter(state=Delivery.State.PLANNED)
    return planned.update(state=Delivery.State.EXCLUDED, reason=reason, changed_at=now)


def rekey(part: ReleasePart) -> None:
    """Give the planned rows of a part the keys of its new seal; what has left keeps its own."""
    rows = list(part.deliveries.filter(state=Delivery.State.PLANNED))
    for row in rows:
        row.idempotency_key = _key(part, row.target, row.part)
    Delivery.objects.bulk_update(rows, ["idempotency_key"], batch_size=500)


def _key(part: ReleasePart, target: str, number: int) -> str:
    return keys.key(
        release=part.release_id,
        account=part.account.key,
        target=target,
        part=number,
        seal=part.seal.sha256,
    )


def _add_posts(part: ReleasePart, now: datetime) -> None:
    """Add one row for each piece of the content; each waits for the one before."""
    content = json.loads(part.rendition.body)
    target = "page" if part.format == "web" else "post"
    before = None
    for number, _ in enumerate(accounts.plan_of(part.account).parts(content), start=1):
        before = Delivery.objects.create(
            release_id=part.release_id,
            part_of=part,
            account=part.account,
            target=target,
            part=number,
            waits_for=before,
            due_at=now,
            changed_at=now,
            idempotency_key=_key(part, target, number),
        )


def _add_recipients(part: ReleasePart, now: datetime) -> None:
    """Add one row for each candidate of the audience: one INSERT … SELECT, whatever their number."""
    segment = part.release.draft.segment
    assert segment is not None  # noqa: S101 - `prepare` asks
    candidates = audience.candidates(segment).order_by().values("id", "name")
    query, parameters = candidates.query.sql_with_params()
    before, after = keys.around_contact(part.release_id, part.account.key, part.seal.sha256)
    moment = connection.ops.adapt_datetimefield_value(now)
    head = [part.release_id, part.pk, part.account_id, moment, moment, before, after]
    with connection.cursor() as cursor:
        cursor.execute(INSERT[connection.vendor].format(candidates=query), [*head, *parameters])


def _contacts_of(part: ReleasePart) -> Iterator[dict[int, int]]:
    """Yield {contact: row} of a part in pieces, in order of the rows."""
    last = 0
    while True:
        rows = part.deliveries.filter(pk__gt=last, contact__isnull=False).order_by("pk")
        found = list(rows.values_list("contact_id", "pk")[:CHECKED_AT_ONCE])
        if not found:
            return
        yield dict(found)
        last = found[-1][1]


_INSERT = """
INSERT INTO publishing_delivery (
    release_id, part_of_id, account_id, due_at, changed_at, idempotency_key,
    target, contact_id, merge,
    part, state, reason, attempts, worker, provider_id, url, error_code, error
)
SELECT {fixed}, {key}, {target}, c.id, {merge}, 1, 'planned', '', 0, '', '', '', '', ''
FROM ({{candidates}}) AS c
"""

#: By database vendor. Parameters: release, part, account, two moments, what stands before and after
#: the contact's id in the text of the key; then those of the candidates' query.
INSERT = {
    "postgresql": _INSERT.format(
        fixed="%s::bigint, %s::bigint, %s::bigint, %s::timestamptz, %s::timestamptz",
        key="left(encode(sha256(convert_to(%s || c.id || %s, 'UTF8')), 'hex'), 32)",
        target="'contact:' || c.id",
        merge="jsonb_build_object('name', c.name)",
    ),
    "sqlite": _INSERT.format(
        fixed="%s, %s, %s, %s, %s",
        key="substr(SHA256(%s || c.id || %s), 1, 32)",
        target="'contact:' || c.id",
        merge="json_object('name', c.name)",
    ),
}
