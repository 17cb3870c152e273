"""Write down where the pages of earlier releases are, so that what leads to them may leave."""

import json

from django.db import migrations


def note(apps, schema_editor):
    parts = apps.get_model("publishing", "ReleasePart").objects.filter(format="web")
    for part in parts.select_related("seal").iterator(chunk_size=100):
        canonical = json.loads(part.seal.body).get("canonical", "")
        part.links = [canonical] if canonical else []
        part.save(update_fields=["links"])


class Migration(migrations.Migration):
    dependencies = [("publishing", "0003_parts_wait_for_their_page")]
    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
