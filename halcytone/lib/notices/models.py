"""Who was told what, by which ways it reached her, and what she wants to hear."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from halcytone.lib.notices import digests, events

Person = settings.AUTH_USER_MODEL
CHANNELS = [(name, events.CHANNEL_WORDS[name]) for name in (events.MAIL, events.SLACK)]


class NotificationQuerySet(models.QuerySet["Notification"]):
    def of(self, person: Any) -> "NotificationQuerySet":
        """Those that this person finds on her desk."""
        return self.filter(person=person, on_desk=True)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """One event as one person is told it. Several ways lead to it; read in one, it is read in all."""

    event = models.CharField(max_length=120)  # the same for everybody who is told
    kind = models.CharField(
        max_length=30, choices=[(key, kind.label) for key, kind in events.KINDS.items()]
    )
    person = models.ForeignKey(Person, models.CASCADE, related_name="notifications")
    subject = models.CharField(max_length=200)
    text = models.CharField(max_length=1_000, blank=True)
    path = models.CharField(max_length=300)  # of the page on the desk
    actor = models.CharField(max_length=200, blank=True)  # whose act it was; "" = the machine's
    is_now = models.BooleanField(default=False)  # not left for the digest
    on_desk = models.BooleanField(default=True)
    at = models.DateTimeField(default=timezone.now)
    routed_at = models.DateTimeField(null=True)  # when its dispatches were made
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "person"], name="told_once"),
        ]
        indexes = [
            models.Index(
                fields=["person"], condition=Q(read_at__isnull=True), name="notification_unread"
            ),
            models.Index(
                fields=["at"], condition=Q(routed_at__isnull=True), name="notification_unrouted"
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    def due(self, now: datetime) -> "DispatchQuerySet":
        return self.filter(state=Dispatch.State.WAITING, due_at__lte=now)

    def troubled(self) -> "DispatchQuerySet":
        """Those that did not arrive, or not yet, or perhaps not."""
        trouble = Q(state__in=(Dispatch.State.FAILED, Dispatch.State.UNCERTAIN))
        return self.filter(trouble | Q(state=Dispatch.State.WAITING, attempts__gt=0))


class Dispatch(models.Model):
    """One notification on its way by mail or Slack. Rows of one `bundle` leave as one message."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        DROPPED = "dropped", "Not needed any more"
        UNCERTAIN = "uncertain", "Perhaps sent"
        FAILED = "failed", "Failed"

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="dispatches")
    channel = models.CharField(
        max_length=10,
        choices=CHANNELS,
    )
    bundle = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    worker = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "dispatches"
        constraints = [
            models.UniqueConstraint(
                fields=["notification", "channel"], name="one_dispatch_per_channel"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="dispatch_due"),
            models.Index(fields=["bundle"], name="dispatch_bundle"),
        ]

    def __str__(self) -> str:
        return f"{self.notification} by {self.get_channel_display()}"


class Preferences(models.Model):
    """What one person wants to hear, where and when, as far as it differs from what is usual."""

    class Rhythm(models.TextChoices):
        DAILY = digests.DAILY, "every day"
        WEEKLY = digests.WEEKLY, "once a week, on Monday"

    person = models.OneToOneField(
        Person, models.CASCADE, primary_key=True, related_name="notice_preferences"
    )
    digest = models.CharField(max_length=10, choices=Rhythm, default=Rhythm.DAILY)
    choices = models.JSONField(default=dict)  # {kind: {channel: "now", "digest" or "off"}}
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.person}"
