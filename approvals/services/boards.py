"""Where a review stands, read from the rows; and its stages, seals and asks kept in step with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from approvals import seals, standing
from approvals.models import Ask, Decision, Review, Seal, Stage
from approvals.seals import SealContent
from approvals.services import eligibility
from approvals.services.eligibility import Hands
from approvals.standing import Standing
from content.models import Draft, Rendition
from halcytone.lib import canonical
from segmentation import audience


@dataclass(frozen=True, slots=True)
class Board:
    """One review with all that its standing depends on. Formats are in the order of the draft."""

    review: Review
    draft: Draft
    stages: Mapping[int, Stage]
    renditions: Mapping[str, Rendition]
    seals: Mapping[str, SealContent]  # as everything stands now
    decisions: Mapping[int, Decision]
    hands: Hands
    standing: Standing

    @property
    def is_complete(self) -> bool:
        return self.standing.approved() == self.seals.keys()


def lock(review: Review) -> None:
    """Read a review anew and keep others from deciding until the commit.

    PostgreSQL locks the row; SQLite has begun its transaction as the only writer (IMMEDIATE). The
    renditions are left free: an edit that commits meanwhile finds the decision on the older seal.
    """
    review.refresh_from_db(from_queryset=Review.objects.select_for_update())


def read(review: Review) -> Board:
    """Return where a review stands now. Six queries and the account facts of each format."""
    draft = Draft.objects.select_related("segment", "author").get(pk=review.draft_id)
    stages = {stage.pk: stage for stage in review.stages.all()}
    renditions = renditions_of(draft)
    contents = {format: seals.compute(each) for format, each in renditions.items()}
    known = eligibility.hands(draft)
    decisions = Decision.objects.filter(stage__review=review).select_related("seal", "person")
    voices = [_voice(each) for each in decisions if _counts(each, review, known)]
    current = {format: content.sha256 for format, content in contents.items()}
    return Board(
        review,
        draft,
        stages,
        renditions,
        contents,
        {each.pk: each for each in decisions},
        known,
        standing.compute([eligibility.step(stage) for stage in stages.values()], current, voices),
    )


def renditions_of(draft: Draft) -> dict[str, Rendition]:
    """Return the renditions that a draft names, in its order; those that do not exist are missing."""
    found = {each.format: each for each in draft.renditions.all()}
    for rendition in found.values():
        rendition.draft = draft
    return {format: found[format] for format in draft.formats if format in found}


def advance(board: Board) -> None:
    """Move the stages of an open review to where its voices are, and ask those who are next.

    A stage keeps its clock when it becomes active again: no edit of the draft restarts it.
    """
    all_passed = True
    for stage in board.stages.values():
        cells = board.standing.of_step(stage.pk)
        all_passed = all_passed and all(cell.is_complete for cell in cells)
        if any(cell.is_in_turn for cell in cells):
            activate(stage, entered_at=stage.entered_stage_at or timezone.now())
        elif all_passed and stage.status != Stage.Status.PASSED:
            activate(stage, entered_at=stage.entered_stage_at or timezone.now())
            stage.move(Stage.Status.PASSED)
    _ask(board)


def activate(stage: Stage, *, entered_at: datetime) -> None:
    if stage.status != Stage.Status.ACTIVE:
        stage.move(Stage.Status.ACTIVE, entered_stage_at=entered_at)


def seal_row(board: Board, format: str) -> Seal:
    """Return the row of the seal that a rendition has now, written at its first use."""
    content = board.seals[format]
    row = Seal.objects.filter(review=board.review, sha256=content.sha256).first()
    return row or Seal.objects.create(
        review=board.review,
        rendition=board.renditions[format],
        format=format,
        sha256=content.sha256,
        content=canonical.text(content.content),
        audience_count=_audience_count(board, content),
        body=content.body,
    )


def _ask(board: Board) -> None:
    board.review.asks.all().delete()
    asks = [
        (cell, role)
        for cell in board.standing.in_turn()
        for group in cell.waiting
        for role in group
    ]
    rows = {cell.format: seal_row(board, cell.format) for cell, _ in asks}
    Ask.objects.bulk_create(
        [
            Ask(
                review=board.review,
                stage_id=cell.step.key,
                seal=rows[cell.format],
                format=cell.format,
                role=role,
            )
            for cell, role in asks
        ],
        ignore_conflicts=True,  # a role that two groups of one stage name is asked once
    )


def _audience_count(board: Board, content: SealContent) -> int | None:
    segment = board.draft.segment
    if segment is None or content.content["audience_sha256"] is None:
        return None
    return audience.count(segment)


def _counts(decision: Decision, review: Review, known: Hands) -> bool:
    """Tell whether a decision still speaks: not of somebody who has had a hand in it since."""
    if decision.person_id is None:
        return bool(review.auto.get("signed"))
    people = (decision.person_id, decision.delegate_of_id)
    return not any(known.act(person, decision.seal.format) for person in people if person)


def _voice(decision: Decision) -> standing.Voice:
    return standing.Voice(
        decision.pk,
        decision.stage_id,
        decision.seal.format,
        decision.seal.sha256,
        decision.person_id,
        decision.role,
        decision.verdict,
    )
