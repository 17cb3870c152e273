"""Who it is for, and whether we may write to them."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import StrIndex, Substr
from django.utils.timezone import now
from simple_history.models import HistoricalRecords

Person = settings.AUTH_USER_MODEL


class ContactQuerySet(models.QuerySet["Contact"]):
    """Contacts with what follows from their consent and suppression rows."""

    def with_status(self) -> Self:
        """Annotate `current_status`, a value of `Contact.Status`, derived as `Contact.status` is."""
        stops = Suppression.objects.live().of_outer_contact()
        answers = Consent.objects.filter(contact=OuterRef("pk")).exclude(purpose=Purpose.TRACKING)
        status = Contact.Status
        left = stops.filter(reason__in=["unsubscribed", "complaint"], list="")
        return self.annotate(
            current_status=Case(
                When(is_erased=True, then=Value(status.ERASED)),
                When(Exists(left), then=Value(status.UNSUBSCRIBED)),
                When(
                    Exists(stops.filter(reason="soft_bounce_limit")),
                    then=Value(status.BOUNCED),
                ),
                When(Exists(stops.filter(list="")), then=Value(status.INACTIVE)),
                When(Exists(answers.current().filter(is_given=True)), then=Value(status.ACTIVE)),
                When(Exists(answers), then=Value(status.UNSUBSCRIBED)),
                default=Value(status.PENDING),
                output_field=models.CharField(),
            )
        )


class Contact(models.Model):
    """One person we know. Her status is derived from consent and suppression rows, never stored."""

    class Stage(models.TextChoices):
        NEW = "new", "New"
        ENGAGED = "engaged", "Engaged"
        CONTACTED = "contacted", "Contacted"
        BLOCKED = "blocked", "Blocked"

    class Status(models.TextChoices):
        PENDING = "pending", "No answer yet"
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Bounced"
        ERASED = "erased", "Erased"

    email = models.CharField(max_length=254, blank=True)  # as she spells it
    email_key = models.CharField(  # noqa: DJ001  (None = no address; several may have none)
        max_length=254, unique=True, null=True, editable=False
    )
    email_hash = models.CharField(max_length=64, blank=True, editable=False)  # keyed, addresses.py
    external_id = models.CharField(max_length=100, unique=True, null=True, blank=True)
    name = models.CharField(max_length=200, blank=True)
    headline = models.CharField(max_length=200, blank=True)
    location = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, default="en")
    timezone = models.CharField(max_length=64, blank=True)  # IANA; "" = the organisation's
    birth_day = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_month = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    profession = models.CharField(max_length=100, blank=True)
    industry = models.CharField(max_length=40, blank=True)
    interests = models.JSONField(default=list, blank=True)
    goals = models.JSONField(default=list, blank=True)
    experience_level = models.CharField(max_length=20, blank=True)
    tags = models.JSONField(default=list, blank=True)
    stage = models.CharField(max_length=20, choices=Stage, default=Stage.NEW)
    sessions_per_week = models.FloatField(null=True, blank=True)
    avg_duration_min = models.FloatField(null=True, blank=True)
    features_used = models.JSONField(default=list, blank=True)
    content_interactions = models.PositiveIntegerField(default=0)
    last_active_at = models.DateTimeField(null=True, blank=True)
    total_active_days = models.PositiveIntegerField(default=0)
    preferred_times = models.JSONField(default=list, blank=True)
    device_types = models.JSONField(default=list, blank=True)
    sharing_frequency = models.FloatField(null=True, blank=True)
    feedback_given = models.PositiveIntegerField(default=0)
    engagement = models.FloatField(null=True, blank=True)  # 0–100; None = nothing received yet
    relevance = models.FloatField(null=True, blank=True)  # 0–100
    is_erased = models.BooleanField(default=False, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    changed_at = models.DateTimeField(default=now, editable=False)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        permissions = [
            ("manage_contact", "Can change contacts, consent and suppressions"),
            ("import_contact", "Can import contacts"),
            ("export_contact", "Can export contacts"),
            ("erase_contact", "Can erase contacts"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(email_key__isnull=False)
                | Q(is_erased=True)
                | Q(external_id__isnull=False),
                name="contact_can_be_found",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or f"Contact {self.pk}"

    @property
    def status(self) -> str:
        """A value of `Status`, from the rows of this moment; free after `with_status()`.

        The first that holds: erased · she left every list or complained (unsubscribed) · bounced
        softly too often (bounced) · any other suppression (inactive) · a "yes" that still counts
        (active) · only "no" (unsubscribed) · no answer at all (pending).
        """
        known = self.__dict__.get("current_status")
        if known is None:
            row: Any = Contact.objects.filter(pk=self.pk).with_status().get()
            known = row.current_status
        return str(known)


class NamedDate(models.Model):
    """A day that matters for one contact: joined_on, renewal_on …"""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="dates")
    name = models.SlugField()
    on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "name"], name="one_date_per_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.on}"


class Attribute(models.Model):
    """A free attribute that a team declared, so that rules may use it."""

    class Kind(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        BOOLEAN = "boolean"
        DATE = "date"
        LIST = "list"

    name = models.SlugField(unique=True)
    kind = models.CharField(max_length=10, choices=Kind)

    def __str__(self) -> str:
        return self.name


class AttributeValue(models.Model):
    """One contact's value of one declared attribute, in the column of its kind."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="attributes")
    attribute = models.ForeignKey(Attribute, models.PROTECT, related_name="values")
    text = models.TextField(null=True)  # noqa: DJ001  (None = another kind)
    number = models.FloatField(null=True)
    boolean = models.BooleanField(null=True)
    date = models.DateField(null=True)
    list = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "attribute"], name="one_value_per_attribute"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute} of contact {self.contact_id}"


