"""The ledger: one row for each act towards the outside."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from publishing.models.accounts import Account
from publishing.models.releases import Release, ReleasePart
from publishing.models.tracking import Link
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
        PREPARED = (
            "prepared",
            "Prepared for hand-work",
        )  # ready to copy; a person says that it is out

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
        State.HANDED_OVER: {
            State.CONFIRMED,
            State.FAILED,
            State.PLANNED,
            State.UNCERTAIN,
            State.PREPARED,
        },
        State.UNCERTAIN: {State.CONFIRMED, State.PLANNED, State.FAILED},
        State.PREPARED: {State.CONFIRMED, State.PLANNED, State.FAILED},
        State.FAILED: {State.PLANNED},
    }
    OPEN = (State.PLANNED, State.CLAIMED, State.HANDED_OVER)

    # The table grows to a hundred million rows, of which every mail changes one three times: what an
    # index of several columns or of few rows answers has no index of its own (docs/scale.md).
    release = models.ForeignKey(Release, models.PROTECT, related_name="deliveries", db_index=False)
    part_of = models.ForeignKey(ReleasePart, models.PROTECT, related_name="deliveries")
    account = models.ForeignKey(Account, models.PROTECT, related_name="deliveries", db_index=False)
    target = models.CharField(max_length=100)  # "contact:<id>", "page" or "post"
    part = models.PositiveSmallIntegerField(default=1)  # of a thread
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="deliveries")
    merge = models.JSONField(default=dict)  # the personal values that the message was made with
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    waits_for = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="followers", db_index=False
    )
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=500, blank=True)
    settled_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", db_index=False
    )
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    idempotency_key = models.CharField(max_length=32)
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
            models.Index(fields=["release", "state", "part_of", "reason"], name="delivery_books"),
            models.Index(
                fields=["waits_for"], condition=Q(waits_for__isnull=False), name="delivery_waiting"
            ),
            models.Index(
                fields=["settled_by"],
                condition=Q(settled_by__isnull=False),
                name="delivery_settled",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="one_delivery_per_key"),
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


class EventQuerySet(models.QuerySet["Event"]):
    def tracked(self) -> "EventQuerySet":
        """Opens and clicks that came to our own addresses, whoever made them."""
        return self.exclude(actor="")


class Event(models.Model):
    """A later fact about a delivery: settled, found by read-back, delivered, bounced, opened, clicked.

    A hit that is counted for nobody in particular (`aggregate`) has its part and no delivery.
    """

    class Actor(models.TextChoices):
        HUMAN = "human"
        MACHINE = "machine"
        UNKNOWN = "unknown"

    delivery = models.ForeignKey(Delivery, models.CASCADE, null=True, related_name="events")
    part_of = models.ForeignKey(ReleasePart, models.CASCADE, null=True, related_name="events")
    link = models.ForeignKey(Link, models.CASCADE, null=True, related_name="events")
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=10, choices=Actor, blank=True)  # of opens and clicks
    facts = models.JSONField(default=dict)  # what a hit showed of itself; never an IP address
    #: Tells hits of one day apart where no reader is known; taken away within a day.
    trace = models.CharField(max_length=16, blank=True)
    is_repeat = models.BooleanField(default=False)  # the same reader, or trace, was counted before
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    detail = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(
                fields=["part_of", "kind", "actor", "link"],
                condition=Q(part_of__isnull=False),
                name="event_results",
            ),
            models.Index(fields=["at"], condition=~Q(actor=""), name="event_hits"),
            models.Index(fields=["trace"], condition=Q(trace__gt=""), name="event_traces"),
            models.Index(
                fields=["kind", "at"],
                condition=Q(kind__in=["bounced", "complained", "deferred", "unsubscribed"]),
                name="event_alarms",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(delivery__isnull=False) | Q(part_of__isnull=False),
                name="event_is_about_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M} UTC"
