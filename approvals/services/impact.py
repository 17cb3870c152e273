"""The impact assessment that a draft of level 3 or 4 carries to its reviewers."""

from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from approvals import signals
from approvals.models import ImpactAssessment, Review
from content.models import Draft
from content.services import access
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
FROM_LEVEL = 3
MOST_STAKEHOLDERS = 50
#: What has to be answered, and the question in words.
QUESTIONS = {
    "market_significance": "Say whether its significance for the market is high, medium or low.",
    "competitive_implications": "Say yes or no: does it touch competition?",
    "regulatory_considerations": "Say yes or no: are there regulations to consider?",
    "stakeholders": "Name the stakeholders to notify, or say that there are none.",
    "media_coordination": "Say yes or no: is the media to be coordinated?",
    "crisis_preparation": "Say yes or no: does it need preparation for a crisis?",
}
_YES_NO = ("competitive_implications", "regulatory_considerations", "media_coordination",
           "crisis_preparation")  # fmt: skip
_FIELDS = (*QUESTIONS, "board_told_on", "note")


def of(draft: Draft) -> ImpactAssessment | None:
    return ImpactAssessment.objects.filter(draft=draft).select_related("changed_by").first()


def problems(draft: Draft, level: int) -> list[Problem]:
    """Return the questions that are open before a draft of this level may be submitted."""
    if level < FROM_LEVEL:
        return []
    row = of(draft)
    hint = f"A draft of level {level} needs the impact form. {draft.author} can fill it in."
    return [
        Problem("impact_missing", question, f"impact.{name}", hint=hint)
        for name, question in QUESTIONS.items()
        if row is None or getattr(row, name) in (None, "")
    ]


@transaction.atomic
def save(draft: Draft, *, by: Actor, **values: Any) -> ImpactAssessment:
    """Answer questions of the impact form; those not named keep their answers.

    Raises NotAllowed; WrongState while reviewers read it; Invalid naming each field.
    """
    if by is None or not access.may_change_draft(by, draft):
        raise NotAllowed(
            f"You may not fill in the impact form of this draft. "
            f"{rights.who_may('content.change_draft')}"
        )
    running = draft.reviews.exclude(status__in=(*Review.FINAL, *Review.AGAIN)).first()
    if running is not None:
        raise WrongState(
            f"The draft is {running.get_status_display().lower()}: its reviewers read the form as it "
            "is. Withdraw it to change the form."
        )
    if found := list(_problems(values)):
        raise Invalid(found)
    if isinstance(values.get("stakeholders"), list):
        values["stakeholders"] = [each.strip() for each in values["stakeholders"]]
    before = ImpactAssessment.objects.filter(draft=draft).first() or ImpactAssessment()
    changed = [name for name, value in values.items() if getattr(before, name) != value]
    changes = {**values, "changed_by": by, "changed_at": timezone.now()}
    row, _ = ImpactAssessment.objects.update_or_create(draft=draft, defaults=changes)
    log.info("impact_assessed", draft=draft.pk)
    if changed:
        signals.impact_assessed.send(ImpactAssessment, assessment=row, by=by, changed=changed)
    return row


def _problems(values: dict[str, Any]) -> Any:
    for name in values.keys() - set(_FIELDS):
        yield Problem("unknown_field", f"Known: {', '.join(_FIELDS)}.", name)
    significance = values.get("market_significance", "")
    if significance not in ("", *ImpactAssessment.Significance.values):
        yield Problem("choice", QUESTIONS["market_significance"], "market_significance")
    for name in _YES_NO:
        if values.get(name) not in (None, True, False):
            yield Problem("choice", QUESTIONS[name], name)
    people = values.get("stakeholders")
    if people is not None and not _are_names(people):
        message = f"Stakeholders are a list of at most {MOST_STAKEHOLDERS} names."
        yield Problem("stakeholders", message, "stakeholders")


def _are_names(people: Any) -> bool:
    return (
        isinstance(people, list)
        and len(people) <= MOST_STAKEHOLDERS
        and all(isinstance(each, str) and 0 < len(each.strip()) <= 200 for each in people)
    )
