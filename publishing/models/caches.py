"""What caches outside are told to forget."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from publishing.models.releases import Release

Person = settings.AUTH_USER_MODEL
LEASE = timedelta(seconds=120)


class CacheOrder(models.Model):
    """One wish that caches forget something: what, why, whose."""

    class Origin(models.TextChoices):
        PUBLISHED = "published"
        CORRECTED = "corrected"
        HOOK = "hook"
        PERSON = "person"

    class Status(models.TextChoices):
        PENDING = "pending"
        IN_PROGRESS = "in_progress"
        SUCCESS = "success"
        PARTIAL = "partial"
        FAILED = "failed"

    origin = models.CharField(max_length=20, choices=Origin)
    targets = models.JSONField(default=list)
    keys = models.JSONField(default=list)  # addresses, or paths of the site
    patterns = models.JSONField(default=list)  # paths with *
    is_forced = models.BooleanField(default=False)  # everything
    reason = models.CharField(max_length=300, blank=True)
    initiated_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    request_id = models.CharField(max_length=64, blank=True)
    callback_url = models.CharField(max_length=500, blank=True)
    release = models.ForeignKey(Release, models.CASCADE, null=True, related_name="cache_orders")
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [("purge_cache", "Can have caches forget pages")]

    def __str__(self) -> str:
        return f"Purge {self.pk}: {self.reason or self.origin}"


class PurgeQuerySet(models.QuerySet["Purge"]):
    def open(self) -> "PurgeQuerySet":
        """Those that still have to be done."""
        return self.filter(state__in=Purge.OPEN)

    def due(self, now: datetime) -> "PurgeQuerySet":
        """Those to be done now, and those whose worker ended: asking twice does no harm."""
        lapsed = Q(state=Purge.State.HANDED_OVER, lease_until__lt=now)
        return self.filter(Q(state=Purge.State.PLANNED, due_at__lte=now) | lapsed).order_by("pk")


class Purge(models.Model):
    """One call to one cache: a row of the ledger, with a state and a receipt as deliveries have."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        HANDED_OVER = "handed_over", "Handed over"
        CONFIRMED = "confirmed", "Confirmed"
        FAILED = "failed", "Failed"

    OPEN = (State.PLANNED, State.HANDED_OVER)

    order = models.ForeignKey(CacheOrder, models.CASCADE, related_name="purges")
    target = models.CharField(max_length=20)  # an entry of settings.CACHE_TARGETS
    number = models.PositiveSmallIntegerField()  # of the calls that the order takes there
    paths = models.JSONField(default=list)  # what the call names; [] = everything
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    duration_ms = models.PositiveIntegerField(null=True)
    keys_invalidated = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    idempotency_key = models.CharField(max_length=32, unique=True)

    objects = PurgeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["planned", "handed_over"]),
                name="purge_due",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "target", "number"], name="one_purge_per_call"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | (Q(confirmed_at__isnull=False) & Q(provider_id__gt="")),
                name="purge_confirmed_has_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"purge:{self.target} {self.number} of {self.order_id}"
