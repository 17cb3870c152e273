"""What the images of documents show, as people said it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from content.models.documents import Document


class AltText(models.Model):
    """The alternative text of one image of a document where its source has none; "decorative" marks one
    that says nothing. It stays with the image through all readings."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="alt_texts")
    name = models.CharField(max_length=80)  # of the asset
    text = models.CharField(max_length=1000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["document", "name"], name="one_alt_text_per_image"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.text[:60]}"
