"""The weekly rhythm."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from content.models import Document, Draft
from publishing.slots import Rhythm
from segmentation.models import Segment

Person = settings.AUTH_USER_MODEL


class Cadence(models.Model):
    """The weekly rhythm: read, assemble and release at wall-clock times of one zone."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    zone = models.CharField(max_length=64, default=settings.DEFAULT_ZONE)
    weekday = models.PositiveSmallIntegerField(default=1)  # of the release; Monday is 0
    at = models.TimeField()  # of the release
    read_days_before = models.PositiveSmallIntegerField(default=1)
    read_at = models.TimeField()
    assemble_days_before = models.PositiveSmallIntegerField(default=1)
    assemble_at = models.TimeField()
    grace_min = models.PositiveIntegerField(default=15)
    lateness = models.CharField(max_length=20, choices=Draft.Lateness, default=Draft.Lateness.ASK)
    recipe = models.ForeignKey("content.Recipe", models.PROTECT, related_name="cadences")
    segment = models.ForeignKey(Segment, models.PROTECT, null=True, blank=True)
    documents = models.ManyToManyField(Document, blank=True, related_name="cadences")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="cadences")
    is_enabled = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords(m2m_fields=[documents])

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def rhythm(self) -> Rhythm:
        """Its times as a value."""
        return Rhythm(
            zone=self.zone,
            weekday=self.weekday,
            at=self.at,
            read_days_before=self.read_days_before,
            read_at=self.read_at,
            assemble_days_before=self.assemble_days_before,
            assemble_at=self.assemble_at,
        )


class CadenceSlot(models.Model):
    """One turn of a cadence. Each step of it happens once: the row says which did."""

    cadence = models.ForeignKey(Cadence, models.CASCADE, related_name="slots")
    slot_wall = models.CharField(max_length=16)  # "YYYY-MM-DDTHH:MM" in the cadence's zone
    read_at = models.DateTimeField(null=True)
    assembled_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)  # why a step could not be done
    draft = models.ForeignKey(Draft, models.SET_NULL, null=True, related_name="+")
    release = models.ForeignKey("Release", models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-slot_wall"]
        constraints = [
            models.UniqueConstraint(fields=["cadence", "slot_wall"], name="one_turn_per_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.cadence} {self.slot_wall}"
