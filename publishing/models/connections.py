"""Whether an account may speak at its place, and the token it speaks with."""

from datetime import datetime

from django.conf import settings
from django.db import models

from publishing.channels.tokens import RENEW_AT
from publishing.models.accounts import Account


class Connection(models.Model):
    """How an account stands with its place, as the last sign-in, check or hand-over found it."""

    class Status(models.TextChoices):
        CONNECTED = "connected", "Connected"
        DISCONNECTED = "disconnected", "Disconnected"
        ERROR = "error", "Error"
        RATE_LIMITED = "rate_limited", "Rate limited"
        UNAUTHORIZED = "unauthorized", "Unauthorized"

    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="connection"
    )
    status = models.CharField(max_length=20, choices=Status)
    said = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.account}: {self.status}"


class Token(models.Model):
    """The OAuth 2.0 token of an account, encrypted (halcytone.lib.sealing): no one reads it from a row.

    `ends_at` None: the place named no end. `renewing_until` is the lease of the one worker that renews it.
    """

    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="token_row"
    )
    sealed = models.TextField()  # {"access", "refresh"} as JSON
    has_refresh = models.BooleanField(default=False)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    renewing_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Token of {self.account}"

    @property
    def due_at(self) -> datetime | None:
        """When 80 % of its life are over; None without an end."""
        return self.made_at + RENEW_AT * (self.ends_at - self.made_at) if self.ends_at else None
