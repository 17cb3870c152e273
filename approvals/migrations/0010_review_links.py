"""Named review links, their openings, and decisions that came through one."""

import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone

from approvals import triggers

ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
PERSON = settings.AUTH_USER_MODEL


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("approvals", "0009_fast_track"),
    ]
    operations = triggers.lifted(
        migrations.CreateModel(
            "ReviewLink",
            fields=[
                ("id", ID),
                ("review", models.ForeignKey("approvals.review", models.CASCADE, related_name="links")),
                ("stage", models.ForeignKey("approvals.stage", models.CASCADE, related_name="links")),
                ("person_name", models.CharField(max_length=100)),
                ("email", models.EmailField(max_length=254)),
                ("comment_only", models.BooleanField(default=False)),
                ("token_sha256", models.CharField(max_length=64, unique=True)),
                ("code", models.CharField(max_length=6)),
                ("wrong_codes", models.PositiveSmallIntegerField(default=0)),
                ("locked_at", models.DateTimeField(null=True)),
                ("created_by", models.ForeignKey(PERSON, models.PROTECT, related_name="+")),
                ("created_at", models.DateTimeField(default=timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_by", models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")),
            ],
            options={"ordering": ["-created_at", "-pk"]},
        ),
        migrations.AddConstraint(
            "ReviewLink",
            models.UniqueConstraint(
                models.F("review"),
                django.db.models.functions.text.Lower("email"),
                condition=Q(revoked_at=None),
                name="one_link_per_address_and_review",
            ),
        ),
        migrations.CreateModel(
            "LinkOpening",
            fields=[
                ("id", ID),
                ("link", models.ForeignKey("approvals.reviewlink", models.CASCADE, related_name="openings")),
                ("minute", models.DateTimeField()),
                ("user_agent", models.CharField(blank=True, max_length=200)),
            ],
            options={"ordering": ["-minute", "-pk"]},
        ),
        migrations.AddConstraint(
            "LinkOpening",
            models.UniqueConstraint(
                fields=["link", "minute", "user_agent"], name="one_opening_per_minute"
            ),
        ),
        migrations.AddField(
            "Decision",
            "link",
            models.ForeignKey(
                "approvals.reviewlink", models.RESTRICT, null=True, related_name="decisions"
            ),
        ),
        migrations.AddConstraint(
            "Decision",
            models.UniqueConstraint(
                fields=["seal", "link", "round"], name="one_voice_per_link_seal_and_round"
            ),
        ),
        migrations.RemoveConstraint("Decision", "decided_by_person_or_policy"),
        migrations.AddConstraint(
            "Decision",
            models.CheckConstraint(
                condition=Q(person__isnull=False, policy__isnull=True, link__isnull=True)
                | Q(person__isnull=True, policy__isnull=False, link__isnull=True, verdict="approve")
                | Q(person__isnull=True, policy__isnull=True, link__isnull=False, delegate_of=None),
                name="decided_by_person_policy_or_link",
            ),
        ),
    )  # fmt: skip
