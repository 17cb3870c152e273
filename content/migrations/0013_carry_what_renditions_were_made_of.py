"""Say of what is there what it was made of, as well as it is known: the pieces that its draft has now."""

from django.db import migrations


def carry(apps, schema_editor):
    version = apps.get_model("content", "RenditionVersion")
    piece = apps.get_model("content", "DraftPiece")
    through = version.revisions.through
    pieces = {}
    for draft, revision in piece.objects.values_list("draft", "revision"):
        pieces.setdefault(draft, []).append(revision)
    pairs = version.objects.values_list("pk", "rendition__draft")
    rows = (
        through(renditionversion_id=pk, revision_id=revision)
        for pk, draft in pairs.iterator(chunk_size=1000)
        for revision in pieces.get(draft, ())
    )
    through.objects.bulk_create(rows, batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("content", "0012_what_renditions_were_made_of")]
    operations = [migrations.RunPython(carry, migrations.RunPython.noop)]
