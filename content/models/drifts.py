"""Where the sentences of renditions come from, and what the sources did to them since."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from content.models.documents import Document
from content.models.drafts import Rendition
from content.models.notices import Notice


class Usage(models.Model):
    """One sentence of a rendition as it stands, and the block of the document it was made from."""

    rendition = models.ForeignKey(Rendition, models.CASCADE, related_name="usages")
    document = models.ForeignKey(Document, models.CASCADE, related_name="usages")
    block_hash = models.CharField(max_length=64)
    block_kind = models.CharField(max_length=20)
    block_text = models.TextField()
    block_place = models.TextField(blank=True)
    where = models.CharField(max_length=60)
    sentence = models.TextField()
    similarity = models.FloatField(default=1.0)  # 1.0 = the block's own words

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["document", "block_hash"], name="usage_by_block")]

    def __str__(self) -> str:
        return f"{self.sentence[:60]} ({self.where})"


class Drift(models.Model):
    """One sentence of a rendition whose source says something else now, until somebody decides."""

    class Change(models.TextChoices):
        CHANGED = "changed", "changed"
        REMOVED = "removed", "removed"

    class Decision(models.TextChoices):
        OPEN = "", "open"
        TAKEN = "taken", "taken over"
        KEPT = "kept", "kept as it is"
        RETURNED = "returned", "the source says it again"
        GONE = "gone", "the rendition does not say it any more"
        CORRECTION = "correction", "to be corrected where it went out"

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="drifts")
    rendition = models.ForeignKey(Rendition, models.CASCADE, related_name="drifts")
    change = models.CharField(max_length=10, choices=Change)
    is_claim = models.BooleanField(
        default=False
    )  # a number, date, price, name or quotation differs
    where = models.CharField(max_length=60)
    sentence = models.TextField()  # as the rendition says it
    old_text = models.TextField()  # the block it came from
    new_text = models.TextField(blank=True)  # the block as it stands now; "" when it is gone
    new_sentence = models.TextField(blank=True)
    source_url = models.CharField(max_length=1000, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=20, choices=Decision, blank=True, default=Decision.OPEN)
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rendition", "where", "sentence"],
                condition=Q(decision=""),
                name="one_open_drift_per_sentence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sentence[:60]} ({self.get_change_display()})"
