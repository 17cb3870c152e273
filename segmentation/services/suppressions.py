"""The suppression list: who is not written to, by any path, and who may change that."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from segmentation import addresses, values
from segmentation.models import Contact, Suppression
from segmentation.signals import address_changed, contact_suppressed

logger = structlog.get_logger(__name__)
PERMISSION = "segmentation.manage_contact"
Reason, Kind = Suppression.Reason, Suppression.Kind

#: Days after which a suppression ends by itself (audience specification, suppression reasons).
LASTS_DAYS = {Reason.SOFT_BOUNCE_LIMIT: 90}
HERS_ALONE = frozenset((Reason.UNSUBSCRIBED, Reason.COMPLAINT))
#: Reasons whose scope is always everything.
EVERY_LIST = frozenset((Reason.COMPLAINT, Reason.ERASED))


@transaction.atomic
def add(
    *,
    reason: str,
    kind: str = Kind.ADDRESS,
    value: str,
    list: str = "",
    by: rights.Actor = None,
    note: str = "",
    is_demo: bool = False,
) -> Suppression:
    """Put an address, domain, external id or keyed hash on the list. Idempotent.

    `list` "" = every list. Raises NotAllowed without the right, Invalid for a value that is none of
    its kind.
    """
    rights.require(by, PERMISSION, act="suppress contacts")
    if reason not in Reason.values or kind not in Kind.values:
        raise Invalid([Problem("wrong_value", "There is no such reason or kind.", "reason")])
    scope = "" if reason in EVERY_LIST else list
    about = {"reason": reason, "kind": kind, "value": normalised(kind, value), "list": scope}
    moment = timezone.now()
    _close_expired(about, moment)
    days = LASTS_DAYS.get(Reason(reason))
    row, is_new = Suppression.objects.get_or_create(
        **about,
        is_active=True,
        defaults={
            "added_by": by,
            "note": note[:300],
            "is_demo": is_demo,
            "created_at": moment,
            "expires_at": moment + timedelta(days=days) if days else None,
        },
    )
    if is_new:
        _announce(row)
    return row


def _announce(row: Suppression) -> None:
    """Log the row, and tell higher apps once it is committed."""
    logger.info(
        "contact_suppressed", suppression=row.pk, reason=row.reason, kind=row.kind, list=row.list
    )
    announce = partial(contact_suppressed.send, sender=Suppression, suppression=row)
    transaction.on_commit(announce, robust=True)


@transaction.atomic
def lift(suppression: Suppression, *, by: rights.Actor, reason: str) -> Suppression:
    """Switch a suppression off; the row stays as history.

    Raises NotAllowed with a sentence when nobody, only time, or only the person herself can;
    Invalid without a reason; WrongState when it is off already.
    """
    rights.require(by, PERMISSION, act="lift suppressions")
    if sentence := _bar(suppression):
        raise NotAllowed(sentence, code="cannot_be_lifted")
    if not reason.strip():
        raise Invalid([Problem("no_reason", "Say why it is lifted.", "reason")])
    changes = _switch_off(by, reason)
    if not Suppression.objects.filter(pk=suppression.pk, is_active=True).update(**changes):
        raise WrongState("This suppression was lifted already.")
    for name, value in changes.items():
        setattr(suppression, name, value)
    logger.info("suppression_lifted", suppression=suppression.pk, reason=suppression.reason)
    return suppression


def lift_for_opt_in(contact: Contact, *, list: str) -> bool:
    """Lift what only the person herself can lift, because she said yes again; call it in a transaction.

    True when one of the lifted rows had kept every list from her.
    """
    rows = of(contact).filter(reason__in=HERS_ALONE, list__in={"", list})
    had_left_all = rows.filter(list="").exists()
    ids = [*rows.order_by().values_list("pk", flat=True)]
    Suppression.objects.filter(pk__in=ids).update(**_switch_off(None, "She said yes again."))
    return had_left_all


def follow(contact: Contact, old: str) -> None:
    """Keep what the person herself said, of whatever list, when her address changes; in a transaction."""
    address_changed.send(sender=Contact, contact=contact, old=old)
    kind, value = Kind.ADDRESS, contact.email_key
    if value is None:
        kind, value = Kind.EXTERNAL_ID, contact.external_id
    said = Suppression.objects.live().filter(
        kind=Kind.ADDRESS, value=addresses.key(old), reason__in=HERS_ALONE
    )
    for row in said if value else []:
        add(
            reason=row.reason,
            kind=kind,
            value=value or "",
            list=row.list,
            note="Her address changed; she said this under the one before.",
            is_demo=row.is_demo,
        )


def of(contact: Contact) -> QuerySet[Suppression]:
    """Return the live suppressions of one contact: by her address, its domain and hash, or her id."""
    key = contact.email_key or ""
    found = Q(kind=Kind.ADDRESS, value=key) | Q(kind=Kind.DOMAIN, value=addresses.domain(key))
    if contact.email_hash:
        found |= Q(kind=Kind.HASH, value=contact.email_hash)
    if contact.external_id:
        found |= Q(kind=Kind.EXTERNAL_ID, value=contact.external_id)
    return Suppression.objects.live().filter(found)


def normalised(kind: str, value: str) -> str:
    """Return the spelling in which a value is compared. Raises Invalid when it is none of its kind."""
    if kind == Kind.ADDRESS:
        folded = addresses.key(value)
        is_right = "@" in folded[1:-1]
    elif kind == Kind.DOMAIN:
        folded = addresses.key(value).removeprefix("@")
        is_right = "." in folded[1:-1] and "@" not in folded
    else:
        folded = value.strip()
        is_right = values.is_text(folded) and (kind != Kind.HASH or len(folded) == 64)
    if not is_right or len(folded) > 254 or "\0" in folded:
        raise Invalid([Problem("wrong_value", f"This is no {Kind(kind).label.lower()}.", "value")])
    return folded


def _close_expired(about: dict[str, str], moment: datetime) -> None:
    """Switch off a row of the same kind whose time is over, so that a new one can take its place."""
    rows = Suppression.objects.filter(**about, is_active=True, expires_at__lte=moment)
    rows.update(is_active=False, lifted_at=moment, lifted_reason="Its time was over.")


def _bar(suppression: Suppression) -> str:
    """Return why a member of the team cannot lift this; "" when she can."""
    if suppression.reason in HERS_ALONE:
        what = "unsubscribed" if suppression.reason == Reason.UNSUBSCRIBED else "complained"
        return f"This person {what}. Only she can change that, by a new sign-up of her own."
    if suppression.reason == Reason.ERASED:
        return "This person asked to be erased. That cannot be lifted."
    if suppression.reason == Reason.SOFT_BOUNCE_LIMIT:
        until = f" on {suppression.expires_at:%d %B %Y}" if suppression.expires_at else ""
        return f"This pause ends by itself{until}; nobody needs to lift it."
    if suppression.reason == Reason.INVALID and suppression.kind == Kind.ADDRESS:
        try:
            addresses.spelled(suppression.value)
        except Invalid:
            return "A new check still finds this address invalid. Correct the contact's address."
    return ""


def _switch_off(by: rights.Actor, reason: str) -> dict[str, Any]:
    return {
        "is_active": False,
        "lifted_at": timezone.now(),
        "lifted_by": by,
        "lifted_reason": reason.strip()[:300],
    }
