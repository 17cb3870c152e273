"""Whose turn it is: one person's open decisions, and a review's progress. `sections` has the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import NullIf

from approvals.models import Ask, Decision, Review, RoleHolder, Stage
from approvals.services import boards, eligibility, mandates, voices
from approvals.services.boards import Board
from approvals.standing import Cell
from content.models import Authorship
from halcytone.lib import rights
from halcytone.lib.errors import HalcytoneError
from halcytone.lib.rights import Actor


@dataclass(frozen=True, slots=True)
class Place:
    """One voice that a stage wants about a rendition: the roles that may give it, and who did."""

    roles: str
    decision: Decision | None
    is_waiting: bool
    away: str = ""  # who of its holders is away, until when, and who acts: " (…)"


@dataclass(frozen=True, slots=True)
class RenditionProgress:
    """One rendition in one stage."""

    format: str
    places: Sequence[Place]
    is_complete: bool
    is_in_turn: bool


@dataclass(frozen=True, slots=True)
class StageProgress:
    """One stage of a review with every rendition, in the order of the draft."""

    stage: Stage
    renditions: Sequence[RenditionProgress]


def asks_for(person: Actor) -> QuerySet[Ask]:
    """Return what waits for this person now: her roles, without what four eyes keep from her."""
    if person is None or person.is_service or not rights.may(person, eligibility.RIGHT):
        return Ask.objects.none()
    draft, review = OuterRef("review__draft"), OuterRef("review")
    acts = Authorship.objects.filter(Q(format="") | Q(format=OuterRef("format")))
    spoken = Decision.objects.filter(person=person, stage__review=review)
    here = Decision.objects.filter(seal=OuterRef("seal"), round=OuterRef("review__round"))
    own = Q(role__in=RoleHolder.objects.filter(person=person).values("role"))
    return Ask.objects.filter(
        own | _lent(person, acts.filter(draft=draft), here),
        ~Q(review__draft__author=person),
        ~Exists(acts.filter(draft=draft, person=person)),
        ~Exists(spoken.exclude(role=OuterRef("role"))),
        ~Exists(here.filter(Q(person=person) | Q(delegate_of=person))),
        review__status=Review.Status.OPEN,
    )


def _lent(person: Actor, acts: QuerySet[Authorship], here: QuerySet[Decision]) -> Q:
    """Return what a person is asked because she acts for others who could answer themselves."""
    found = Q(pk__in=[])
    for mandate in mandates.given_to(person):
        whom = mandate.person
        theirs = Decision.objects.filter(person=whom, stage__review=OuterRef("review"))
        answerable = Q(
            ~Q(review__draft__author=whom),
            ~Exists(acts.filter(person=whom)),
            ~Exists(theirs.exclude(role=OuterRef("role"))),
            ~Exists(here.filter(Q(person=whom) | Q(delegate_of=whom))),
            role__in=mandate.roles,
        )
        if mandate.types:
            answerable &= Q(review__draft__type__in=mandate.types)
        found |= answerable
    return found


def waiting_for(person: Actor) -> list[Review]:
    """Return the reviews in which this person may decide now, next slot first. One query."""
    mine = asks_for(person).filter(review=OuterRef("pk"))
    return list(_by_slot(Review.objects.filter(Exists(mine), status=Review.Status.OPEN)))


def count_for(person: Actor) -> int:
    """Return in how many reviews this person may decide now."""
    return asks_for(person).order_by().values("review").distinct().count()


def mine(board: Board, person: Actor) -> list[str]:
    """Return the formats about which a decision of this person would be taken now."""
    try:
        return list(voices.choose(board, person, Decision.Verdict.APPROVE, None))
    except HalcytoneError:
        return []


def progress(review: Review) -> list[StageProgress]:
    """Return each stage of a review with who has spoken, and whom it waits for, about what."""
    board, away = boards.read(review), mandates.away_by_role()
    return [
        StageProgress(
            stage,
            [_rendition_progress(cell, board, away) for cell in board.standing.of_step(stage.pk)],
        )
        for stage in board.stages.values()
    ]


def _by_slot(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Order by the wall clock of the slot; those without one come last."""
    related = reviews.select_related("draft__author", "draft__segment", "submitted_by")
    slot = NullIf("draft__slot_wall", Value(""))
    return related.order_by(slot.asc(nulls_last=True), "pk")


def _rendition_progress(cell: Cell, board: Board, away: Mapping[str, str]) -> RenditionProgress:
    places = [
        Place(
            eligibility.label(group),
            board.decisions[voice.key] if voice else None,
            group in cell.waiting,
            mandates.named(group, away) if group in cell.waiting else "",
        )
        for group, voice in zip(cell.groups, cell.filled, strict=True)
    ]
    return RenditionProgress(cell.format, places, cell.is_complete, cell.is_in_turn)
