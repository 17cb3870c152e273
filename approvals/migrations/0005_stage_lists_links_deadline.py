"""A stage knows its checklists, whether review links count, and when it is due."""

from django.db import migrations, models

from approvals import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0004_history"),
    ]
    operations = triggers.lifted(
        migrations.AddField("stage", "checklists", models.JSONField(default=list)),
        migrations.AddField("stage", "due_at", models.DateTimeField(null=True)),
        migrations.AddField("stage", "external", models.BooleanField(default=False)),
    )
