"""What the owner of a document is told, and how the places it lives in have answered."""

from django.db import models
from django.utils import timezone

from content.models.documents import Document, Snapshot


class Notice(models.Model):
    """One thing about a document that a person should know; told once, open until it is over."""

    class Kind(models.TextChoices):
        DOWN = "source_down", "The source cannot be read"
        CREDENTIALS = "credentials", "The source refuses our credentials"
        SHRUNK = "source_shrunk", "Most of the document is gone"
        DRIFT = "drift", "The source changed under a rendition"

    document = models.ForeignKey(Document, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind)
    snapshot = models.ForeignKey(Snapshot, models.CASCADE, null=True, related_name="notices")
    text = models.CharField(max_length=500)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "kind"],
                condition=models.Q(closed_at__isnull=True) & ~models.Q(kind="drift"),
                name="one_open_notice_per_kind",
            ),
            models.UniqueConstraint(
                fields=["snapshot", "kind"], name="one_notice_per_snapshot_and_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.document}"


class SourceHost(models.Model):
    """How one host that documents are read from has answered lately: the breaker of all workers."""

    name = models.CharField(max_length=255, unique=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    successes = models.PositiveSmallIntegerField(default=0)  # in a row, since it was paused
    paused_until = models.DateTimeField(null=True)  # None while it is well

    def __str__(self) -> str:
        return self.name


class SourceCursor(models.Model):
    """How far one kind of source has told what changed in it."""

    kind = models.CharField(max_length=20, unique=True)
    token = models.CharField(max_length=500, blank=True)
    heard_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.kind
