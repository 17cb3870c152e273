"""The preset "standard", version 1: the policy that a new installation follows."""

from django.db import migrations

from approvals.services import policies


def install(apps, schema_editor):
    policies.install("standard", 1, models=apps)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
