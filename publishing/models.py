"""What went out."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from approvals.models import Seal
from content.models import Document, Draft, Rendition
from halcytone.lib.states import Stateful
from segmentation.models import Contact, Segment

Person = settings.AUTH_USER_MODEL


class Account(models.Model):
    """One configured sender or profile on one channel. Its secret is named, never kept here."""

    key = models.SlugField(unique=True)
    channel = models.CharField(max_length=40)  # an entry of settings.CHANNELS
    name = models.CharField(max_length=100)
    format = models.CharField(max_length=20)  # the format it publishes
    endpoint = models.CharField(max_length=300, blank=True)  # base URL, or host:port for mail
    from_email = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    profile_id = models.CharField(max_length=100, blank=True)  # user or page id at the network
    credential = models.CharField(max_length=100, blank=True)  # name of an entry of settings.CREDENTIALS
    can_read_back = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)  # the one a format goes to unless told otherwise
    is_enabled = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["channel", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["format"], condition=Q(is_default=True), name="one_default_account"
            ),
        ]

    def __str__(self) -> str:
        return self.name


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

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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
    }

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="releases")
    status = models.CharField(max_length=20, choices=Status, default=Status.PLANNED)
    slot_wall = models.CharField(max_length=16)  # "YYYY-MM-DDTHH:MM" on the wall clock
    zone = models.CharField(max_length=64)
    due_at = models.DateTimeField()  # the instant of the slot; made anew from wall clock and zone at claim
    grace_min = models.PositiveIntegerField(default=15)
    lateness = models.CharField(max_length=20, choices=Draft.Lateness, default=Draft.Lateness.ASK)
    is_dry = models.BooleanField(default=False)
    is_late = models.BooleanField(default=False)  # left after its grace, by somebody's decision
    note = models.CharField(max_length=500, blank=True)  # why it is held, late or incomplete
    prepared_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    planned_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    is_demo = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

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

    class Meta:
        ordering = ["release", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["release", "format"], name="one_part_per_format"),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.release}"


class Delivery(models.Model):
    """One act towards the outside: a mail to one recipient, a part of a thread, a page."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        CLAIMED = "claimed", "Claimed"
        HANDED_OVER = "handed_over", "Handed over"
        CONFIRMED = "confirmed", "Confirmed"
        UNCERTAIN = "uncertain", "Uncertain"
        FAILED = "failed", "Failed"
        EXCLUDED = "excluded", "Excluded"

    class Reason(models.TextChoices):
        SUPPRESSED = "suppressed"
        UNSUBSCRIBED = "unsubscribed"
        NO_CONSENT = "no_consent"
        DO_NOT_CONTACT = "do_not_contact"
        BOUNCED = "bounced"
        COMPLAINED = "complained"
        DUPLICATE_ADDRESS = "duplicate_address"
        INVALID_ADDRESS = "invalid_address"
        FREQUENCY_CAP = "frequency_cap"
        QUOTA = "quota"
        HOLDOUT = "holdout"
        PAST_RECIPIENT = "past_recipient"
        SEGMENT_EXCLUDED = "segment_excluded"
        NOT_IN_WAVE = "not_in_wave"
        DEPENDENCY_FAILED = "dependency_failed"
        LATE = "late"
        STOPPED = "stopped"
        CANARY_STOP = "canary_stop"
        WITHDRAWN = "withdrawn"
        ERASED = "erased"

    TRANSITIONS = {
        State.PLANNED: {State.CLAIMED, State.EXCLUDED},
        State.CLAIMED: {State.HANDED_OVER, State.PLANNED, State.EXCLUDED, State.FAILED},
        State.HANDED_OVER: {State.CONFIRMED, State.FAILED, State.PLANNED, State.UNCERTAIN},
        State.UNCERTAIN: {State.CONFIRMED, State.PLANNED, State.FAILED},
        State.FAILED: {State.PLANNED},
    }

    release = models.ForeignKey(Release, models.PROTECT, related_name="deliveries")
    part_of = models.ForeignKey(ReleasePart, models.PROTECT, related_name="deliveries")
    account = models.ForeignKey(Account, models.PROTECT, related_name="deliveries")
    target = models.CharField(max_length=100)  # "contact:<id>", "page" or "post"
    part = models.PositiveSmallIntegerField(default=1)  # of a thread
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="deliveries")
    merge = models.JSONField(default=dict)  # the personal values that the message was made with
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    waits_for = models.ForeignKey("self", models.PROTECT, null=True, related_name="followers")
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=500, blank=True)
    settled_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    idempotency_key = models.CharField(max_length=32, unique=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["pk"]
        permissions = [("settle_delivery", "Can settle uncertain and failed deliveries")]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="planned"), name="delivery_due"
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["claimed", "handed_over"]),
                name="delivery_leased",
            ),
            models.Index(fields=["release", "state"], name="delivery_books"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "account", "target", "part"], name="one_delivery_per_act"
            ),
            models.CheckConstraint(
                condition=Q(state="excluded", reason__gt="") | (~Q(state="excluded") & Q(reason="")),
                name="excluded_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | (Q(worker__gt="") & Q(lease_until__isnull=False)),
                name="claimed_has_worker_and_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | (
                    Q(confirmed_at__isnull=False)
                    & (Q(provider_id__gt="") | Q(settled_by__isnull=False))
                ),
                name="confirmed_has_receipt",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["uncertain", "handed_over"])
                | Q(handed_over_at__isnull=False),
                name="uncertain_was_handed_over",
            ),
            models.CheckConstraint(
                condition=Q(part=1) | Q(waits_for__isnull=False), name="later_parts_wait"
            ),
            models.CheckConstraint(
                condition=Q(waits_for__isnull=True) | ~Q(waits_for=F("id")), name="waits_for_another"
            ),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk} ({self.state})"


class Event(models.Model):
    """A later fact about a delivery: settled by a person, found by read-back, lease lost."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    detail = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M} UTC"


class Installation(models.Model):
    """The one machine that may send from this database. A restored copy has another fingerprint."""

    fingerprint = models.CharField(max_length=64)
    epoch = models.PositiveIntegerField(default=1)
    claimed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    claimed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"Installation {self.fingerprint[:8]}, epoch {self.epoch}"


class Stop(models.Model):
    """A stop of the presses. While one is open, nothing in its scope is claimed."""

    class Scope(models.TextChoices):
        EVERYTHING = "everything"
        CHANNEL = "channel"
        ACCOUNT = "account"
        RELEASE = "release"

    scope = models.CharField(max_length=20, choices=Scope, default=Scope.EVERYTHING)
    channel = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True)
    release = models.ForeignKey(Release, models.CASCADE, null=True, blank=True)
    reason = models.CharField(max_length=300)
    stopped_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    stopped_at = models.DateTimeField(default=timezone.now)
    lift_asked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    lifted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-stopped_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True)
                | (Q(lift_asked_by__isnull=False) & ~Q(lifted_by=F("lift_asked_by"))),
                name="two_people_lift_a_stop",
            ),
        ]

    def __str__(self) -> str:
        return f"Stop of {self.scope}"
