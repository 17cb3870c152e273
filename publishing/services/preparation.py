"""The rows of a release, made at its slot: one for each candidate, each part of a thread, each page."""

import json
from datetime import datetime

from django.db import connection

from publishing import accounts, keys
from publishing.channels.base import Channel
from publishing.models import Delivery, ReleasePart
from publishing.services import canary, ledger, links, privacy, timing
from segmentation import audience

PAST = Delivery.Reason.PAST_RECIPIENT


def prepare(part: ReleasePart, now: datetime) -> None:
    """Make the deliveries of a part, planned for now. People who may not be written to are rows too."""
    channel = accounts.plan_of(part.account)
    at = max(part.due_at or now, now)
    if not channel.takes_recipients or not canary.is_wanted(part):
        _add_rows(part, channel, at, now)
        timing.spread_over_zones(part, now)
    elif timing.choices_of(part.release.draft).by_reader_zone:
        _add_rows(part, channel, at, now)
        timing.spread_over_zones(part, now)
        canary.delay(part, at)
    else:
        _add_rows(part, channel, canary.last_step(at), now)
        canary.begin(part, at)


def _add_rows(part: ReleasePart, channel: Channel, at: datetime, now: datetime) -> None:
    if not channel.takes_recipients:
        _add_posts(part, at, now)
        if ledger.out_elsewhere(part).exists():
            part.deliveries.update(state=Delivery.State.EXCLUDED, reason=PAST, changed_at=now)
    elif part.release.draft.segment is not None:
        links.note(part)
        _add_recipients(part, at, now)


def exclude_all(part: ReleasePart, reason: str, now: datetime) -> int:
    """Make the rows of a part that has none, and exclude what is still planned. Returns how many."""
    if not part.deliveries.exists():
        prepare(part, now)
    planned = part.deliveries.filter(state=Delivery.State.PLANNED)
    return planned.update(state=Delivery.State.EXCLUDED, reason=reason, changed_at=now)


def rekey(part: ReleasePart) -> None:
    """Give the planned rows of a part the keys of its new seal; what has left keeps its own."""
    links.note(part)
    rows = list(part.deliveries.filter(state=Delivery.State.PLANNED))
    for row in rows:
        row.idempotency_key = key_of(part, row.target, row.part)
    Delivery.objects.bulk_update(rows, ["idempotency_key"], batch_size=500)


def key_of(part: ReleasePart, target: str, number: int) -> str:
    """Return the idempotency key of one act of a part, whose account and seal are loaded."""
    return keys.key(
        release=part.release_id,
        account=part.account.key,
        target=target,
        part=number,
        seal=part.seal.sha256,
    )


def _add_posts(part: ReleasePart, at: datetime, now: datetime) -> None:
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
            due_at=at,
            changed_at=now,
            idempotency_key=key_of(part, target, number),
        )


def _add_recipients(part: ReleasePart, at: datetime, now: datetime) -> None:
    """Add one row for each candidate: one INSERT … SELECT, whatever their number, with the reasons of
    those who may not be written to.
    """
    segment = part.release.draft.segment
    assert segment is not None  # noqa: S101 - `prepare` asks
    people = (
        audience.judged(segment)
        .order_by()
        .annotate(mark=privacy.mark(part.account), past=ledger.is_past_recipient(part))
    )
    candidates = people.values("id", "name", "mark", "exclusion", "past")
    query, parameters = candidates.query.sql_with_params()
    before, after = keys.around_contact(part.release_id, part.account.key, part.seal.sha256)
    moments = [connection.ops.adapt_datetimefield_value(moment) for moment in (at, now)]
    head = [part.release_id, part.pk, part.account_id, *moments, before, after]
    with connection.cursor() as cursor:
        cursor.execute(INSERT[connection.vendor].format(candidates=query), [*head, *parameters])


_INSERT = """
INSERT INTO publishing_delivery (
    release_id, part_of_id, account_id, due_at, changed_at, idempotency_key,
    target, contact_id, merge,
    part, state, reason, attempts, worker, provider_id, url, error_code, error
)
SELECT {fixed}, {key}, {target}, c.id, {merge}, 1,
    CASE WHEN c.exclusion > '' OR c.past THEN 'excluded' ELSE 'planned' END,
    CASE WHEN c.exclusion > '' THEN c.exclusion WHEN c.past THEN 'past_recipient' ELSE '' END,
    0, '', '', '', '', ''
FROM ({{candidates}} {fence}) AS c
"""

#: By database vendor. Parameters: release, part, account, two moments, what stands before and after
#: the contact's id in the text of the key; then those of the candidates' query.
INSERT = {
    "postgresql": _INSERT.format(
        fence="OFFSET 0",  # each reason is found once, however often it is named above
        fixed="%s::bigint, %s::bigint, %s::bigint, %s::timestamptz, %s::timestamptz",
        key="left(encode(sha256(convert_to(%s || c.id || %s, 'UTF8')), 'hex'), 32)",
        target="'contact:' || c.id",
        merge="jsonb_strip_nulls(jsonb_build_object('name', c.name, 't', c.mark))",
    ),
    "sqlite": _INSERT.format(
        fence="LIMIT -1 OFFSET 0",
        fixed="%s, %s, %s, %s, %s",
        key="substr(SHA256(%s || c.id || %s), 1, 32)",
        target="'contact:' || c.id",
        merge="CASE WHEN c.mark IS NULL THEN json_object('name', c.name)"
        " ELSE json_object('name', c.name, 't', c.mark) END",
    ),
}
