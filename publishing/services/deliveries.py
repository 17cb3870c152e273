"""What people do with single rows: settle what is uncertain, try again what failed."""

from collections.abc import Sequence
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from halcytone.lib import rights
from halcytone.lib.errors import Invalid, Problem, WrongState
from halcytone.lib.gathering import gathering
from publishing.models import Delivery, Event, Release, ReleasePart
from publishing.services import history, preparation, refusals, releases

log = structlog.get_logger(__name__)
State = Delivery.State

LIVE, NEVER_SENT, FAILED = "live", "never_sent", "failed"
CONTINUE, TAKE_UP, WITHDRAW = "continue", "take_up", "withdraw"
WEB = ("https://", "http://")  # what a link may begin with
ANSWERS = {LIVE: State.CONFIRMED, NEVER_SENT: State.PLANNED, FAILED: State.FAILED}


@transaction.atomic
@gathering()
def settle(
    delivery: Delivery, *, by: rights.Actor, answer: str, reason: str, url: str = ""
) -> Delivery:
    """Record what a person found out about an uncertain delivery, or did with a prepared one.

    "live" confirms it (a post or page needs its link or id in `url`), "never_sent" sends it again, "failed" gives
    it up. Raises Invalid, NotAllowed, or WrongState when it is no longer uncertain.
    """
    rights.require(by, "publishing.settle_delivery", act="settle deliveries")
    _require_answer(delivery, answer, reason, url)
    changes: dict[str, Any] = {"error_code": "", "error": ""}
    if answer == LIVE:
        changes |= _as_live(by, url)
    elif answer == NEVER_SENT:
        changes |= _anew()
    is_by_hand = delivery.state == State.PREPARED
    open_state = State.PREPARED if is_by_hand else State.UNCERTAIN
    _move(delivery, open_state, ANSWERS[answer], **changes)
    _record(delivery, f"settled_{answer}", by, reason)
    _go_on(delivery, is_planned=answer == NEVER_SENT)
    return delivery


@transaction.atomic
@gathering()
def settle_together(
    deliveries: Sequence[Delivery], *, by: rights.Actor, answer: str, reason: str
) -> list[Delivery]:
    """Settle the rows of one lost call with one answer and one reason."""
    return [settle(row, by=by, answer=answer, reason=reason) for row in deliveries]


@transaction.atomic
@gathering()
def retry(delivery: Delivery, *, by: rights.Actor, reason: str) -> Delivery:
    """Plan a failed delivery once more, from its first attempt. A thread goes on behind it."""
    rights.require(by, "publishing.settle_delivery", act="send deliveries again")
    _require_reason(reason)
    _move(delivery, State.FAILED, State.PLANNED, error_code="", error="", **_anew())
    _record(delivery, "retried", by, reason)
    _go_on(delivery, is_planned=True)
    return delivery


@transaction.atomic
@gathering()
def continue_part(part: ReleasePart, *, by: rights.Actor, reason: str) -> ReleasePart:
    """Go on with a half thread: its failed part is tried again, behind the last confirmed one."""
    failed = part.deliveries.filter(state=State.FAILED).order_by("part").first()
    if failed is None:
        raise WrongState(f"No part of {part} has failed.")
    retry(failed, by=by, reason=reason)
    return part


@transaction.atomic
@gathering()
def withdraw_part(part: ReleasePart, *, by: rights.Actor, reason: str) -> ReleasePart:
    """Leave the rest of a part out: followers of a failed part, all of a refused or waiting one."""
    rights.require(by, "publishing.settle_delivery", act="leave deliveries out")
    _require_reason(reason)
    is_dependent = (part.refusal == "" and not _is_held_back(part)) or part.waits_for_page
    why = Delivery.Reason.DEPENDENCY_FAILED if is_dependent else Delivery.Reason.WITHDRAWN
    preparation.exclude_all(part, why, timezone.now())
    ReleasePart.objects.filter(pk=part.pk).update(waits_for_page=False)
    releases.record(part.release, "left_out", by, f"{part.format}: {reason}")
    releases.finish(part.release)
    return part


