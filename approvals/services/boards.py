"""Where a review stands, read from the rows; and its stages, seals and asks kept in step with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from approvals import seals, standing
from approvals.models import Ask, Decision, DueEvent, Escalation, Review, Seal, Stage, Thread
from approvals.seals import SealContent
from approvals.services import eligibility
from approvals.services.eligibility import Hands
from approvals.services.people import People, everybody
from approvals.signals import voices_asked
from approvals.standing import Cell, Standing
from content.models import Authorship, Draft, Finding, Rendition
from halcytone.lib import at_once, canonical
from halcytone.lib.states import Move, move_all
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
    rows: dict[str, Seal]  # what was sealed in this review, by digest
    due: QuerySet[DueEvent]
    must_fix: QuerySet[Thread]  # open ones, of every format
    members: int | None = None  # of the audience, where they have just been counted

    @property
    def people(self) -> People:
        return self.hands.people

    @property
    def is_complete(self) -> bool:
        return self.standing.approved() == self.seals.keys()

    def hearing(self, decisions: Iterable[Decision]) -> "Board":
        """Return the board with these new decisions. No query."""
        heard = {**self.decisions, **{each.pk: each for each in decisions}}
        stands = standing_of(self.review, self.stages, self.seals, heard.values(), self.hands)
        return replace(self, decisions=heard, standing=stands)


def lock(review: Review) -> None:
    """Read a review and its draft anew and keep others from deciding until the commit.

    PostgreSQL locks the row; SQLite has begun its transaction as the only writer (IMMEDIATE). The
    renditions are left free: an edit that commits meanwhile finds the decision on the older seal.
    """
    rows = Review.objects.select_related("draft__segment", "draft__author", "policy")
    review.refresh_from_db(from_queryset=rows.select_for_update(of=("self",)))


@dataclass(frozen=True, slots=True)
class Rows:
    """What a board is made of, read in one statement."""

    stages: Iterable[Stage]
    escalations: Iterable[Escalation]
    renditions: Iterable[Rendition]
    findings: Iterable[Finding]
    seals: Iterable[Seal]
    decisions: Iterable[Decision]
    acts: Iterable[Authorship]
    due: QuerySet[DueEvent]
    must_fix: QuerySet[Thread]
    accounts: Iterable[Any]  # of the publisher
    people: People

    def fill(self) -> None:
        own = [getattr(self, each.name) for each in fields(self) if each.name != "people"]
        at_once.fill(*own, *self.people.rows)
        at_once.nest(self.stages, "escalations", self.escalations, "stage_id")
        at_once.nest(self.renditions, "findings", self.findings, "rendition_id")


def rows_of(review: Review, draft: Draft, people: People | None = None) -> Rows:
    """Return what the board of a review is made of. No query yet."""
    said = Decision.objects.filter(seal__review=review)
    renditions = draft.renditions.order_by("pk")
    return Rows(
        review.stages.order_by("position"),
        Escalation.objects.filter(stage__review=review),
        renditions,
        Finding.objects.filter(rendition__draft=draft),
        review.seals.all(),
        said.select_related("person", "delegate_of", "link"),
        eligibility.acts(draft),
        review.due_events.all(),
        must_fix(review),
        seals.account_rows(draft),
        people or everybody(),
    )


def must_fix(review: Review) -> QuerySet[Thread]:
    """Return the open threads of a review in which somebody said that something must be fixed."""
    rows = review.threads.filter(must_fix=True, status=Thread.Status.OPEN)
    return rows.select_related("opened_by", "link").prefetch_related("comments")


def read(review: Review, draft: Draft | None = None) -> Board:
    """Return where a review stands now: two queries, one for who has just read the draft."""
    if draft is None:
        draft = Draft.objects.select_related("segment", "author").get(pk=review.draft_id)
        review.draft = draft
    rows = rows_of(review, draft)
    rows.fill()
    return lay_out(review, draft, rows)


def lay_out(review: Review, draft: Draft, rows: Rows, members: int | None = None) -> Board:
    """Return where a review stands by these rows. No query of its own."""
    stages = {stage.pk: stage for stage in rows.stages}
    renditions = in_order(draft, rows.renditions)
    found = seals.compute_all(list(renditions.values()), rows.accounts)
    contents = dict(zip(renditions, found, strict=True))
    sealed = {row.pk: row for row in rows.seals}
    decisions = {each.pk: each for each in rows.decisions}
    for decision in decisions.values():
        decision.seal = sealed[decision.seal_id]
    known = eligibility.hands_of(draft, rows.acts, decisions.values(), rows.people)
    return Board(
        review,
        draft,
        stages,
        renditions,
        contents,
        decisions,
        known,
        standing_of(review, stages, contents, decisions.values(), known),
        {row.sha256: row for row in sealed.values()},
        rows.due,
        rows.must_fix,
        members,
    )


def renditions_of(draft: Draft) -> dict[str, Rendition]:
    """Return the renditions that a draft names, in its order; those that do not exist are missing."""
    return in_order(draft, draft.renditions.all())


def in_order(draft: Draft, renditions: Iterable[Rendition]) -> dict[str, Rendition]:
    """Return those of these renditions that the draft names, in its order, with the draft set on them."""
    found = {each.format: each for each in renditions}
    for rendition in found.values():
        rendition.draft = draft
    return {format: found[format] for format in draft.formats if format in found}


def advance(board: Board) -> None:
    """Move the stages of an open review to where its voices are, and ask those who are next.

    A stage keeps its clock when it becomes active again: no edit of the draft restarts it.
    """
    move_all(list(_moves(board)))
    _ask(board)


def _moves(board: Board) -> Iterator[Move]:
    active, passed = Stage.Status.ACTIVE, Stage.Status.PASSED
    all_passed = True
    for stage in asked(board.stages):
        cells = board.standing.of_step(stage.pk)
        all_passed = all_passed and all(cell.is_complete for cell in cells)
        is_over = all_passed or _is_done_beside(stage, cells)
        if any(cell.is_in_turn for cell in cells):
            way = [active]
        elif is_over and stage.status != passed:
            way = [active, passed]
        else:
            continue
        if left := [status for status in way if status != stage.status]:
            yield Move(stage, left, _entered(stage, left))


def _entered(stage: Stage, way: Sequence[str]) -> dict[str, datetime]:
    """Return when a stage that becomes active was entered."""
    at = stage.entered_stage_at or timezone.now()
    return {"entered_stage_at": at} if Stage.Status.ACTIVE in way else {}


def _is_done_beside(stage: Stage, cells: Sequence[Cell]) -> bool:
    return stage.is_beside and bool(cells) and all(cell.is_complete for cell in cells)


def asked(stages: Mapping[int, Stage]) -> list[Stage]:
    """Return the stages that are asked: all but those that were skipped."""
    return [stage for stage in stages.values() if stage.status != Stage.Status.SKIPPED]


def activate(stage: Stage, *, entered_at: datetime) -> None:
    if stage.status != Stage.Status.ACTIVE:
        stage.move(Stage.Status.ACTIVE, entered_stage_at=entered_at)


def seal_rows(board: Board, formats: Iterable[str]) -> dict[str, Seal]:
    """Return the row of the seal that each of these renditions has now, written at its first use."""
    wanted = {format: board.seals[format] for format in formats}
    missing = {
        format: content for format, content in wanted.items() if content.sha256 not in board.rows
    }
    written = [
        Seal(
            review=board.review,
            rendition=board.renditions[format],
            format=format,
            sha256=content.sha256,
            content=canonical.text(content.content),
            audience_count=_audience_count(board, content),
            body=content.body,
        )
        for format, content in missing.items()
    ]
    board.rows.update((row.sha256, row) for row in Seal.objects.bulk_create(written))
    return {format: board.rows[content.sha256] for format, content in wanted.items()}


def _ask(board: Board) -> None:
    """Write whom the review waits for now, in place of whom it waited for before."""
    asks = dict.fromkeys(  # a role that two groups of one stage name is asked once
        (cell.step.key, cell.format, role)
        for cell in board.standing.in_turn()
        for group in cell.waiting
        for role in group
    )
    if board.rows:  # nobody was asked before anything was sealed
        board.review.asks.all().delete()
    rows = seal_rows(board, dict.fromkeys(format for _, format, _ in asks))
    waiting = [
        Ask(review=board.review, stage_id=stage, seal=rows[format], format=format, role=role)
        for stage, format, role in asks
    ]
    Ask.objects.bulk_create(waiting)
    voices_asked.send(Review, review=board.review, asks=waiting, hands=board.hands)


def _audience_count(board: Board, content: SealContent) -> int | None:
    segment = board.draft.segment
    if segment is None or content.content["audience_sha256"] is None:
        return None
    return audience.count(segment) if board.members is None else board.members


def standing_of(
    review: Review,
    stages: Mapping[int, Stage],
    current: Mapping[str, SealContent],
    decisions: Iterable[Decision],
    known: Hands,
) -> Standing:
    """Return where a review stands by these decisions, whose seals are loaded. `current` is what stands now."""
    voices = [_voice(each) for each in decisions if _counts(each, review, stages, known)]
    digests = {format: content.sha256 for format, content in current.items()}
    return standing.compute([eligibility.step(each) for each in asked(stages)], digests, voices)


def _counts(decision: Decision, review: Review, stages: Mapping[int, Stage], known: Hands) -> bool:
    """Tell whether a decision still speaks: not of somebody who has had a hand in it since."""
    if decision.policy_id is not None:
        return bool(review.auto.get("signed"))
    if decision.link is not None:
        is_awaited = stages[decision.stage_id].hears_links
        email, format = decision.link.email, decision.seal.format
        return is_awaited and not eligibility.act_of_address(email, format, known)
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
        is_policy=decision.policy_id is not None,
    )
