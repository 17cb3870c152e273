"""Who did what to a release: a row beside it, and one in the audit chain."""

from collections.abc import Sequence
from typing import Any

from halcytone.lib import rights
from halcytone.lib.audit import chain
from publishing.models import Delivery, Release, ReleaseEvent, Stop
from publishing.services import notices


def note(release: Release, kind: str, by: rights.Actor, detail: str = "") -> None:
    """Write down an act upon a release, in the transaction that does it."""
    note_all([release], kind, by, detail)


def note_all(releases: Sequence[Release], kind: str, by: rights.Actor, detail: str = "") -> None:
    """Write down the same act upon each of these releases."""
    about = {"kind": kind, "by": by, "detail": detail[:500]}
    events = [ReleaseEvent(release=release, **about) for release in releases]
    ReleaseEvent.objects.bulk_create(events)
    for release, event in zip(releases, events, strict=True):
        chain.record(
            f"release.{kind.replace(' ', '_')}",
            release,
            by=by,
            label=str(release),
            trail=f"draft:{release.draft_id}",
            detail=detail[:500],
        )
        notices.tell_owners(release, kind, by, detail, event.pk)


def standing_hold(release: Release) -> ReleaseEvent | None:
    """Return the hold that a held release stands under: the last one; None when it is not held."""
    if release.status != Release.Status.HELD:
        return None
    return release.events.filter(kind="held").order_by("-pk").first()


def settled(delivery: Delivery, kind: str, by: rights.Actor, reason: str) -> None:
    """Write down what a person found out about a row of the ledger; whom it was for is not repeated."""
    release = delivery.release
    chain.record(
        f"delivery.{kind}",
        delivery,
        by=by,
        label=f"Row {delivery.pk} of {release}",
        trail=f"draft:{release.draft_id}",
        release=release.pk,
        reason=reason.strip()[:500],
    )


def stopped(stop: Stop, kind: str, by: rights.Actor) -> None:
    """Write down that the presses were stopped, or that a stop was lifted."""
    trail = f"draft:{stop.release.draft_id}" if stop.release else ""
    label = stop.get_scope_display()
    facts: dict[str, Any] = {"scope": stop.scope, "reason": stop.reason, "channel": stop.channel}
    if stop.release_id:
        facts["release"] = stop.release_id
    chain.record(f"stop.{kind}", stop, by=by, label=label, trail=trail, **facts)
    if kind == "made":
        notices.tell_of_stop(stop, by)