def ways_on(part: ReleasePart) -> list[str]:
    """Return what a person can decide about a part that stands still: names of PART_ACTS."""
    rows = part.deliveries
    has_failed = rows.filter(state=State.FAILED).exists()
    is_refused = bool(part.refusal) and not part.waits_for_page
    is_standing = bool(part.refusal) or has_failed or _is_held_back(part)
    rest = not rows.exists() or rows.filter(state=State.PLANNED).exists()
    ways = {CONTINUE: has_failed, TAKE_UP: is_refused and rest, WITHDRAW: is_standing and rest}
    return [way for way, is_open in ways.items() if is_open]


def _is_held_back(part: ReleasePart) -> bool:
    """Tell whether a release is held before its slot and this part of it is not what was approved."""
    release = part.release
    has_begun = release.prepared_at is not None
    return release.status == Release.Status.HELD and not has_begun and bool(refusals.changed(part))


@transaction.atomic
@gathering()
def take_up(part: ReleasePart, *, by: rights.Actor, reason: str) -> ReleasePart:
    """Send a refused part after all, once what it says now is approved. Raises WrongState before."""
    rights.require(by, "publishing.settle_delivery", act="take a refused part up again")
    _require_reason(reason)
    part = (
        ReleasePart.objects.select_for_update(of=("self",))
        .select_related("rendition", "seal", "account", "release__draft__segment")
        .get(pk=part.pk)
    )
    if not part.refusal:
        raise WrongState(f"{part} is not refused.")
    refusals.renew(part)
    if part.deliveries.exists():
        preparation.rekey(part)
    else:
        preparation.prepare(part, timezone.now())
    releases.record(part.release, "taken_up", by, f"{part.format}: {reason}")
    releases.reopen(part.release)
    return part


PART_ACTS = {CONTINUE: continue_part, TAKE_UP: take_up, WITHDRAW: withdraw_part}


def _as_live(by: rights.Actor, url: str) -> dict[str, Any]:
    """Return what a confirmation by a person sets; the last word of a post's link is its id."""
    found = {"settled_by": by, "confirmed_at": timezone.now()}
    if url:
        found["provider_id"] = url.rstrip("/").rsplit("/", 1)[-1][:200]
        found["url"] = url if url.startswith(WEB) else ""
    return found


def _anew() -> dict[str, Any]:
    return {"due_at": timezone.now(), "attempts": 0, "worker": "", "lease_until": None}


def _move(delivery: Delivery, old: str, new: str, **changes: Any) -> None:
    """Change the state in one UPDATE that names the old one. Raises WrongState when it is another."""
    changes |= {"state": new, "changed_at": timezone.now()}
    if not Delivery.objects.filter(pk=delivery.pk, state=old).update(**changes):
        raise WrongState(f"{delivery} is not {old} any more. Look at it again.")
    delivery.refresh_from_db()


def _go_on(delivery: Delivery, *, is_planned: bool) -> None:
    release = Release.objects.select_for_update().get(pk=delivery.release_id)
    if is_planned:
        releases.reopen(release)
    else:
        releases.continue_or_finish(release)


def _record(delivery: Delivery, kind: str, by: rights.Actor, reason: str) -> None:
    Event.objects.create(delivery=delivery, kind=kind, by=by, detail=reason.strip()[:500])
    history.settled(delivery, kind, by, reason)
    log.info("delivery_settled", delivery=delivery.pk, kind=kind, by=by and by.pk)


def _require_answer(delivery: Delivery, answer: str, reason: str, url: str) -> None:
    _require_reason(reason)
    if answer not in ANSWERS:
        known = ", ".join(ANSWERS)
        raise Invalid([Problem("unknown_answer", f"The answer is one of {known}.", attr="answer")])
    if answer == LIVE and delivery.contact_id is None and not url.startswith(WEB):
        message = "Give the link under which it can be seen."
        raise Invalid([Problem("link_missing", message, attr="url")])


def _require_reason(reason: str) -> None:
    if not reason.strip():
        message = "Say how you know; it stays beside the row."
        raise Invalid([Problem("reason_missing", message, attr="reason")])