class Channel(models.TextChoices):
    EMAIL = "email"
    PUSH = "push"
    SMS = "sms"
    TELEGRAM = "telegram"
    SLACK = "slack"
    POST = "post"


class Purpose(models.TextChoices):
    NEWSLETTER = "newsletter", "Newsletter"
    PRODUCT_NEWS = "product_news", "Product news"
    SESSIONS = "sessions", "Sessions"
    GREETINGS = "greetings", "Greetings"
    RESEARCH = "research", "Research"
    TRACKING = "tracking", "Reading statistics"  # no kind of mail: what may be counted of her


class ConsentQuerySet(models.QuerySet["Consent"]):
    def current(self) -> Self:
        """Only the rows that count: the last of each contact, channel, purpose and list."""
        later = Consent.objects.filter(
            Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")),
            contact=OuterRef("contact"),
            channel=OuterRef("channel"),
            purpose=OuterRef("purpose"),
            list=OuterRef("list"),
        )
        return self.filter(~Exists(later))


class Consent(models.Model):
    """One "yes" or "no" of a contact, with its proof. Append-only; the last row counts."""

    class Source(models.TextChoices):
        FORM = "form"
        IMPORT = "import"
        API = "api"
        EVENT = "event"
        PAPER = "paper"
        LINK = "link"

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=20, choices=Channel)
    purpose = models.CharField(max_length=20, choices=Purpose)
    list = models.SlugField(blank=True)
    is_given = models.BooleanField()
    at = models.DateTimeField(default=now)
    source = models.CharField(max_length=20, choices=Source)
    wording = models.TextField(blank=True)
    wording_sha256 = models.CharField(max_length=64, blank=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    recorded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=now)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(  # ends with the answer, so that audiences read the index alone
                fields=["contact", "channel", "purpose", "list", "-at", "-id", "is_given"],
                name="consent_latest",
            ),
        ]

    def __str__(self) -> str:
        return f"{'Given' if self.is_given else 'Withdrawn'}: {self.channel}, {self.purpose}"


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def live(self, at: datetime | None = None) -> Self:
        """Rows that hold at this instant (None = now): switched on, and not expired."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=at or now()), is_active=True
        )

    def of_outer_contact(self) -> Self:
        """Rows about the contact of the surrounding query: by address, domain, id or keyed hash.

        A domain means exactly that domain; its subdomains need rows of their own.
        """
        kind = Suppression.Kind
        address = OuterRef("email_key")
        domain = Substr(address, StrIndex(address, Value("@")) + 1)
        return self.filter(
            Q(kind=kind.ADDRESS, value=address)
            | Q(kind=kind.DOMAIN, value=domain)
            | Q(kind=kind.EXTERNAL_ID, value=OuterRef("external_id"))
            | Q(kind=kind.HASH, value=OuterRef("email_hash"))
        )


class Suppression(models.Model):
    """An address, domain or person that is not written to, whatever a list says."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        HARD_BOUNCE = "hard_bounce", "Hard bounce"
        SOFT_BOUNCE_LIMIT = "soft_bounce_limit", "Too many soft bounces"
        COMPLAINT = "complaint", "Complaint"
        DO_NOT_CONTACT = "do_not_contact", "Do not contact"
        ERASED = "erased", "Erased"
        INVALID = "invalid", "Invalid address"
        DISPOSABLE = "disposable", "Disposable address"
        ROLE_ADDRESS = "role_address", "Role address"

    class Kind(models.TextChoices):
        ADDRESS = "address", "Address"
        DOMAIN = "domain", "Domain"
        EXTERNAL_ID = "external_id", "External id"
        HASH = "hash", "Keyed hash of an address"

    reason = models.CharField(max_length=20, choices=Reason)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.ADDRESS)
    value = models.CharField(max_length=254)  # normalised
    list = models.SlugField(blank=True)  # "" = every list
    note = models.CharField(max_length=300, blank=True)
    added_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    lifted_at = models.DateTimeField(null=True, editable=False)
    lifted_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    lifted_reason = models.CharField(max_length=300, blank=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value", "reason", "list"],
                condition=Q(is_active=True),
                name="one_active_suppression",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "value"], name="suppression_about"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} ({self.get_kind_display()})"


class Segment(models.Model):
    """A readable rule over contacts who agreed to be written to for one purpose."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    rule = models.JSONField(default=dict)  # canonical form of the rule language
    channel = models.CharField(max_length=20, choices=Channel, default=Channel.EMAIL)
    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.NEWSLETTER)
    list = models.SlugField(blank=True)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    is_demo = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ImportRun(models.Model):
    """One file of contacts: checked first, run by a person's second click, reported row by row."""

    class Status(models.TextChoices):
        CHECKED = "checked", "Checked"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Policy(models.TextChoices):
        FILL_EMPTY = "fill_empty", "Fill what is empty"
        OVERWRITE = "overwrite", "Overwrite"
        SKIP = "skip", "Skip known contacts"

    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField(editable=False)  # zlib
    mapping = models.JSONField(default=dict)  # {column of the file: field of a contact}
    policy = models.CharField(max_length=20, choices=Policy, default=Policy.FILL_EMPTY)
    consent = models.JSONField(
        default=dict
    )  # {purpose, list, wording, source} for rows that say "yes"
    status = models.CharField(max_length=20, choices=Status, default=Status.CHECKED)
    report = models.JSONField(default=dict)  # counts and the first 100 rows of each kind
    rejects = models.BinaryField(default=bytes, editable=False)  # zlib: the rejected rows as CSV
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.get_status_display()})"
