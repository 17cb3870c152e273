"""Links of what went out, and what tells machines from people."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from publishing.models.releases import ReleasePart

Person = settings.AUTH_USER_MODEL


class Link(models.Model):
    """One address in a part of a release. Its number stands in the tokens and is never given anew."""

    part_of = models.ForeignKey(ReleasePart, models.CASCADE, related_name="tracked_links")
    number = models.PositiveSmallIntegerField()  # 0 = the decoy that no person can see
    url = models.TextField()  # as sealed
    target = models.TextField()  # where it leads now
    is_decoy = models.BooleanField(default=False)

    class Meta:
        ordering = ["part_of", "number"]
        constraints = [
            models.UniqueConstraint(fields=["part_of", "number"], name="one_link_per_number"),
            models.CheckConstraint(
                condition=Q(is_decoy=True, number=0) | Q(is_decoy=False, number__gt=0),
                name="decoy_has_number_0",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class LinkChange(models.Model):
    """Who led a link elsewhere, when and why. Append-only."""

    link = models.ForeignKey(Link, models.CASCADE, related_name="changes")
    before = models.TextField()
    after = models.TextField()
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class Scanner(models.Model):
    """What marks a visit as a machine's: a word in the name of its program, or its network."""

    class Kind(models.TextChoices):
        AGENT = "agent", "Word in the user agent"
        NETWORK = "network", "Network"

    class Verdict(models.TextChoices):
        MACHINE = "machine", "A machine"
        UNKNOWN = (
            "unknown",
            "Cannot be told",
        )  # as a mailbox provider's proxy fetches for people too

    kind = models.CharField(max_length=10, choices=Kind)
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.MACHINE)
    pattern = models.CharField(max_length=100)  # a word in any case; or a network, 192.0.2.0/24
    note = models.CharField(max_length=200, blank=True)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["kind", "pattern"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "pattern"], name="one_scanner_per_pattern"),
        ]

    def __str__(self) -> str:
        return self.pattern
