"""Give the rhythms that are there the offsets of the weekly one, and blog posts their target."""

from django.db import migrations

from publishing.timing import WEEKLY


def add(apps, schema_editor):
    offsets = apps.get_model("publishing", "Offset")
    for cadence in apps.get_model("publishing", "Cadence").objects.all():
        offsets.objects.bulk_create(
            offsets(cadence=cadence, kind=kind, after_s=after_s, window_s=window_s)
            for kind, (after_s, window_s) in WEEKLY.items()
        )
    apps.get_model("publishing", "WeeklyTarget").objects.get_or_create(type="blog")


class Migration(migrations.Migration):
    dependencies = [("publishing", "0015_timing")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
