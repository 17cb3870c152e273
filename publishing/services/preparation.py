"""The rows of a release, made at its slot: one for each candidate, each part of a thread, each page."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from publishing import accounts, keys
from publishing.channels.base import Channel
from publishing.models import Delivery, ReleasePart
from publishing.services import canary, ledger, links, privacy, timing
from segmentation import audience

PAST = Delivery.Reason.PAST_RECIPIENT
#: Until which key (exclusive; "" = the end) rows are due at which instant, in the order of keys.
Moments = Sequence[tuple[str, datetime]]


def prepare(part: ReleasePart, now: datetime) -> None:
    """Make the deliveries of a part, planned for now. People who may not be written to are rows too."""
    channel = accounts.plan_of(part.account)
    at = max(part.due_at or now, now)
    at_once = [("", at)]
    if not channel.takes_recipients or not canary.is_wanted(part):
        _add_rows(part, channel, at_once, now)
        timing.spread_over_zones(part, now)
    elif timing.choices_of(part.release.draft).by_reader_zone:
        _add_rows(part, channel, at_once, now)
        timing.spread_over_zones(part, now)
        canary.delay(part, at)
    else:
        _add_rows(part, channel, canary.moments(at), now)
        canary.begin(part, at)


def _add_rows(part: ReleasePart, channel: Channel, moments: Moments, now: datetime) -> None:
    if not channel.takes_recipients:
        _add_posts(part, moments[-1][1], now)
        if ledger.out_elsewhere(part).exists():
            part.deliveries.update(state=Delivery.State.EXCLUDED, reason=PAST, changed_at=now)
    elif part.release.draft.segment is not None:
        links.note(part)
        _add_recipients(part, moments, now)


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


def _add_recipients(part: ReleasePart, moments: Moments, now: datetime) -> None:
    """Add one row for each candidate: one INSERT … SELECT, whatever their number, with the reasons of
    those who may not be written to, and when each is due.
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
    *early, (_, last) = [(until, _moment(at)) for until, at in moments]
    due = DUE[connection.vendor]
    whens = "".join(f"WHEN k.key < %s THEN {due} " for _ in early)
    due = f"CASE {whens}ELSE {due} END" if early else due
    steps = [one for until, at in early for one in (until, at)]
    fixed = [part.release_id, part.pk, part.account_id, _moment(now)]
    statement = INSERT[connection.vendor].format(candidates=query, due=due)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The planner takes it to be as costly as its rarest branch: compiling it would take
            # longer than running it does.
            cursor.execute("SET LOCAL jit = off")
        cursor.execute(statement, [*fixed, *steps, last, before, after, *parameters])


def _moment(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


_INSERT = """
INSERT INTO publishing_delivery (
    release_id, part_of_id, account_id, changed_at, due_at, idempotency_key,
    target, contact_id, merge,
    part, state, reason, attempts, worker, provider_id, url, error_code, error
)
SELECT {fixed}, {{due}}, k.key, {target}, k.id, {merge}, 1,
    CASE WHEN k.exclusion > '' OR k.past THEN 'excluded' ELSE 'planned' END,
    CASE WHEN k.exclusion > '' THEN k.exclusion WHEN k.past THEN 'past_recipient' ELSE '' END,
    0, '', '', '', '', ''
FROM (SELECT c.*, {key} AS key FROM ({{candidates}} {fence}) AS c {fence}) AS k
"""

#: By database vendor. Parameters: release, part, account, the moment; for each step before the last the
#: end of its keys and when it is due, then when the last is; what stands before and after the contact's
#: id in the text of the key; then those of the candidates' query.
INSERT = {
    "postgresql": _INSERT.format(
        fence="OFFSET 0",  # each reason and key is found once, however often it is named above
        fixed="%s::bigint, %s::bigint, %s::bigint, %s::timestamptz",
        key="left(encode(sha256(convert_to(%s || c.id || %s, 'UTF8')), 'hex'), 32)",
        target="'contact:' || k.id",
        merge="jsonb_strip_nulls(jsonb_build_object('name', k.name, 't', k.mark))",
    ),
    "sqlite": _INSERT.format(
        fence="LIMIT -1 OFFSET 0",
        fixed="%s, %s, %s, %s",
        key="substr(SHA256(%s || c.id || %s), 1, 32)",
        target="'contact:' || k.id",
        merge="CASE WHEN k.mark IS NULL THEN json_object('name', k.name)"
        " ELSE json_object('name', k.name, 't', k.mark) END",
    ),
}
DUE = {"postgresql": "%s::timestamptz", "sqlite": "%s"}
