"""When the holders of each approval role work: read at once, for the deadlines of any number of reviews."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import holidays

from approvals.deadlines import IsOff, Worker
from approvals.models import WorkingCalendar
from approvals.services import mandates, people
from approvals.services.people import People
from halcytone.lib import at_once


@dataclass(frozen=True, slots=True)
class Member:
    """One voice of a role: its holder, or whoever speaks for her on some days about some kinds."""

    person_id: int
    worker: Worker
    types: frozenset[str] = frozenset()

    def speaks_about(self, type: str) -> bool:
        return not self.types or type in self.types


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who speaks in an approval role."""

    by_role: Mapping[str, Sequence[Member]]
    people: People

    def group(self, roles: Sequence[str], type: str, *, without: int) -> list[Worker]:
        """Return who may give one voice; `without` leaves the author of a draft out."""
        members = (member for role in roles for member in self.by_role.get(role, ()))
        return [
            member.worker
            for member in members
            if member.person_id != without and member.speaks_about(type)
        ]


def read() -> Roster:
    """Return the roster of today. One query."""
    known = people.everybody()
    at_once.fill(*known.rows)
    return of(known)


def of(known: People) -> Roster:
    """Return the roster of these people. No query of its own."""
    away: dict[int, list[tuple[date, date]]] = {}
    for absence in known.absences:
        away.setdefault(absence.person_id, []).append((absence.starts_on, absence.ends_on))
    found: dict[str, list[Member]] = {}
    for row in known.holders:
        if row.person.is_active and not row.person.is_service:
            worker = worker_of(row.person, away.get(row.person_id, ()))
            found.setdefault(row.role, []).append(Member(row.person_id, worker))
    for given in known.lent():
        if given.ended_at is not None or not given.delegate.is_active:
            continue
        days = (given.starts_on, given.ends_on)
        worker = worker_of(given.delegate, away.get(given.delegate_id, ()), only=days)
        for role in mandates.roles_of(given):
            member = Member(given.delegate_id, worker, frozenset(given.types))
            found.setdefault(role, []).append(member)
    return Roster(found, known)


def worker_of(
    person: Any, away: Sequence[tuple[date, date]], *, only: tuple[date, date] | None = None
) -> Worker:
    """Return when a person works, by her calendar or, without one, by the usual week."""
    week = getattr(person, "working_calendar", None) or WorkingCalendar()
    return Worker(
        person.zone,
        frozenset(day - 1 for day in week.days),
        week.start,
        week.end,
        _off(week),
        tuple(away),
        only,
    )


@lru_cache(maxsize=64)
def public_holidays(country: str, subdivision: str) -> holidays.HolidayBase:
    """Return the public holidays of a country; raises NotImplementedError when they are not known."""
    return holidays.country_holidays(country, subdiv=subdivision or None)


def _off(week: WorkingCalendar) -> IsOff:
    own = frozenset(date.fromisoformat(day) for day in week.days_off)
    if not week.country:
        return lambda day: day in own
    public = public_holidays(week.country, week.subdivision)
    return lambda day: day in own or day in public
