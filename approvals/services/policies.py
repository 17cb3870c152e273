"""The policy in force, and what it asks of a draft."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from approvals import policy, presets
from approvals.models import Level, Policy, Review, Stage
from halcytone.lib.errors import WrongState


def in_force() -> QuerySet[Policy]:
    return Policy.objects.filter(is_active=True)


def active(rows: Iterable[Policy] | None = None) -> Policy:
    """Return the policy that new reviews follow. Raises WrongState when there is none.

    `rows` are those of `in_force`, with their levels, for who has read them.
    """
    known = in_force().prefetch_related("levels") if rows is None else rows
    found = next(iter(known), None)
    if found is None:
        raise WrongState(
            "No approval policy is active, so nothing can be submitted. An administrator can "
            "activate one under Policies.",
            code="no_policy",
        )
    return found


def route(rules: Policy, facts: policy.Facts) -> policy.Matched:
    """Return level and stages that this policy asks for, with every row that matched."""
    return policy.match([_row(level) for level in rules.levels.all()], facts)


def simulate(facts: policy.Facts) -> policy.Matched:
    """Return what the policy in force would ask of a draft with these routing inputs."""
    return route(active(), facts)


@transaction.atomic
def install(preset: str, version: int, *, models: Any = None) -> Any:
    """Write a policy that Halcytone brings along, unless it is there; active if none is.

    `models` is the registry of a migration; None means today's tables.
    """
    policies = models.get_model("approvals", "Policy") if models else Policy
    levels = models.get_model("approvals", "Level") if models else Level
    is_first = not policies.objects.filter(is_active=True).exists()
    row, is_new = policies.objects.get_or_create(
        preset=preset, version=version, defaults={"is_active": is_first}
    )
    if is_new:
        levels.objects.bulk_create(
            levels(
                policy=row,
                position=position,
                name=each.name,
                when=each.when,
                number=each.number,
                stages=[stage.as_dict() for stage in each.stages],
                is_auto=each.is_auto,
                note=each.note,
            )
            for position, each in enumerate(presets.PRESETS[preset, version], 1)
        )
    return row


def note(review: Review, matched: policy.Matched, facts: policy.Facts) -> list[Stage]:
    """Write on a review where it has to go and why, lay out its stages, and return them in order.

    A running review only ever gains: its level never falls and no voice is taken away.
    """
    review.level = max(review.level, matched.level)
    review.facts = dict(facts)
    review.matched = [
        {
            "level": each.row.key,
            "name": each.row.name,
            "number": each.row.number,
            "why": each.why,
        }
        for each in matched.rows
    ]
    if review.pk is None:
        review.save()
        return lay_stages(review, matched, [])
    review.save(update_fields=["level", "facts", "matched", "auto"])
    return lay_stages(review, matched, list(review.stages.all()))


def asks_more(review: Review, matched: policy.Matched) -> bool:
    """Tell whether a draft has come to need voices or a level that its review does not have."""
    specs = tuple(spec(stage) for stage in review.stages.all() if _is_asked(stage))
    return matched.level > review.level or policy.with_missing(specs, matched) != specs


def lay_stages(review: Review, matched: policy.Matched, stages: list[Stage]) -> list[Stage]:
    """Create the stages that a review lacks, add to the others the voices they lack; return all."""
    asked = [stage for stage in stages if _is_asked(stage)]
    wanted = policy.with_missing([spec(stage) for stage in asked], matched)
    for stage, grown in zip(asked, wanted, strict=False):
        if grown != spec(stage):
            for name, value in grown.as_dict().items():
                setattr(stage, name, value)
            stage.save(update_fields=grown.as_dict().keys())
    lacking = Stage.objects.bulk_create(
        Stage(review=review, position=position, **each.as_dict())
        for position, each in enumerate(wanted[len(asked) :], len(stages) + 1)
    )
    return [*stages, *lacking]


def spec(stage: Stage) -> policy.StageSpec:
    """Return a stage of a review in the form that policies speak of stages."""
    return policy.StageSpec(
        stage.name,
        stage.mode,
        tuple(tuple(group) for group in stage.roles),
        stage.quorum,
        stage.role_formats,
        stage.sla_h,
        stage.clock,
        tuple(stage.checklists),
        stage.external,
    )


def _is_asked(stage: Stage) -> bool:
    return bool(stage.status != Stage.Status.SKIPPED)


def _row(level: Level) -> policy.Row:
    stages = tuple(policy.StageSpec.read(stored) for stored in level.stages)
    return policy.Row(
        level.pk, level.name, level.number, level.when, stages, level.is_auto, level.note
    )
