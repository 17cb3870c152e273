"""What a contact answered, and when, is never rewritten: the database refuses it.

The proof of erased people may be blanked (wording, address, browser), so those columns are free.
"""

from django.db import migrations

KEPT = ("contact_id", "channel", "purpose", "list", "is_given", "at", "source", "recorded_at")
MESSAGE = "an answer in the ledger of consent is never rewritten"


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        differs = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in KEPT)
        schema_editor.execute(
            "CREATE FUNCTION segmentation_keep_answers() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
        )
        schema_editor.execute(
            "CREATE TRIGGER segmentation_keep_answers BEFORE UPDATE ON segmentation_consent "
            f"FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION segmentation_keep_answers()"
        )
    else:
        differs = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in KEPT)
        schema_editor.execute(
            "CREATE TRIGGER segmentation_keep_answers BEFORE UPDATE ON segmentation_consent "
            f"FOR EACH ROW WHEN {differs} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER segmentation_keep_answers ON segmentation_consent")
        schema_editor.execute("DROP FUNCTION segmentation_keep_answers()")
    else:
        schema_editor.execute("DROP TRIGGER segmentation_keep_answers")


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
