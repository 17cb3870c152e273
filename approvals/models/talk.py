"""Reviews as conversation: threads, comments, attachments; who looks at it; answers to requests."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models.links import ReviewLink
from approvals.models.reviews import Decision, Review
from halcytone.lib.states import Stateful

Person = settings.AUTH_USER_MODEL


class Thread(Stateful):
    """What people say about one place of a review: words of a text, an image, or all of it.

    Where the words stand now is found by `anchors`, never stored: the text may have changed since.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"

    TRANSITIONS = {Status.OPEN: {Status.RESOLVED}, Status.RESOLVED: {Status.OPEN}}

    review = models.ForeignKey(Review, models.CASCADE, related_name="threads")
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    format = models.CharField(max_length=20, blank=True)  # "" = about the review
    place = models.CharField(max_length=60, blank=True)  # "subject", "part 2", "image 1"
    quote = models.TextField(blank=True)  # the words it is about, as they stood there
    start = models.PositiveIntegerField(null=True)  # of the quote in its place, in characters
    end = models.PositiveIntegerField(null=True)
    image_sha256 = models.CharField(max_length=64, blank=True)
    seal_sha256 = models.CharField(max_length=64, blank=True)  # of what stood there at that moment
    is_shared = models.BooleanField(default=False)  # seen on review links as well
    must_fix = models.BooleanField(
        default=False
    )  # while it is open nothing of its format is approved
    round = models.PositiveSmallIntegerField(default=1)
    opened_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    link = models.ForeignKey(ReviewLink, models.RESTRICT, null=True, related_name="threads")
    opened_at = models.DateTimeField(default=timezone.now)
    resolved_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["opened_at", "pk"]
        indexes = [models.Index(fields=["review", "status"], name="thread_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_by__isnull=False, link__isnull=True)
                | Q(opened_by__isnull=True, link__isnull=False, is_shared=True),
                name="thread_has_one_opener",
            ),
        ]

    def __str__(self) -> str:
        return f"Thread {self.pk} in {self.review}"

    @property
    def opener(self) -> str:
        return str(self.opened_by) if self.opened_by else self.link.person_name  # type: ignore[union-attr]


class Comment(models.Model):
    """One thing somebody said in a thread. Never changed: what was said is answered, not unsaid."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="comments")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    link = models.ForeignKey(ReviewLink, models.RESTRICT, null=True, related_name="comments")
    text = models.TextField()
    mentioned: Any = models.ManyToManyField(Person, related_name="+")
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["said_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, link__isnull=True)
                | Q(person__isnull=True, link__isnull=False),
                name="comment_has_one_author",
            ),
        ]

    def __str__(self) -> str:
        return f"Comment {self.pk} by {self.who}"

    @property
    def who(self) -> str:
        return str(self.person) if self.person else self.link.person_name  # type: ignore[union-attr]


class Attachment(models.Model):
    """One file that came with a comment, kept under the hash of its bytes."""

    class Kind(models.TextChoices):
        PNG = "png", "PNG image"
        JPEG = "jpg", "JPEG image"
        PDF = "pdf", "PDF"
        DOCX = "docx", "Word document"

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=4, choices=Kind)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class ReviewClaim(models.Model):
    """Who said “I am looking at it” of a review, and until when that holds. One for a review."""

    review = models.OneToOneField(Review, models.CASCADE, related_name="claim")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    claimed_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person} looks at {self.review}"


class Presence(models.Model):
    """When somebody last had a review on her screen. Swept away after a day."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="presences")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["review", "person"], name="one_presence_per_person_and_review"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.review}"


class Answer(models.Model):
    """What the author says to one request for changes: done, or not done and why. One for a decision."""

    decision = models.OneToOneField(Decision, models.CASCADE, related_name="answer")
    is_done = models.BooleanField()
    why = models.TextField(blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_done=True) | ~Q(why=""), name="not_done_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{'Done' if self.is_done else 'Not done'}: {self.decision}"
