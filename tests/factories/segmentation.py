"""Rows of the audience for tests. Say only what the test is about."""

from segmentation import addresses, rules
from segmentation.models import Attribute, AttributeValue, Consent, Contact, Segment, Suppression


def make_contact(address="", *, answer=None, purpose="newsletter", list="", **changes):
    """A contact; with `answer` True or False, one who said yes or no to this mail."""
    address = address or f"person{Contact.objects.count() + 1}@halcytone.example"
    contact = Contact.objects.create(
        email=address,
        email_key=addresses.key(address),
        email_hash=addresses.digest(address),
        **changes,
    )
    if answer is not None:
        make_consent(contact, is_given=answer, purpose=purpose, list=list)
    return contact


def make_consent(contact, *, is_given=True, channel="email", purpose="newsletter", **changes):
    values = {"source": Consent.Source.FORM, "wording": "Yes, write to me.", **changes}
    return Consent.objects.create(
        contact=contact, channel=channel, purpose=purpose, is_given=is_given, **values
    )


def make_suppression(value, *, reason="do_not_contact", kind="address", **changes):
    return Suppression.objects.create(value=value, reason=reason, kind=kind, **changes)


def make_segment(rule=None, *, key="everyone", **changes):
    values = {"name": key.replace("_", " ").capitalize(), **changes}
    return Segment.objects.create(key=key, rule=rules.canonical(rule or {}), **values)


def make_attribute(contact, name, kind, value):
    attribute, _ = Attribute.objects.get_or_create(name=name, defaults={"kind": kind})
    return AttributeValue.objects.create(contact=contact, attribute=attribute, **{kind: value})
