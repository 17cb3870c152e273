"""Write at each token when a worker asks for a new one: what the place refused is not asked again."""

from django.db import migrations, models

RENEW_AT = 0.8  # of a token's life


def write(apps, schema_editor):
    rows = apps.get_model("publishing", "Token").objects.using(schema_editor.connection.alias)
    for row in rows.filter(has_refresh=True, ends_at__isnull=False):
        row.renew_at = row.made_at + RENEW_AT * (row.ends_at - row.made_at)
        row.save(update_fields=["renew_at"])


class Migration(migrations.Migration):
    dependencies = [("publishing", "0021_targets")]
    operations = [
        migrations.AddField("token", "renew_at", models.DateTimeField(null=True)),
        migrations.RunPython(write, migrations.RunPython.noop),
    ]
