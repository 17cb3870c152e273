"""What counsel and the house put on record: legal triggers, legal reviews, competitors, impact."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from approvals.models.reviews import Review
from content.models import Draft

Person = settings.AUTH_USER_MODEL


class Competitor(models.Model):
    """A name that, in a text, makes counsel look at it."""

    name = models.CharField(max_length=100, unique=True)
    note = models.CharField(max_length=300, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        verbose_name = "competitor"

    def __str__(self) -> str:
        return self.name


class LegalTrigger(models.Model):
    """One passage, flag or setting of a draft in review that makes counsel look at it.

    It stands until somebody who holds the approval role `legal` clears it, whatever is edited.
    """

    class Kind(models.TextChoices):
        MEDICAL = "medical", "Medical or health claim"
        PARTNERSHIP = "partnership", "Partnership announcement"
        REGULATORY = "regulatory", "Regulatory communication"
        CRISIS = "crisis", "Crisis or negative news"
        COMPETITIVE = "competitive", "Competitive claim or comparison"

    review = models.ForeignKey(Review, models.CASCADE, related_name="triggers")
    kind = models.CharField(max_length=20, choices=Kind)
    passage = models.CharField(max_length=300)  # as it stood in the text when it was found
    place = models.CharField(max_length=300)
    round = models.PositiveSmallIntegerField(default=1)  # of the review, when it was found
    found_at = models.DateTimeField(default=timezone.now)
    lifted_from = models.PositiveSmallIntegerField(null=True)  # the level before it; None = no lift
    disputed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    disputed_at = models.DateTimeField(null=True)
    dispute = models.CharField(max_length=500, blank=True)
    cleared_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    cleared_at = models.DateTimeField(null=True)
    clearing_reason = models.CharField(max_length=500, blank=True)
    effect = models.CharField(max_length=300, blank=True)  # what the clearing took away, or not

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "kind", "passage"], name="one_trigger_per_passage"
            ),
            models.CheckConstraint(
                condition=Q(cleared_by__isnull=True, cleared_at__isnull=True)
                | (Q(cleared_by__isnull=False, cleared_at__isnull=False) & ~Q(clearing_reason="")),
                name="clearing_has_person_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.passage}"

    @property
    def is_standing(self) -> bool:
        return self.cleared_at is None


class LegalReview(models.Model):
    """What counsel found in one review: risk, frames, comments, approval, and when to look again."""

    class Risk(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    class Frame(models.TextChoices):
        GDPR = "gdpr", "GDPR"
        CCPA = "ccpa", "CCPA"
        FTC = "ftc", "FTC advertising rules"
        WCAG = "wcag_2_2", "WCAG 2.2"
        INDUSTRY = "industry", "Industry regulation"
        INTERNATIONAL = "international", "International markets"

    review = models.OneToOneField(Review, models.CASCADE, related_name="legal_review")
    risk = models.CharField(max_length=10, choices=Risk)
    frames = models.JSONField(default=list)  # values of Frame that were looked at
    comments = models.TextField(blank=True)
    approval = models.TextField(blank=True)  # the documented approval, in counsel's words
    monitor_on = models.DateField(null=True)
    counsel = models.ForeignKey(Person, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"Legal review of {self.review.draft}: {self.get_risk_display().lower()} risk"

    @property
    def frame_words(self) -> str:
        words = dict(self.Frame.choices)
        return ", ".join(words.get(each, each) for each in self.frames)


class ImpactAssessment(models.Model):
    """What a draft of level 3 or 4 will do outside, said before it is submitted.

    None and "" are questions that nobody has answered yet.
    """

    class Significance(models.TextChoices):
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    draft = models.OneToOneField(Draft, models.CASCADE, related_name="impact")
    market_significance = models.CharField(max_length=10, choices=Significance, blank=True)
    competitive_implications = models.BooleanField(null=True)
    regulatory_considerations = models.BooleanField(null=True)
    stakeholders = models.JSONField(null=True)  # names to notify; [] = nobody has to be told
    media_coordination = models.BooleanField(null=True)
    crisis_preparation = models.BooleanField(null=True)
    board_told_on = models.DateField(null=True)  # where the board has to be told
    note = models.TextField(blank=True)
    changed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    history = HistoricalRecords()

    def __str__(self) -> str:
        return f"Impact of {self.draft}"
