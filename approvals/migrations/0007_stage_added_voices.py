"""Stages know voices added by escalation, whose authority they need, and whether they wait."""

from django.db import migrations, models

from approvals import triggers


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0006_working_time"),
    ]
    operations = triggers.lifted(
        migrations.AddField("stage", "added_roles", models.JSONField(default=dict)),
        migrations.AddField("stage", "authority", models.JSONField(default=list)),
        migrations.AddField("stage", "is_beside", models.BooleanField(default=False)),
    )
