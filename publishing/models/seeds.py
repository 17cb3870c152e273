"""Test mails to our own mailboxes, before a newsletter leaves."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from publishing.models.accounts import Account
from publishing.models.releases import ReleasePart


class SeedMail(models.Model):
    """One test mail of a part to one of our own mailboxes. No reader got it, and no book counts it."""

    class State(models.TextChoices):
        HANDED_OVER = "handed_over", "Handed over"
        CONFIRMED = "confirmed", "Confirmed"
        UNCERTAIN = "uncertain", "Uncertain"
        FAILED = "failed", "Failed"

    part = models.ForeignKey(ReleasePart, models.CASCADE, related_name="seeds")
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    address = models.CharField(max_length=254)  # a mailbox of TEST_MAILBOXES
    key = models.CharField(max_length=32, unique=True)  # its own idempotency key
    seal_sha256 = models.CharField(max_length=64)  # what it shows
    state = models.CharField(max_length=20, choices=State, default=State.HANDED_OVER)
    provider_id = models.CharField(max_length=200, blank=True)
    error = models.CharField(max_length=500, blank=True)
    handed_over_at = models.DateTimeField(default=timezone.now)
    arrived_at = models.DateTimeField(null=True)  # when it was seen in its mailbox

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(provider_id__gt=""),
                name="confirmed_seed_has_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"Test mail {self.pk} ({self.state})"
