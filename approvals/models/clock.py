"""What the clock of a review will do, and has done."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models.reviews import Review, Stage
from approvals.models.words import Role
from content.models import Draft

Person = settings.AUTH_USER_MODEL


class DueEvent(models.Model):
    """One thing that the clock of a review does once, at its moment. The due rows are the queue.

    `key` names it within its review: stage, kind, round and person, so that it can be there only once.
    """

    class Kind(models.TextChoices):
        REMINDER_50 = "reminder_50", "Reminder at 50 %"
        REMINDER_80 = "reminder_80", "Reminder at 80 %"
        REMINDER_LAST = "reminder_last", "Reminder one hour before"
        DELEGATE = "delegate", "Delegate is called"
        ESCALATION = "escalation", "Escalation: waits too long"
        ROUNDS = "rounds", "Escalation: too many rounds"
        VALIDATION = "validation", "Escalation: checks not mended"
        CRITICAL = "critical", "Executives are alerted"
        CRISIS = "crisis", "Communications group is called"
        LATE_START = "late_start", "Late from the start"
        SLOT = "slot", "Slot reached"
        WEEKLY_SUBMIT = "weekly_submit", "Weekly: submit"
        WEEKLY_REVIEW_OPENS = "weekly_review_opens", "Weekly: reviewers look at it"
        WEEKLY_REVIEW_CLOSES = "weekly_review_closes", "Weekly: reviewers are done"
        WEEKLY_STAKEHOLDERS = "weekly_stakeholders", "Weekly: stakeholders are told"
        WEEKLY_CHECKLIST = "weekly_checklist", "Weekly: Tuesday checklist"
        WEEKLY_REHEARSAL = "weekly_rehearsal", "Weekly: rehearsal"
        WEEKLY_FINAL = "weekly_final", "Weekly: final decision"
        WEEKLY_STAGED = "weekly_staged", "Weekly: staged"
        WEEKLY_OUT = "weekly_out", "Weekly: out"

    review = models.ForeignKey(Review, models.CASCADE, related_name="due_events")
    stage = models.ForeignKey(Stage, models.CASCADE, null=True, related_name="due_events")
    kind = models.CharField(max_length=30, choices=Kind)
    key = models.CharField(max_length=100)
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    is_cancelled = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(
                fields=["at"],
                condition=Q(done_at__isnull=True, is_cancelled=False),
                name="due_event_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["review", "key"], name="one_due_event_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.review}"

    @property
    def is_open(self) -> bool:
        """Whether it will happen."""
        return self.done_at is None and not self.is_cancelled


class Escalation(models.Model):
    """One step up the chain: a role that may speak in a stage as well from then on, and why.

    `role` is "" where nobody stands higher, or the voice cannot be replaced: then people were told only.
    """

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="escalations")
    step = models.PositiveSmallIntegerField()
    round = models.PositiveSmallIntegerField(default=1)
    role = models.CharField(max_length=40, choices=Role, blank=True)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "round", "step", "role"], name="one_escalation_per_step"
            ),
        ]

    def __str__(self) -> str:
        return f"Step {self.step} in {self.stage}"


class FastTrack(models.Model):
    """One draft that goes the short way: seven steps with clocks, started by a person for a matter."""

    class Matter(models.TextChoices):
        ANY = "any", "Any matter"
        MARKET = "market", "Market"
        TECHNOLOGY = "technology", "Technology"
        COMMUNITY = "community", "Community"

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="fast_tracks")
    matter = models.CharField(max_length=20, choices=Matter)
    reason = models.CharField(max_length=300)
    started_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    bypassed = models.JSONField(default=list)  # [{"what", "usual", "now"}]: lead times not kept

    class Meta:
        ordering = ["-started_at", "-pk"]
        permissions = [("start_fast_track", "Can send a draft the short way")]
        constraints = [
            models.UniqueConstraint(
                fields=["draft"], condition=Q(ended_at=None), name="one_fast_track_per_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"Fast track of {self.draft}"


class FastTrackStep(models.Model):
    """One of the seven steps of a fast track, with its clock; `due_at` is set when it begins."""

    track = models.ForeignKey(FastTrack, models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    limit_min = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    warned_at = models.DateTimeField(null=True)  # when people were told that its time is over

    class Meta:
        ordering = ["track", "number"]
        constraints = [
            models.UniqueConstraint(fields=["track", "number"], name="one_step_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"
