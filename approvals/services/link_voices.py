"""The answer of somebody who came through a review link: which renditions she is asked about, and what it does."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from approvals.models import Decision, Review, ReviewLink, Role, Stage
from approvals.services import boards, eligibility, reviews, voices
from approvals.services.boards import Board
from approvals.standing import Cell
from halcytone.lib.errors import NotAllowed, WrongState
from halcytone.lib.gathering import gathering


@transaction.atomic
@gathering()
def decide(
    link: ReviewLink,
    *,
    verdict: str,
    formats: Sequence[str] | None,
    reason: str,
    comment: str,
    shown: Mapping[str, str],
) -> list[Decision]:
    """Record one answer about the renditions that the link's stage looks at.

    Where the stage does not count links it is advice: it is kept, and moves nothing.
    """
    review = Review.objects.get(pk=link.review_id)
    boards.lock(review)
    _require_open(link)
    board = boards.read(review)
    chosen = dict.fromkeys(_choose(board, link, formats), (link.stage, str(Role.EXTERNAL)))
    voices.check_shown(board, chosen, shown)
    if verdict == Decision.Verdict.APPROVE:
        voices.check_sound(board, chosen)
    said = {"link": link, "verdict": verdict, "reason": reason, "comment": comment.strip()}
    decisions = reviews.write(board, chosen, shown, said)
    stages = {link.stage_id: board.stages[link.stage_id]} if link.counts else {}
    reviews.follow(board, decisions, stages)
    return decisions


def asked(board: Board, link: ReviewLink) -> list[str]:
    """Return the formats about which an answer through this link would be taken now."""
    try:
        return _choose(board, link, None)
    except (WrongState, NotAllowed):
        return []


def given(link: ReviewLink) -> list[Decision]:
    """Return what was decided through this link, oldest first."""
    return list(link.decisions.select_related("seal").order_by("decided_at", "pk"))


def _require_open(link: ReviewLink) -> None:
    """Raise when the link was locked, revoked or ended while its page was read."""
    if not ReviewLink.objects.open().filter(pk=link.pk).exists():
        raise NotAllowed("This link is not open any more.", code="link_gone")


def _choose(board: Board, link: ReviewLink, formats: Sequence[str] | None) -> list[str]:
    review = board.review
    if review.status != Review.Status.OPEN:
        raise WrongState(
            f"The review is {review.get_status_display().lower()}; no decision is waited for."
        )
    cells = {cell.format: cell for cell in board.standing.of_step(link.stage_id)}
    looked_at = [format for format in board.seals if _looks(cells.get(format), link.stage)]
    if unknown := [format for format in formats or () if format not in looked_at]:
        raise WrongState(f"Nothing is asked about {voices.label(unknown[0])} here now.")
    spoken = _spoken(board, link)
    chosen = [format for format in formats or looked_at if format not in spoken]
    if not chosen or (formats and len(chosen) < len(formats)):
        if spoken:
            raise WrongState(
                "You already decided about this as it stands. Nothing was recorded again.",
                code="already_decided",
            )
        raise WrongState("Nothing is asked here now.")
    for format in chosen:
        if eligibility.act_of_address(link.email, format, board.hands):
            raise NotAllowed(
                "Four eyes: whoever has this address has a hand in this draft meanwhile, so somebody else "
                "decides about it.",
                code="four_eyes",
            )
    return chosen


def _looks(cell: Cell | None, stage: Stage) -> bool:
    """Tell whether a link of this stage is asked about a rendition: where links count, in its turn."""
    if cell is None:
        return False
    is_awaited = any(Role.EXTERNAL in group for group in cell.welcome)
    return is_awaited if stage.hears_links else True


def _spoken(board: Board, link: ReviewLink) -> set[str]:
    """Return the formats about which this address has spoken in this round, as they stand."""
    current = {content.sha256 for content in board.seals.values()}
    return {
        decision.seal.format
        for decision in board.decisions.values()
        if decision.link is not None
        and decision.link.email == link.email
        and decision.round == board.review.round
        and decision.seal.sha256 in current
    }
