"""What the clock, delegations and the short way leave in the audit chain, and whom they are told to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.urls import reverse

from approvals.models import (
    Absence,
    Delegation,
    DueEvent,
    Escalation,
    FastTrack,
    FastTrackStep,
    Review,
    Stage,
    WorkingCalendar,
)
from approvals.signals import (
    absence_changed,
    communications_called,
    delegate_offered,
    delegation_changed,
    executives_alerted,
    fast_track_started,
    fast_track_step_done,
    fast_track_step_overdue,
    late_decided,
    reminder_due,
    review_late,
    review_started_late,
    stage_escalated,
    validation_unresolved,
    weekly_mark_reached,
    working_week_changed,
)
from halcytone.lib import zones
from halcytone.lib.audit import chain
from halcytone.lib.notices.telling import tell


@receiver(reminder_due)
def remind(stage: Stage, kind: str, people: Sequence[Any], **_: Any) -> None:
    review = stage.review
    due = f"Due {_on_clock(stage.due_at)}." if stage.due_at else ""
    _record(review, "reminded", stage=stage.name, reminder=kind, people=_names(people))
    key = f"{stage.pk}:{kind}" + (f":{stage.due_at:%Y-%m-%dT%H:%MZ}" if stage.due_at else "")
    _tell(review, "reminder", key, people, f"{stage.name} still waits for you", due)


@receiver(delegate_offered)
def offer_delegate(
    stage: Stage, person: Any, delegates: Sequence[Any], is_away: bool, **_: Any
) -> None:
    review = stage.review
    facts = {"person": str(person), "delegates": _names(delegates), "is_away": is_away}
    _record(review, "delegate_called", stage=stage.name, **facts)
    away = f"{person} is away." if is_away else f"{person} has not decided yet."
    subject = f"You may decide for {person}, {stage.name}"
    _tell(review, "delegated", f"{stage.pk}:{person.pk}", delegates, subject, away)


@receiver(stage_escalated)
def escalate(
    stage: Stage,
    escalations: Sequence[Escalation],
    reason: str,
    people: Sequence[Any] = (),
    managers: Sequence[Any] = (),
    **_: Any,
) -> None:
    review = stage.review
    roles = [each.role for each in escalations if each.role]
    step = max((each.step for each in escalations), default=0)
    facts = {"roles": roles, "step": step, "why": reason}
    _record(review, "escalated", stage=stage.name, people=_names([*people, *managers]), **facts)
    subject = f"{stage.name} was escalated"
    _tell(review, "escalated", f"{stage.pk}:{step}", managers, subject, reason)
    tell(  # who is asked from now on may have been told so already, which is the same event
        "escalated",
        event=f"review:{review.pk}:asks:{review.round}:{stage.pk}",
        to=[person.pk for person in people],
        by=None,
        subject=f"{stage.name} is escalated to you: {review.draft.title}",
        text=reason,
        path=reverse("approvals:review", args=[review.pk]),
    )


@receiver(validation_unresolved)
def tell_of_findings(review: Review, people: Sequence[Any], **_: Any) -> None:
    _record(review, "checks_unresolved", people=_names(people))
    text = "Findings block it, and nobody has mended them."
    _tell(review, "escalated", "checks", people, "Checks are not mended", text)


@receiver(executives_alerted)
def alert_executives(review: Review, people: Sequence[Any], **_: Any) -> None:
    _record(review, "executives_alerted", people=_names(people))
    _tell(review, "escalated", "critical", people, "Critical, submitted just now", "")


@receiver(communications_called)
def call_communications(review: Review, people: Sequence[Any], **_: Any) -> None:
    _record(review, "communications_called", people=_names(people))
    _tell(review, "escalated", "crisis", people, "Crisis, submitted just now", "")


@receiver(review_started_late)
def tell_of_late_start(review: Review, people: Sequence[Any], **_: Any) -> None:
    _record(review, "started_late", people=_names(people))
    text = "Less time is left than its stages should have."
    _tell(review, "late_start", "late_start", people, "Late from the start", text)


@receiver(review_late)
def tell_of_lateness(review: Review, people: Sequence[Any], **_: Any) -> None:
    _record(review, "late", people=_names(people))
    text = "Its slot came without an approval. Choose the next slot, a new time, or withdraw it."
    _tell(review, "no_go", "late", people, "Late: you decide what becomes of it", text)


@receiver(late_decided)
def note_late_decision(review: Review, choice: str, by: Any, slot_wall: str, **_: Any) -> None:
    _record(review, "late_decided", by=by, choice=choice, slot_wall=slot_wall)


@receiver(weekly_mark_reached)
def tell_of_weekly_mark(review: Review, kind: str, people: Sequence[Any], **_: Any) -> None:
    words = DueEvent.Kind(kind).label.removeprefix("Weekly: ")
    key = f"{kind}:{review.draft.slot_wall}"
    _tell(review, "reminder", key, people, f"Weekly edition: {words}", "")


@receiver(delegation_changed)
def change_delegation(delegation: Delegation, change: str, by: Any, **_: Any) -> None:
    facts: dict[str, Any] = {"roles": delegation.roles, "types": delegation.types}
    days = f"{delegation.starts_on} to {delegation.ends_on}"
    label = str(delegation)
    chain.record(f"delegation.{change}", delegation, by=by, label=label, days=days, **facts)
    tell(
        "delegated" if change == "created" else "policy",
        event=f"delegation:{delegation.pk}:{change}:{delegation.version}",
        to=[delegation.delegate_id, delegation.person_id],
        by=by,
        subject=f"Delegation {change}: {label}",
        path=reverse("approvals:queue"),
    )


@receiver(absence_changed)
def change_absence(absence: Absence, change: str, by: Any, **_: Any) -> None:
    chain.record(f"absence.{change}", absence, by=by, label=str(absence))


@receiver(working_week_changed)
def change_week(person: Any, by: Any, week: WorkingCalendar | None, **_: Any) -> None:
    if week is None:
        chain.record("week.cleared", person, by=by, label=str(person))
        return
    hours = f"{week.start:%H:%M}-{week.end:%H:%M}"
    off = {"country": week.country, "subdivision": week.subdivision, "days_off": week.days_off}
    chain.record(
        "week.changed", person, by=by, label=str(person), days=week.days, hours=hours, **off
    )


@receiver(fast_track_started)
def start_fast_track(track: FastTrack, people: Sequence[Any], **_: Any) -> None:
    facts = {"matter": track.matter, "why": track.reason, "bypassed": track.bypassed}
    _of_track(track, "started", by=track.started_by, **facts)
    tell(
        "escalated",
        event=f"track:{track.pk}:started",
        to=[person.pk for person in people],
        by=track.started_by,
        subject=f"Fast track: {track.draft.title}",
        text=track.reason,
        path=reverse("content:draft", args=[track.draft_id]),
    )


@receiver(fast_track_step_done)
def finish_step(step: FastTrackStep, by: Any = None, **_: Any) -> None:
    _of_track(step.track, "step_done", by=by, step=str(step), note=step.note)


@receiver(fast_track_step_overdue)
def tell_of_overdue_step(step: FastTrackStep, people: Sequence[Any], **_: Any) -> None:
    track = step.track
    _of_track(track, "step_overdue", by=None, step=str(step))
    tell(
        "reminder",
        event=f"track:{track.pk}:overdue:{step.number}",
        to=[person.pk for person in people],
        by=None,
        subject=f"Fast track, time is over for “{step.name}”: {track.draft.title}",
        path=reverse("content:draft", args=[track.draft_id]),
    )


def _record(review: Review, kind: str, *, by: Any = None, **data: Any) -> None:
    trail = f"draft:{review.draft_id}"
    label = review.draft.title
    chain.record(f"review.{kind}", review, by=by, label=label, trail=trail, **data)


def _of_track(track: FastTrack, kind: str, *, by: Any, **data: Any) -> None:
    trail = f"draft:{track.draft_id}"
    chain.record(f"fast_track.{kind}", track, by=by, label=track.draft.title, trail=trail, **data)


def _tell(
    review: Review, kind: str, key: str, people: Iterable[Any], subject: str, text: str
) -> None:
    tell(
        kind,
        event=f"review:{review.pk}:{kind}:{review.round}:{key}",
        to=[person.pk for person in people],
        by=None,
        subject=f"{subject}: {review.draft.title}",
        text=text,
        path=reverse("approvals:review", args=[review.pk]),
    )


def _on_clock(moment: datetime) -> str:
    """Return an instant on the desk's clock, as its pages say it: "Mon 8 Mar 19:00 New York"."""
    here = zones.local(moment, settings.DEFAULT_ZONE)
    city = settings.DEFAULT_ZONE.rsplit("/", 1)[-1].replace("_", " ")
    return f"{here:%a} {here.day} {here:%b %H:%M} {city}"


def _names(people: Iterable[Any]) -> list[str]:
    return [str(person) for person in people]
