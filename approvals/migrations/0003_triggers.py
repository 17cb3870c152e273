"""Four eyes and append-only rows, held by the database itself."""

from django.db import migrations

from approvals import triggers


def create(apps, schema_editor):
    triggers.create(schema_editor.connection)


def drop(apps, schema_editor):
    triggers.drop(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0002_preset_standard"),
        ("access", "0001_initial"),
        ("content", "0001_initial"),
    ]
    operations = [migrations.RunPython(create, drop)]
