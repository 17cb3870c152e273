"""Reviews: stages, seals, what is asked and what was decided."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models.policies import Policy
from approvals.models.words import Role
from content.models import Draft, Rendition
from halcytone.lib.states import Stateful

Person = settings.AUTH_USER_MODEL


class ReviewQuerySet(models.QuerySet["Review"]):
    def counting(self) -> "ReviewQuerySet":
        """Those whose word may count: approved once, and not over. The latest of a draft comes first."""
        known = self.filter(approved_at__isnull=False)
        return known.exclude(status__in=(*Review.FINAL, Review.Status.LATE))


class Review(Stateful):
    """One draft on its way through the stages that a policy names."""

    class Status(models.TextChoices):
        OPEN = "open", "In review"
        CHANGES_REQUESTED = "changes_requested", "Changes requested"
        APPROVED = "approved", "Approved"
        UNSEALED = "unsealed", "Unsealed"
        LATE = "late", "Late"
        RECALLED = "recalled", "Recalled"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    TRANSITIONS = {
        Status.OPEN: {
            Status.APPROVED,
            Status.CHANGES_REQUESTED,
            Status.REJECTED,
            Status.WITHDRAWN,
            Status.LATE,
        },
        Status.CHANGES_REQUESTED: {Status.OPEN, Status.WITHDRAWN},
        Status.APPROVED: {Status.RECALLED, Status.UNSEALED},
        Status.UNSEALED: {Status.OPEN},
        Status.LATE: {Status.OPEN, Status.WITHDRAWN},
    }
    FINAL = (Status.RECALLED, Status.REJECTED, Status.WITHDRAWN)
    #: Where a running review waits for its author, who may submit again.
    AGAIN = (Status.CHANGES_REQUESTED, Status.UNSEALED, Status.LATE)

    draft = models.ForeignKey(Draft, models.PROTECT, related_name="reviews")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="reviews")
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    level = models.PositiveSmallIntegerField()
    matched = models.JSONField(default=list)  # [{level, name, number, why}], every row that matched
    facts = models.JSONField(default=dict)  # the routing inputs as they were at submission
    auto = models.JSONField(default=dict)  # {signed: bool, failed: [sentences]} for level 1
    round = models.PositiveSmallIntegerField(default=1)
    note = models.TextField(blank=True)  # to the reviewers; never part of the content
    submitted_by = models.ForeignKey(Person, models.PROTECT, related_name="submissions")
    submitted_at = models.DateTimeField(default=timezone.now)
    approved_at = models.DateTimeField(null=True)  # last time that every voice was there
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    closing_reason = models.CharField(max_length=300, blank=True)  # of a recall or withdrawal
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at", "-pk"]
        permissions = [
            ("submit_review", "Can submit drafts for review"),
            ("decide_review", "Can decide in stages of own approval roles"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["draft"],
                condition=~Q(status__in=["recalled", "rejected", "withdrawn"]),
                name="one_running_review_per_draft",
            ),
        ]

    def __str__(self) -> str:
        return f"Review of {self.draft}"


class Stage(Stateful):
    """One step of a review: roles that must speak, and how."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ACTIVE = "active", "Active"
        PASSED = "passed", "Passed"
        RETURNED = "returned", "Returned"
        SKIPPED = "skipped", "Skipped by policy"

    class Mode(models.TextChoices):
        SINGLE = "single", "one person"
        PARALLEL = "parallel", "side by side"
        SEQUENTIAL = "sequential", "one after the other"
        COMMITTEE = "committee", "all together"

    TRANSITIONS = {
        Status.WAITING: {Status.ACTIVE, Status.SKIPPED},
        # Skipped also from these: when counsel clears the trigger that added a stage.
        Status.ACTIVE: {Status.PASSED, Status.RETURNED, Status.SKIPPED},
        Status.RETURNED: {Status.ACTIVE, Status.SKIPPED},
        Status.PASSED: {Status.ACTIVE},
    }

    review = models.ForeignKey(Review, models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=20, choices=Status, default=Status.WAITING)
    mode = models.CharField(max_length=20, choices=Mode)
    quorum = models.PositiveSmallIntegerField(null=True)  # None = every role
    roles = models.JSONField(
        default=list
    )  # [["senior_editor"], ["marketing_manager", "marketing_coordinator"]]: one voice of each
    role_formats = models.JSONField(default=dict)  # {"seo": ["web"]}; a role not named looks at all
    sla_h = models.FloatField(null=True)
    clock = models.CharField(max_length=10, default="working")  # or "running"
    checklists = models.JSONField(default=list)  # keys of the lists to be ticked before its yes
    external = models.BooleanField(default=False)  # voices of named review links count
    due_at = models.DateTimeField(null=True)  # when its last voice is due; None without a slot
    entered_stage_at = models.DateTimeField(null=True)
    added_roles = models.JSONField(default=dict)  # by escalation: {"editor": ["senior_editor"]}
    authority = models.JSONField(default=list)  # one of its voices must have one of these roles
    is_beside = models.BooleanField(default=False)  # does not wait for the stages before it
    light: str | None = None  # of its time, where somebody asked for it (services/deadlines.py)

    class Meta:
        ordering = ["review", "position"]
        constraints = [
            models.UniqueConstraint(fields=["review", "position"], name="one_stage_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.review}"

    @property
    def hears_links(self) -> bool:
        """Whether voices of review links count: the policy says so, and a place for them is there."""
        return self.external and any(Role.EXTERNAL in group for group in self.roles)


class Seal(models.Model):
    """Exactly what a decision was about: the SHA-256 over bytes, account, audience and slot.

    Append-only: a changed rendition gets the next seal.
    """

    review = models.ForeignKey(Review, models.CASCADE, related_name="seals")
    rendition = models.ForeignKey(Rendition, models.PROTECT, related_name="seals")
    format = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    content = models.TextField()  # the canonical JSON that was hashed
    audience_count = models.PositiveIntegerField(null=True)
    body = models.TextField()  # the rendition's bytes at that moment
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "sha256"], name="one_seal_per_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.sha256[:12]}"


class Ask(models.Model):
    """One voice that is waited for now: this role, in this stage, about this seal.

    The queue of everybody's open decisions. Rewritten with each change of a review; what was
    decided is in `Decision`, and a decision is judged by that, never by these rows.
    """

    review = models.ForeignKey(Review, models.CASCADE, related_name="asks")
    stage = models.ForeignKey(Stage, models.CASCADE, related_name="asks")
    seal = models.ForeignKey(Seal, models.CASCADE, related_name="asks")
    format = models.CharField(max_length=20)
    role = models.CharField(max_length=40, choices=Role)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["role"], name="ask_by_role")]
        constraints = [
            models.UniqueConstraint(fields=["stage", "seal", "role"], name="one_ask_per_voice"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} for {self.seal}"


class Decision(models.Model):
    """One voice about one seal in one stage. Append-only.

    Four eyes hold in the database too (triggers.py): a decision of anybody who has a hand in the
    rendition is refused, and of anybody who acts for somebody who has.
    """

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Approve"
        REQUEST_CHANGES = "request_changes", "Request changes"
        REJECT = "reject", "Reject"
        ABSTAIN = "abstain", "Abstain"

    class Reason(models.TextChoices):
        FACTS = "facts", "Facts"
        LEGAL = "legal", "Legal"
        BRAND = "brand", "Brand"
        TONE = "tone", "Tone"
        TIMING = "timing", "Timing"
        AUDIENCE = "audience", "Audience"
        FORMAT = "format", "Format"
        LINKS = "links", "Links"
        IMAGES = "images", "Images"
        DUPLICATE = "duplicate", "Duplicate"
        OTHER = "other", "Other"

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="decisions")
    seal = models.ForeignKey(Seal, models.CASCADE, related_name="decisions")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="decisions")
    delegate_of = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    policy = models.ForeignKey(Policy, models.PROTECT, null=True, related_name="decisions")
    policy_row = models.CharField(max_length=100, blank=True)
    # The named review link of somebody without an account.
    link = models.ForeignKey("ReviewLink", models.RESTRICT, null=True, related_name="decisions")
    role = models.CharField(max_length=40, choices=Role, blank=True)
    round = models.PositiveSmallIntegerField(default=1)  # of the review, when it was decided
    verdict = models.CharField(max_length=20, choices=Verdict)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    comment = models.TextField(blank=True)
    shown_sha256 = models.CharField(max_length=64, blank=True)  # the seal of what was on the screen
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["seal", "person", "round"], name="one_voice_per_seal_and_round"
            ),
            models.UniqueConstraint(
                fields=["seal", "link", "round"], name="one_voice_per_link_seal_and_round"
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, policy__isnull=True, link__isnull=True)
                | Q(person__isnull=True, policy__isnull=False, link__isnull=True, verdict="approve")
                | Q(person__isnull=True, policy__isnull=True, link__isnull=False, delegate_of=None),
                name="decided_by_person_policy_or_link",
            ),
            models.CheckConstraint(
                condition=~Q(verdict__in=["request_changes", "reject"])
                | (~Q(comment="") & ~Q(reason="")),
                name="refusal_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} by {self.who}"

    @property
    def who(self) -> str:
        """The name of whoever spoke, and for whom; the policy's own when it signed."""
        if self.link:
            return self.link.person_name
        for_whom = f" for {self.delegate_of}" if self.delegate_of else ""
        return f"{self.person}{for_whom}" if self.person else f"policy {self.policy}"
