"""The board of a release: who signs it, and two people who set a No-Go aside."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from approvals.models import Decision, Review, Stage
from approvals.services import eligibility
from content.models import Draft
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from halcytone.lib.gathering import gathering
from publishing.models import BoardSignature, Override, Rehearsal, RehearsalCheck, Release
from publishing.readiness.base import NO_GO
from publishing.services import history, releases

log = structlog.get_logger(__name__)
RIGHT = "publishing.schedule_release"
TOP_LEVEL = 4
RECENT = timedelta(hours=1)  # how far back the clock looks for final decisions
NEVER = "Seal, consent and suppression cannot be set aside"
OVERTAKEN = "It was rehearsed again since. Look at the board of now."


def latest(release: Release) -> Rehearsal | None:
    """Return the last rehearsal of a release, or of its draft while it has none of its own."""
    rows = (
        Rehearsal.objects.done()
        .filter(draft=release.draft_id)
        .select_related("override__asked_by", "override__confirmed_by", "asked_by")
    )
    own = rows.filter(release=release).order_by("-done_at", "-pk").first()
    return own or rows.filter(release=None).order_by("-done_at", "-pk").first()


@transaction.atomic
@gathering()
def sign(rehearsal: Rehearsal, *, by: Any) -> BoardSignature:
    """Sign the board of one moment; by who has the final decision. Raises NotAllowed, WrongState."""
    if not may_sign(rehearsal, by):
        raise NotAllowed(
            "The board is signed by who has the final decision: somebody with a role of the last stage."
        )
    try:
        with transaction.atomic():
            row = BoardSignature.objects.create(rehearsal=rehearsal, person=by)
    except IntegrityError as error:
        raise WrongState("You have signed this board already.") from error
    if rehearsal.release:
        history.note(
            rehearsal.release, "board signed", by, f"of {rehearsal.get_occasion_display().lower()}"
        )
    log.info("board_signed", rehearsal=rehearsal.pk, by=by.pk)
    return row


def may_sign(rehearsal: Rehearsal, person: Any) -> bool:
    """Tell whether this person has the final decision: a role of the last stage of the review."""
    stage = _last_stage(rehearsal)
    if stage is None or not rights.may(person, eligibility.RIGHT):
        return False
    named = {role for group in stage.roles for role in group}
    return not named.isdisjoint(eligibility.roles_of(person))


def sign_with_decisions(now: datetime) -> None:
    """Let each final yes at level 4, or about the weekly edition, sign the board of its moment.

    Asked by the clock, so a decision pays nothing for it; the signature bears the decision's own time.
    """
    later = Stage.objects.filter(
        review=OuterRef("stage__review"), position__gt=OuterRef("stage__position")
    )
    is_top = Q(stage__review__level=TOP_LEVEL) | Q(stage__review__draft__type=Draft.Type.WEEKLY)
    final = Decision.objects.filter(
        is_top,
        ~Exists(later.exclude(status=Stage.Status.SKIPPED)),
        verdict=Decision.Verdict.APPROVE,
        person__isnull=False,
        decided_at__gt=now - RECENT,
    )
    rows = []
    for decision in final.select_related("stage__review", "person"):
        boards = Rehearsal.objects.done().filter(
            draft=decision.stage.review.draft_id, done_at__lte=decision.decided_at
        )
        board = boards.order_by("-done_at", "-pk").first()
        if board is not None:
            rows.append(
                BoardSignature(rehearsal=board, person=decision.person, at=decision.decided_at)
            )
    BoardSignature.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
@gathering()
def ask_override(rehearsal: Rehearsal, *, by: rights.Actor, reason: str) -> Override:
    """Ask that a No-Go be set aside; another person confirms. Raises WrongState for what never can be."""
    rights.require(by, RIGHT, act="set a No-Go aside")
    if not reason.strip():
        raise Invalid("Say why it may leave all the same.", code="reason_missing")
    if rehearsal.verdict != NO_GO or rehearsal.release is None:
        raise WrongState("This board says no No-Go.")
    _require_latest(rehearsal.release, rehearsal)
    if fixed := _fixed(rehearsal):
        raise WrongState(f"{NEVER}: {fixed.what}")
    row, is_new = Override.objects.get_or_create(
        rehearsal=rehearsal, defaults={"reason": reason.strip()[:500], "asked_by": by}
    )
    if not is_new:
        raise WrongState(f"{row.asked_by} asked for it already; another person confirms.")
    history.note(rehearsal.release, "override asked", by, reason.strip())
    return row


@transaction.atomic
@gathering()
def confirm_override(rehearsal: Rehearsal, *, by: rights.Actor) -> Override:
    """Set a No-Go aside that another person asked about; a release that a No-Go held goes on.

    What is held for another reason, by a person say, stays held. Raises WrongState for a board that is
    not the last one.
    """
    rights.require(by, RIGHT, act="set a No-Go aside")
    row = Override.objects.select_for_update().filter(rehearsal=rehearsal).first()
    if row is None or row.confirmed_at is not None:
        raise WrongState("Nobody has asked to set this No-Go aside, or it is done already.")
    if row.asked_by_id == by.pk:
        raise NotAllowed(
            f"You asked for it, so another person must confirm. {rights.who_may(RIGHT)}"
        )
    if fixed := _fixed(rehearsal):
        raise WrongState(f"{NEVER}: {fixed.what}")
    Override.objects.filter(pk=row.pk).update(confirmed_by=by, confirmed_at=timezone.now())
    row.refresh_from_db()
    if rehearsal.release is not None:
        _go_on(rehearsal, rehearsal.release, row, by)
    log.warning("no_go_overridden", rehearsal=rehearsal.pk, by=by.pk)
    return row


def _go_on(rehearsal: Rehearsal, release: Release, row: Override, by: rights.Actor) -> None:
    """Lift the hold that this override answers: the standing one, if a No-Go made it."""
    release = Release.objects.select_for_update().get(pk=release.pk)
    _require_latest(release, rehearsal)
    history.note(release, "overridden", by, f"{row.asked_by} asked: {row.reason}")
    hold = history.standing_hold(release)
    if hold is not None and Rehearsal.objects.filter(hold=hold).exists():
        releases.resume(release, by=by, reason=f"No-Go set aside: {row.reason}"[:500])


def _require_latest(release: Release, rehearsal: Rehearsal) -> None:
    now = latest(release)
    if now is not None and now.pk != rehearsal.pk:
        raise WrongState(OVERTAKEN, code="overtaken")


def _fixed(rehearsal: Rehearsal) -> RehearsalCheck | None:
    return rehearsal.checks.filter(verdict=NO_GO, can_override=False).first()


def _last_stage(rehearsal: Rehearsal) -> Stage | None:
    rows = Stage.objects.filter(review__draft=rehearsal.draft_id)
    rows = rows.exclude(review__status__in=Review.FINAL).exclude(status=Stage.Status.SKIPPED)
    return rows.order_by("-review_id", "-position").first()
