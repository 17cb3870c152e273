"""Who opened and clicked: people, machines, or nobody can tell. Found in sets, again and again.

The signs are those of the publishing specification §9. A hit shows some of them itself (`hits.look`);
the others are patterns that only several hits make: they are looked for here.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable, ExpressionWrapper, Subquery
from django.db.models.functions import Coalesce, StrIndex, Substr, TruncMinute
from django.db.models.lookups import GreaterThanOrEqual

from publishing.models import Delivery, Event, Link
from publishing.services.hits import CLICKED, KINDS

BURST = timedelta(seconds=5)  # in which all links are visited
BURST_LINKS = 3  # a mail with fewer shows no pattern
EARLY = timedelta(seconds=3)  # after delivery
NEAR_DECOY = timedelta(minutes=1)
WINDOW = timedelta(minutes=2)  # until every pattern has had time to show
DOMAIN_READERS, DOMAIN_SHARE = 5, 0.5  # of those at one domain, at one link within one minute
TRACE_KEPT = timedelta(days=1)
LOOKED_BACK = timedelta(hours=1)
Actor = Event.Actor


def settle(now: datetime) -> None:
    """Decide about the hits of the last hour, and take away what they no longer need."""
    since = (now - LOOKED_BACK).replace(second=0, microsecond=0)  # whole minutes, as patterns are
    judge(Event.objects.filter(at__gte=since), now)
    Event.objects.filter(trace__gt="", at__lte=now - TRACE_KEPT).update(trace="")


def judge(events: QuerySet[Event], now: datetime) -> None:
    """Decide anew who made these hits: opens and clicks at our own addresses."""
    hits = events.filter(kind__in=KINDS).exclude(actor="")
    of_readers = hits.filter(delivery__isnull=False)
    _judge_by("delivery", of_readers, now)
    _judge_by("trace", hits.filter(delivery__isnull=True, trace__gt=""), now)
    for group in _patterns(of_readers):
        _mark_pattern(group)


def _judge_by(who: str, hits: QuerySet[Event], now: datetime) -> None:
    """Decide about hits that are told apart by this column: the reader's row, or the trace."""
    same = Event.objects.filter(part_of=OuterRef("part_of"), **{who: OuterRef(who)})
    same = same.exclude(actor="").order_by()
    hits.update(is_repeat=Exists(same.filter(kind=OuterRef("kind"), pk__lt=OuterRef("pk"))))
    is_machine = Q(facts__is_machine=True) | Q(_decoy(same)) | Q(_burst(same, who)) | Q(_early())
    is_seen = Q(facts__is_browser=True, facts__is_blurred=False, at__lte=now - WINDOW)
    hits.update(
        actor=Case(
            When(is_machine, then=Value(Actor.MACHINE)),
            When(is_seen, then=Value(Actor.HUMAN)),
            default=Value(Actor.UNKNOWN),
        )
    )


def _decoy(same: QuerySet[Event]) -> Exists:
    """Whoever follows a link that nobody can see is a machine, and so is what it did around that."""
    return Exists(same.filter(link__is_decoy=True, at__range=_around(NEAR_DECOY)))


def _burst(same: QuerySet[Event], who: str) -> Combinable:
    """All links of the mail, visited around this moment."""
    visited = same.filter(kind=CLICKED, link__is_decoy=False, at__range=_around(BURST))
    links = Link.objects.filter(part_of=OuterRef("part_of"), is_decoy=False).order_by()
    visited_links = visited.values(who).annotate(number=Count("link", distinct=True))
    all_links = links.values("part_of").annotate(number=Count("pk")).filter(number__gte=BURST_LINKS)
    none, endless = Value(0), Value(1_000_000)
    return GreaterThanOrEqual(
        Coalesce(Subquery(visited_links.values("number")), none),
        Coalesce(Subquery(all_links.values("number")), endless),
    )


def _early() -> Exists:
    """Sooner after delivery than anybody reads."""
    until = ExpressionWrapper(F("confirmed_at") + EARLY, output_field=DateTimeField())
    rows = Delivery.objects.filter(pk=OuterRef("delivery")).annotate(until=until)
    return Exists(rows.filter(until__gt=OuterRef("at")))


def _around(span: timedelta) -> tuple[ExpressionWrapper, ExpressionWrapper]:
    at = DateTimeField()
    return (
        ExpressionWrapper(OuterRef("at") - span, output_field=at),
        ExpressionWrapper(OuterRef("at") + span, output_field=at),
    )


Pattern = dict[str, Any]


def _patterns(hits: QuerySet[Event]) -> list[Pattern]:
    """Return where many readers of one domain came to one link within one minute: few, if any."""
    address = F("delivery__contact__email_key")
    groups = (
        hits.filter(kind=CLICKED)
        .annotate(domain=Substr(address, StrIndex(address, Value("@"))), minute=TruncMinute("at"))
        .order_by()
        .values("part_of", "link", "domain", "minute")
        .annotate(readers=Count("delivery", distinct=True))
    )
    return [dict(group) for group in groups.filter(readers__gte=DOMAIN_READERS)]


def _mark_pattern(group: Pattern) -> None:
    """Mark these hits as a machine's when they are of most of the readers there."""
    there = {"contact__email_key__endswith": group["domain"]}
    rows = Delivery.objects.filter(part_of=group["part_of"], state="confirmed", **there)
    if group["readers"] < DOMAIN_SHARE * rows.count():
        return
    minute = (group["minute"], group["minute"] + timedelta(minutes=1))
    hits = Event.objects.filter(part_of=group["part_of"], link=group["link"], kind=CLICKED)
    hits = hits.filter(at__gte=minute[0], at__lt=minute[1]).exclude(actor="")
    hits.filter(delivery__in=rows.values("pk")).update(actor=Actor.MACHINE)
