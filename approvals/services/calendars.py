"""The working weeks of people and their absences: whoever it is about keeps them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import holidays
import structlog
from django.db import transaction
from django.db.models import QuerySet

from approvals import signals
from approvals.models import Absence, WorkingCalendar
from approvals.services import clock, eligibility, rosters
from approvals.services.delegations import MANAGE, require_keeper
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, Problem
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
LONGEST = 366  # days of one absence
MOST_DAYS_OFF = 400
FIELDS = ("days", "start", "end", "country", "subdivision", "days_off")


def weeks_visible_to(person: Actor) -> QuerySet[WorkingCalendar]:
    rows = WorkingCalendar.objects.select_related("person")
    return rows if rights.may(person, MANAGE) else rows.filter(person=person)


def absences_visible_to(person: Actor) -> QuerySet[Absence]:
    rows = Absence.objects.select_related("person")
    return rows if rights.may(person, MANAGE) else rows.filter(person=person)


def week_of(person: Any) -> WorkingCalendar:
    """Return a person's working week; without a row, the usual one, which is not saved."""
    return WorkingCalendar.objects.filter(person=person).first() or WorkingCalendar(person=person)


def countries() -> list[tuple[str, str]]:
    """Return the countries whose public holidays are known: (code, code), in their order."""
    return [
        (code, code) for code in sorted(holidays.list_supported_countries(include_aliases=False))
    ]


@transaction.atomic
def set_week(person: Any, *, by: Actor, **fields: Any) -> WorkingCalendar:
    """Set some of a person's working week: days, start, end, country, subdivision, days_off.

    Raises NotAllowed; Invalid with each field that cannot be so. Deadlines follow at once.
    """
    require_keeper(by, person, act="change the working week of somebody else")
    week = WorkingCalendar.objects.select_for_update().filter(person=person).first()
    week = week or WorkingCalendar(person=person, version=0)
    for name in FIELDS:
        setattr(week, name, fields.get(name, getattr(week, name)))
    week.country, week.subdivision = week.country.upper(), week.subdivision.upper()
    if problems := list(_week_problems(week)):
        raise Invalid(problems)
    week.days = sorted(set(week.days))
    week.days_off = sorted({date.fromisoformat(str(day)).isoformat() for day in week.days_off})
    week.version += 1
    week.save()
    _tell_week(person, by, week)
    return week


@transaction.atomic
def clear_week(week: WorkingCalendar, *, by: Actor) -> None:
    """Go back to the usual week."""
    require_keeper(by, week.person, act="change the working week of somebody else")
    person = week.person
    week.delete()
    _tell_week(person, by, None)


@transaction.atomic
def add_absence(
    person: Any, *, by: Actor, starts_on: date, ends_on: date, note: str = ""
) -> Absence:
    """Note that a person is away, first and last day included. Deadlines and delegates follow at once."""
    require_keeper(by, person, act="note the absence of somebody else")
    absence = Absence(person=person, starts_on=starts_on, ends_on=ends_on, note=note.strip())
    return _save_absence(absence, "created", by)


@transaction.atomic
def change_absence(absence: Absence, *, by: Actor, **fields: Any) -> Absence:
    """Change the days or the note of an absence."""
    require_keeper(by, absence.person, act="change the absence of somebody else")
    absence.refresh_from_db(from_queryset=Absence.objects.select_for_update())
    for name, value in fields.items():
        setattr(absence, name, value)
    absence.version += 1
    return _save_absence(absence, "changed", by)


@transaction.atomic
def remove_absence(absence: Absence, *, by: Actor) -> None:
    """Take an absence back: she is at work on these days."""
    require_keeper(by, absence.person, act="remove the absence of somebody else")
    person = absence.person
    signals.absence_changed.send(Absence, absence=absence, change="removed", by=by)
    absence.delete()
    _follow(person)


def _save_absence(absence: Absence, change: str, by: Actor) -> Absence:
    if absence.ends_on < absence.starts_on:
        raise Invalid([Problem("dates", "The last day lies before the first one.", "ends_on")])
    if (absence.ends_on - absence.starts_on).days >= LONGEST:
        message = f"An absence has at most {LONGEST} days."
        raise Invalid([Problem("dates", message, "ends_on")])
    absence.save()
    log.info("absence_changed", absence=absence.pk, change=change, by=by and by.pk)
    signals.absence_changed.send(Absence, absence=absence, change=change, by=by)
    _follow(absence.person)
    return absence


def _week_problems(week: WorkingCalendar) -> Iterable[Problem]:
    if not week.days or not set(week.days) <= set(range(1, 8)):
        yield Problem("days", "Choose at least one day; Monday is 1, Sunday 7.", "days")
    if week.end <= week.start:
        yield Problem("hours", "Work ends after it starts, on the same day.", "end")
    if len(week.days_off) > MOST_DAYS_OFF:
        yield Problem("days_off", f"Name at most {MOST_DAYS_OFF} days.", "days_off")
    for day in week.days_off:
        try:
            date.fromisoformat(str(day))
        except ValueError:
            yield Problem("days_off", f"“{day}” is no day; write 2026-12-24.", "days_off")
    if week.subdivision and not week.country:
        yield Problem("country", "Name the country of this region too.", "country")
    elif week.country:
        yield from _holiday_problems(week)


def _holiday_problems(week: WorkingCalendar) -> Iterable[Problem]:
    known = holidays.list_supported_countries()
    if week.country not in known:
        message = (
            f"The holidays of “{week.country}” are not known; name a country like US, DE or FR."
        )
        yield Problem("country", message, "country")
        return
    try:
        rosters.public_holidays(week.country, week.subdivision)
    except NotImplementedError:
        regions = ", ".join(known[week.country]) or "none"
        message = f"{week.country} has no region “{week.subdivision}”. Known: {regions}."
        yield Problem("subdivision", message, "subdivision")


def _tell_week(person: Any, by: Actor, week: WorkingCalendar | None) -> None:
    log.info("working_week_changed", person=person.pk, by=by and by.pk)
    signals.working_week_changed.send(type(person), person=person, by=by, week=week)
    _follow(person)


def _follow(person: Any) -> None:
    """Bring the deadlines of what she may be asked about in step; also what she is delegate for."""
    person = type(person)._default_manager.get(pk=person.pk)
    roles = set(eligibility.roles_of(person))
    for given in person.mandates.filter(ended_at=None).select_related("person"):
        roles.update(eligibility.roles_of(given.person))
    clock.follow_roles(roles)
