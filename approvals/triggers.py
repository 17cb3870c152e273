"""What the database itself refuses, whatever program speaks to it: triggers for both databases.

Four eyes: no decision of a service account, of anybody who has a hand in the rendition, or who acts
for somebody who has; the policy signs at level 1 alone. Append-only: a decision or seal is never
changed, and removed only together with a demo draft. Both raise IntegrityError.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

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
        """NEW.person_id IS NULL AND EXISTS (SELECT 1 FROM {chain}
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


def create(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers that are missing."""
    drop(connection)
    statements = _postgresql if connection.vendor == "postgresql" else _sqlite
    with connection.cursor() as cursor:
        for name, (table, event, condition, sentence) in _RULES.items():
            refused = condition.format(chain=_CHAIN)
            for statement in statements(name, table, event, refused, sentence):
                cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Remove the triggers that are there."""
    with connection.cursor() as cursor:
        for name, (table, *_) in _RULES.items():
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
