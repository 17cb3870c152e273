"""The ledger: one row for each act towards the outside."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from publishing.models.accounts import Account
from publishing.models.releases import Release, ReleasePart
from segmentation.models import Contact

Person = settings.AUTH_USER_MODEL


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> "DeliveryQuerySet":
        """Those on their way: planned, claimed or handed over."""
        return self.filter(state__in=Delivery.OPEN)

    def movable(self) -> "DeliveryQuerySet":
        """Planned ones that a worker can still do: not refused, and no earlier part has stopped."""
        stopped_before = Delivery.objects.filter(
            part_of=OuterRef("part_of"),
            part__lt=OuterRef("part"),
            state__in=[Delivery.State.FAILED, Delivery.State.UNCERTAIN, Delivery.State.EXCLUDED],
        )
        return self.filter(state=Delivery.State.PLANNED, part_of__refusal="").filter(
            Q(waits_for__isnull=True) | ~Exists(stopped_before)
        )

    def lapsed(self, now: datetime) -> "DeliveryQuerySet":
        """Those whose worker has let its lease run out."""
        held = [Delivery.State.CLAIMED, Delivery.State.HANDED_OVER]
        return self.filter(state__in=held, lease_until__lt=now)


class Delivery(models.Model):
    """One act towards the outside: a mail to one recipient, a part of a thread, a page."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        CLAIMED = "claimed", "Claimed"
        HANDED_OVER = "handed_over", "Handed over"
        CONFIRMED = "confirmed", "Confirmed"
        UNCERTAIN = "uncertain", "Uncertain"
        FAILED = "failed", "Failed"
        EXCLUDED = "excluded", "Excluded"

    class Reason(models.TextChoices):
        SUPPRESSED = "suppressed"
        UNSUBSCRIBED = "unsubscribed"
        NO_CONSENT = "no_consent"
        DO_NOT_CONTACT = "do_not_contact"
        BOUNCED = "bounced"
        COMPLAINED = "complained"
        DUPLICATE_ADDRESS = "duplicate_address"
        INVALID_ADDRESS = "invalid_address"
        FREQUENCY_CAP = "frequency_cap"
        QUOTA = "quota"
        HOLDOUT = "holdout"
        PAST_RECIPIENT = "past_recipient"
        SEGMENT_EXCLUDED = "segment_excluded"
        NOT_IN_WAVE = "not_in_wave"
        DEPENDENCY_FAILED = "dependency_failed"
        LATE = "late"
        STOPPED = "stopped"
        CANARY_STOP = "canary_stop"
        WITHDRAWN = "withdrawn"
        ERASED = "erased"

    TRANSITIONS = {
        State.PLANNED: {State.CLAIMED, State.EXCLUDED},
        State.CLAIMED: {State.HANDED_OVER, State.PLANNED, State.EXCLUDED, State.FAILED},
        State.HANDED_OVER: {State.CONFIRMED, State.FAILED, State.PLANNED, State.UNCERTAIN},
        State.UNCERTAIN: {State.CONFIRMED, State.PLANNED, State.FAILED},
        State.FAILED: {State.PLANNED},
    }
    OPEN = (State.PLANNED, State.CLAIMED, State.HANDED_OVER)

    release = models.ForeignKey(Release, models.PROTECT, related_name="deliveries")
    part_of = models.ForeignKey(ReleasePart, models.PROTECT, related_name="deliveries")
    account = models.ForeignKey(Account, models.PROTECT, related_name="deliveries")
    target = models.CharField(max_length=100)  # "contact:<id>", "page" or "post"
    part = models.PositiveSmallIntegerField(default=1)  # of a thread
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="deliveries")
    merge = models.JSONField(default=dict)  # the personal values that the message was made with
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    waits_for = models.ForeignKey("self", models.PROTECT, null=True, related_name="followers")
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=500, blank=True)
    settled_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    idempotency_key = models.CharField(max_length=32, unique=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["pk"]
        permissions = [("settle_delivery", "Can settle uncertain and failed deliveries")]
        indexes = [
            models.Index(
                fields=["account", "due_at", "id"],
                condition=Q(state="planned"),
                name="delivery_due",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["claimed", "handed_over"]),
                name="delivery_leased",
            ),
            models.Index(fields=["release", "state"], name="delivery_books"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "account", "target", "part"], name="one_delivery_per_act"
            ),
            models.CheckConstraint(
                condition=Q(state="excluded", reason__gt="")
                | (~Q(state="excluded") & Q(reason="")),
                name="excluded_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | (Q(worker__gt="") & Q(lease_until__isnull=False)),
                name="claimed_has_worker_and_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | (
                    Q(confirmed_at__isnull=False)
                    & (Q(provider_id__gt="") | Q(settled_by__isnull=False))
                ),
                name="confirmed_has_receipt",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["uncertain", "handed_over"])
                | Q(handed_over_at__isnull=False),
                name="uncertain_was_handed_over",
            ),
            models.CheckConstraint(
                condition=Q(part=1) | Q(waits_for__isnull=False), name="later_parts_wait"
            ),
            models.CheckConstraint(
                condition=Q(waits_for__isnull=True) | ~Q(waits_for=F("id")),
                name="waits_for_another",
            ),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk} ({self.state})"


class Event(models.Model):
    """A later fact about a delivery: settled by a person, found by read-back, lease lost."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    detail = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M} UTC"
