"""What the outside tells: written down once, answered at once, dealt with from the table.

Whoever must not be written to any more is suppressed in the transaction that writes the event down.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from halcytone.lib.errors import HalcytoneError, Invalid
from publishing.hooks import told
from publishing.hooks.told import Told
from publishing.models import Delivery, Event, InboundEvent
from publishing.services import hits, purges, seeds, soft_bounces
from publishing.services.outside import changed_outside
from segmentation import addresses
from segmentation.models import Contact, Purpose, Suppression
from segmentation.services import suppressions, unsubscribe

log = structlog.get_logger(__name__)
KEY = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
CACHE = "cache"
#: Where anybody may write to: only whoever brings our own mail back is believed there.
UNSIGNED = frozenset(("mailbox",))
BATCH, ATTEMPTS, WAIT = 500, 5, timedelta(minutes=1)
Status = InboundEvent.Status
#: What keeps people from being written to, and why.
STOPS = {
    told.BOUNCED: Suppression.Reason.HARD_BOUNCE,
    told.COMPLAINED: Suppression.Reason.COMPLAINT,
    told.UNSUBSCRIBED: Suppression.Reason.UNSUBSCRIBED,
}
OF_MAIL = frozenset(
    ("sent", "delivered", "deferred", "bounced", "soft_bounced", "complained", "unsubscribed",
     "rejected", "failed", "opened", "clicked", "replied")
)  # fmt: skip


@transaction.atomic
def receive(source: str, events: Sequence[Told]) -> int:
    """Write down what `source` told, each event once however often it is told; returns how many are new.

    Hard bounces, complaints and unsubscriptions suppress here and now; the rest waits for `process`.
    """
    receipt = uuid.uuid4()
    rows = {event.identity: _row(source, event, receipt) for event in events}
    InboundEvent.objects.bulk_create(rows.values(), ignore_conflicts=True, batch_size=BATCH)
    new = list(InboundEvent.objects.filter(receipt=receipt, source=source))
    _find_deliveries(new)
    for row in new:
        if row.kind in STOPS:
            _stop(row)
    known = [row for row in new if row.delivery_id]
    InboundEvent.objects.bulk_update(known, ["delivery"], batch_size=BATCH)
    log.info("inbound_received", source=source, told=len(events), new=len(new))
    return len(new)


def process(now: datetime) -> int:
    """Deal with what waits; returns with how many. One that fails never stops the others."""
    done = 0
    while ids := list(InboundEvent.objects.waiting(now).values_list("pk", flat=True)[:BATCH]):
        for pk in ids:
            _process(pk, now)
        done += len(ids)
    return done


def _process(pk: int, now: datetime) -> None:
    try:
        with transaction.atomic():
            rows = InboundEvent.objects.select_for_update(skip_locked=True, of=("self",))
            row = rows.filter(pk=pk, status=Status.PENDING).first()
            if row is not None:
                _deal_with(row)
    except HalcytoneError as error:
        _put_off(pk, str(error), now)
    except Exception:  # a bad row never stops the others; the log says what it was
        log.exception("inbound_failed", inbound=pk)
        _put_off(pk, "It could not be dealt with. The log of the worker says why.", now)


def _put_off(pk: int, why: str, now: datetime) -> None:
    row = InboundEvent.objects.get(pk=pk)
    row.attempts += 1
    row.note, row.due_at = why[:300], now + WAIT * row.attempts
    row.status = Status.FAILED if row.attempts >= ATTEMPTS else Status.PENDING
    row.save(update_fields=["attempts", "note", "due_at", "status"])


def _deal_with(row: InboundEvent) -> None:
    """Attach an event to the delivery it is about, and do what follows from it."""
    if row.delivery is None:
        _find_deliveries([row])
    status, note = Status.DONE, ""
    if row.kind not in told.KINDS:
        status, note = Status.UNKNOWN, "We have no word for this."
    elif row.source == CACHE:
        note = purges.told(row)
    elif row.kind not in OF_MAIL:
        note = changed_outside(row)
    elif row.delivery is None and seeds.told(row, row.key or _key_in(row.message_id)):
        note = "About a test mail."
    elif row.delivery is None:
        status, note = Status.UNKNOWN, "No mail of ours goes by that name."
    else:
        _attach(row, row.delivery)
    row.status, row.note = status, note[:300]
    row.save(update_fields=["delivery", "status", "note"])


def _attach(row: InboundEvent, delivery: Delivery) -> None:
    is_hit = row.kind in hits.KINDS
    visit = hits.Visit(
        "", told.text(row.payload.get("UserAgent") or row.payload.get("useragent"), 300)
    )
    Event.objects.create(
        delivery=delivery,
        part_of_id=delivery.part_of_id,
        kind=row.kind,
        detail=row.code,
        at=row.at,
        actor=Event.Actor.UNKNOWN if is_hit else "",
        facts=hits.look(visit) if is_hit else {},
    )
    if row.kind == told.SOFT_BOUNCED:
        soft_bounces.count(delivery, row.at)


def _row(source: str, event: Told, receipt: uuid.UUID) -> InboundEvent:
    return InboundEvent(
        source=source[:40],
        event_id=event.identity,
        kind=event.kind[:40],
        at=min(event.at, timezone.now()),
        receipt=receipt,
        recipient=event.recipient[:254],
        message_id=event.message_id[:200],
        key=event.key if KEY.fullmatch(event.key) else "",
        code=event.code[:40],
        payload=told.plain(event.payload),
    )


def _find_deliveries(rows: Iterable[InboundEvent]) -> None:
    """Give each row the delivery it is about: by our key, or by the service's own name of the mail."""
    rows = [row for row in rows if row.delivery_id is None]
    keys = {row.pk: row.key or _key_in(row.message_id) for row in rows}
    names = {row.message_id for row in rows if row.message_id}
    found = Delivery.objects.select_related("contact", "release__draft__segment")
    by_key = {
        one.idempotency_key: one for one in found.filter(idempotency_key__in=set(keys.values()))
    }
    by_name: dict[str, list[Delivery]] = defaultdict(list)
    for one in found.filter(provider_id__in=names) if names else ():
        by_name[one.provider_id].append(one)
    for row in rows:
        known = by_key.get(keys[row.pk])
        row.delivery = known or _whose(row.recipient, by_name.get(row.message_id, ()))


