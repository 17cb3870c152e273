"""What the outside told us."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from publishing.models.deliveries import Delivery


class InboundQuerySet(models.QuerySet["InboundEvent"]):
    def waiting(self, now: datetime) -> "InboundQuerySet":
        """Those that nobody has dealt with yet, the oldest first."""
        return self.filter(status=InboundEvent.Status.PENDING, due_at__lte=now).order_by("pk")


class InboundEvent(models.Model):
    """One thing that a service told: by a webhook, or by a mail in our mailbox. Kept whatever it is."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waits"
        DONE = "done", "Done"
        UNKNOWN = "unknown", "Not about anything we know"
        FAILED = "failed", "Failed"

    source = models.CharField(max_length=40)  # email:postmark, crm, platform, network:x, mailbox …
    event_id = models.CharField(max_length=200)  # theirs, or a digest of what was told
    kind = models.CharField(max_length=40)  # in our words
    at = models.DateTimeField()  # when it happened, as told
    received_at = models.DateTimeField(default=timezone.now)
    receipt = models.UUIDField(null=True)  # the call that brought it
    recipient = models.CharField(max_length=254, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=32, blank=True)  # idempotency key of the delivery, when told
    code = models.CharField(max_length=40, blank=True)  # enhanced status code, or a word
    payload = models.JSONField(default=dict)  # as it came
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, related_name="told")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    note = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)

    objects = InboundQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status="pending"), name="inbound_waiting"),
            models.Index(fields=["receipt"], name="inbound_receipt"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "event_id"], name="one_event_is_told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} told by {self.source}"
