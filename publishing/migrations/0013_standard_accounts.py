"""Accounts of networks that are marked as standard; those that are the default now stay so."""

from django.db import migrations, models


def mark_defaults(apps, schema_editor):
    apps.get_model("publishing", "Account").objects.filter(is_default=True).update(is_standard=True)


class Migration(migrations.Migration):

    dependencies = [
        ('publishing', '0012_ledger_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='is_standard',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='historicalaccount',
            name='is_standard',
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(mark_defaults, migrations.RunPython.noop),
    ]
