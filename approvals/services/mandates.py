"""Who speaks for whom now, and who is away: read from delegations and absences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from approvals.models import Absence, Delegation, RoleHolder
from approvals.services.people import People
from halcytone.lib import zones

DAY = timedelta(days=1)  # how far two zones' dates can lie apart from that of UTC


@dataclass(frozen=True, slots=True)
class Mandate:
    """One person's leave to speak for another: with these roles, about these kinds of drafts."""

    person: Any
    delegate: Any
    roles: frozenset[str]
    types: frozenset[str]  # empty = every kind

    def holds_for(self, type: str) -> bool:
        return not self.types or type in self.types


def given_to(person: Any, now: datetime | None = None) -> list[Mandate]:
    """Return for whom this person may speak now. Two queries, none more without a delegation."""
    return _read(_near(now).filter(delegate=person), now)


def in_force(now: datetime | None = None) -> list[Mandate]:
    """Return every mandate that holds now. Two queries."""
    return _read(_near(now), now)


def of(people: People) -> list[Mandate]:
    """Return every mandate among these people that holds now. No query of its own."""
    now = timezone.now()
    return [
        mandate(each)
        for each in people.lent()
        if each.person.is_active and each.delegate.is_active and is_in_force(each, now)
    ]


def is_in_force(delegation: Delegation, now: datetime) -> bool:
    """Tell whether a delegation holds at an instant, by the day in the zone of whom it speaks for."""
    today = zones.local(now, delegation.person.zone).date()
    is_over = delegation.ended_at is not None and delegation.ended_at <= now
    return delegation.starts_on <= today <= delegation.ends_on and not is_over


def roles_of(delegation: Delegation) -> frozenset[str]:
    """Return the roles that a delegation gives: of those its person holds today."""
    held = {each.role for each in delegation.person.approval_roles.all()}
    return frozenset(held.intersection(delegation.roles) if delegation.roles else held)


def mandate(delegation: Delegation) -> Mandate:
    return Mandate(
        delegation.person,
        delegation.delegate,
        roles_of(delegation),
        frozenset(delegation.types),
    )


def absences(now: datetime | None = None) -> list[Absence]:
    """Return the absences of today, each by the day in its person's zone. One query."""
    now = now or timezone.now()
    today = now.date()
    rows = Absence.objects.filter(starts_on__lte=today + DAY, ends_on__gte=today - DAY)
    return [
        each
        for each in rows.select_related("person")
        if each.starts_on <= zones.local(now, each.person.zone).date() <= each.ends_on
    ]


def away_by_role(now: datetime | None = None) -> dict[str, str]:
    """Return for each role whose holder is away a sentence that says who, until when, and who acts.

    Four queries at most, whatever the number of rows on a page.
    """
    away = {each.person_id: each for each in absences(now)}
    if not away:
        return {}
    stand_ins = [each for each in in_force(now) if each.person.pk in away]
    found: dict[str, list[str]] = {}
    held = RoleHolder.objects.filter(person__in=away.keys(), person__is_active=True)
    for row in held.select_related("person").order_by("person__last_name", "person__username"):
        acting = [each.delegate for each in stand_ins if _acts(each, row)]
        found.setdefault(row.role, []).append(_away(away[row.person_id], acting))
    return {role: "; ".join(sentences) for role, sentences in found.items()}


def named(roles: Iterable[str], away: Mapping[str, str]) -> str:
    """Return who is away among the holders of these roles: " (Mira Aas is away until …)" or ""."""
    sentences = dict.fromkeys(away[role] for role in roles if role in away)
    return f" ({'; '.join(sentences)})" if sentences else ""


def _acts(mandate: Mandate, row: RoleHolder) -> bool:
    return mandate.person.pk == row.person_id and row.role in mandate.roles


def _away(absence: Absence, acting: list[Any]) -> str:
    day = absence.ends_on
    words = f"{absence.person} is away until {day.day} {day:%B}"
    return f"{words}, {' or '.join(str(each) for each in acting)} acts" if acting else words


def _near(now: datetime | None) -> QuerySet[Delegation]:
    today = (now or timezone.now()).date()
    rows = Delegation.objects.filter(starts_on__lte=today + DAY, ends_on__gte=today - DAY)
    return rows.filter(person__is_active=True, delegate__is_active=True)


def _read(rows: QuerySet[Delegation], now: datetime | None) -> list[Mandate]:
    related = rows.select_related("person", "delegate").prefetch_related("person__approval_roles")
    return [mandate(each) for each in related if is_in_force(each, now or timezone.now())]
