"""One click and she is off: the row exists before the answer."""

from dataclasses import dataclass

from django.db import transaction

from halcytone.lib.errors import Invalid, Problem
from segmentation import unsubscribe as tokens
from segmentation.models import Channel, Consent, Contact, Suppression
from segmentation.services import consents, suppressions


@dataclass(frozen=True, slots=True)
class Reader:
    """Who holds a link, and for which mail."""

    contact: Contact
    list: str
    purpose: str


def reader(token: str) -> Reader:
    """Return who holds this token; nothing changes. Raises Invalid for a forged or orphaned one."""
    found = tokens.resolve(token)
    contact = Contact.objects.filter(pk=found.contact_id).first()
    if contact is None:
        message = "The person this link was made for is no longer in our records."
        raise Invalid([Problem("bad_token", message, "u")])
    return Reader(contact, found.list, found.purpose)


@transaction.atomic
def apply(token: str, *, ip: str | None = None, user_agent: str = "") -> Reader:
    """Withdraw the consent a token names, and suppress her address for that list. Idempotent.

    A token without a list stops every list: whoever clicks "unsubscribe" means stop. Raises Invalid
    for a forged token. An erased contact needs nothing more.
    """
    found = reader(token)
    if not found.contact.is_erased:
        stop(found.contact, list=found.list, purpose=found.purpose, ip=ip, user_agent=user_agent)
    return found


def stop(
    contact: Contact, *, list: str, purpose: str, ip: str | None = None, user_agent: str = ""
) -> None:
    """Record that she said stop to this list ("" = all); call it in a transaction."""
    consents.withdraw(
        contact,
        channel=Channel.EMAIL,
        purpose=purpose,
        list=list,
        source=Consent.Source.LINK,
        ip=ip,
        user_agent=user_agent,
    )
    kind, value = Suppression.Kind.ADDRESS, contact.email_key
    if value is None:
        kind, value = Suppression.Kind.EXTERNAL_ID, contact.external_id
    if value is not None:
        suppressions.add(reason=Suppression.Reason.UNSUBSCRIBED, kind=kind, value=value, list=list)
