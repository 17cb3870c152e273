"""What publishing forgets of an erased reader: what was told about her, and what her mails were made with.

Counts, states and seals stay, so that books still balance. Source: audience specification, erasure.
"""

import json
from collections.abc import Iterable

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from publishing import rebuilt
from publishing.models import Event, InboundEvent
from segmentation.models import Contact

log = structlog.get_logger(__name__)
SHORTEST = 3  # characters that an address has at least: a@b


@transaction.atomic
def forget(contact: Contact, address: str) -> None:
    """Take everything personal out of what is kept of this reader; `address` is the one she had last.

    Webhooks and mails that name an address of hers keep their kind, time and code, and lose what they
    carried. That an event was told already is still known, so none counts twice.
    """
    known = {address, *_former(contact)}
    told = _told_about(contact, [one for one in known if len(one) >= SHORTEST])
    count = told.update(recipient="", payload={})
    contact.deliveries.update(merge={})
    Event.objects.filter(delivery__contact=contact).exclude(facts={}).update(facts={})
    log.info("reader_forgotten", contact=contact.pk, inbound=count)


def _former(contact: Contact) -> Iterable[str]:
    """Yield the addresses that mails of before were handed over to."""
    for merge in contact.deliveries.filter(merge__has_key=rebuilt.MOVED).values_list(
        "merge", flat=True
    ):
        yield from (address for _, address in merge[rebuilt.MOVED])


def _told_about(contact: Contact, known: Iterable[str]) -> QuerySet[InboundEvent]:
    """Return what was told of her rows, and whatever else names her, in any field of what came."""
    about = Q(delivery__contact=contact)
    for address in known:
        escaped = json.dumps(address)[1:-1]  # as SQLite keeps what is not ASCII
        about |= Q(recipient__iexact=address) | Q(text__icontains=address)
        about |= Q(text__icontains=escaped)
    found = InboundEvent.objects.annotate(text=Cast("payload", TextField())).filter(about)
    return InboundEvent.objects.filter(pk__in=list(found.values_list("pk", flat=True)))
