"""Who speaks in which approval role, when she works, and who speaks for her."""

from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from approvals.models.words import Role

Person = settings.AUTH_USER_MODEL
MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5]


def usual_days() -> list[int]:
    return list(MONDAY_TO_FRIDAY)


class RoleHolder(models.Model):
    """One person's voice in one approval role."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="approval_roles")
    role = models.CharField(max_length=40, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "role"], name="one_holding_per_role"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"


class WorkingCalendar(models.Model):
    """The working week of one person, in her own zone; without a row, Monday to Friday 09:00–18:00."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="working_calendar")
    days = models.JSONField(default=usual_days)  # ISO weekdays: Monday is 1
    start = models.TimeField(default=time(9))
    end = models.TimeField(default=time(18))
    country = models.CharField(max_length=2, blank=True)  # ISO 3166, for its public holidays
    subdivision = models.CharField(max_length=10, blank=True)  # e.g. "NY"
    days_off = models.JSONField(default=list)  # further days off: ["2026-12-24"]
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="work_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"Working week of {self.person}"


class Absence(models.Model):
    """The days on which one person is away, first and last included, in her own zone."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="absences")
    starts_on = models.DateField()
    ends_on = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="absence_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} is away from {self.starts_on} to {self.ends_on}"


class Delegation(models.Model):
    """One person speaks with another's approval roles, from day to day in the zone of the one away.

    Without `roles` it holds for all of them, without `types` for every kind of draft. It ends by itself
    after `ends_on`, and earlier when somebody ended it. Nobody passes on what was delegated to her.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="delegations")
    delegate = models.ForeignKey(Person, models.CASCADE, related_name="mandates")
    starts_on = models.DateField()
    ends_on = models.DateField()
    roles = models.JSONField(default=list)
    types = models.JSONField(default=list)
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["-starts_on", "-pk"]
        indexes = [models.Index(fields=["ends_on"], name="delegation_by_end")]
        permissions = [
            ("manage_working_time", "Can keep calendars, absences and delegations of others"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")), name="delegation_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(person=F("delegate")), name="delegation_to_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegate} for {self.person}, {self.starts_on} to {self.ends_on}"
