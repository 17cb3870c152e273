"""When what leaves a rhythm leaves, and what of it people may choose."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from content.models import Draft
from publishing.models.cadences import Cadence

Person = settings.AUTH_USER_MODEL


class Offset(models.Model):
    """How long after the slot of a rhythm one kind of act is due, and for how long its window is open."""

    cadence = models.ForeignKey(Cadence, models.CASCADE, related_name="offsets")
    kind = models.SlugField()  # a format; or banner, sitemap, ping, purge
    after_s = models.PositiveIntegerField(default=0)
    window_s = models.PositiveIntegerField(default=300)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering = ["cadence", "after_s", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["cadence", "kind"], name="one_offset_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.after_s} s after the slot"


class Rollout(models.Model):
    """How the release of one draft is spread over time; a draft without one leaves at its slot."""

    class Canary(models.TextChoices):
        AUTO = "auto", "when many are written to"
        ON = "on", "always"
        OFF = "off", "never"

    draft = models.OneToOneField(Draft, models.CASCADE, related_name="rollout")
    is_staged = models.BooleanField(
        default=False
    )  # networks on day 1, page on day 2, mail on day 3
    stagger_min = models.PositiveSmallIntegerField(default=0)  # the networks one after another
    by_reader_zone = models.BooleanField(
        default=False
    )  # mail at the slot's wall clock of each reader
    windows = models.JSONField(
        default=dict
    )  # {format: ["09:00", "17:30"]} on the slot's wall clock
    canary = models.CharField(max_length=10, choices=Canary, default=Canary.AUTO)
    changed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    def __str__(self) -> str:
        return f"Roll-out of {self.draft}"


class ClosedDay(models.Model):
    """Days on which people should be warned (holiday) or nothing may leave (blackout)."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", "Holiday: warned about"
        BLACKOUT = "blackout", "Blackout: nothing leaves"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.HOLIDAY)
    name = models.CharField(max_length=100)
    first = models.DateField()
    last = models.DateField()
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering = ["first", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="days_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class WeeklyTarget(models.Model):
    """How many drafts of one type should go out in a week."""

    type = models.CharField(max_length=20, choices=Draft.Type, unique=True)
    least = models.PositiveSmallIntegerField(default=2)
    most = models.PositiveSmallIntegerField(default=3)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering = ["type"]
        constraints = [
            models.CheckConstraint(condition=Q(most__gte=F("least")), name="least_below_most"),
        ]

    def __str__(self) -> str:
        return f"{self.least}–{self.most} a week: {self.get_type_display()}"
