"""What caches outside are told to forget."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
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

    @property
    def status(self) -> str:
        """A value of `Status`, from the purges of this order."""
        purges = list(self.purges.all())
        states = {purge.state for purge in purges}
        if states <= {Purge.State.CONFIRMED}:
            return self.Status.SUCCESS if states else self.Status.FAILED
        if states & set(Purge.OPEN):
            is_begun = any(purge.attempts for purge in purges) or Purge.State.CONFIRMED in states
            return self.Status.IN_PROGRESS if is_begun else self.Status.PENDING
        return self.Status.PARTIAL if Purge.State.CONFIRMED in states else self.Status.FAILED


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


class CacheCallbackQuerySet(models.QuerySet["CacheCallback"]):
    def due(self, now: datetime) -> "CacheCallbackQuerySet":
        """Those to be made now: every purge of their order is settled. A lost worker's are among them."""
        is_open = Purge.objects.open().filter(order=OuterRef("order"))
        lapsed = Q(state=CacheCallback.State.HANDED_OVER, lease_until__lt=now)
        waiting = Q(state=CacheCallback.State.PLANNED, due_at__lte=now)
        return self.filter(waiting | lapsed).filter(~Exists(is_open)).order_by("pk")


class CacheCallback(models.Model):
    """One call that tells whoever ordered a purge what became of it; its address is the order's."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        HANDED_OVER = "handed_over", "Handed over"
        CONFIRMED = "confirmed", "Confirmed"
        FAILED = "failed", "Failed"

    order = models.OneToOneField(CacheOrder, models.CASCADE, related_name="callback")
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    idempotency_key = models.CharField(max_length=32, unique=True)

    objects = CacheCallbackQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["planned", "handed_over"]),
                name="cache_callback_due",
            ),
        ]

    def __str__(self) -> str:
        return f"callback of {self.order_id} ({self.state})"


class WarmUpQuerySet(models.QuerySet["WarmUp"]):
    def due(self, now: datetime) -> "WarmUpQuerySet":
        """Those that are not finished, and that no worker holds."""
        is_free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return self.filter(is_free, finished_at__isnull=True).order_by("pk")

    def finished(self) -> "WarmUpQuerySet":
        return self.filter(finished_at__isnull=False).order_by("-finished_at", "-pk")


class WarmUp(models.Model):
    """One round in which pages of the site are fetched, so that no reader is the first; with what was met.

    A result is `{"path", "is_hit", "error"}`; `is_hit` is None where the cache says nothing.
    """

    class Occasion(models.TextChoices):
        NIGHT = "night", "Every night"
        PURGE = "purge", "After a purge"

    occasion = models.CharField(max_length=20, choices=Occasion)
    day = models.DateField(null=True)  # of New York, of a night's
    order = models.OneToOneField(CacheOrder, models.SET_NULL, null=True, related_name="warm_up")
    paths = models.JSONField(default=list)
    results = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True)  # why it ended early
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = WarmUpQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["day"], condition=Q(day__isnull=False), name="one_warm_up_a_night"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()}, {self.created_at:%Y-%m-%d %H:%M} UTC"

    @property
    def answered(self) -> int:
        return sum(not one["error"] for one in self.results)

    @property
    def hits(self) -> int:
        return sum(one["is_hit"] is True for one in self.results)

    @property
    def hit_rate(self) -> float | None:
        """Percent of the answers of which the cache says where they came from; None where it never does."""
        told = sum(one["is_hit"] is not None for one in self.results)
        return round(100 * self.hits / told, 1) if told else None
