"""Named review links: one person without an account, one review, one stage."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from approvals.models.reviews import Review, Stage

Person = settings.AUTH_USER_MODEL
WRONG_CODES = 5  # from so many on a link is locked


class ReviewLinkQuerySet(models.QuerySet["ReviewLink"]):
    def open(self) -> "ReviewLinkQuerySet":
        """Those with which somebody can still look."""
        return self.filter(revoked_at=None, locked_at=None, expires_at__gt=timezone.now())


class ReviewLink(models.Model):
    """One named person's way to one stage of one review. Only the hash of its token is kept."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="links")
    stage = models.ForeignKey(Stage, models.CASCADE, related_name="links")
    person_name = models.CharField(max_length=100)
    email = models.EmailField()
    comment_only = models.BooleanField(default=False)
    token_sha256 = models.CharField(max_length=64, unique=True)
    code = models.CharField(max_length=6)  # shown on its page, typed by the person who decides
    wrong_codes = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    objects = ReviewLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "review",
                Lower("email"),
                condition=Q(revoked_at=None),
                name="one_link_per_address_and_review",
            ),
        ]

    def __str__(self) -> str:
        return f"Link of {self.person_name} to {self.review}"

    @property
    def state(self) -> str:
        """`revoked`, `locked`, `expired` or `open`."""
        if self.revoked_at:
            return "revoked"
        if self.locked_at:
            return "locked"
        return "expired" if self.expires_at <= timezone.now() else "open"

    @property
    def counts(self) -> bool:
        """Whether a yes through it is one of the voices that its stage waits for."""
        return self.stage.hears_links and not self.comment_only


class LinkOpening(models.Model):
    """One minute in which a link was opened, by whatever program. Append-only."""

    link = models.ForeignKey(ReviewLink, models.CASCADE, related_name="openings")
    minute = models.DateTimeField()
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-minute", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["link", "minute", "user_agent"], name="one_opening_per_minute"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.link} at {self.minute:%Y-%m-%d %H:%M} UTC"
