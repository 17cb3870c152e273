"""Very many contacts, made by the database itself. PostgreSQL."""

from django.db import connection

CONTACTS = """
INSERT INTO segmentation_contact ({columns})
SELECT {values} FROM generate_series(1, %s) AS n
"""
ANSWERS = """
INSERT INTO segmentation_consent (contact_id, channel, purpose, list, is_given, at, source, wording,
    wording_sha256, user_agent, recorded_at)
SELECT id, 'email', 'newsletter', '', id %% 50 <> 0, now(), 'form', '', '', '', now()
FROM segmentation_contact
"""
STOPS = """
INSERT INTO segmentation_suppression (reason, kind, value, list, note, created_at, is_active,
    lifted_reason, is_demo)
SELECT 'hard_bounce', 'address', email_key, '', '', now(), true, '', false
FROM segmentation_contact WHERE id %% 100 = 1
"""
TABLES = (
    *("publishing_delivery", "segmentation_contact", "segmentation_consent"),
    "segmentation_suppression",
)


def make(count):
    """Make contacts with an answer each: one in 50 says no, one in 100 has bounced."""
    columns, values = zip(*_columns().items(), strict=True)
    statement = CONTACTS.format(columns=", ".join(columns), values=", ".join(values))
    with connection.cursor() as cursor:
        cursor.execute(statement, [count])
        cursor.execute(ANSWERS, [])
        cursor.execute(STOPS, [])
        cursor.execute("ANALYZE")


def clear():
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")


def forget_deliveries():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE publishing_delivery RESTART IDENTITY CASCADE")


def _columns():
    """Return {column: expression} of what has no default in the database."""
    given = {
        "email": "'reader' || n || '@halcytone.example'",
        "email_key": "'reader' || n || '@halcytone.example'",
        "email_hash": "md5(n::text)",
        "name": "'Reader ' || n",
        "language": "'en'",
        "stage": "'new'",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = 'segmentation_contact' AND is_nullable = 'NO'"
            " AND column_default IS NULL AND is_identity = 'NO'"
        )
        rows = cursor.fetchall()
    empty = {
        "boolean": "false",
        "jsonb": "'[]'::jsonb",
        "integer": "0",
        "timestamp with time zone": "now()",
    }
    return {column: given.get(column, empty.get(kind, "''")) for column, kind in rows} | given
