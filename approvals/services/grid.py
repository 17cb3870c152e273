"""Everything that was ever said about a review: every seal against every stage, format by format."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from approvals import seals
from approvals.models import Decision, Review, Seal, Stage
from approvals.seals import SealContent
from approvals.services import boards, eligibility
from approvals.services.boards import Board


@dataclass(frozen=True, slots=True)
class Cell:
    """One seal in one stage. `asked` are the roles that it waits for there now."""

    stage: Stage
    decisions: Sequence[Decision]
    asked: str
    is_gone: bool  # what was said here holds no more: the rendition has another seal
    barred: Mapping[int, str]  # decisions that do not count, and why

    @property
    def is_empty(self) -> bool:
        return not self.decisions and not self.asked


@dataclass(frozen=True, slots=True)
class Line:
    """One seal of a rendition, with what it changed against the one before."""

    number: int
    sha256: str
    sealed_at: datetime
    is_current: bool
    changes: Sequence[str]
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Band:
    """One format with its seals, oldest first. `is_approved`: every stage has spoken about it."""

    format: str
    lines: Sequence[Line]
    is_approved: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """One review: its stages are the columns."""

    stages: Sequence[Stage]
    bands: Sequence[Band]


def read(review: Review) -> Grid:
    """Return the grid of a review. Two queries besides those of its board."""
    board = boards.read(review)
    rows: dict[str, list[Seal]] = {format: [] for format in board.seals}
    for seal in review.seals.order_by("pk"):
        rows.setdefault(seal.format, []).append(seal)
    asked = _asked(review)
    approved = board.standing.approved()
    bands = [
        Band(format, _lines(board, sealed, asked), format in approved)
        for format, sealed in rows.items()
        if sealed
    ]
    return Grid(list(board.stages.values()), bands)


def _asked(review: Review) -> dict[tuple[int, int], list[str]]:
    found: dict[tuple[int, int], list[str]] = {}
    for ask in review.asks.all():
        found.setdefault((ask.seal_id, ask.stage_id), []).append(ask.role)
    return found


def _lines(
    board: Board, sealed: Sequence[Seal], asked: Mapping[tuple[int, int], Sequence[str]]
) -> list[Line]:
    changes: list[list[str]] = [[]]
    changes += [seals.differences(old, _content(new)) for old, new in pairwise(sealed)]
    return [
        Line(
            number,
            seal.sha256,
            seal.created_at,
            _is_current(board, seal),
            changes[number - 1],
            [_cell(board, seal, stage, asked) for stage in board.stages.values()],
        )
        for number, seal in enumerate(sealed, 1)
    ]


def _cell(
    board: Board, seal: Seal, stage: Stage, asked: Mapping[tuple[int, int], Sequence[str]]
) -> Cell:
    said = [
        one
        for one in board.decisions.values()
        if one.seal_id == seal.pk and one.stage_id == stage.pk
    ]
    roles = asked.get((seal.pk, stage.pk), ())
    return Cell(
        stage,
        sorted(said, key=lambda one: (one.decided_at, one.pk)),
        eligibility.label(roles),
        not _is_current(board, seal),
        {one.pk: why for one in said if (why := _barred(board, one))},
    )


def _barred(board: Board, decision: Decision) -> str:
    """Return why a decision counts no more though its seal is current; "" when it does."""
    for person in (decision.person, decision.delegate_of):
        if person is not None and board.hands.act(person.pk, decision.seal.format):
            return f"{person} has had a hand in it since, so this does not count."
    return ""


def _is_current(board: Board, seal: Seal) -> bool:
    current = board.seals.get(seal.format)
    return current is not None and current.sha256 == seal.sha256


def _content(seal: Seal) -> SealContent:
    return SealContent(seal.sha256, json.loads(seal.content), seal.body)
