"""When the stages of reviews are due, written on them, and how much time is left against the usual."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from approvals import deadlines
from approvals.deadlines import Need, Plan
from approvals.models import Review, Stage
from approvals.services import metrics
from approvals.services.rosters import Roster
from content.models import Draft
from halcytone.lib import zones

FAST_LEAD_MIN = 5  # "every channel live in 5 minutes after the last signature"
_WAITING = (Stage.Status.WAITING, Stage.Status.ACTIVE)


def slot_of(draft: Draft) -> datetime | None:
    """Return the instant of a draft's slot; None without one."""
    if not draft.slot_wall:
        return None
    return zones.instant(datetime.fromisoformat(draft.slot_wall), draft.zone)


def write(review: Review, draft: Draft, stages: Sequence[Stage], roster: Roster) -> Plan | None:
    """Write on each stage when its last voice is due. Returns the plan; None without a slot ahead.

    A slot that had passed when the review was submitted gives no deadline. Where clocks run, a stage is
    due one SLA after it began, if that is earlier.
    """
    slot = slot_of(draft)
    plan = None
    if stages and slot is not None and slot > review.submitted_at:
        plan = _plan(review, draft, [need(stage, draft, roster) for stage in stages])
    changed = []
    for place, stage in enumerate(stages):
        due_at = _capped(stage, plan.due[place]) if plan else None
        if stage.due_at != due_at:
            stage.due_at = due_at
            changed.append(stage)
    Stage.objects.bulk_update(changed, ["due_at"])
    return plan


def need(stage: Stage, draft: Draft, roster: Roster) -> Need:
    """Return what a stage needs of whose time: without the author, who will not decide."""
    team = [roster.group(group, draft.type, without=draft.author_id) for group in stage.roles]
    return Need(stage.sla_h, stage.clock, team, stage.is_beside)


def end_of(stage: Stage, draft: Draft, roster: Roster) -> datetime | None:
    """Return when a stage that has begun should be done: its deadline, or its SLA from its beginning."""
    if stage.due_at is not None or stage.entered_stage_at is None or not stage.sla_h:
        return stage.due_at
    return deadlines.forward(stage.entered_stage_at, draft.zone, need(stage, draft, roster))


def add_lights(stages: Sequence[Stage], now: datetime | None = None) -> None:
    """Put on each of these stages, as `light`, its traffic light. One query for any number.

    green, amber, red or overdue for a stage that waits for voices; None when it does not, or has no
    deadline.
    """
    waiting = [each for each in stages if each.status in _WAITING and each.due_at is not None]
    usual = metrics.recent_times(stage.name for stage in waiting)
    now = now or timezone.now()
    for stage in stages:
        stage.light = None
    for stage in waiting:
        left = (stage.due_at or now) - now
        typical = deadlines.usual(usual.get(stage.name, ()), stage.sla_h)
        is_over = left <= timedelta(0)
        stage.light = "overdue" if is_over else deadlines.light(left, typical)


def _plan(review: Review, draft: Draft, needs: Sequence[Need]) -> Plan:
    wall = datetime.fromisoformat(draft.slot_wall)
    is_fast = all(each.is_beside for each in needs)  # what is urgent leaves with its last signature
    lead_min = FAST_LEAD_MIN if is_fast else settings.APPROVAL_LEAD_MINUTES
    plan = deadlines.plan(wall, draft.zone, lead_min, needs)
    marks = {each.kind: each.at for each in weekly_marks(draft)}
    if not marks:
        return plan
    closes, final = marks["weekly_review_closes"], marks["weekly_final"]
    reviewers = closes if review.submitted_at < closes else final
    due = [reviewers] * len(needs)
    if len(needs) > 1:
        due[-1] = final
    return Plan(tuple(due), marks["weekly_submit"])


def weekly_marks(draft: Draft) -> tuple[deadlines.Mark, ...]:
    """Return the fixed clock of a weekly edition that leaves on Tuesday at 10:00 in New York."""
    slot = slot_of(draft)
    return deadlines.weekly(slot) if slot and draft.type == Draft.Type.WEEKLY else ()


def _capped(stage: Stage, due_at: datetime) -> datetime:
    if stage.clock != "running" or stage.entered_stage_at is None or not stage.sla_h:
        return due_at
    return min(due_at, stage.entered_stage_at + timedelta(hours=stage.sla_h))
