"""Editions on their way out."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Seal
from content.models import Draft, Rendition
from halcytone.lib.states import Stateful
from publishing.models.accounts import Account

Person = settings.AUTH_USER_MODEL


class ReleaseQuerySet(models.QuerySet["Release"]):
    def planned(self) -> "ReleaseQuerySet":
        return self.filter(status=Release.Status.PLANNED)

    def releasing(self) -> "ReleaseQuerySet":
        return self.filter(status=Release.Status.RELEASING)

    def wanting(self) -> "ReleaseQuerySet":
        """Those that stand still until somebody decides."""
        return self.filter(
            status__in=(Release.Status.LATE, Release.Status.HELD, Release.Status.INCOMPLETE)
        )

    def overdue(self, now: datetime) -> "ReleaseQuerySet":
        """Those whose slot is over and that somebody must look at."""
        waiting = [Release.Status.PLANNED, Release.Status.LATE, Release.Status.HELD]
        return self.filter(status__in=waiting, due_at__lt=now)


class Release(Stateful):
    """The approved renditions of one draft at one slot, on their way out."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        RELEASING = "releasing", "Releasing"
        HELD = "held", "Held"
        LATE = "late", "Late"
        INCOMPLETE = "incomplete", "Incomplete"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS = {
        Status.PLANNED: {Status.RELEASING, Status.HELD, Status.LATE, Status.CANCELLED},
        Status.RELEASING: {Status.DONE, Status.INCOMPLETE, Status.HELD},
        Status.HELD: {Status.PLANNED, Status.RELEASING, Status.CANCELLED},
        Status.INCOMPLETE: {Status.RELEASING, Status.DONE},
        Status.LATE: {Status.PLANNED, Status.RELEASING, Status.CANCELLED},
        Status.DONE: {Status.RELEASING},  # a person asks for a failed delivery once more
    }

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="releases")
    status = models.CharField(max_length=20, choices=Status, default=Status.PLANNED)
    slot_wall = models.CharField(max_length=16)  # "YYYY-MM-DDTHH:MM" on the wall clock
    zone = models.CharField(max_length=64)
    due_at = (
        models.DateTimeField()
    )  # the instant of the slot; made anew from wall clock and zone at claim
    #: When the first of it leaves: the slot, or earlier where readers of a zone have theirs before it.
    begins_at = models.DateTimeField(null=True)
    grace_min = models.PositiveIntegerField(default=15)
    lateness = models.CharField(max_length=20, choices=Draft.Lateness, default=Draft.Lateness.ASK)
    is_dry = models.BooleanField(default=False)
    is_late = models.BooleanField(default=False)  # left after its grace, by somebody's decision
    note = models.CharField(max_length=500, blank=True)  # why it is held, late or incomplete
    left_out = models.JSONField(default=dict)  # {format: why it has no part}
    prepared_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    planned_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    is_demo = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at", "-pk"]
        permissions = [
            ("schedule_release", "Can plan, resume, cancel releases"),
            ("hold_release", "Can hold releases"),
            ("stop_presses", "Can stop the presses"),
            ("lift_stop", "Can lift a stop (two people)"),
            ("claim_installation", "Can claim the installation"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "slot_wall", "zone"],
                condition=~Q(status="cancelled"),
                name="one_release_per_slot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.draft} at {self.slot_wall} {self.zone}"


class ReleasePart(models.Model):
    """One rendition of a release with the seal it was approved under."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="parts")
    rendition = models.ForeignKey(Rendition, models.PROTECT, related_name="+")
    format = models.CharField(max_length=20)
    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    seal = models.ForeignKey(Seal, models.PROTECT, related_name="+")
    refusal = models.TextField(blank=True)  # why the publisher will not send it; "" = nothing found
    refused_at = models.DateTimeField(null=True)
    # Refused only until the page that it links to is up; then it goes by itself.
    waits_for_page = models.BooleanField(default=False)
    links = models.JSONField(default=list)  # addresses of our page in it; of a page, its own
    # Its own time, and the end of its window: the slot's, or an offset, day or window after it.
    due_at = models.DateTimeField(null=True)
    window_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["release", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["release", "format"], name="one_part_per_format"),
            models.CheckConstraint(
                condition=Q(waits_for_page=False) | Q(refusal__gt=""), name="waiting_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.release}"


class ReleaseEvent(models.Model):
    """Who did what to a release, when and why. Append-only; no person means the machine."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)  # planned, started, held, resumed, late, refused, done …
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    detail = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M} UTC"
