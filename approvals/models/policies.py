"""Policies as data: which drafts need whose yes."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

Person = settings.AUTH_USER_MODEL


class Policy(models.Model):
    """One version of a preset: rows that say which drafts need whose yes."""

    preset = models.SlugField()
    version = models.PositiveIntegerField()
    is_active = models.BooleanField(default=False)  # the one that new reviews follow
    note = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "policies"
        ordering = ["preset", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["preset", "version"], name="one_policy_per_version"),
            models.UniqueConstraint(
                fields=["is_active"], condition=Q(is_active=True), name="one_active_policy"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.preset} v{self.version}"


class Level(models.Model):
    """One row of a policy: when it matches, which level and stages a draft needs."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="levels")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    when = models.JSONField(default=dict)  # rule tree over the routing inputs
    number = models.PositiveSmallIntegerField()  # 1 to 4
    stages = models.JSONField(default=list)  # [policy.StageSpec as a dict], in order
    is_auto = models.BooleanField(default=False)  # the policy itself may sign
    note = models.CharField(max_length=300, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["policy", "position"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "position"], name="one_level_per_position"),
            models.CheckConstraint(condition=Q(number__range=(1, 4)), name="level_is_1_to_4"),
        ]

    def __str__(self) -> str:
        return f"{self.name} (level {self.number})"
