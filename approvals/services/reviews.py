"""Reviews: submitted, decided, withdrawn, recalled, and asked again where something changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from approvals import signals
from approvals.models import Decision, Review, Seal, Stage
from approvals.services import (
    auto,
    boards,
    checklists,
    clock,
    consolidation,
    fast_track,
    gate,
    ground,
    impact,
    legal,
    policies,
    talk,
    voices,
)
from approvals.services.boards import Board
from approvals.services.ground import Ground
from approvals.services.queue import progress, waiting_for  # noqa: F401  (asked for here too)
from content.models import Draft
from content.services import access, drafts, rendering
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.gathering import gathering
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)
MOST_REASON = 300  # characters, as the column takes


@transaction.atomic
@gathering()
def submit(draft: Draft, *, by: Actor, note: str = "") -> Review:
    """Ask for every voice that the policy wants; on a review that came back, for what changed.

    Raises NotAllowed; WrongState while a review runs, or without an active policy; Invalid with
    each rule that the draft breaks, or each voice that nobody eligible can give.
    """
    _require_submitter(draft, by)
    draft = drafts.locked(draft)
    if draft.author_id == by.pk:
        draft.author = by  # whose rights are known already
    known = ground.read(draft)
    review = running(draft) if known.running else None
    if review is not None and review.status not in Review.AGAIN:
        raise WrongState(f"“{draft}” is already {review.get_status_display().lower()}.")
    rendering.look_at_addresses(draft, known.rivals)
    if problems := gate.problems(draft):
        raise Invalid(problems, code="not_ready")
    if review and (problems := consolidation.problems(review)):  # none unless it was sent back
        raise Invalid(problems, code="opinions_unanswered")
    is_new = review is None
    review = _reopened(review, by, note) if review else _opened(draft, by, note, known)
    review.draft = drafts.bare(draft)
    stages = _route(review, draft, known)
    fast_track.apply(known.track, stages)
    if problems := impact.problems(draft, review.level):
        raise Invalid(problems, code="impact_missing")
    board = _laid_out(review, draft, known, stages if is_new else ())
    if not review.auto.get("signed") and (problems := gate.unanswerable(board)):
        raise Invalid(problems, code="nobody_eligible")
    boards.advance(board)
    log.info("review_submitted", review=review.pk, draft=draft.pk, round=review.round)
    sealed = {format: content.sha256 for format, content in board.seals.items()}
    signals.review_submitted.send(Review, review=review, seals=sealed)
    if review.auto.get("signed"):
        board = _sign(board)
        boards.advance(board)
    _approve_if_complete(board)
    clock.begin(review, board)
    fast_track.follow(board)
    return review


@transaction.atomic
@gathering()
def decide(
    review: Review,
    *,
    by: Actor,
    verdict: str,
    formats: Sequence[str] | None = None,
    reason: str = "",
    comment: str = "",
    shown: Mapping[str, str],
) -> list[Decision]:
    """Record what one person says about the renditions that wait for her, or about some of them.

    `shown` maps each format to the seal of what was on her screen, text, audience, slot and sender
    included. The first request for changes or rejection takes effect at once; beside it, others of the
    same stage may still speak. Raises Invalid, NotAllowed (four eyes, role), WrongState (decided, or changed while
    it was read).
    """
    voices.check_answer(verdict, reason=reason, comment=comment)
    boards.lock(review)
    board = boards.read(review, review.draft)
    chosen = voices.choose(board, by, verdict, formats)
    voices.check_shown(board, chosen, shown)
    if verdict == Decision.Verdict.APPROVE:
        voices.check_sound(board, chosen)
        checklists.check_ticked(board, [stage for stage, _ in chosen.values()])
    said = {"person": by, "verdict": verdict, "reason": reason, "comment": comment.strip()}
    decisions = write(board, chosen, shown, said)
    follow(board, decisions, {stage.pk: stage for stage, _ in chosen.values()})
    return decisions


def follow(board: Board, decisions: Sequence[Decision], stages: Mapping[int, Stage]) -> None:
    """Announce what one person said, and do what it means. Without stages it is advice: nothing moves.

    The review is locked by the caller.
    """
    _announce(decisions)
    if stages:
        _follow(board.hearing(decisions), decisions[0].verdict, stages)


@transaction.atomic
@gathering()
def withdraw(review: Review, *, by: Actor, reason: str) -> None:
    """Take a draft out of review. Its submitter may, and whoever manages drafts."""
    boards.lock(review)
    if by is not None and by.pk != review.submitted_by_id:
        rights.require(by, "content.manage_draft", act="withdraw the review of somebody else")
    _close(review, Review.Status.WITHDRAWN, by=by, reason=_required(reason))


@transaction.atomic
@gathering()
def recall(review: Review, *, by: Actor, reason: str) -> None:
    """Take an approval back before publication; the publisher holds the release."""
    rights.require(by, "publishing.hold_release", act="recall an approval")
    boards.lock(review)
    review.move(Review.Status.RECALLED, closed_by=by, closing_reason=_required(reason))
    clock.stop(review)
    log.info("review_recalled", review=review.pk, draft=review.draft_id)
    signals.review_recalled.send(Review, review=review)


@transaction.atomic
@gathering()
def reconsider(draft: Draft) -> None:
    """Bring the running review of a changed draft in step: what changed is asked about again.

    A draft that came to need more voices (it was marked as featured, say) gets them; the policy's
    own signature falls when one of its conditions does not hold any more.
    """
    review = running(draft)
    if review is None:
        return
    boards.lock(review)
    fresh = Draft.objects.get(pk=draft.pk)
    wanted = legal.wanted(review, fresh)
    legal.note(review, wanted)
    _take_back_signature(review, fresh, wanted)
    if policies.asks_more(review, wanted.matched):
        policies.note(review, wanted.matched, wanted.facts)
        fast_track.apply(fast_track.of(draft), list(review.stages.all()))
    board = boards.read(review)
    if review.status == Review.Status.OPEN:
        boards.advance(board)
        clock.follow(review, board)
    blocking = gate.blocking(board.renditions.values(), "")
    clock.note_findings(review, are_blocking=bool(blocking))
    lost = [format for format in board.seals if format not in board.standing.approved()]
    if review.approved_at is None or not lost:
        return
    if review.status == Review.Status.APPROVED:
        review.move(Review.Status.UNSEALED)
    log.info("review_unsealed", review=review.pk, draft=draft.pk, formats=lost)
    signals.review_unsealed.send(Review, review=review, formats=lost)


def settle(review: Review) -> None:
    """Bring stages and asks of an open review in step; approve it when every voice is there."""
    _settle(boards.read(review))


def running(draft: Draft) -> Review | None:
    """Return the review of this draft that is not over, locked until the commit, or None."""
    reviews = Review.objects.select_for_update().filter(draft=draft)
    return reviews.exclude(status__in=Review.FINAL).first()


def approved_seals(draft: Draft) -> dict[str, Seal]:
    """Return the seals under which renditions of this draft may leave now, by format.

    Each equals the rendition as it stands, and every stage of its review has spoken about it. A
    review that was approved and is asked again about some renditions keeps its word on the others.
    """
    review = Review.objects.filter(draft=draft).counting().first()
    if review is None:
        return {}
    board = boards.read(review)
    approved = board.standing.approved()
    return {
        format: board.rows[content.sha256]
        for format, content in board.seals.items()
        if format in approved and content.sha256 in board.rows
    }


def _require_submitter(draft: Draft, by: Actor) -> None:
    if by is None:
        raise NotAllowed("Submitting is a person's act: the machine declares nothing.")
    rights.require(by, "approvals.submit_review", act="submit drafts for review")
    if not access.sees_draft(by, draft):
        raise NotAllowed(f"You may not submit “{draft}”: it is not yours to see.")


def _opened(draft: Draft, by: Actor, note: str, known: Ground) -> Review:
    """Return a new review that is not written yet."""
    rules = policies.active(known.policies)
    return Review(draft_id=draft.pk, policy=rules, level=1, note=note, submitted_by=by)


def _reopened(review: Review, by: Actor, note: str) -> Review:
    """Open a review for its next round; a stage that sent it back has its clock started anew."""
    review.move(
        Review.Status.OPEN,
        round=review.round + 1,
        note=note,
        submitted_by=by,
        submitted_at=timezone.now(),
    )
    for stage in review.stages.filter(status=Stage.Status.RETURNED):
        boards.activate(stage, entered_at=timezone.now())
    return review


def _laid_out(review: Review, draft: Draft, known: Ground, written: Sequence[Stage]) -> Board:
    """Return where a review stands as it is submitted; `written` are the stages of a new one."""
    if written:
        rows = ground.rows_of_new(draft, written, known)
    else:
        rows = boards.rows_of(review, draft, known.people)
        rows.fill()
    return boards.lay_out(review, draft, rows, review.facts["audience_size"])


def _route(review: Review, draft: Draft, known: Ground) -> list[Stage]:
    """Write on a review where it has to go, and return its stages."""
    wanted = legal.wanted(review, draft, known.facts)
    row = wanted.by_policy.signing_row if review.level == 1 else ""
    failed = auto.failures(draft, wanted, review) if row else []
    if row and review.pk:
        failed += [problem.message for problem in talk.must_fix(review, draft.formats)]
    review.auto = {"signed": not failed, "row": row, "failed": failed} if row else {}
    stages = policies.note(review, wanted.matched, wanted.facts)
    legal.note(review, wanted)
    return stages


def _take_back_signature(review: Review, draft: Draft, wanted: legal.Wanted) -> None:
    if not review.auto.get("signed"):
        return
    # Rights that move later take nothing back.
    known = replace(wanted, facts={**wanted.facts, "author_may_publish": True})
    if failed := auto.failures(draft, known, review):
        review.auto = {**review.auto, "signed": False, "failed": failed}
        review.save(update_fields=["auto"])


def _sign(board: Board) -> Board:
    """Let the policy itself speak about every rendition that waits in its one stage."""
    review = board.review
    row = review.auto["row"]
    waiting = board.standing.in_turn()
    rows = boards.seal_rows(board, [cell.format for cell in waiting])
    decisions = Decision.objects.bulk_create(
        Decision(
            stage=board.stages[cell.step.key],
            seal=rows[cell.format],
            policy=review.policy,
            policy_row=row,
            round=review.round,
            verdict=Decision.Verdict.APPROVE,
            comment=f"Approved by policy {review.policy}, row {row}.",
        )
        for cell in waiting
    )
    _announce(decisions)
    return board.hearing(decisions)


def _announce(decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        log.info(
            "review_decided",
            review=decision.seal.review_id,
            decision=decision.pk,
            format=decision.seal.format,
            verdict=decision.verdict,
        )
        signals.review_decided.send(Decision, decision=decision)


def write(
    board: Board, chosen: voices.Chosen, shown: Mapping[str, str], said: Mapping[str, Any]
) -> list[Decision]:
    """Record what one person said: one act, though it is a row for each rendition."""
    rows = boards.seal_rows(board, chosen)
    now = timezone.now()
    return Decision.objects.bulk_create(
        Decision(
            **said,
            decided_at=now,
            round=board.review.round,
            stage=stage,
            seal=rows[format],
            role=role,
            delegate_of=voices.delegator(board, said.get("person"), format, role),
            shown_sha256=shown[format],
        )
        for format, (stage, role) in chosen.items()
    )


def _follow(board: Board, verdict: str, stages: Mapping[int, Stage]) -> None:
    """Do what a verdict means for the review."""
    review = board.review
    if verdict == Decision.Verdict.REJECT:
        _close(review, Review.Status.REJECTED, by=None, reason="")
    elif verdict == Decision.Verdict.REQUEST_CHANGES and review.status == Review.Status.OPEN:
        for stage in stages.values():
            stage.move(Stage.Status.RETURNED)
        review.move(Review.Status.CHANGES_REQUESTED)
        review.asks.all().delete()
        clock.stop(review)
        log.info("review_returned", review=review.pk, draft=review.draft_id)
    elif review.status == Review.Status.OPEN:
        _settle(board)


def _settle(board: Board) -> None:
    before = {stage.pk: stage.status for stage in board.stages.values()}
    boards.advance(board)
    _approve_if_complete(board)
    if before != {stage.pk: stage.status for stage in board.stages.values()}:
        clock.follow(board.review, board)
    fast_track.follow(board)


def _approve_if_complete(board: Board) -> None:
    """Approve a review when every voice about every rendition is there."""
    if not board.is_complete:
        return
    review = board.review
    review.move(Review.Status.APPROVED, approved_at=timezone.now())
    log.info("review_approved", review=review.pk, draft=review.draft_id)
    seals = {format: board.rows[content.sha256] for format, content in board.seals.items()}
    signals.review_approved.send(Review, review=review, seals=seals)


def _close(review: Review, status: str, *, by: Actor, reason: str) -> None:
    review.move(status, closed_by=by, closing_reason=reason)
    review.asks.all().delete()
    clock.stop(review)
    log.info("review_closed", review=review.pk, draft=review.draft_id, status=status)
    signals.review_closed.send(Review, review=review)


def _required(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say why in a sentence: it stays on the record.", code="reason_missing")
    if len(reason.strip()) > MOST_REASON:
        message = f"Say why in at most {MOST_REASON} characters."
        raise Invalid([Problem("max_length", message, attr="reason")])
    return reason.strip()
