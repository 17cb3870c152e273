"""Who looks at a review, and what the author answers to each request for changes."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone

ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
PERSON = settings.AUTH_USER_MODEL


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("approvals", "0011_threads"),
    ]
    operations = [
        migrations.CreateModel(
            "ReviewClaim",
            fields=[
                ("id", ID),
                ("review", models.OneToOneField("approvals.review", models.CASCADE, related_name="claim")),
                ("person", models.ForeignKey(PERSON, models.CASCADE, related_name="+")),
                ("claimed_at", models.DateTimeField(default=timezone.now)),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            "Presence",
            fields=[
                ("id", ID),
                ("review", models.ForeignKey("approvals.review", models.CASCADE, related_name="presences")),
                ("person", models.ForeignKey(PERSON, models.CASCADE, related_name="+")),
                ("seen_at", models.DateTimeField(default=timezone.now)),
            ],
        ),
        migrations.AddConstraint(
            "Presence",
            models.UniqueConstraint(
                fields=["review", "person"], name="one_presence_per_person_and_review"
            ),
        ),
        migrations.CreateModel(
            "Answer",
            fields=[
                ("id", ID),
                ("decision", models.OneToOneField("approvals.decision", models.CASCADE, related_name="answer")),
                ("is_done", models.BooleanField()),
                ("why", models.TextField(blank=True)),
                ("person", models.ForeignKey(PERSON, models.PROTECT, related_name="+")),
                ("answered_at", models.DateTimeField(default=timezone.now)),
            ],
        ),
        migrations.AddConstraint(
            "Answer",
            models.CheckConstraint(
                condition=Q(is_done=True) | ~Q(why=""), name="not_done_says_why"
            ),
        ),
    ]  # fmt: skip
