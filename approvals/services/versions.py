"""Versions of policies: written, compared, activated. Running reviews keep the version they began with."""

from collections.abc import Sequence
from typing import Any

import structlog
from django.db import transaction
from django.utils.text import slugify

from approvals import policy_checks, policy_words, signals
from approvals.models import Level, Policy
from approvals.services import checklists
from halcytone.lib import history, rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
RIGHT = "approvals.change_policy"


def rows_of(policy: Policy) -> list[dict[str, Any]]:
    """Return the rows of a version as JSON knows them, in their order."""
    return [
        {
            "name": level.name,
            "level": level.number,
            "when": level.when,
            "stages": level.stages,
            "auto_approval": level.is_auto,
            "note": level.note,
        }
        for level in policy.levels.all()
    ]


def exported(policy: Policy) -> dict[str, Any]:
    """Return a version as a file that `create` takes back."""
    return {"preset": policy.preset, "note": policy.note, "rows": rows_of(policy)}


@transaction.atomic
def create(*, by: Actor, preset: str, rows: Any, note: str = "") -> Policy:
    """Write the next version of a preset; it is not in force before somebody activates it.

    Raises NotAllowed; Invalid with each problem and its place.
    """
    _require(by, "write a version of a policy")
    problems = [*_named(preset, note), *policy_checks.rows(rows, checklists=checklists.keys())]
    if problems:
        raise Invalid(problems)
    last = Policy.objects.filter(preset=preset).order_by("-version").first()
    policy = Policy.objects.create(
        preset=preset, version=last.version + 1 if last else 1, note=note.strip(), created_by=by
    )
    Level.objects.bulk_create(_level(policy, place, row) for place, row in enumerate(rows, 1))
    log.info("policy_written", policy=policy.pk, preset=preset, version=policy.version)
    return policy


@transaction.atomic
def activate(policy: Policy, *, by: Actor) -> None:
    """Let new reviews follow this version. Raises NotAllowed, WrongState when they do already."""
    _require(by, "activate a policy")
    previous = Policy.objects.select_for_update().filter(is_active=True).first()
    if previous is not None and previous.pk == policy.pk:
        raise WrongState(f"{policy} is in force already.")
    for row, is_active in ((previous, False), (policy, True)):
        if row is not None:
            row.is_active = is_active
            Policy.objects.filter(pk=row.pk).update(is_active=is_active)
            history.note(row, by)
    log.info("policy_activated", policy=policy.pk, preset=policy.preset, version=policy.version)
    signals.policy_changed.send(Policy, policy=policy, previous=previous, by=by)


def differences(old: Policy, new: Policy) -> list[str]:
    """Return what the newer version says otherwise, in sentences."""
    return policy_words.differences(rows_of(old), rows_of(new))


def _require(by: Actor, act: str) -> None:
    if by is None or by.is_service:
        raise NotAllowed(f"Only a person may {act}.")
    rights.require(by, RIGHT, act=act)


def _named(preset: Any, note: Any) -> Sequence[Problem]:
    found = []
    if not isinstance(preset, str) or not preset or slugify(preset)[:50] != preset:
        message = "The preset is named in small letters, digits and hyphens, at most 50."
        found.append(Problem("preset", message, "preset"))
    if not isinstance(note, str) or len(note) > 300:
        found.append(Problem("note", "A note has at most 300 characters.", "note"))
    return found


def _level(policy: Policy, place: int, row: dict[str, Any]) -> Level:
    return Level(
        policy=policy,
        position=place,
        name=row["name"].strip(),
        when=row.get("when", {}),
        number=row["level"],
        stages=[{"quorum": None, "role_formats": {}, **stage} for stage in row["stages"]],
        is_auto=row.get("auto_approval", False),
        note=row.get("note", ""),
    )
