"""What the database itself refuses, whatever program speaks to it: triggers for both databases.

Four eyes: no decision of a service account, of anybody who has a hand in the rendition, or who acts
for somebody who has, nor through a review link to the address of one; a link speaks in its own stage,
while it is open, and never when it may only comment; the policy signs at level 1 alone. Append-only: a decision or seal is never
changed, and removed only together with a demo draft. Both raise IntegrityError.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunPython
from django.db.migrations.operations.base import Operation

#: Stands for the tables that lead from a seal to its draft.
_CHAIN = """approvals_seal seal
    JOIN approvals_review review ON review.id = seal.review_id
    JOIN content_draft draft ON draft.id = review.draft_id"""

#: Name → (table, event, condition on the row that is refused, sentence)
_RULES = {
    "decision_service": (
        "decision",
        "INSERT",
        """EXISTS (SELECT 1 FROM access_user person WHERE person.is_service
           AND person.id IN (NEW.person_id, NEW.delegate_of_id))""",
        "only people decide, no service account",
    ),
    "decision_four_eyes": (
        "decision",
        "INSERT",
        """EXISTS (SELECT 1 FROM {chain} WHERE seal.id = NEW.seal_id
           AND (draft.author_id IN (NEW.person_id, NEW.delegate_of_id)
             OR EXISTS (SELECT 1 FROM content_authorship hand WHERE hand.draft_id = draft.id
               AND hand.format IN ('', seal.format)
               AND hand.person_id IN (NEW.person_id, NEW.delegate_of_id))))""",
        "four eyes: this person has a hand in the rendition",
    ),
    "decision_policy": (
        "decision",
        "INSERT",
        """NEW.policy_id IS NOT NULL AND EXISTS (SELECT 1 FROM {chain}
           WHERE seal.id = NEW.seal_id AND review.level <> 1)""",
        "a policy signs at level 1 alone",
    ),
    "decision_one_review": (
        "decision",
        "INSERT",
        """NOT EXISTS (SELECT 1 FROM {chain} JOIN approvals_stage stage
           ON stage.review_id = review.id
           WHERE seal.id = NEW.seal_id AND stage.id = NEW.stage_id)""",
        "stage and seal belong to different reviews",
    ),
    "decision_update": ("decision", "UPDATE", "1 = 1", "decisions are never changed"),
    "decision_delete": (
        "decision",
        "DELETE",
        "NOT EXISTS (SELECT 1 FROM {chain} WHERE seal.id = OLD.seal_id AND draft.is_demo)",
        "decisions are removed only together with a demo draft",
    ),
    "seal_update": ("seal", "UPDATE", "1 = 1", "seals are never changed"),
    "seal_delete": (
        "seal",
        "DELETE",
        "NOT EXISTS (SELECT 1 FROM {chain} WHERE seal.id = OLD.id AND draft.is_demo)",
        "seals are removed only together with a demo draft",
    ),
}

#: Rules about a table that came later; they hold from the migration on that makes it.
_LINK_RULES = {
    "decision_link": (
        "decision",
        "INSERT",
        """NEW.link_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approvals_reviewlink link
           WHERE link.id = NEW.link_id AND link.stage_id = NEW.stage_id AND NOT link.comment_only
           AND link.revoked_at IS NULL AND link.locked_at IS NULL
           AND link.expires_at > NEW.decided_at)""",
        "this review link may not decide here",
    ),
    "decision_link_four_eyes": (
        "decision",
        "INSERT",
        """EXISTS (SELECT 1 FROM approvals_reviewlink link
           JOIN access_user person ON lower(person.email) = lower(link.email)
           CROSS JOIN {chain}
           WHERE seal.id = NEW.seal_id AND link.id = NEW.link_id AND (draft.author_id = person.id
             OR EXISTS (SELECT 1 FROM content_authorship hand WHERE hand.draft_id = draft.id
               AND hand.format IN ('', seal.format) AND hand.person_id = person.id)))""",
        "four eyes: this address is of somebody with a hand in the rendition",
    ),
}


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers whose tables are there."""
    drop(connection)
    statements = _postgresql if connection.vendor == "postgresql" else _sqlite
    has_links = "approvals_reviewlink" in connection.introspection.table_names()
    rules = {**_RULES, **(_LINK_RULES if has_links else {})}
    with connection.cursor() as cursor:
        for name, (table, event, condition, sentence) in rules.items():
            refused = condition.format(chain=_CHAIN)
            for statement in statements(name, table, event, refused, sentence):
                cursor.execute(statement)


def lifted(*operations: Operation) -> list[Operation]:
    """Return operations of a migration with the triggers lifted around them, both ways.

    SQLite makes a table anew to change it, and stumbles over triggers that name it meanwhile.
    """
    return [RunPython(_drop, _create), *operations, RunPython(_create, _drop)]


def drop(connection: BaseDatabaseWrapper) -> None:
    """Remove the triggers that are there."""
    with connection.cursor() as cursor:
        for name, (table, *_) in (_RULES | _LINK_RULES).items():
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS approvals_{name} ON approvals_{table}")
                cursor.execute(f"DROP FUNCTION IF EXISTS approvals_{name}()")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS approvals_{name}")


def _sqlite(name: str, table: str, event: str, condition: str, sentence: str) -> list[str]:
    return [
        f"CREATE TRIGGER approvals_{name} BEFORE {event} ON approvals_{table} FOR EACH ROW"
        f" WHEN {condition} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
    ]


def _postgresql(name: str, table: str, event: str, condition: str, sentence: str) -> list[str]:
    kept = "OLD" if event == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION approvals_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {condition} THEN RAISE EXCEPTION '{sentence}'"
        " USING ERRCODE = 'integrity_constraint_violation'; END IF;"
        f" RETURN {kept}; END $$",
        f"CREATE TRIGGER approvals_{name} BEFORE {event} ON approvals_{table}"
        f" FOR EACH ROW EXECUTE FUNCTION approvals_{name}()",
    ]


def _create(_apps: Any, schema_editor: Any) -> None:
    create(schema_editor.connection)


def _drop(_apps: Any, schema_editor: Any) -> None:
    drop(schema_editor.connection)
