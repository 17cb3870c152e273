"""Whose turn it is: one person's open decisions, the sections of the queue, and a review's progress."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import NullIf
from django.utils import timezone

from approvals.models import Ask, Decision, Review, RoleHolder, Stage
from approvals.services import boards, eligibility, voices
from approvals.services.boards import Board
from approvals.standing import Cell
from content.models import Authorship
from halcytone.lib import rights
from halcytone.lib.errors import HalcytoneError
from halcytone.lib.rights import Actor

RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Row:
    """One review in a section; `waits_for` are the roles that are asked now, as people read them."""

    review: Review
    formats: Sequence[str]
    waits_for: Sequence[str]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the queue; `empty` is what is said when it has no rows."""

    name: str
    rows: Sequence[Row]
    empty: str


@dataclass(frozen=True, slots=True)
class Place:
    """One voice that a stage wants about a rendition: the roles that may give it, and who did."""

    roles: str
    decision: Decision | None
    is_waiting: bool


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
    return Ask.objects.filter(
        ~Q(review__draft__author=person),
        ~Exists(acts.filter(draft=draft, person=person)),
        ~Exists(spoken.exclude(role=OuterRef("role"))),
        ~Exists(spoken.filter(seal=OuterRef("seal"), round=OuterRef("review__round"))),
        role__in=RoleHolder.objects.filter(person=person).values("role"),
        review__status=Review.Status.OPEN,
    )


def waiting_for(person: Actor) -> list[Review]:
    """Return the reviews in which this person may decide now, next slot first. One query."""
    mine = asks_for(person).filter(review=OuterRef("pk"))
    return list(_by_slot(Review.objects.filter(Exists(mine), status=Review.Status.OPEN)))


def mine(board: Board, person: Actor) -> list[str]:
    """Return the formats about which a decision of this person would be taken now."""
    try:
        return list(voices.choose(board, person, Decision.Verdict.APPROVE, None))
    except HalcytoneError:
        return []


def sections(person: Actor) -> list[Section]:
    """Return the queue as this person sees it. Two queries for each section."""
    asked = Exists(asks_for(person).filter(review=OuterRef("pk")))
    reviews = Review.objects.exclude(status__in=Review.FINAL)
    is_open = reviews.filter(status=Review.Status.OPEN)
    recent = Q(status=Review.Status.APPROVED, approved_at__gte=timezone.now() - RECENT)
    return [
        _section("Waiting for you", is_open.filter(asked), "Nothing waits for you."),
        _section("Waiting for others", is_open.exclude(asked), "Nobody else is asked."),
        _section(
            "With the author", reviews.filter(status__in=Review.AGAIN), "Nothing was sent back."
        ),
        _section("Approved in the last 7 days", reviews.filter(recent), "Nothing was approved."),
    ]


def progress(review: Review) -> list[StageProgress]:
    """Return each stage of a review with who has spoken, and whom it waits for, about what."""
    board = boards.read(review)
    return [
        StageProgress(
            stage,
            [_rendition_progress(cell, board) for cell in board.standing.of_step(stage.pk)],
        )
        for stage in board.stages.values()
    ]


def _section(name: str, reviews: QuerySet[Review], empty: str) -> Section:
    rows = [
        Row(review, review.draft.formats, _waits_for(review))
        for review in _by_slot(reviews).prefetch_related("asks")
    ]
    return Section(name, rows, empty)


def _by_slot(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Order by the wall clock of the slot; those without one come last."""
    related = reviews.select_related("draft__author", "draft__segment", "submitted_by")
    slot = NullIf("draft__slot_wall", Value(""))
    return related.order_by(slot.asc(nulls_last=True), "pk")


def _waits_for(review: Review) -> list[str]:
    return [
        eligibility.label([role]) for role in dict.fromkeys(ask.role for ask in review.asks.all())
    ]


def _rendition_progress(cell: Cell, board: Board) -> RenditionProgress:
    places = [
        Place(
            eligibility.label(group),
            board.decisions[voice.key] if voice else None,
            group in cell.waiting,
        )
        for group, voice in zip(cell.groups, cell.filled, strict=True)
    ]
    return RenditionProgress(cell.format, places, cell.is_complete, cell.is_in_turn)
