from django.db import migrations

from halcytone.lib.audit import chain, links, signing, triggers


def begin(apps, schema_editor):
    """Write the head of the empty chain."""
    signature = signing.sign(chain.head_text(0, links.GENESIS))
    apps.get_model("audit", "Head").objects.using(schema_editor.connection.alias).get_or_create(
        pk=chain.ONLY_ROW, defaults={"seq": 0, "sha256": links.GENESIS, "signature": signature}
    )


class Migration(migrations.Migration):
    """The chain begins, and is append-only in the database too."""

    dependencies = [("audit", "0001_chain")]
    operations = [
        migrations.RunPython(begin, migrations.RunPython.noop),
        migrations.RunPython(triggers.install, triggers.remove),
    ]