def _whose(recipient: str, sharing: Sequence[Delivery]) -> Delivery | None:
    """Return the delivery to this recipient of those that share a name: a call to many has one for all."""
    if len(sharing) == 1:
        return sharing[0]
    key = addresses.key(recipient)
    return next((row for row in sharing if row.contact and row.contact.email_key == key), None)


def _key_in(message_id: str) -> str:
    """Return our key from a Message-ID of our own, `<key@domain>`."""
    found = KEY.match(message_id.strip("<> "))
    return found[0] if found else ""


def _stop(row: InboundEvent) -> None:
    """Suppress whom this event is about: the reader we wrote to, else the address that was told."""
    if row.delivery is None and row.source in UNSIGNED:
        return
    contact = row.delivery.contact if row.delivery else None
    if contact is None and row.delivery is None:
        contact = Contact.objects.filter(email_key=addresses.key(row.recipient)).first()
    segment = row.delivery.release.draft.segment if row.delivery else None
    reason = STOPS[row.kind]
    if reason == Suppression.Reason.UNSUBSCRIBED and contact is not None:
        if not contact.is_erased:
            purpose = segment.purpose if segment else Purpose.NEWSLETTER
            unsubscribe.stop(contact, list=segment.list if segment else "", purpose=purpose)
        return
    value = (contact.email_key if contact else "") or row.recipient
    try:
        suppressions.add(reason=reason, value=value, note=f"Told by {row.source}")
    except Invalid:
        log.warning("inbound_address_unreadable", source=row.source, kind=row.kind)
