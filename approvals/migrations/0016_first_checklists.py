"""The seven checklists, six items each; people may change them."""

from django.db import migrations

from approvals.services import checklists


def install(apps, schema_editor):
    checklists.install(models=apps)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0015_checklists")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
