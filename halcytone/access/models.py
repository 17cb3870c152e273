"""Who works here: people, and the keys their programs use."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.utils import timezone

from halcytone.lib.listed import Listed


class User(AbstractUser):
    """A member of the team, or a service account. `zone` is the clock she reads."""

    zone = models.CharField(max_length=64, default=settings.DEFAULT_ZONE)
    is_service = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False, editable=False)
    #: What a sign-in by key read along with the key; None: it is asked for.
    held_ids: list[int] | None = None
    held_groups: list[str] | None = None

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def permission_ids(self) -> list[int]:
        """Return the ids of the permissions that she holds herself or through a group, in no order."""
        if self.held_ids is not None:
            return self.held_ids
        by_groups = Group.permissions.through.objects.filter(group__user=self)
        own = User.user_permissions.through.objects.filter(user=self)
        ids = own.values_list("permission_id", flat=True)
        return list(by_groups.values_list("permission_id", flat=True).union(ids))

    def group_names(self) -> list[str]:
        """Return the names of her groups, in no order."""
        if self.held_groups is not None:
            return self.held_groups
        return list(self.groups.values_list("name", flat=True))


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def with_rights(self) -> "ApiKeyQuerySet":
        """Bring the owner, and what she may do at this moment, with each key, in the same query."""
        of_owner = models.OuterRef("owner_id")
        by_groups = Group.permissions.through.objects.filter(group__user=of_owner)
        own = User.user_permissions.through.objects.filter(user=of_owner)
        groups = User.groups.through.objects.filter(user=of_owner)
        return self.select_related("owner").annotate(
            held_by_groups=Listed(by_groups.values(one=models.F("permission_id"))),
            held_directly=Listed(own.values(one=models.F("permission_id"))),
            groups_of_owner=Listed(groups.values(one=models.F("group__name"))),
        )


class ApiKey(models.Model):
    """A key with which a program acts as one person. Only its hash is kept."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotentRequest(models.Model):
    """The first answer to one Idempotency-Key of one person; kept for 24 hours."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)  # None = still running
    body = models.TextField(blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="one_answer_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.owner}: {self.key}"
