"""Write down the slug of every web page that is there; who changed it last has had it since then."""

import json

from django.db import migrations


def carry(apps, schema_editor):
    pages = apps.get_model("content", "Rendition").objects.filter(format="web")
    for page in pages.iterator(chunk_size=100):
        page.slug = str(json.loads(page.body).get("slug", ""))[:100]
        page.slug_since = page.changed_at
        page.save(update_fields=["slug", "slug_since"])


class Migration(migrations.Migration):
    dependencies = [("content", "0005_page_slugs")]
    operations = [migrations.RunPython(carry, migrations.RunPython.noop)]
