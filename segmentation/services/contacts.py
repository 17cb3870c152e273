"""People we know: made and changed with one spelling of everything."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from halcytone.lib import rights
from halcytone.lib.errors import Invalid, Problem, WrongState
from segmentation import addresses, cleaning
from segmentation.models import Contact, Suppression
from segmentation.services import suppressions

logger = structlog.get_logger(__name__)
PERMISSION = "segmentation.manage_contact"


@transaction.atomic
def create(*, by: rights.Actor, is_demo: bool = False, **fields: Any) -> Contact:
    """Make a contact from any fields of hers. She needs an address or an external id.

    Raises NotAllowed without the right; Invalid with every wrong field, when she is known already,
    or when a person with this address asked to be erased.
    """
    rights.require(by, PERMISSION, act="add contacts")
    values = cleaned(fields)
    if not values.get("email") and not values.get("external_id"):
        raise Invalid([Problem("no_key", "A contact needs an address or an external id.", "email")])
    contact = Contact(is_demo=is_demo, **values)
    cleaning.check_birthday(contact.birth_day, contact.birth_month, contact.birth_year)
    _refuse_taken(contact)
    try:
        with transaction.atomic():
            contact.save(force_insert=True)
    except IntegrityError as error:
        raise _taken("email") from error
    logger.info("contact_created", contact=contact.pk)
    return contact


@transaction.atomic
def change(contact: Contact, *, by: rights.Actor, **fields: Any) -> Contact:
    """Change some fields of a contact, and bump her version when one really changes.

    Raises as `create` does; WrongState when she was changed or erased since she was read.
    """
    rights.require(by, PERMISSION, act="change contacts")
    values = {
        name: value for name, value in cleaned(fields).items() if getattr(contact, name) != value
    }
    if not values:
        return contact
    changed = Contact(pk=contact.pk, **_as_they_stand(contact) | values)
    cleaning.check_birthday(changed.birth_day, changed.birth_month, changed.birth_year)
    if changed.email_key is None and changed.external_id is None:
        raise Invalid([Problem("no_key", "A contact needs an address or an external id.", "email")])
    _refuse_taken(changed)
    values |= {"version": contact.version + 1, "changed_at": timezone.now()}
    rows = Contact.objects.filter(pk=contact.pk, version=contact.version, is_erased=False)
    if not rows.update(**values):
        raise WrongState("Somebody changed this contact since you opened it; look again.")
    old, old_key = contact.email, contact.email_key
    for name, value in values.items():
        setattr(contact, name, value)
    if old_key and contact.email_key != old_key:
        suppressions.follow(contact, old)
    logger.info("contact_changed", contact=contact.pk, fields=sorted(fields))
    return contact


def cleaned(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return cleaned values, with the key and hash of an address. Raises Invalid with all problems."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in fields.items():
        try:
            values[name] = cleaning.clean(name, value)
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems)
    if "email" in values:
        values |= keys(values["email"])
    return values


def keys(email: str) -> dict[str, Any]:
    """Return the columns that follow from an address: its key and its hash."""
    if not email:
        return {"email_key": None, "email_hash": ""}
    return {"email_key": addresses.key(email), "email_hash": addresses.digest(email)}


def erased(emails: set[str]) -> set[str]:
    """Return the keys of those addresses whose people asked to be erased, in one query."""
    by_hash = {
        digest: addresses.key(email) for email in emails for digest in addresses.digests(email)
    }
    rows = Suppression.objects.live().filter(kind=Suppression.Kind.HASH, value__in=by_hash)
    return {by_hash[value] for value in rows.order_by().values_list("value", flat=True)}


def _as_they_stand(contact: Contact) -> dict[str, Any]:
    names = ("email_key", "external_id", "birth_day", "birth_month", "birth_year")
    return {name: getattr(contact, name) for name in names}


def _refuse_taken(contact: Contact) -> None:
    """Raise Invalid when another contact has this address or id, or it belongs to an erased person."""
    if contact.email_key and erased({contact.email_key}):
        message = "The person with this address asked to be erased. Only she can come back, by a new sign-up."
        raise Invalid([Problem("erased", message, "email")])
    others = Contact.objects.exclude(pk=contact.pk)
    if contact.email_key and others.filter(email_key=contact.email_key).exists():
        raise _taken("email")
    if contact.external_id and others.filter(external_id=contact.external_id).exists():
        raise _taken("external_id")


def _taken(field: str) -> Invalid:
    what = {"email": "address", "external_id": "external id"}[field]
    return Invalid([Problem("duplicate", f"There is a contact with this {what} already.", field)])
