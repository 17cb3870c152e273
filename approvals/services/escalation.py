"""When a review stands still: who is reminded, who may speak as well, and what becomes of its slot.

Chain: editor → senior editor or team lead → marketing manager → executive, CEO and CMO. Each step adds the
next roles that somebody eligible holds. A voice that nobody else can give (legal, CTO) is not replaced:
people are told, and the step is written down without a role.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from approvals import signals
from approvals.models import Decision, Escalation, Review, Role, Stage
from approvals.services import boards, clock, eligibility
from approvals.services.boards import Board

log = structlog.get_logger(__name__)
#: How high a role stands in the chain, and which roles may speak as well one step higher.
RANK = {
    Role.EDITOR: 0,
    Role.SENIOR_EDITOR: 1,
    Role.TEAM_LEAD: 1,
    Role.MARKETING_COORDINATOR: 1,
    Role.SEO: 1,
    Role.DATA: 1,
    Role.MARKETING_MANAGER: 2,
    Role.DEPARTMENT_HEAD: 2,
    Role.EXECUTIVE: 3,
}
ABOVE = (
    (1, (Role.SENIOR_EDITOR, Role.TEAM_LEAD)),
    (2, (Role.MARKETING_MANAGER,)),
    (3, (Role.EXECUTIVE, Role.CEO, Role.CMO)),
    (4, (Role.CEO, Role.CMO)),
)
EXECUTIVES = (Role.EXECUTIVE, Role.CEO, Role.CMO)
COMMUNICATIONS = "communications"  # the group of people whom a crisis calls


@transaction.atomic
def escalate(stage: Stage, *, reason: str, now: datetime | None = None) -> list[Escalation]:
    """Let the next higher roles speak in a stage that stands still, and write down that they may.

    Returns the rows of this step; nothing happens in a stage that waits for nobody.
    """
    review = stage.review
    board = boards.read(review)
    stage = board.stages[stage.pk]
    if not any(cell.waiting for cell in board.standing.of_step(stage.pk)):
        return []
    added = dict(_next(board, stage))
    taken = stage.escalations.filter(round=review.round).values_list("step", flat=True)
    common = {"step": 1 + max(taken, default=0), "round": review.round, "reason": reason[:300]}
    rows = [
        Escalation.objects.create(
            stage=stage, role=role, person=person, at=now or timezone.now(), **common
        )
        for role, person in (added or {"": None}).items()
    ]
    people = _once(each for role in added for each in _free(board, stage, role))
    board = boards.read(review)  # with the rows of this step
    if added:
        boards.advance(board)
    log.info("stage_escalated", review=review.pk, stage=stage.pk, roles=list(added))
    told = {"people": people, "managers": managers(), "reason": reason}
    signals.stage_escalated.send(Stage, stage=stage, escalations=rows, **told)
    clock.follow(review, board)
    return rows


@transaction.atomic
def mark_late(review: Review) -> bool:
    """The slot came without an approval: the review is late, and people are asked what to do with it.

    Returns whether it became late by this call.
    """
    boards.lock(review)
    if review.status != Review.Status.OPEN:
        return False
    review.move(Review.Status.LATE)
    review.asks.all().delete()
    clock.stop(review)
    log.warning("review_late", review=review.pk, draft=review.draft_id)
    people = _once([review.submitted_by, review.draft.author])
    signals.review_late.send(Review, review=review, people=people)
    return True


def asked_people(stage: Stage) -> list[Any]:
    """Return who is asked in a stage now and has not answered, with those who act for somebody."""
    decisions = Decision.objects.filter(stage__review=stage.review_id)
    known = eligibility.hands(stage.review.draft, decisions)
    asks = list(stage.asks.all())
    spoken = Decision.objects.filter(
        stage=stage, round=stage.review.round, seal__in=[ask.seal_id for ask in asks]
    )
    answered = set(spoken.values_list("person", flat=True))
    answered.update(spoken.values_list("delegate_of", flat=True))
    people: list[Any] = []
    for format, role in dict.fromkeys((ask.format, ask.role) for ask in asks):
        people.extend(
            person
            for person in eligibility.eligible(stage, format, known)
            if person.pk not in answered and role in eligibility.voices_of(person, known)
        )
    return _once(people)


def managers() -> list[Any]:
    return list(eligibility.holders([Role.MARKETING_MANAGER]))


def executives() -> list[Any]:
    return list(eligibility.holders(EXECUTIVES))


def communications() -> list[Any]:
    """Return the communications group; the executives while nobody is in it."""
    people = get_user_model()._default_manager.filter(is_active=True, groups__name=COMMUNICATIONS)
    return list(people.order_by("pk")) or executives()


def _next(board: Board, stage: Stage) -> Iterable[tuple[str, Any]]:
    """Add, for each voice that lacks, the next higher roles; yield each with somebody who holds it."""
    for own, group in _waiting(board, stage):
        rank = max((RANK[Role(role)] for role in group if role in RANK), default=None)
        if rank is None or any(role in (Role.CEO, Role.CMO) for role in group):
            continue
        for _, roles in (above for above in ABOVE if above[0] > rank):
            holders = {
                str(role): people
                for role in roles
                if role not in group and (people := _free(board, stage, role))
            }
            if holders:
                _add(stage, own, list(holders))
                yield from ((role, people[0]) for role, people in holders.items())
                break


def _waiting(board: Board, stage: Stage) -> Iterable[tuple[str, Sequence[str]]]:
    """Yield each choice of roles that is waited for, after the role of the policy that leads it."""
    named = {role for group in stage.roles for role in group}
    groups = {group for cell in board.standing.of_step(stage.pk) for group in cell.waiting}
    for group in sorted(groups):
        yield next(role for role in group if role in named), group


def _add(stage: Stage, own: str, roles: Sequence[str]) -> None:
    there = stage.added_roles.get(own, [])
    stage.added_roles = {**stage.added_roles, own: list(dict.fromkeys([*there, *roles]))}
    stage.save(update_fields=["added_roles"])


def _free(board: Board, stage: Stage, role: str) -> list[Any]:
    """Return the holders of a role who have no hand in what waits, and speak in no other role."""
    formats = [cell.format for cell in board.standing.of_step(stage.pk) if cell.waiting]
    return [
        person
        for person in eligibility.holders([role])
        if not any(board.hands.act(person.pk, format) for format in formats)
        and board.hands.spoken.get(person.pk, role) == role
    ]


def _once(people: Iterable[Any]) -> list[Any]:
    return list({person.pk: person for person in people}.values())
