"""Releases that begin with a few readers."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from publishing.models.releases import ReleasePart

Person = settings.AUTH_USER_MODEL


class Canary(models.Model):
    """How one part of a release begins with a few readers, and what was seen of these."""

    class Status(models.TextChoices):
        WATCHING = "watching", "Watched"
        STOPPED = "stopped", "Stopped"
        RESUMED = "resumed", "Resumed by a person"
        EXCLUDED = "excluded", "The rest was left out"

    part = models.OneToOneField(ReleasePart, models.CASCADE, related_name="canary")
    status = models.CharField(max_length=20, choices=Status, default=Status.WATCHING)
    steps = models.JSONField(default=list)  # [{"name", "at", "rows"}] in order
    history = models.JSONField(default=dict)  # {kind: rate of the list's releases before}
    seen = models.JSONField(default=dict)  # {"sent": n, kind: n} at the last look
    looked_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=500, blank=True)  # it stopped
    stopped_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "canaries"
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="stopped") | (Q(stopped_at__isnull=False) & Q(why__gt="")),
                name="stopped_canary_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"Canary of {self.part}"
