"""Senders and profiles."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class Account(models.Model):
    """One configured sender or profile on one channel. Its secret is named, never kept here."""

    class Tracking(models.TextChoices):
        """How much is counted at most; each reader's own answer may make it less."""

        OFF = "off", "Off"
        AGGREGATE = "aggregate", "Counts of each link, of nobody in particular"
        INDIVIDUAL = "individual", "Of each reader who agreed"

    key = models.SlugField(unique=True)
    channel = models.CharField(max_length=40)  # an entry of settings.CHANNELS
    name = models.CharField(max_length=100)
    format = models.CharField(max_length=20)  # the format it publishes
    endpoint = models.CharField(max_length=300, blank=True)  # base URL, or host:port for mail
    from_email = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    profile_id = models.CharField(max_length=100, blank=True)  # user or page id at the network
    credential = models.CharField(
        max_length=100, blank=True
    )  # name of an entry of settings.CREDENTIALS
    can_read_back = models.BooleanField(default=True)
    is_default = models.BooleanField(
        default=False
    )  # the one a format goes to unless told otherwise
    is_standard = models.BooleanField(
        default=False
    )  # of a network: the policy itself may sign what goes there
    is_enabled = models.BooleanField(default=True)
    tracking = models.CharField(max_length=12, choices=Tracking, blank=True)  # "": as TRACKING says
    is_demo = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering = ["channel", "key"]
        permissions = [("manage_network_account", "Can add and change accounts of social networks")]
        constraints = [
            models.UniqueConstraint(
                fields=["format"], condition=Q(is_default=True), name="one_default_account"
            ),
        ]

    def __str__(self) -> str:
        return self.name
