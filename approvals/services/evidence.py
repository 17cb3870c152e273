"""What the machine can say beside the items of a checklist. It is shown there and ticks nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from approvals import facts
from approvals.models import Review, Stage
from approvals.services import boards, impact
from content.models import Draft

QUOTED = 3


def of(draft: Draft, review: Review | None = None) -> dict[str, str]:
    """Return the machine's results for a draft, by the names that items know (`lists.LISTS`)."""
    known = facts.facts(draft)
    rows = boards.renditions_of(draft)
    media = [one for row in rows.values() for one in row.media]
    bare = sum(not one.get("alt") for one in media)
    return {
        "settings": f"{draft.get_type_display()}, template {draft.template}, tone {draft.tone}.",
        "checks": _counted(facts.warnings(draft), "finding", none="No finding."),
        "formats": f"{len(rows)} of {len(draft.formats)} formats are rendered.",
        "slot": f"{draft.slot_wall.replace('T', ' ')} {draft.zone}"
        if draft.slot_wall
        else "No slot.",
        "dry_run": "It is a rehearsal." if draft.is_dry else "It is not marked as a rehearsal.",
        "facts": _unverified(known),
        "images": f"{len(media)} image{'s' * (len(media) != 1)}, {bare} without alt text.",
        "audience": _audience(draft, known),
        "triggers": _triggers(known, review),
        "impact": _impact(draft),
        "stages": _stages(review),
    }


def _counted(words: Sequence[str], noun: str, *, none: str) -> str:
    if not words:
        return none
    more = f" and {len(words) - QUOTED} more" if len(words) > QUOTED else ""
    head = f"{len(words)} {noun}{'s' * (len(words) != 1)}"
    return f"{head}: {'; '.join(words[:QUOTED])}{more}"


def _unverified(known: Mapping[str, Any]) -> str:
    found = [*known["numbers"], *known["names"], *known["quotations"]]
    return _counted(found, "unverified claim", none="No figure, name or quotation was found.")


def _audience(draft: Draft, known: Mapping[str, Any]) -> str:
    if draft.segment is None:
        return "No audience is chosen."
    return f"{draft.segment}: {known['audience_size']:,} people."


def _triggers(known: Mapping[str, Any], review: Review | None) -> str:
    standing = (
        [each.get_kind_display() for each in review.triggers.filter(cleared_at=None)]
        if review
        else known["legal_triggers"]
    )
    return _counted(list(dict.fromkeys(standing)), "legal trigger", none="No legal trigger stands.")


def _impact(draft: Draft) -> str:
    row = impact.of(draft)
    if row is None:
        return "There is no impact form."
    open_questions = impact.problems(draft, impact.FROM_LEVEL)
    names = ", ".join(row.stakeholders or []) or "nobody"
    return f"{len(open_questions)} questions of the impact form are open; to notify: {names}."


def _stages(review: Review | None) -> str:
    if review is None:
        return "It is not in review."
    asked = review.stages.exclude(status=Stage.Status.SKIPPED)
    passed = asked.filter(status=Stage.Status.PASSED).count()
    return f"{passed} of {asked.count()} stages passed."
