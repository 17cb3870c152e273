"""What can be decided about a release whose slot is over, and the next slot that is free."""

from django.utils import timezone

from halcytone.lib.errors import Invalid, Problem
from publishing import slots
from publishing.models import CadenceSlot, Release

SEND_NOW, NEXT_SLOT, NEW_TIME, DROP = "send_now", "next_slot", "new_time", "drop"
CHOICES = (SEND_NOW, NEXT_SLOT, NEW_TIME, DROP)
LOOK_AHEAD = 26  # turns


def require_choice(choice: str, slot_wall: str) -> None:
    """Raise Invalid for an unknown choice, or when a new time is asked for and not said."""
    if choice not in CHOICES:
        known = ", ".join(CHOICES)
        raise Invalid([Problem("unknown_choice", f"The choice is one of {known}.", attr="choice")])
    if choice == NEW_TIME and not slot_wall:
        raise Invalid([Problem("slot_missing", "Say when it should leave.", attr="slot_wall")])


def next_free(release: Release) -> str:
    """Return the wall clock of the next turn of its cadence without a draft; else a week later."""
    now = timezone.now()
    row = CadenceSlot.objects.filter(draft=release.draft_id).select_related("cadence").first()
    if row is None:
        return slots.same_time_next_week(release.slot_wall, release.zone, now)
    taken = set(row.cadence.slots.filter(draft__isnull=False).values_list("slot_wall", flat=True))
    turns = slots.next_turns(row.cadence.rhythm, now, LOOK_AHEAD)
    return next(turn.wall for turn in turns if turn.wall not in taken)


def take(release: Release, wall: str) -> None:
    """Let the draft of a release have the turn of its rhythm at this time, so that no other is made for it."""
    row = CadenceSlot.objects.filter(draft=release.draft_id).select_related("cadence").first()
    if row is None:
        return
    turn, _ = CadenceSlot.objects.get_or_create(cadence=row.cadence, slot_wall=wall)
    now = timezone.now()
    CadenceSlot.objects.filter(pk=turn.pk, draft__isnull=True).update(
        draft=release.draft_id, read_at=now, assembled_at=now
    )
