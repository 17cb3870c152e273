"""Living documents, what was read in them, and the pieces found."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from content.models.words import ContentType
from halcytone.lib import canonical

Person = settings.AUTH_USER_MODEL


class Document(models.Model):
    """A registered living document: where a text is written, and how to read it."""

    class Kind(models.TextChoices):
        GOOGLE_DOCS = "google_docs", "Google Docs"
        NOTION = "notion", "Notion"
        URL = "url", "Web page"
        UPLOAD = "upload", "Uploaded file"
        INLINE = "inline", "Typed text"

    class DriftPolicy(models.TextChoices):
        NOTIFY = "notify", "tell the people of the touched renditions"
        HOLD = "hold", "hold what was approved until somebody decides"

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
    source_key = models.CharField(max_length=500, blank=True)  # its id or address at the source
    drift_policy = models.CharField(max_length=10, choices=DriftPolicy, default=DriftPolicy.NOTIFY)
    interval_minutes = models.PositiveIntegerField(default=0)  # 0 = read only when asked
    due_at = models.DateTimeField(null=True, editable=False)  # of the next reading; None = none
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)  # that failed in a row
    halted = models.CharField(max_length=300, blank=True, editable=False)  # why no machine reads it
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
        indexes = [models.Index(fields=["due_at"], name="document_due")]

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> str:
        """What programs call it: `gdocs:ID`, `notion:ID`, `url:SHA8`, `upload:ID`, `inline:ID`."""
        match self.kind:
            case self.Kind.GOOGLE_DOCS:
                return f"gdocs:{self.source_key}"
            case self.Kind.NOTION:
                return f"notion:{self.source_key}"
            case self.Kind.URL:
                return f"url:{canonical.sha256(self.source_key)[:8]}"
        return f"{self.kind}:{self.pk}"

    @property
    def is_remote(self) -> bool:
        """Whether its text lives at a source that can be asked again."""
        return self.kind not in (self.Kind.UPLOAD, self.Kind.INLINE)


class Asset(models.Model):
    """One image as it is shown, stored under the hash of its bytes. Never changed."""

    sha256 = models.CharField(max_length=64, unique=True)
    original_sha256 = models.CharField(max_length=64, db_index=True)  # of the bytes that came
    extension = models.CharField(max_length=8)
    media_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Its file name here, which is its address in texts after `media:`."""
        return f"{self.sha256}.{self.extension}"


class Snapshot(models.Model):
    """The bytes of one complete fetch of a document, and what was read in them.

    Only its state changes: a fetch that lost most of its items waits until a person takes or refuses it.
    """

    class State(models.TextChoices):
        TAKEN = "taken", "taken in"
        WAITING = "waiting", "waits for a person"
        REFUSED = "refused", "refused by a person"

    state = models.CharField(max_length=10, choices=State, default=State.TAKEN)
    document = models.ForeignKey(Document, models.CASCADE, related_name="snapshots")
    fetched_at = models.DateTimeField(default=timezone.now)
    source_version = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    asked_strategy = models.CharField(max_length=20)  # with `zone`: how the document was to be read
    zone = models.CharField(max_length=64)
    strategy = models.CharField(max_length=20)  # which one was used
    decided_by = models.CharField(max_length=300)
    raw = models.BinaryField()  # zlib
    text = models.TextField(blank=True)  # the Markdown made of `raw`; "" where `raw` is the text
    title = models.CharField(max_length=300, blank=True)
    media = models.JSONField(default=list)  # [{"address", "name", "alt", "width", "height"}]
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
    result = models.CharField(max_length=20, blank=True)  # "read", "skipped" or "waiting"
    errors = models.JSONField(default=list)
    channels = models.JSONField(default=list)  # asked for; what is reported for each is `results`
    results = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    scheduled_for = models.DateTimeField(null=True)  # not before
    started_at = models.DateTimeField(null=True)
    slot = models.PositiveSmallIntegerField(null=True)  # its place among those that run at once
    snapshot = models.ForeignKey(Snapshot, models.SET_NULL, null=True, related_name="+")
    source_version = models.CharField(max_length=128, blank=True)  # the change token as of then
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
            models.UniqueConstraint(
                fields=["slot"],
                condition=models.Q(status="in_progress"),
                name="one_running_sync_per_slot",
            ),
        ]

    def __str__(self) -> str:
        return self.job_id

    @property
    def why(self) -> str:
        """What stood in the way of a failed reading, "" otherwise; remarks that block nothing do not count."""
        told = [error for error in self.errors if error.get("severity") in ("error", "critical")]
        return str(told[0]["message"]) if told and self.status == self.Status.FAILED else ""


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
