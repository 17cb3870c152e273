"""Whether an account may speak at its place, and the token it speaks with."""

from django.conf import settings
from django.db import models

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

    `ends_at` None: the place named no end. `renew_at` is when a worker asks for a new one; None: no machine
    asks, as there is nothing to ask with or the place has refused it. `renewing_until` is the lease of the
    one worker that asks.
    """

    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="token_row"
    )
    sealed = models.TextField()  # {"access", "refresh", "exchange"} as JSON
    has_refresh = models.BooleanField(default=False)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    renew_at = models.DateTimeField(null=True)
    renewing_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Token of {self.account}"

    @property
    def is_lasting(self) -> bool:
        """Whether it is renewed by machine for as long as the place agrees, so that its end is none."""
        return self.has_refresh and self.renew_at is not None
