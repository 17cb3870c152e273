"""What was told about a reader, and by her, goes when she is erased; what was counted stays."""

import json

import pytest
from django.utils import timezone

from publishing.books import books
from publishing.hooks import mailbox
from publishing.hooks.told import Told
from publishing.models import Delivery, Event, InboundEvent
from publishing.services import inbound, releases, sender
from segmentation.models import Contact
from segmentation.signals import contact_erased
from tests.factories.publishing import make_release, wall_now

HERS, OTHERS = "reader0@halcytone.example", "reader1@halcytone.example"


@pytest.fixture
def release(press):
    release = releases.start(make_release("newsletter", people=2, slot_wall=wall_now()))
    sender.work("w1")
    return release


def erase(contact):
    Contact.objects.filter(pk=contact.pk).update(
        email="", email_key=None, email_hash="", name="", is_erased=True
    )
    contact.refresh_from_db()
    contact_erased.send(sender=Contact, contact=contact, address=HERS)


def reply(row, address):
    return mailbox.read(
        f"From: Ann <{address}>\r\nMessage-ID: <1.{address}>\r\nSubject: Hello\r\n"
        f"In-Reply-To: <{row.idempotency_key}@a.example>\r\n\r\nI live in Ulm. {address}".encode()
    )


def test_what_hooks_and_mails_told_of_an_erased_reader_names_her_no_more(release):
    hers, others = (Delivery.objects.get(contact__email=address) for address in (HERS, OTHERS))
    for row, address in ((hers, HERS), (others, OTHERS)):
        opened = Told(
            "opened", timezone.now(), {"email": address, "UserAgent": "Mail"}, f"o{row.pk}"
        )
        delivered = Told("delivered", timezone.now(), {"to": [address]}, f"d{row.pk}", address)
        strange = Told(
            "strange", timezone.now(), {"deep": [{"who": address.upper()}]}, f"s{row.pk}"
        )
        inbound.receive("email:postmark", [opened, delivered, strange])
        inbound.receive("mailbox", reply(row, address))
    inbound.process(timezone.now())
    before = books(release)
    erase(hers.contact)
    kept = json.dumps(list(InboundEvent.objects.values()), default=str).lower()
    assert (HERS in kept, "ulm" in kept, OTHERS in kept) == (False, True, True)
    assert kept.count("ulm") == 1
    assert InboundEvent.objects.count() == 8
    assert InboundEvent.objects.filter(payload={}).count() == 4
    assert Event.objects.filter(delivery=hers, kind="replied").exists()
    hers.refresh_from_db()
    assert (hers.merge, hers.state) == ({}, "confirmed")
    assert books(release) == before


def test_what_is_told_again_after_the_erasure_is_not_written_down_again(release):
    row = Delivery.objects.get(contact__email=HERS)
    inbound.receive("mailbox", reply(row, HERS))
    erase(row.contact)
    assert inbound.receive("mailbox", reply(row, HERS)) == 0
    assert HERS not in json.dumps(list(InboundEvent.objects.values()), default=str)
