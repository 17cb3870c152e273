"""Delegations: one person speaks for another for some days. No loops, no chains, an end by itself."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import structlog
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from approvals import signals
from approvals.models import Delegation, Role
from approvals.services import clock, eligibility
from content.models import Draft
from halcytone.lib import rights, zones
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
MANAGE = "approvals.manage_working_time"
LONGEST = 366  # days


def visible_to(person: Actor) -> QuerySet[Delegation]:
    """Return her own, those in which she acts for somebody, and all for whoever keeps them."""
    rows = Delegation.objects.select_related("person", "delegate", "created_by", "ended_by")
    if rights.may(person, MANAGE):
        return rows
    return rows.filter(Q(person=person) | Q(delegate=person))


@transaction.atomic
def create(
    person: Any,
    delegate: Any,
    *,
    by: Actor,
    starts_on: date,
    ends_on: date,
    roles: Sequence[str] = (),
    types: Sequence[str] = (),
    note: str = "",
) -> Delegation:
    """Let somebody speak with a person's roles for some days.

    Raises NotAllowed; Invalid with each rule that is broken: dates, roles she does not hold, a delegate
    who may not decide, a loop, a chain.
    """
    require_keeper(by, person, act="delegate the voice of somebody else")
    wanted = Delegation(
        person=person,
        delegate=delegate,
        starts_on=starts_on,
        ends_on=ends_on,
        roles=list(dict.fromkeys(roles)),
        types=list(dict.fromkeys(types)),
        note=note.strip(),
        created_by=by,
    )
    _check(wanted)
    wanted.save()
    _tell(wanted, "created", by)
    return wanted


@transaction.atomic
def change(delegation: Delegation, *, by: Actor, **fields: Any) -> Delegation:
    """Change dates, roles, kinds of drafts or the note of a delegation that is not over."""
    require_keeper(by, delegation.person, act="change the delegation of somebody else")
    delegation.refresh_from_db(from_queryset=Delegation.objects.select_for_update())
    _require_running(delegation)
    for name, value in fields.items():
        setattr(delegation, name, value)
    _check(delegation)
    delegation.version += 1
    delegation.save()
    _tell(delegation, "changed", by)
    return delegation


@transaction.atomic
def end(delegation: Delegation, *, by: Actor) -> Delegation:
    """End a delegation now. Its person may, its delegate, and whoever keeps delegations."""
    if by is None or by.pk != delegation.delegate_id:
        require_keeper(by, delegation.person, act="end the delegation of somebody else")
    delegation.refresh_from_db(from_queryset=Delegation.objects.select_for_update())
    _require_running(delegation)
    delegation.ended_at, delegation.ended_by = timezone.now(), by
    delegation.version += 1
    delegation.save(update_fields=["ended_at", "ended_by", "version"])
    _tell(delegation, "ended", by)
    return delegation


def require_keeper(by: Actor, person: Any, *, act: str) -> None:
    """Raise NotAllowed unless it is her own time, or she keeps that of others."""
    if by is None:
        raise NotAllowed("Working time is kept by people, not by the machine.")
    if by.pk != person.pk:
        rights.require(by, MANAGE, act=act)
    elif not rights.may(by, MANAGE, eligibility.RIGHT):
        raise NotAllowed(f"You decide in no review. {rights.who_may(eligibility.RIGHT)}")


def is_over(delegation: Delegation) -> bool:
    today = zones.local(timezone.now(), delegation.person.zone).date()
    return delegation.ended_at is not None or delegation.ends_on < today


def _require_running(delegation: Delegation) -> None:
    if is_over(delegation):
        raise WrongState(f"The delegation to {delegation.delegate} is over; make a new one.")


def _check(wanted: Delegation) -> None:
    """Raise Invalid with what is wrong, while others wait who would delegate to or from the same people."""
    both = [wanted.person_id, wanted.delegate_id]
    people = get_user_model()._default_manager.filter(pk__in=both).order_by("pk")
    list(people.select_for_update().values_list("pk"))
    problems = [*_date_problems(wanted), *_scope_problems(wanted), *_people_problems(wanted)]
    if problems := problems or list(_chain_problems(wanted)):
        raise Invalid(problems)


def _date_problems(wanted: Delegation) -> Iterable[Problem]:
    today = zones.local(timezone.now(), wanted.person.zone).date()
    if wanted.ends_on < wanted.starts_on:
        yield Problem("dates", "The last day lies before the first one.", "ends_on")
    elif wanted.ends_on < today:
        yield Problem("dates", f"{wanted.ends_on} is over; choose a day to come.", "ends_on")
    elif (wanted.ends_on - wanted.starts_on).days >= LONGEST:
        yield Problem("dates", f"A delegation holds for at most {LONGEST} days.", "ends_on")


def _scope_problems(wanted: Delegation) -> Iterable[Problem]:
    held = eligibility.roles_of(wanted.person)
    if not held:
        message = f"{wanted.person} holds no approval role, so there is nothing to delegate."
        yield Problem("no_role", message, "person")
    elif foreign := [role for role in wanted.roles if role not in held]:
        message = (
            f"{wanted.person} is not {eligibility.label(foreign)}. "
            f"Choose among: {', '.join(eligibility.label([role]) for role in held)}."
        )
        yield Problem("role_not_held", message, "roles")
    if unknown := [each for each in wanted.types if each not in Draft.Type.values]:
        known = ", ".join(Draft.Type.values)
        yield Problem("unknown_type", f"There is no {', '.join(unknown)}. Known: {known}.", "types")


def _people_problems(wanted: Delegation) -> Iterable[Problem]:
    delegate = wanted.delegate
    if delegate.pk == wanted.person_id:
        yield Problem(
            "delegate_self", "Nobody is her own delegate: choose a colleague.", "delegate"
        )
    elif not rights.may(wanted.person, eligibility.RIGHT):
        message = f"{wanted.person} may not decide herself, so there is nothing to delegate."
        yield Problem("person_may_not", message, "person")
    elif delegate.is_service or not rights.may(delegate, eligibility.RIGHT):
        message = f"{delegate} may not decide in reviews. {rights.who_may(eligibility.RIGHT)}"
        yield Problem("delegate_may_not", message, "delegate")


def _chain_problems(wanted: Delegation) -> Iterable[Problem]:
    """Yield what would make a loop or a chain on any of the days."""
    overlapping = Delegation.objects.filter(
        ended_at=None, starts_on__lte=wanted.ends_on, ends_on__gte=wanted.starts_on
    ).exclude(pk=wanted.pk)
    related = overlapping.select_related("person", "delegate")
    for other in related.filter(person=wanted.delegate):
        if other.delegate_id == wanted.person_id:
            message = f"{other.person} has delegated to {wanted.person} for {_days(other)}: a loop."
            yield Problem("delegation_loop", f"{message} {_way_on(other)}", "delegate")
        else:
            message = (
                f"{other.person} is away herself for {_days(other)} and has delegated to "
                f"{other.delegate}; a voice is passed on once."
            )
            yield Problem("delegation_chain", f"{message} Choose somebody else.", "delegate")
    for other in related.filter(delegate=wanted.person).exclude(person=wanted.delegate):
        message = f"{wanted.person} acts for {other.person} for {_days(other)}; a voice is passed on once."
        yield Problem("delegation_chain", f"{message} {_way_on(other)}", "person")


def _days(delegation: Delegation) -> str:
    return f"{delegation.starts_on} to {delegation.ends_on}"


def _way_on(other: Delegation) -> str:
    return f"{other.person} or {other.delegate} can end it first, or choose other days."


def _tell(delegation: Delegation, change: str, by: Actor) -> None:
    log.info("delegation_changed", delegation=delegation.pk, change=change, by=by and by.pk)
    signals.delegation_changed.send(Delegation, delegation=delegation, change=change, by=by)
    held = eligibility.roles_of(delegation.person)
    clock.follow_roles(set(held).intersection(Role.values))
