"""Reviews: submitted, decided, withdrawn, recalled, and asked again where something changed."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from approvals import signals
from approvals.facts import facts as facts_of
from approvals.models import Decision, Review, Seal, Stage
from approvals.services import auto, boards, gate, policies, voices
from approvals.services.boards import Board
from approvals.services.queue import progress, waiting_for  # noqa: F401  (asked for here too)
from content.models import Draft
from content.services import access
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from halcytone.lib.rights import Actor

log = structlog.get_logger(__name__)


@transaction.atomic
def submit(draft: Draft, *, by: Actor, note: str = "") -> Review:
    """Ask for every voice that the policy wants; on a review that came back, for what changed.

    Raises NotAllowed; WrongState while a review runs, or without an active policy; Invalid with
    each rule that the draft breaks, or each voice that nobody eligible can give.
    """
    _require_submitter(draft, by)
    list(Draft.objects.select_for_update().filter(pk=draft.pk).values_list("pk"))
    draft.refresh_from_db()
    review = running(draft)
    if review is not None and review.status not in Review.AGAIN:
        raise WrongState(f"“{draft}” is already {review.get_status_display().lower()}.")
    if problems := gate.problems(draft):
        raise Invalid(problems, code="not_ready")
    review = _reopened(review, by, note) if review else _opened(draft, by, note)
    _route(review, draft)
    board = boards.read(review)
    if not review.auto.get("signed") and (problems := gate.unanswerable(board)):
        raise Invalid(problems, code="nobody_eligible")
    boards.advance(board)
    log.info("review_submitted", review=review.pk, draft=draft.pk, round=review.round)
    signals.review_submitted.send(Review, review=review)
    if review.auto.get("signed"):
        _sign(board)
    _settle(review)
    return review


@transaction.atomic
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
    included. The first
    request for changes or rejection takes effect at once; beside it, others of the same stage may
    still speak. Raises Invalid, NotAllowed (four eyes, role), WrongState (decided, or changed while
    it was read).
    """
    voices.check_answer(verdict, reason=reason, comment=comment)
    boards.lock(review)
    board = boards.read(review)
    chosen = voices.choose(board, by, verdict, formats)
    voices.check_shown(board, chosen, shown)
    if verdict == Decision.Verdict.APPROVE:
        voices.check_sound(board, chosen)
    said = {"person": by, "round": review.round, "verdict": verdict, "reason": reason}
    decisions = [
        Decision.objects.create(
            **said,
            comment=comment.strip(),
            stage=stage,
            seal=boards.seal_row(board, format),
            role=role,
            shown_sha256=shown[format],
        )
        for format, (stage, role) in chosen.items()
    ]
    _announce(decisions)
    _follow(review, verdict, {stage.pk: stage for stage, _ in chosen.values()})
    return decisions


@transaction.atomic
def withdraw(review: Review, *, by: Actor, reason: str) -> None:
    """Take a draft out of review. Its submitter may, and whoever manages drafts."""
    boards.lock(review)
    if by is not None and by.pk != review.submitted_by_id:
        rights.require(by, "content.manage_draft", act="withdraw the review of somebody else")
    _close(review, Review.Status.WITHDRAWN, by=by, reason=_required(reason))


@transaction.atomic
def recall(review: Review, *, by: Actor, reason: str) -> None:
    """Take an approval back before publication; the publisher holds the release."""
    rights.require(by, "publishing.hold_release", act="recall an approval")
    boards.lock(review)
    review.move(Review.Status.RECALLED, closed_by=by, closing_reason=_required(reason))
    log.info("review_recalled", review=review.pk, draft=review.draft_id)
    signals.review_recalled.send(Review, review=review)


@transaction.atomic
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
    known = facts_of(fresh)
    _take_back_signature(review, fresh, known)
    matched = policies.route(review.policy, known)
    if policies.asks_more(review, matched):
        policies.note(review, matched, known)
    board = boards.read(review)
    if review.status == Review.Status.OPEN:
        boards.advance(board)
    lost = [format for format in board.seals if format not in board.standing.approved()]
    if review.approved_at is None or not lost:
        return
    if review.status == Review.Status.APPROVED:
        review.move(Review.Status.UNSEALED)
    log.info("review_unsealed", review=review.pk, draft=draft.pk, formats=lost)
    signals.review_unsealed.send(Review, review=review, formats=lost)


