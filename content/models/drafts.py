"""Drafts and what each format makes of them."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from content.models.documents import Revision
from content.models.words import FormatName
from halcytone.lib import canonical
from segmentation.models import Segment

Person = settings.AUTH_USER_MODEL


class Recipe(models.Model):
    """How an edition is chosen from the items at hand."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    draft_type = models.CharField(max_length=20, default="weekly")
    template = models.CharField(max_length=40, default="weekly_update")
    sections = models.JSONField(default=list)  # in order: [{"section": "tips", "count": 1}, …]
    weekly_first = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False, editable=False)

    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """A piece being prepared: an ordered choice of revisions with template, audience and slot."""

    class Type(models.TextChoices):
        UPDATE = "update", "Update"
        BLOG = "blog", "Blog post"
        ANNOUNCEMENT = "announcement", "Announcement"
        SESSION = "session", "Session summary"
        WEEKLY = "weekly", "Weekly edition"

    class Urgency(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"
        CRITICAL = "critical"

    class Lateness(models.TextChoices):
        ASK = "ask", "hold and ask a person"
        SEND = "send", "send, marked late"
        NEXT_SLOT = "next_slot", "take the next free slot, approved again"
        DROP = "drop", "drop"

    type = models.CharField(max_length=20, choices=Type)
    title = models.CharField(max_length=200)
    subject = models.CharField(max_length=200, blank=True)  # "" = derived from the pieces
    preheader = models.CharField(max_length=200, blank=True)
    template = models.CharField(max_length=40, default="auto")
    tone = models.CharField(max_length=40, default="encouraging")
    formats = models.JSONField(default=list)  # names of formats, in the order they are shown
    priority = models.PositiveSmallIntegerField(default=3)
    urgency = models.CharField(max_length=20, choices=Urgency, default=Urgency.MEDIUM)
    is_featured = models.BooleanField(default=False)
    sensitive = models.JSONField(default=list)  # sensitivity flags
    budget_usd = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    segment = models.ForeignKey(Segment, models.PROTECT, null=True, blank=True)
    slot_wall = models.CharField(max_length=16, blank=True)  # "YYYY-MM-DDTHH:MM" on the wall clock
    zone = models.CharField(max_length=64, default=settings.DEFAULT_ZONE)
    lateness = models.CharField(max_length=20, choices=Lateness, default=Lateness.ASK)
    is_dry = models.BooleanField(default=False)  # rendered and rehearsed, never sent
    recipe = models.ForeignKey(Recipe, models.PROTECT, null=True, blank=True)
    author = models.ForeignKey(Person, models.PROTECT, related_name="drafts")
    pieces = models.ManyToManyField(Revision, through="DraftPiece", related_name="drafts")
    is_demo = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("manage_draft", "Can change and remove drafts of others"),
            ("view_own_draft", "Can see own drafts only"),
            ("change_social_rendition", "Can change renditions for the networks"),
            ("change_seo_rendition", "Can change the search fields of web renditions"),
        ]

    def __str__(self) -> str:
        return self.title


class DraftPiece(models.Model):
    """One revision at its place in a draft."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="places")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="places")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "revision"], name="one_place_per_revision"),
            models.UniqueConstraint(fields=["draft", "position"], name="one_revision_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.revision}"


class Rendition(models.Model):
    """One format of a draft, as it stands now: canonical JSON whose UTF-8 bytes are what is sealed."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="renditions")
    format = models.CharField(max_length=20, choices=FormatName)
    account = models.SlugField(blank=True)  # of the sender or profile; "" = the format's default
    body = models.TextField()
    media = models.JSONField(default=list)  # [{"url", "sha256", "alt"}]
    template_version = models.CharField(max_length=64)
    is_edited = models.BooleanField(default=False)  # a person changed what the renderer made
    # The slug in the body of a web page, "" elsewhere: for finding who has it, and had it first.
    slug = models.SlugField(max_length=100, blank=True, editable=False)
    slug_since = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["draft", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "format"], name="one_rendition_per_format"),
        ]

    def __str__(self) -> str:
        return f"{self.draft} for {self.get_format_display()}"

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes as they stand now; computed on every call, never stored."""
        return canonical.sha256(self.body)


class RenditionVersion(models.Model):
    """What a rendition said at one moment. Append-only: releases and comparisons read it."""

    rendition = models.ForeignKey(Rendition, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.TextField()
    revisions = models.ManyToManyField(Revision, related_name="+")  # of its draft as it was made
    sha256 = models.CharField(max_length=64)
    template_version = models.CharField(max_length=64)
    author = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["rendition", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rendition", "number"], name="one_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.rendition} v{self.number}"


class Finding(models.Model):
    """One thing the checks found in a rendition. Errors block, warnings advise."""

    class Severity(models.TextChoices):
        INFO = "info"
        WARNING = "warning"
        ERROR = "error"
        CRITICAL = "critical"

    rendition = models.ForeignKey(Rendition, models.CASCADE, related_name="findings")
    revision = models.ForeignKey(Revision, models.CASCADE, null=True, related_name="+")
    severity = models.CharField(max_length=10, choices=Severity)
    code = models.CharField(max_length=40)
    message = models.TextField()
    hint = models.TextField(blank=True)
    where = models.CharField(max_length=60, blank=True)  # "subject", "part 3" …
    line = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.severity} {self.code}"


class Authorship(models.Model):
    """One person's hand in a draft. Whoever has one never approves it (four eyes). Append-only."""

    class Act(models.TextChoices):
        WROTE = "wrote", "wrote or edited a text in it"
        CREATED = "created", "put the draft together"
        GENERATED = "generated", "ran the generator"
        EDITED = "edited", "edited the rendition"
        AUDIENCE = "audience", "set the audience"

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="authorships")
    person = models.ForeignKey(Person, models.PROTECT, related_name="authorships")
    act = models.CharField(max_length=20, choices=Act)
    format = models.CharField(max_length=20, blank=True)  # "" = every rendition of the draft
    detail = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "person", "act", "format", "detail"], name="one_authorship_per_act"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_act_display()}"
