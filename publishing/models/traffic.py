"""How much an account may hand over at the moment: rows that all workers share."""

from datetime import datetime, timedelta

from django.db import models

from publishing.models.accounts import Account


class PaceWindow(models.Model):
    """What an account has handed over in the second, hour or day that began at `starts_at`.

    The atomic counter of installations without Redis; with Redis there are no rows.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    size_s = models.PositiveIntegerField()
    starts_at = models.BigIntegerField()  # seconds since 1970
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "size_s"], name="one_window_of_a_size"),
        ]

    def __str__(self) -> str:
        return f"{self.used} in {self.size_s} s"


class Quota(models.Model):
    """What the place itself last said is left to an account. `left` None: it named no number."""

    account = models.OneToOneField(Account, models.CASCADE, primary_key=True, related_name="quota")
    left = models.PositiveIntegerField(null=True)
    resets_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)  # nothing leaves before
    reason = models.CharField(max_length=200, blank=True)
    heard_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.left} left"


class Breaker(models.Model):
    """Whether an account's place is well: open after failures in a row, closed again after probes.

    `opens_until` None: closed. In the future: open, rows wait. In the past: half open, one row at a time
    goes as a probe. Publishing specification §5.
    """

    OPENS_AFTER = 5  # failures in a row
    CLOSES_AFTER = 3  # probes that were answered
    WAIT_S, WAIT_MAX_S = 60, 600

    account = models.OneToOneField(
        Account, models.CASCADE, primary_key=True, related_name="breaker"
    )
    misses = models.PositiveSmallIntegerField(default=0)
    answers = models.PositiveSmallIntegerField(default=0)  # to probes, since it opened
    wait_s = models.PositiveIntegerField(default=0)
    opens_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    probe_by = models.CharField(max_length=100, blank=True)
    probe_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "closed" if self.opens_until is None else f"open until {self.opens_until:%H:%M:%S}"

    @property
    def is_closed(self) -> bool:
        return self.opens_until is None

    def is_open(self, now: datetime) -> bool:
        """Tell whether rows wait; False of a half open one, too."""
        return self.opens_until is not None and self.opens_until > now

    def miss(self, now: datetime) -> None:
        """Note a failure: the fifth in a row opens it, one of a probe opens it for twice as long."""
        if self.is_open(now):
            return
        self.misses += 1
        if self.is_closed and self.misses < self.OPENS_AFTER:
            return
        self.opened_at = now if self.is_closed else self.opened_at
        self.wait_s = min(self.wait_s * 2, self.WAIT_MAX_S) if self.wait_s else self.WAIT_S
        self.opens_until = now + timedelta(seconds=self.wait_s)
        self.answers, self.probe_by, self.probe_until = 0, "", None

    def answer(self, now: datetime) -> None:
        """Note that the place answered; what was under way when it opened proves nothing."""
        if self.is_open(now):
            return
        self.misses, self.probe_by, self.probe_until = 0, "", None
        if self.is_closed:
            return
        self.answers += 1
        if self.answers >= self.CLOSES_AFTER:
            self.opens_until, self.opened_at, self.answers, self.wait_s = None, None, 0, 0