def running(draft: Draft) -> Review | None:
    """Return the review of this draft that is not over, locked until the commit, or None."""
    reviews = Review.objects.select_for_update().filter(draft=draft)
    return reviews.exclude(status__in=Review.FINAL).first()


def approved_seals(draft: Draft) -> dict[str, Seal]:
    """Return the seals under which renditions of this draft may leave now, by format.

    Each equals the rendition as it stands, and every stage of its review has spoken about it. A
    review that was approved and is asked again about some renditions keeps its word on the others.
    """
    review = (
        Review.objects.filter(draft=draft, approved_at__isnull=False)
        .exclude(status__in=(*Review.FINAL, Review.Status.LATE))
        .first()
    )
    if review is None:
        return {}
    board = boards.read(review)
    rows = {seal.sha256: seal for seal in review.seals.all()}
    approved = board.standing.approved()
    return {
        format: rows[content.sha256]
        for format, content in board.seals.items()
        if format in approved and content.sha256 in rows
    }


def _require_submitter(draft: Draft, by: Actor) -> None:
    if by is None:
        raise NotAllowed("Submitting is a person's act: the machine declares nothing.")
    rights.require(by, "approvals.submit_review", act="submit drafts for review")
    if not access.drafts(by).filter(pk=draft.pk).exists():
        raise NotAllowed(f"You may not submit “{draft}”: it is not yours to see.")


def _opened(draft: Draft, by: Actor, note: str) -> Review:
    rules = policies.active()
    return Review.objects.create(draft=draft, policy=rules, level=1, note=note, submitted_by=by)


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


def _route(review: Review, draft: Draft) -> None:
    known = facts_of(draft)
    matched = policies.route(review.policy, known)
    row = matched.signing_row if review.level == 1 else ""
    failed = auto.failures(draft, known) if row else []
    review.auto = {"signed": not failed, "row": row, "failed": failed} if row else {}
    review.save(update_fields=["auto"])
    policies.note(review, matched, known)


def _take_back_signature(review: Review, draft: Draft, known: Mapping[str, Any]) -> None:
    if not review.auto.get("signed"):
        return
    changed = {**known, "author_may_publish": True}  # rights that move later take nothing back
    if failed := auto.failures(draft, changed):
        review.auto = {**review.auto, "signed": False, "failed": failed}
        review.save(update_fields=["auto"])


def _sign(board: Board) -> None:
    """Let the policy itself speak about every rendition that waits in its one stage."""
    review = board.review
    row = review.auto["row"]
    decisions = [
        Decision.objects.create(
            stage=board.stages[cell.step.key],
            seal=boards.seal_row(board, cell.format),
            policy=review.policy,
            policy_row=row,
            round=review.round,
            verdict=Decision.Verdict.APPROVE,
            comment=f"Approved by policy {review.policy}, row {row}.",
        )
        for cell in board.standing.in_turn()
    ]
    _announce(decisions)


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


def _follow(review: Review, verdict: str, stages: Mapping[int, Stage]) -> None:
    """Do what a verdict means for the review."""
    if verdict == Decision.Verdict.REJECT:
        _close(review, Review.Status.REJECTED, by=None, reason="")
    elif verdict == Decision.Verdict.REQUEST_CHANGES and review.status == Review.Status.OPEN:
        for stage in stages.values():
            stage.move(Stage.Status.RETURNED)
        review.move(Review.Status.CHANGES_REQUESTED)
        review.asks.all().delete()
        log.info("review_returned", review=review.pk, draft=review.draft_id)
    elif review.status == Review.Status.OPEN:
        _settle(review)


def _settle(review: Review) -> None:
    """Bring stages and asks in step with the voices; approve when every one is there."""
    board = boards.read(review)
    boards.advance(board)
    if not board.is_complete:
        return
    review.move(Review.Status.APPROVED, approved_at=timezone.now())
    log.info("review_approved", review=review.pk, draft=review.draft_id)
    signals.review_approved.send(Review, review=review)


def _close(review: Review, status: str, *, by: Actor, reason: str) -> None:
    review.move(status, closed_by=by, closing_reason=reason)
    review.asks.all().delete()
    log.info("review_closed", review=review.pk, draft=review.draft_id, status=status)
    signals.review_closed.send(Review, review=review)


def _required(reason: str) -> str:
    if not reason.strip():
        raise Invalid("Say why in a sentence: it stays on the record.", code="reason_missing")
    return reason.strip()
