"""The ledger of consent: rows are added, never changed; the last of its kind counts."""

from datetime import datetime
from functools import partial

import structlog
from django.db import transaction
from django.utils import timezone

from halcytone.lib import canonical, rights
from halcytone.lib.errors import Invalid, Problem
from segmentation.models import Channel, Consent, Contact, Purpose
from segmentation.services import suppressions
from segmentation.signals import contact_unsubscribed

logger = structlog.get_logger(__name__)
PERMISSION = "segmentation.manage_contact"
#: Where only the person herself can have answered.
HER_OWN = frozenset((Consent.Source.FORM, Consent.Source.LINK))


@transaction.atomic
def give(
    contact: Contact,
    *,
    channel: str,
    purpose: str,
    list: str = "",
    source: str,
    by: rights.Actor = None,
    wording: str = "",
    at: datetime | None = None,
    ip: str | None = None,
    user_agent: str = "",
) -> Consent:
    """Record a "yes" with its proof. `by` None = the person herself, or a program.

    Her own new yes (a form or a link) lifts her unsubscription and complaint. When she had left
    every list, she comes back for this one alone: her other answers become "no". Raises Invalid for
    an unknown channel, purpose or source, a date in the future, or an erased contact.
    """
    rights.require(by, PERMISSION, act="record consent")
    row = _row(contact, channel, purpose, list, source, at)
    row.is_given, row.wording, row.recorded_by = True, wording, by
    row.wording_sha256 = canonical.sha256(wording) if wording else ""
    row.ip, row.user_agent = ip, user_agent[:300]
    if by is None and source in HER_OWN and suppressions.lift_for_opt_in(contact, list=list):
        _leave_the_rest(contact, row)
    row.save(force_insert=True)
    logger.info("consent_given", contact=contact.pk, channel=channel, purpose=purpose, list=list)
    return row


@transaction.atomic
def withdraw(
    contact: Contact,
    *,
    channel: str,
    purpose: str,
    list: str = "",
    source: str,
    by: rights.Actor = None,
    wording: str = "",
    at: datetime | None = None,
    ip: str | None = None,
    user_agent: str = "",
) -> Consent:
    """Record a "no". When the last answer is a no already, that row is returned. Raises as `give`."""
    rights.require(by, PERMISSION, act="record a withdrawal")
    row = _row(contact, channel, purpose, list, source, at)
    last = last_answer(contact, channel=channel, purpose=purpose, list=list)
    if last is not None and not last.is_given:
        return last
    row.is_given, row.wording, row.recorded_by = False, wording, by
    row.wording_sha256 = canonical.sha256(wording) if wording else ""
    row.ip, row.user_agent = ip, user_agent[:300]
    row.save(force_insert=True)
    logger.info(
        "consent_withdrawn", contact=contact.pk, channel=channel, purpose=purpose, list=list
    )
    if purpose == Purpose.TRACKING:
        return row  # no mail ends with it
    announce = partial(
        contact_unsubscribed.send,
        sender=Contact,
        contact=contact,
        channel=channel,
        purpose=purpose,
        list=list,
    )
    transaction.on_commit(announce, robust=True)
    return row


def last_answer(contact: Contact, *, channel: str, purpose: str, list: str = "") -> Consent | None:
    """Return the row that counts, or None when she never answered."""
    rows = contact.consents.filter(channel=channel, purpose=purpose, list=list)
    return rows.order_by("-at", "-pk").first()


def _row(
    contact: Contact, channel: str, purpose: str, list_name: str, source: str, at: datetime | None
) -> Consent:
    """Return an unsaved row about this. Raises Invalid."""
    moment = timezone.now()
    wrong = [
        Problem("wrong_value", f'There is no {what} "{value}".', what)
        for what, value, allowed in (
            ("channel", channel, Channel.values),
            ("purpose", purpose, Purpose.values),
            ("source", source, Consent.Source.values),
        )
        if value not in allowed
    ]
    if at is not None and at > moment:
        wrong.append(Problem("future", "An answer cannot be dated in the future.", "at"))
    if contact.is_erased:
        wrong.append(
            Problem("erased", "This contact was erased; nothing more is recorded.", "contact")
        )
    if wrong:
        raise Invalid(wrong)
    return Consent(
        contact=contact,
        channel=channel,
        purpose=purpose,
        list=list_name,
        source=source,
        at=at or moment,
        recorded_at=moment,
    )


def _leave_the_rest(contact: Contact, kept: Consent) -> None:
    """Say no, from this instant, to every other yes that her return would bring back to life."""
    for row in contact.consents.all().current().filter(is_given=True):
        if (row.channel, row.purpose, row.list) != (kept.channel, kept.purpose, kept.list):
            withdraw(
                contact,
                channel=row.channel,
                purpose=row.purpose,
                list=row.list,
                source=kept.source,
                wording="She had left every list and came back for another one alone.",
            )
