"""Rehearsals of releases: what was checked, what was found, and who answers for it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from content.models import Draft
from publishing.models.releases import Release, ReleaseEvent

Person = settings.AUTH_USER_MODEL


class Verdict(models.TextChoices):
    GO = "go", "Go"
    WARNING = "warning", "Warning"
    NO_GO = "no_go", "No-Go"


class RehearsalQuerySet(models.QuerySet["Rehearsal"]):
    def done(self) -> "RehearsalQuerySet":
        return self.filter(done_at__isnull=False)


class Rehearsal(models.Model):
    """One rehearsal of a draft's release: due once at each occasion, or asked for by a person."""

    class Occasion(models.TextChoices):
        SUBMISSION = "submission", "At submission"
        DAY = "day", "24 hours before"
        HOUR = "hour", "1 hour before"
        LAST = "last", "10 minutes before"
        REQUEST = "request", "On request"

    #: What it is about, where it may be there once: "release:7:day"; None for one on request.
    key = models.CharField(max_length=80, unique=True, null=True)  # noqa: DJ001
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="rehearsals")
    release = models.ForeignKey(Release, models.CASCADE, null=True, related_name="rehearsals")
    occasion = models.CharField(max_length=20, choices=Occasion)
    due_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    asked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    #: What its No-Go held; None = it held nothing, as most do.
    hold = models.ForeignKey(ReleaseEvent, models.SET_NULL, null=True, related_name="+")

    objects = RehearsalQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at", "-pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(done_at=None), name="rehearsal_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(verdict__gt=""), name="done_has_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()}: {self.draft}"


class RehearsalCheck(models.Model):
    """One row of the board: what was looked at, what was found, since when, and who can mend it."""

    rehearsal = models.ForeignKey(Rehearsal, models.CASCADE, related_name="checks")
    area = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    about = models.CharField(max_length=60, blank=True)  # a format or an account
    verdict = models.CharField(max_length=10, choices=Verdict)
    what = models.CharField(max_length=500)
    since = models.DateTimeField()
    who = models.CharField(max_length=300, blank=True)
    path = models.CharField(max_length=200, blank=True)  # where it is mended
    can_override = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}"


class BoardSignature(models.Model):
    """Somebody with the final decision signed the board of one moment."""

    rehearsal = models.ForeignKey(Rehearsal, models.CASCADE, related_name="signatures")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["rehearsal", "person"], name="one_signature_each"),
        ]

    def __str__(self) -> str:
        return f"{self.person} on {self.rehearsal}"


class Override(models.Model):
    """A No-Go that two different people set aside, with a reason."""

    rehearsal = models.OneToOneField(Rehearsal, models.CASCADE, related_name="override")
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("asked_by")),
                name="two_people_override",
            ),
        ]

    def __str__(self) -> str:
        return f"Override of {self.rehearsal}"
