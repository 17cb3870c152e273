"""Living documents, what was read in them, and the pieces found."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from content.models.words import ContentType

Person = settings.AUTH_USER_MODEL


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
