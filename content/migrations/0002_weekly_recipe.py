"""The default recipe: the weekly edition of the generation specification ("Default edition")."""

from django.db import migrations

SECTIONS = (("breathscape", 2), ("hardware", 1), ("tips", 1), ("vision", 1), ("community", 1))


def create(apps, schema_editor):
    apps.get_model("content", "Recipe").objects.using(schema_editor.connection.alias).get_or_create(
        key="weekly",
        defaults={
            "name": "Weekly edition",
            "sections": [{"section": section, "count": count} for section, count in SECTIONS],
            "weekly_first": True,
        },
    )


class Migration(migrations.Migration):
    dependencies = [("content", "0001_initial")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop, elidable=False)]
