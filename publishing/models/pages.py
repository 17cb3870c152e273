"""Pages on our own site, for teams without a Platform."""

from django.db import models
from django.utils import timezone


class PageQuerySet(models.QuerySet["Page"]):
    def listed(self) -> "PageQuerySet":
        """Those that index, feed and sitemap name, the newest first."""
        return self.filter(state=Page.State.PUBLISHED).order_by("-published_at", "-pk")


class Page(models.Model):
    """One public page as it was sealed, at the address that it keeps."""

    class State(models.TextChoices):
        PUBLISHED = "published", "Published"
        ARCHIVED = "archived", "Archived"  # still at its address, and nowhere listed
        WITHDRAWN = "withdrawn", "Withdrawn"  # its address answers 410

    path = models.CharField(max_length=200, unique=True)  # /updates/<slug>
    key = models.CharField(max_length=32, db_index=True)  # of the delivery or correction it is of
    state = models.CharField(max_length=20, choices=State, default=State.PUBLISHED)
    title = models.CharField(max_length=300)
    excerpt = models.CharField(max_length=1000, blank=True)
    body = models.TextField()  # the sealed content, canonical JSON
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(null=True)  # when it was last changed after that

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-pk"]
        indexes = [models.Index(fields=["state", "-published_at"], name="page_listed")]

    def __str__(self) -> str:
        return self.path


class PageVersion(models.Model):
    """What a page said before it was changed. Append-only."""

    page = models.ForeignKey(Page, models.CASCADE, related_name="versions")
    key = models.CharField(max_length=32)
    body = models.TextField()
    until = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.page} until {self.until:%Y-%m-%d %H:%M} UTC"
