"""The presets "priority" and "budget", version 1: there to be activated."""

from django.db import migrations

from approvals.services import policies


def install(apps, schema_editor):
    for preset in ("priority", "budget"):
        policies.install(preset, 1, models=apps)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0012_claims_answers")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
