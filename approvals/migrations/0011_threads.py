"""Threads of a review, their comments and what was attached to them."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone

ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
PERSON = settings.AUTH_USER_MODEL
STATES = [("open", "Open"), ("resolved", "Resolved")]
KINDS = [("png", "PNG image"), ("jpg", "JPEG image"), ("pdf", "PDF"), ("docx", "Word document")]


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("approvals", "0010_review_links"),
    ]
    operations = [
        migrations.CreateModel(
            "Thread",
            fields=[
                ("id", ID),
                ("changed_at", models.DateTimeField(default=timezone.now, editable=False)),
                ("review", models.ForeignKey("approvals.review", models.CASCADE, related_name="threads")),
                ("status", models.CharField(choices=STATES, default="open", max_length=20)),
                ("format", models.CharField(blank=True, max_length=20)),
                ("place", models.CharField(blank=True, max_length=60)),
                ("quote", models.TextField(blank=True)),
                ("start", models.PositiveIntegerField(null=True)),
                ("end", models.PositiveIntegerField(null=True)),
                ("image_sha256", models.CharField(blank=True, max_length=64)),
                ("seal_sha256", models.CharField(blank=True, max_length=64)),
                ("is_shared", models.BooleanField(default=False)),
                ("must_fix", models.BooleanField(default=False)),
                ("round", models.PositiveSmallIntegerField(default=1)),
                ("opened_by", models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")),
                ("link", models.ForeignKey("approvals.reviewlink", models.RESTRICT, null=True, related_name="threads")),
                ("opened_at", models.DateTimeField(default=timezone.now)),
                ("resolved_by", models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")),
                ("resolved_at", models.DateTimeField(null=True)),
            ],
            options={"ordering": ["opened_at", "pk"]},
        ),
        migrations.AddIndex(
            "Thread", models.Index(fields=["review", "status"], name="thread_by_state")
        ),
        migrations.AddConstraint(
            "Thread",
            models.CheckConstraint(
                condition=Q(opened_by__isnull=False, link__isnull=True)
                | Q(opened_by__isnull=True, link__isnull=False, is_shared=True),
                name="thread_has_one_opener",
            ),
        ),
        migrations.CreateModel(
            "Comment",
            fields=[
                ("id", ID),
                ("thread", models.ForeignKey("approvals.thread", models.CASCADE, related_name="comments")),
                ("person", models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")),
                ("link", models.ForeignKey("approvals.reviewlink", models.RESTRICT, null=True, related_name="comments")),
                ("text", models.TextField()),
                ("mentioned", models.ManyToManyField(PERSON, related_name="+")),
                ("said_at", models.DateTimeField(default=timezone.now)),
            ],
            options={"ordering": ["said_at", "pk"]},
        ),
        migrations.AddConstraint(
            "Comment",
            models.CheckConstraint(
                condition=Q(person__isnull=False, link__isnull=True)
                | Q(person__isnull=True, link__isnull=False),
                name="comment_has_one_author",
            ),
        ),
        migrations.CreateModel(
            "Attachment",
            fields=[
                ("id", ID),
                ("comment", models.ForeignKey("approvals.comment", models.CASCADE, related_name="attachments")),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(choices=KINDS, max_length=4)),
                ("size_bytes", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
            ],
            options={"ordering": ["pk"]},
        ),
    ]  # fmt: skip
