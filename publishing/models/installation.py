"""Who may send from this database, and what is stopped."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from publishing.models.accounts import Account
from publishing.models.releases import Release

Person = settings.AUTH_USER_MODEL


class Installation(models.Model):
    """The one machine that may send from this database. A restored copy has another fingerprint."""

    fingerprint = models.CharField(max_length=64)
    epoch = models.PositiveIntegerField(default=1)
    claimed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    claimed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Installation {self.fingerprint[:8]}, epoch {self.epoch}"


class Heartbeat(models.Model):
    """When a worker was last seen at its work; one row for the whole installation."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S} UTC"


class StopLinkQuerySet(models.QuerySet["StopLink"]):
    def open(self) -> "StopLinkQuerySet":
        """Those that have not ended and were not taken back."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class StopLink(models.Model):
    """A link by which one named person stops everything without signing in; only its digest is kept."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    objects = StopLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"Stop link of {self.person}"


class Stop(models.Model):
    """A stop of the presses. While one is open, nothing in its scope is claimed."""

    class Scope(models.TextChoices):
        EVERYTHING = "everything"
        CHANNEL = "channel"
        ACCOUNT = "account"
        RELEASE = "release"

    scope = models.CharField(max_length=20, choices=Scope, default=Scope.EVERYTHING)
    channel = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True)
    release = models.ForeignKey(Release, models.CASCADE, null=True, blank=True)
    reason = models.CharField(max_length=300)
    stopped_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    stopped_at = models.DateTimeField(default=timezone.now)
    lift_asked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    lifted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-stopped_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True)
                | (Q(lift_asked_by__isnull=False) & ~Q(lifted_by=F("lift_asked_by"))),
                name="two_people_lift_a_stop",
            ),
        ]

    def __str__(self) -> str:
        return f"Stop of {self.scope}"
