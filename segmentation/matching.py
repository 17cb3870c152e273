"""From a rule to a database condition that PostgreSQL and SQLite answer alike.

Two sentences govern it. A missing value never matches: each condition first asks that the value is
there. `not` is the difference of sets: whoever does not match the inside does match the `not`, also
when her value is missing. No condition is ever NULL, so that the second sentence holds in SQL.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from halcytone.lib import zones
from halcytone.lib.errors import Invalid, Problem
from segmentation import addresses, fields, rules
from segmentation.models import Attribute, AttributeValue, Consent, NamedDate, Segment

EVERYBODY = Q()


@dataclass(frozen=True, slots=True)
class Frame:
    """What a rule is read against: the instant, the zone of its days, and the rows it refers to."""

    now: datetime
    zone: str
    kinds: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return zones.local(self.now, self.zone).date()

    def start_of(self, day: date) -> datetime:
        return zones.instant(datetime.combine(day, time.min), self.zone)


def matches(rule: Mapping[str, Any], *, now: datetime | None = None) -> Q:
    """Return the condition on `Contact` that a canonical rule means.

    Days are days of the organisation's zone. Raises Invalid when the rule refers to an attribute or
    segment that no longer exists, or to itself.
    """
    segments = referred(rule)
    every = [rule, *segments.values()]
    frame = Frame(now or timezone.now(), settings.DEFAULT_ZONE, _kinds(every), segments)
    return _node(rule, frame)


def referred(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return {key: rule} of every segment that a rule refers to, at any distance.

    Raises Invalid when one does not exist, or when they refer to each other in a circle.
    """
    found: dict[str, Any] = {}
    waiting = rules.references(rule)
    while waiting:
        rows = dict(Segment.objects.filter(key__in=waiting).values_list("key", "rule"))
        if missing := sorted(waiting - rows.keys()):
            raise Invalid([Problem("unknown_segment", f'There is no segment "{missing[0]}".')])
        found |= rows
        waiting = {key for row in rows.values() for key in rules.references(row)} - found.keys()
    for key in sorted(found):
        if way := rules.loop(key, found):
            raise Invalid([Problem("loop", f"Segments refer in a circle: {' → '.join(way)}.")])
    return found


def _kinds(every: list[Any]) -> dict[str, str]:
    """Return {attribute: kind} for the attributes that these rules use."""
    named = {
        condition["field"].removeprefix("attributes.")
        for rule in every
        for _, condition in rules.conditions(rule)
        if condition.get("field", "").startswith("attributes.")
    }
    if not named:
        return {}
    return dict(Attribute.objects.filter(name__in=named).values_list("name", "kind"))


def _node(node: Mapping[str, Any], frame: Frame) -> Q:
    if not node:
        return EVERYBODY
    if "all" in node:
        return reduce(and_, (_node(child, frame) for child in node["all"]), EVERYBODY)
    if "any" in node:
        return reduce(or_, (_node(child, frame) for child in node["any"]))
    if "not" in node:
        inside = _node(node["not"], frame)
        return ~inside if inside else Q(pk__in=[])
    if "segment" in node:
        return _node(frame.segments[node["segment"]], frame)
    if "consent" in node:
        return answered(node["consent"], node["channel"], node["list"], node["op"] == "given")
    return _field(node, frame)


def answered(purpose: str, channel: str, list_name: str, is_given: bool) -> Q:
    """Return the condition that a contact's last answer is this one."""
    answers = Consent.objects.filter(
        contact=OuterRef("pk"), channel=channel, purpose=purpose, list=list_name, is_given=is_given
    )
    return Q(Exists(answers.current()))


def _field(node: Mapping[str, Any], frame: Frame) -> Q:
    group, dot, name = node["field"].partition(".")
    op, value = node["op"], node.get("value")
    if dot and group == "dates":
        rows = NamedDate.objects.filter(contact=OuterRef("pk"), name=name)
        return _among(rows, "on", fields.DATE, op, value, frame)
    if dot:
        kind = frame.kinds.get(name)
        if kind is None or op not in fields.OPERATORS[kind]:
            message = f'"{op}" cannot be asked of the attribute "{name}".'
            raise Invalid([Problem("unknown_field", message)])
        values = AttributeValue.objects.filter(contact=OuterRef("pk"), attribute__name=name)
        return _among(values, kind, kind, op, value, frame)
    if group == "email":
        return _email(op, value, frame)
    kind = fields.FIELDS[group]
    if op == "is_empty":
        return ~present(group, kind)
    return present(group, kind) & compare(group, kind, op, value, frame)


