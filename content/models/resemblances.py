"""Pieces that say nearly the same as another one."""

from django.db import models
from django.utils import timezone

from content.models.documents import Item


class Resemblance(models.Model):
    """One piece that is a near duplicate of an earlier one of another document, and why."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="resemblances")
    other = models.ForeignKey(Item, models.CASCADE, related_name="resembled_by")
    why = models.CharField(max_length=200)
    found_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "other"], name="one_resemblance_per_pair"),
        ]

    def __str__(self) -> str:
        return f"{self.item} resembles {self.other}: {self.why}"
