"""Whom a segment reaches, and why it leaves the others out.

`candidates` have an answer on record for the segment's channel, purpose and list; each of them is
either written to, or excluded for one reason. `members` said yes. A rule only ever removes people.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import StrIndex, Substr
from django.utils import timezone

from halcytone.lib import statements
from halcytone.lib.errors import Invalid, Problem
from segmentation import matching
from segmentation.models import Consent, Contact, Segment, Suppression, SuppressionQuerySet


class Exclusion(models.TextChoices):
    """Why a contact is not written to. The publisher's ledger uses the same words."""

    ERASED = "erased", "Erased"
    INVALID_ADDRESS = "invalid_address", "No valid address"
    COMPLAINED = "complained", "Complained"
    DO_NOT_CONTACT = "do_not_contact", "Do not contact"
    BOUNCED = "bounced", "Bounced"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    SUPPRESSED = "suppressed", "Suppressed"
    NO_CONSENT = "no_consent", "No consent"


#: Reason of a suppression → why its contact is excluded; the gravest of several comes first.
BY_SUPPRESSION = {
    Suppression.Reason.ERASED: Exclusion.ERASED,
    Suppression.Reason.COMPLAINT: Exclusion.COMPLAINED,
    Suppression.Reason.DO_NOT_CONTACT: Exclusion.DO_NOT_CONTACT,
    Suppression.Reason.HARD_BOUNCE: Exclusion.BOUNCED,
    Suppression.Reason.SOFT_BOUNCE_LIMIT: Exclusion.BOUNCED,
    Suppression.Reason.UNSUBSCRIBED: Exclusion.UNSUBSCRIBED,
    Suppression.Reason.INVALID: Exclusion.INVALID_ADDRESS,
    Suppression.Reason.DISPOSABLE: Exclusion.SUPPRESSED,
    Suppression.Reason.ROLE_ADDRESS: Exclusion.SUPPRESSED,
}
SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)  # stands for now in a statement that is kept


class _Given(Enum):
    """A parameter of a kept statement that differs each time."""

    IDS = "ids"
    NOW = "now"


TO_WRITE = "to_write"
CANDIDATES = "candidates"


def members(segment: Segment) -> QuerySet[Contact]:
    """Return the contacts that match the rule and whose last answer is yes.

    Suppressed people are among them; `breakdown` and `exclusion_reasons` tell who.
    """
    given = matching.answered(segment.purpose, segment.channel, segment.list, True)
    return _matching(segment).filter(given, is_erased=False)


def candidates(segment: Segment) -> QuerySet[Contact]:
    """Return the contacts that match the rule and have ever answered, yes or no."""
    return _matching(segment).filter(
        Exists(_answers(segment.channel, segment.purpose, segment.list))
    )


def count(segment: Segment) -> int:
    """Return the number of members."""
    return members(segment).count()


def number(segment: Segment) -> QuerySet[Any]:
    """Return a queryset of one value, the number of members: for who reads it with other things."""
    all_alike = members(segment).order_by().annotate(all=Value(1)).values("all")
    return all_alike.annotate(number=Count("pk")).values_list("number", flat=True)


def definition(segment: Segment, exclusions: Iterable[str] = ()) -> dict[str, Any]:
    """Return what is sealed: the rule with every rule it refers to, and the consent it needs."""
    return {
        "segment": segment.key,
        "rule": segment.rule,
        "segments": matching.referred(segment.rule),
        "channel": str(segment.channel),
        "purpose": str(segment.purpose),
        "list": segment.list,
        "exclusions": sorted(exclusions),
    }


def breakdown(segment: Segment) -> dict[str, int]:
    """Return the sum before a send: candidates = to_write + every reason, each with its number.

    Keys: "candidates", the values of `Exclusion`, "to_write". `listing` opens each of them.
    """
    rows = judged(segment).order_by().values("exclusion").annotate(number=Count("pk"))
    numbers = {row["exclusion"]: row["number"] for row in rows}
    parts = {reason.value: numbers.get(reason.value, 0) for reason in Exclusion}
    total = sum(numbers.values())
    return {CANDIDATES: total, **parts, TO_WRITE: numbers.get("", 0)}


def listing(segment: Segment, bucket: str) -> QuerySet[Contact]:
    """Return the contacts behind one number of `breakdown`. Raises Invalid for another name."""
    if bucket == CANDIDATES:
        return candidates(segment)
    if bucket != TO_WRITE and bucket not in Exclusion.values:
        raise Invalid([Problem("unknown_bucket", f'There is no part "{bucket}" of an audience.')])
    return judged(segment).filter(exclusion="" if bucket == TO_WRITE else bucket)


def exclusion_reason(contact: Contact, *, channel: str, purpose: str, list: str) -> str:
    """Return why this contact may not be written to now; "" = she may."""
    return exclusion_reasons([contact.pk], channel=channel, purpose=purpose, list=list)[contact.pk]


def exclusion_reasons(
    contact_ids: Iterable[int], *, channel: str, purpose: str, list: str
) -> dict[int, str]:
    """Return {id: reason} for these contacts, "" = may be written to, in one query.

    Read inside the transaction that claims deliveries, it sees every row committed before. An id
    without a contact is reported as erased.
    """
    ids = [*contact_ids]
    statement, parameters = _reasons_asked(ids, channel, purpose, list)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        known = dict(cursor.fetchall())
    return {pk: known.get(pk, Exclusion.ERASED.value) for pk in ids}


