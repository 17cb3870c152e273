"""What a draft would need, and why: the answer before anybody submits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from approvals import deadlines, policy
from approvals.inputs import INPUTS, fits
from approvals.models import Policy, Stage
from approvals.services import auto, eligibility, impact, legal, policies
from approvals.services.auto import Condition
from approvals.services.eligibility import Hands
from approvals.services.legal import Wanted
from content.models import Draft, FormatName
from halcytone.lib.errors import Invalid, Problem


@dataclass(frozen=True, slots=True)
class Asked:
    """One stage that would be asked: who could decide there, and until when (None: not known)."""

    spec: policy.StageSpec
    people: Sequence[Any]
    due_at: datetime | None

    @property
    def words(self) -> str:
        return " · ".join(eligibility.label(group) for group in self.spec.roles)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is needed, and the conditions of the policy's own signature one by one, held or failed."""

    rules: Policy
    wanted: Wanted
    stages: Sequence[Asked]
    conditions: Sequence[Condition]
    submit_by: datetime | None
    open_questions: Sequence[str]

    @property
    def is_signed(self) -> bool:
        """Whether the policy itself would sign."""
        is_held = not any(each.failure for each in self.conditions)
        return bool(self.wanted.by_policy.signing_row) and is_held


def of_draft(draft: Draft) -> Answer:
    """Return what this draft would need if it were submitted now. Writes nothing."""
    wanted = legal.would(draft)
    known = eligibility.hands(draft, ())
    matched = wanted.matched
    asked = [_people(spec, draft.formats, known) for spec in matched.stages]
    plan = _plan(draft, matched.stages, asked)
    due: Sequence[datetime | None] = plan.due if plan else [None] * len(asked)
    return Answer(
        policies.active(),
        wanted,
        [Asked(*each) for each in zip(matched.stages, asked, due, strict=True)],
        auto.conditions(draft, wanted),
        plan.submit_by if plan else None,
        [each.message for each in impact.problems(draft, matched.level)],
    )


def of_facts(known: Mapping[str, Any]) -> Answer:
    """Return what a draft with these routing inputs would need. Raises Invalid naming each input."""
    if problems := check(known):
        raise Invalid(problems)
    wanted = legal.would_with(known)
    formats = known.get("formats") or FormatName.values
    nobody = Hands(0, (), {})  # has a hand in what does not exist
    return Answer(
        policies.active(),
        wanted,
        [Asked(spec, _people(spec, formats, nobody), None) for spec in wanted.matched.stages],
        auto.conditions_of(wanted.facts),
        None,
        list(impact.QUESTIONS.values()) if wanted.matched.level >= impact.FROM_LEVEL else [],
    )


def check(known: Mapping[str, Any]) -> list[Problem]:
    """Return which of these are no routing inputs, or have a value that none can have."""
    found = []
    for name, value in known.items():
        if name not in INPUTS:
            hint = f"Known: {', '.join(INPUTS)}."
            message = "There is no such routing input."
            found.append(Problem("unknown_field", message, f"facts.{name}"[:200], hint=hint))
        elif not fits(name, value):
            choices = ", ".join(INPUTS[name].choices)
            hint = f"One of: {choices}." if choices else ""
            message = f"This is no value of “{INPUTS[name].label}”."
            found.append(Problem("choice", message, f"facts.{name}", hint=hint))
    return found


def _people(spec: policy.StageSpec, formats: Sequence[str], known: Hands) -> list[Any]:
    stage = Stage(**spec.as_dict())
    return [person for person, _ in eligibility.voters([stage], known, formats=formats)]


def _plan(
    draft: Draft, specs: Sequence[policy.StageSpec], asked: Sequence[Sequence[Any]]
) -> deadlines.Plan | None:
    """Return when each stage would be due if everybody works the usual week; None without a slot."""
    if not draft.slot_wall:
        return None
    needs = [
        deadlines.Need(
            spec.sla_h,
            spec.clock,
            [[deadlines.Worker(each.zone) for each in people]] if people else [],
        )
        for spec, people in zip(specs, asked, strict=True)
    ]
    slot = datetime.fromisoformat(draft.slot_wall)
    return deadlines.plan(slot, draft.zone, settings.APPROVAL_LEAD_MINUTES, needs)
