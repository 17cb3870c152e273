"""What it says, and where that came from."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from halcytone.lib import canonical
from segmentation.models import Segment

Person = settings.AUTH_USER_MODEL


class Section(models.TextChoices):
    BREATHSCAPE = "breathscape", "Breathscape"
    HARDWARE = "hardware", "Hardware"
    TIPS = "tips", "Tips"
    VISION = "vision", "Vision"
    COMMUNITY = "community", "Community"


class ContentType(models.TextChoices):
    UPDATE = "update", "Update"
    BLOG = "blog", "Blog post"
    ANNOUNCEMENT = "announcement", "Announcement"
    SESSION = "session", "Session summary"


class FormatName(models.TextChoices):
    NEWSLETTER = "newsletter", "Newsletter"
    WEB = "web", "Web page"
    X = "x", "X"
    LINKEDIN = "linkedin", "LinkedIn"
    FACEBOOK = "facebook", "Facebook"


class Document(models.Model):
    """A registered living document: where a text is written, and how to read it."""

    class Kind(models.TextChoices):
        UPLOAD = "upload", "Uploaded file"
        INLINE = "inline", "Typed text"

    class Strategy(models.TextChoices):
        AUTO = "auto", "Find out"
        LIVING = "living", "Directives and sections"
        STRUCTURED = "structured", "Bracket lines"
        JSON = "json", "JSON"
        MARKDOWN = "markdown", "Markdown"
        FREEFORM = "freeform", "Free text"

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    strategy = models.CharField(max_length=20, choices=Strategy, default=Strategy.AUTO)
    zone = models.CharField(max_length=64, default=settings.DEFAULT_ZONE)
    file_name = models.CharField(max_length=255, blank=True)
    data = models.BinaryField(null=True, editable=False)  # what was last given, as it was given
    given_by = models.ForeignKey(
        Person, models.PROTECT, null=True, editable=False, related_name="+"
    )
    owner = models.ForeignKey(Person, models.PROTECT, related_name="documents")
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        permissions = [
            ("manage_document", "Can change and remove documents of others"),
            ("view_own_document", "Can see own documents only"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> str:
        return f"{self.kind}:{self.pk}"


class Snapshot(models.Model):
    """The bytes of one complete fetch of a document, and what was read in them. Never changed."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="snapshots")
    fetched_at = models.DateTimeField(default=timezone.now)
    source_version = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    asked_strategy = models.CharField(max_length=20)  # with `zone`: how the document was to be read
    zone = models.CharField(max_length=64)
    strategy = models.CharField(max_length=20)  # which one was used
    decided_by = models.CharField(max_length=300)
    raw = models.BinaryField()  # zlib
    size_bytes = models.PositiveIntegerField()
    blocks = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    item_count = models.PositiveIntegerField(default=0)
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    correlation_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-fetched_at", "-pk"]
        indexes = [models.Index(fields=["document", "-fetched_at"], name="snapshot_by_document")]

    def __str__(self) -> str:
        return f"{self.document} at {self.fetched_at:%Y-%m-%d %H:%M} UTC"


class SyncJob(models.Model):
    """One attempt to read a document."""

    class Status(models.TextChoices):
        PENDING = "pending"
        IN_PROGRESS = "in_progress"
        COMPLETED = "completed"
        FAILED = "failed"
        PARTIAL = "partial"
        CANCELLED = "cancelled"

    job_id = models.CharField(max_length=64, unique=True)
    document = models.ForeignKey(Document, models.CASCADE, related_name="sync_jobs")
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    result = models.CharField(max_length=20, blank=True)  # "read" or "skipped"
    errors = models.JSONField(default=list)
    snapshot = models.ForeignKey(Snapshot, models.SET_NULL, null=True, related_name="+")
    correlation_id = models.CharField(max_length=64, blank=True)
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document"],
                condition=models.Q(status__in=["pending", "in_progress"]),
                name="one_running_sync_per_document",
            ),
        ]

    def __str__(self) -> str:
        return self.job_id


class Item(models.Model):
    """One publishable piece found in a document, over all its fetches."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="items")
    key = models.CharField(max_length=64)  # its identity between fetches
    position = models.PositiveIntegerField(default=0)
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="items")  # last seen in
    head = models.ForeignKey("Revision", models.SET_NULL, null=True, related_name="+")
    incoming = models.ForeignKey("Revision", models.SET_NULL, null=True, related_name="+")
    duplicate_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="duplicates")
    is_present = models.BooleanField(default=True)  # stands in the last snapshot
    is_blocked = models.BooleanField(default=False)  # an error of the document stands on it
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["document", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["document", "key"], name="one_item_per_key"),
        ]

    def __str__(self) -> str:
        return self.head.title if self.head else f"Item {self.pk}"


class Revision(models.Model):
    """One frozen text of an item. An edit or a changed source makes the next; this row stays."""

    class Origin(models.TextChoices):
        SOURCE = "source", "read from the document"
        EDIT = "edit", "edited here"
        MERGED = "merged", "merged by a person"
        RESTORED = "restored", "restored from an older text"

    item = models.ForeignKey(Item, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, null=True, related_name="revisions")
    origin = models.CharField(max_length=20, choices=Origin)
    author = models.ForeignKey(Person, models.PROTECT, null=True, related_name="revisions")
    reason = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=500)
    content = models.TextField(blank=True)  # Markdown
    section = models.CharField(max_length=40)
    type = models.CharField(max_length=20, choices=ContentType)
    on = models.DateField()
    priority = models.PositiveSmallIntegerField(default=3)
    is_featured = models.BooleanField(default=False)
    is_weekly = models.BooleanField(default=False)
    fields = models.JSONField(default=dict)  # the other fields, as the grammar names them
    line_start = models.PositiveIntegerField(null=True)
    line_end = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["item", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="one_revision_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.title} (r{self.number})"


class Recipe(models.Model):
    """How an edition is chosen from the items at hand."""

    key = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    draft_type = models.CharField(max_length=20, default="weekly")
    template = models.CharField(max_length=40, default="weekly_update")
    sections = models.JSONField(default=list)  # in order: [{"section": "tips", "count": 1}, …]
    weekly_first = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False, editable=False)

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