def _reasons_asked(
    ids: list[int], channel: str, purpose: str, list_name: str
) -> tuple[str, list[Any]]:
    """Return the statement of `exclusion_reasons` and its parameters; it is asked for every batch."""
    vendor = connection.vendor
    statement, parameters = _reasons_composed(vendor, channel, purpose, list_name)
    given = {
        _Given.IDS: statements.ids(vendor, ids),
        _Given.NOW: connection.ops.adapt_datetimefield_value(timezone.now()),
    }
    return statement, [given[one] if isinstance(one, _Given) else one for one in parameters]


@lru_cache(maxsize=256)
def _reasons_composed(
    vendor: str, channel: str, purpose: str, list_name: str
) -> tuple[str, list[Any]]:
    """Return the query of `with_reason` for given contacts as SQL: composing it takes longer than asking."""
    among = statements.AMONG[vendor]
    asked = Contact.objects.extra(  # noqa: S610 - no text of anybody is in it
        where=[f'"segmentation_contact"."id" {among}'], params=[_Given.IDS]
    )
    rows = with_reason(asked, channel=channel, purpose=purpose, list_name=list_name, at=SOME_DAY)
    statement, found = rows.order_by().values_list("pk", "exclusion").query.sql_with_params()
    now = connection.ops.adapt_datetimefield_value(SOME_DAY)
    return statements.inlined(statement, [_Given.NOW if one == now else one for one in found])


def with_reason(
    contacts: QuerySet[Contact],
    *,
    channel: str,
    purpose: str,
    list_name: str,
    at: datetime | None = None,
) -> QuerySet[Any]:
    """Annotate `exclusion`: why each contact is excluded at this instant (None = now), or "".

    It asks the indexes about each contact, so it suits some thousands of rows at a time.
    """
    stops = _stops(list_name, at)
    answers = _answers(channel, purpose, list_name)
    no_address = Q(email_key__isnull=True) if channel == "email" else Q(pk__in=[])
    return contacts.alias(
        gravest=Subquery(_gravest(stops)),
        last_answer=Subquery(answers.order_by("-at", "-pk").values("is_given")[:1]),
    ).annotate(
        exclusion=Case(
            When(is_erased=True, then=Value(Exclusion.ERASED)),
            When(no_address, then=Value(Exclusion.INVALID_ADDRESS)),
            When(gravest__isnull=False, then=F("gravest")),
            When(last_answer=True, then=Value("")),
            When(last_answer=False, then=Value(Exclusion.UNSUBSCRIBED)),
            default=Value(Exclusion.NO_CONSENT),
            output_field=models.CharField(),
        )
    )


def _matching(segment: Segment) -> QuerySet[Contact]:
    return Contact.objects.filter(matching.matches(segment.rule))


def judged(segment: Segment) -> QuerySet[Any]:
    """Annotate the candidates with `exclusion`, reading the whole of each ledger once.

    Most people may be written to, and sets say so at once; `with_reason` is asked about the rest.
    """
    people: QuerySet[Any] = with_reason(
        candidates(segment),
        channel=segment.channel,
        purpose=segment.purpose,
        list_name=segment.list,
    ).alias(
        each=F("exclusion"),
        mail_domain=Substr("email_key", StrIndex("email_key", Value("@")) + 1),
    )
    given = matching.answered(segment.purpose, segment.channel, segment.list, True)
    has_address = Q(email_key__isnull=False) if segment.channel == "email" else Q()
    is_free = given & has_address & Q(is_erased=False) & ~_is_stopped(_stops(segment.list))
    exclusion = Case(When(is_free, then=Value("")), default=F("each"))
    annotated: QuerySet[Any] = people.annotate(exclusion=exclusion)
    return annotated


def _stops(list_name: str, at: datetime | None = None) -> SuppressionQuerySet:
    return Suppression.objects.live(at).filter(list__in={"", list_name})


def _answers(channel: str, purpose: str, list_name: str) -> QuerySet[Consent]:
    return Consent.objects.filter(
        contact=OuterRef("pk"), channel=channel, purpose=purpose, list=list_name
    ).order_by()


def _is_stopped(stops: SuppressionQuerySet) -> Q:
    """Return whether any suppression concerns a contact. Never NULL, so that `~` is exact."""
    kind = Suppression.Kind
    columns = {
        kind.ADDRESS: "email_key",
        kind.DOMAIN: "mail_domain",
        kind.EXTERNAL_ID: "external_id",
        kind.HASH: "email_hash",
    }
    found = Q()
    for name, column in columns.items():
        values = stops.filter(kind=name).order_by().values("value")
        found |= Q(**{f"{column}__isnull": False, f"{column}__in": values})
    return found


def _gravest(stops: SuppressionQuerySet) -> QuerySet[Any]:
    """Return the exclusion of the gravest suppression of the contact outside."""
    order = {reason: place for place, reason in enumerate(BY_SUPPRESSION)}
    places = Case(*(When(reason=name, then=Value(place)) for name, place in order.items()))
    words = Case(
        *(When(reason=name, then=Value(word)) for name, word in BY_SUPPRESSION.items()),
        default=Value(Exclusion.SUPPRESSED),
        output_field=models.CharField(),
    )
    rows: QuerySet[Any] = stops.of_outer_contact().annotate(place=places, word=words)
    return rows.order_by(F("place")).values("word")[:1]