def _among(rows: Any, column: str, kind: str, op: str, value: Any, frame: Frame) -> Q:
    """Return the condition that one of these rows of the contact has such a value."""
    there = rows.filter(present(column, kind))
    if op == "is_empty":
        return ~Q(Exists(there))
    return Q(Exists(there.filter(compare(column, kind, op, value, frame))))


def _email(op: str, value: Any, frame: Frame) -> Q:
    there = Q(email_key__isnull=False)
    if op in fields.IS:
        return there if op == "is_set" else ~there
    if op in ("eq", "in", "ne", "not_in"):
        keys = [addresses.key(one) for one in (value if isinstance(value, list) else [value])]
        found = Q(email_key__in=keys)
        return there & (found if op in ("eq", "in") else ~found)
    if op == "starts_with":
        return there & Q(email_key__startswith=addresses.key(value))
    return there & compare("email_key", fields.TEXT, op, value, frame)


def present(column: str, kind: str) -> Q:
    """Return the condition that a value is there: not NULL, not "", not []."""
    if kind == fields.MONTH_DAY:
        return Q(birth_day__isnull=False, birth_month__isnull=False)
    there = Q(**{f"{column}__isnull": False})
    if kind == fields.TEXT:
        return there & ~Q(**{column: ""})
    if kind == fields.LIST:
        return there & ~Q(**{column: []})
    return there


def compare(column: str, kind: str, op: str, value: Any, frame: Frame) -> Q:
    """Return the condition that a value, known to be there, stands so to the rule's value."""
    if op == "is_set":
        return EVERYBODY
    if kind in (fields.DATE, fields.MOMENT, fields.MONTH_DAY):
        return _day(column, kind, op, value, frame)
    if op in ("ne", "not_in"):
        return ~compare(column, kind, "eq" if op == "ne" else "in", value, frame)
    if kind == fields.TEXT:
        return _text(column, op, value)
    if op == "between":
        return Q(**{f"{column}__gte": value[0], f"{column}__lte": value[1]})
    lookups = {"eq": "exact", "has_any": "holds_any", "has_all": "holds_all"}
    return Q(**{f"{column}__{lookups.get(op, op)}": value})


def _text(column: str, op: str, value: Any) -> Q:
    """Text is compared without regard to case (beyond ASCII: on PostgreSQL only)."""
    if op == "in":
        return reduce(or_, (Q(**{f"{column}__iexact": one}) for one in value))
    if op == "contains_word":
        return Q(**{f"{column}__iregex": rf"(^|\W){re.escape(value)}($|\W)"})
    lookup = {"eq": "iexact", "starts_with": "istartswith"}[op]
    return Q(**{f"{column}__{lookup}": value})


def _day(column: str, kind: str, op: str, value: Any, frame: Frame) -> Q:
    if op == "month_day_within":
        return _month_days(column, kind, value, frame.today)
    if op in ("within_days", "older_than_days"):
        return _age(column, kind, op, value, frame)
    days = [date.fromisoformat(one) for one in (value if isinstance(value, list) else [value])]
    first, after_last = days[0], days[-1] + timedelta(days=1)
    start: date = frame.start_of(first) if kind == fields.MOMENT else first
    end: date = frame.start_of(after_last) if kind == fields.MOMENT else after_last
    if op == "before":
        return Q(**{f"{column}__lt": start})
    if op == "after":
        return Q(**{f"{column}__gte": end})
    return Q(**{f"{column}__gte": start, f"{column}__lt": end})


def _age(column: str, kind: str, op: str, days: int, frame: Frame) -> Q:
    """The last n days up to now (for days: up to today); or longer ago than that."""
    end: date = frame.now if kind == fields.MOMENT else frame.today
    start = end - timedelta(days=days)
    if op == "older_than_days":
        return Q(**{f"{column}__lt": start})
    return Q(**{f"{column}__gte": start, f"{column}__lte": end})


def _month_days(column: str, kind: str, days: int, today: date) -> Q:
    """Its day of the year is today or one of the next n; 29 February counts on the 28th."""
    by_month: dict[int, set[int]] = {}
    for ahead in range(min(days, 366) + 1):
        day = today + timedelta(days=ahead)
        by_month.setdefault(day.month, set()).add(day.day)
        if (day.month, day.day) == (2, 28):
            by_month[2].add(29)
    names = ("birth_month", "birth_day")
    if kind != fields.MONTH_DAY:
        names = (f"{column}__month", f"{column}__day")
    return reduce(
        or_,
        (Q(**{names[0]: month, f"{names[1]}__in": sorted(of)}) for month, of in by_month.items()),
    )
