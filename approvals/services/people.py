"""Who holds which approval role, who is away, and who speaks for whom: read together, for one act or page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone

from approvals.models import Absence, Delegation, RoleHolder
from halcytone.lib import at_once

RIGHT = "approvals.decide_review"
_BACKEND = "django.contrib.auth.backends.ModelBackend"
KEPT = timedelta(days=90)  # how far back absences and delegations are read
_BY_NAME = ("person__last_name", "person__first_name", "person__username", "pk")


@dataclass(frozen=True)
class People:
    """Rows that are fetched when they are first looked at, each kind once; `fill` them with others."""

    holders: QuerySet[RoleHolder]  # by name, each with person and working week
    absences: QuerySet[Absence]  # in the order in which they begin
    delegations: QuerySet[Delegation]  # those that began last first

    @cached_property
    def deciders(self) -> QuerySet[Any]:
        """The keys of all who have the right to decide."""
        return deciders().order_by("pk").values_list("pk", flat=True)

    @property
    def rows(self) -> tuple[QuerySet[Any], ...]:
        """What every act asks for; the right to decide is looked up where voices are counted."""
        return self.holders, self.absences, self.delegations

    def roles_of(self, person: int) -> list[str]:
        """Return the approval roles of a person, in no order."""
        return [each.role for each in self.holders if each.person_id == person]

    def lent(self) -> Sequence[Delegation]:
        """Return the delegations, each with the roles that its person holds."""
        given = list(self.delegations)
        if given:
            at_once.nest(
                (each.person for each in given), "approval_roles", self.holders, "person_id"
            )
        return given


def everybody() -> People:
    """Return everybody who has to do with approval, as of today. No query yet."""
    since = timezone.now().date() - KEPT
    absences = Absence.objects.filter(ends_on__gte=since).select_related("person")
    lent = Delegation.objects.filter(ends_on__gte=since)
    return People(
        RoleHolder.objects.select_related("person__working_calendar").order_by(*_BY_NAME),
        absences,
        lent.select_related("person", "delegate__working_calendar"),
    )


def deciders() -> QuerySet[Any]:
    """Return everybody who has the right to decide, by no role yet."""
    people: QuerySet[Any] = get_user_model()._default_manager.with_perm(RIGHT, backend=_BACKEND)
    return people.filter(is_service=False)
