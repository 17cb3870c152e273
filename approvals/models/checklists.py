"""Checklists: what somebody has to look at, and who ticked it when."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from approvals.models.reviews import Review
from content.models import Draft

Person = settings.AUTH_USER_MODEL


class Checklist(models.Model):
    """A list of things to look at. Stages of policies name it by its key."""

    #: The author's declaration, ticked before submission.
    CREATION = "creation"
    #: Shown on Tuesday morning; no vote waits for it.
    TUESDAY = "tuesday"
    #: The last phase of what carries an impact form; no vote waits for it.
    LAUNCH = "launch"

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)

    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class ChecklistItem(models.Model):
    """One thing to look at. `evidence` names the machine result that is shown beside it."""

    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=200)
    evidence = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)  # a retired item keeps its ticks

    history = HistoricalRecords()

    class Meta:
        ordering = ["checklist", "position", "pk"]

    def __str__(self) -> str:
        return self.text


class Tick(models.Model):
    """One person has looked at one thing: of a draft before its review, or in one review.

    `about` is the digest of what the draft was then: a later change can be told from it. A tick that
    is taken back stays on record.
    """

    item = models.ForeignKey(ChecklistItem, models.PROTECT, related_name="ticks")
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="ticks")
    review = models.ForeignKey(Review, models.CASCADE, null=True, related_name="ticks")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    ticked_at = models.DateTimeField(default=timezone.now)
    evidence = models.CharField(max_length=500, blank=True)
    about = models.CharField(max_length=64, blank=True)
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["ticked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "review"],
                condition=Q(taken_back_at__isnull=True, review__isnull=False),
                name="one_tick_per_item_and_review",
            ),
            models.UniqueConstraint(
                fields=["item", "draft"],
                condition=Q(taken_back_at__isnull=True, review__isnull=True),
                name="one_tick_per_item_and_draft",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} by {self.person}"
