"""Legal triggers of a review: found at submission and after each edit, and what they add."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from approvals import facts, policy
from approvals import legal as words
from approvals.models import LegalTrigger, Review
from approvals.presets_parts import LEGAL
from approvals.services import policies
from content.models import Draft

QUOTED = 3  # passages that one sentence names


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a draft needs: its routing inputs, what the policy alone asks, and with legal triggers.

    `triggers` are those that stand, as (kind, passage); `new` are those of them nobody wrote down yet.
    """

    facts: Mapping[str, Any]
    by_policy: policy.Matched
    matched: policy.Matched
    triggers: Sequence[tuple[str, str]]
    new: Sequence[words.Found] = ()
    lifts: bool = False


def wanted(review: Review, draft: Draft, rows: facts.Rows | None = None) -> Wanted:
    """Return what a draft in review needs now. Writes nothing: `note` does, when the review is written.

    A trigger that counsel cleared counts no more; one whose passage is gone stands until she does.
    """
    known, found = facts.read(draft, rows)
    written = list(review.triggers.all()) if review.pk else []
    noted = {(each.kind, each.passage) for each in written}
    new = [each for each in found if (each.kind, each.passage) not in noted]
    triggers = [(each.kind, each.passage) for each in written if each.is_standing]
    triggers += [(each.kind, each.passage) for each in new]
    asked = _asked(review.policy, known, triggers)
    level = max([review.level, *(each.row.number for each in asked.by_policy.rows)])
    return replace(asked, new=new, lifts=level < 2)


def note(review: Review, wanted: Wanted) -> None:
    """Write down the triggers that are new, and from which level they lifted the review."""
    LegalTrigger.objects.bulk_create(
        LegalTrigger(
            review=review,
            kind=each.kind,
            passage=each.passage,
            place=each.place,
            round=review.round,
            lifted_from=1 if wanted.lifts else None,
        )
        for each in wanted.new
    )


def would(draft: Draft) -> Wanted:
    """Return what the policy in force and the triggers would ask of a draft. Writes nothing."""
    known, found = facts.read(draft)
    return _asked(policies.active(), known, [(each.kind, each.passage) for each in found])


def would_with(known: Mapping[str, Any]) -> Wanted:
    """Return what the policy in force would ask of a draft with these routing inputs."""
    kinds = known.get("legal_triggers") or []
    return _asked(policies.active(), known, [(kind, "") for kind in kinds])


def standing(review: Review) -> list[LegalTrigger]:
    """Return the triggers of a review that counsel has not cleared."""
    return list(review.triggers.filter(cleared_at__isnull=True))


def sentence(triggers: list[tuple[str, str]]) -> str:
    """Return a sentence that names triggers with their passages: [(kind, passage)]."""
    labels = dict(LegalTrigger.Kind.choices)
    named = [f"{labels[kind]}" + (f": “{words}”" if words else "") for kind, words in triggers]
    more = len(named) - QUOTED
    return "; ".join(named[:QUOTED]) + (f"; and {more} more" if more > 0 else "") + "."


def _asked(rules: Any, known: Mapping[str, Any], triggers: list[tuple[str, str]]) -> Wanted:
    kinds = list(dict.fromkeys(kind for kind, _ in triggers))
    inputs = {**known, "legal_triggers": kinds}
    by_policy = policies.route(rules, inputs)
    if not triggers:
        return Wanted(inputs, by_policy, by_policy, triggers)
    matched = policy.with_legal(by_policy, LEGAL, sentence(triggers))
    return Wanted(inputs, by_policy, matched, triggers)
