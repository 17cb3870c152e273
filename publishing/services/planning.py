"""The release of a draft at a slot: found, or made when there is none that counts."""

from django.db import IntegrityError, transaction

from content.models import Draft
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, Problem
from publishing import slots
from publishing.models import Release
from publishing.services import history, sheet
from publishing.services.sheet import Sheet


def slot(draft: Draft, slot_wall: str | None) -> str:
    """Return the wall clock that a release is planned for; `slot_wall` None means the draft's own.

    Raises Invalid without one, or for another than the one that was approved with the draft.
    """
    wall = slot_wall or draft.slot_wall
    if not wall:
        raise Invalid(
            "The draft has no slot. Give it one before it is approved.", code="slot_missing"
        )
    if draft.slot_wall and wall != draft.slot_wall:
        raise Invalid(
            f"{draft.slot_wall} is part of what was approved. Change the slot of the draft and have it"
            " approved again.",
            code="slot_sealed",
        )
    try:
        slots.instant(wall, draft.zone)
    except ValueError as error:
        message = "Write the slot as YYYY-MM-DDTHH:MM on the wall clock of its zone."
        raise Invalid([Problem("invalid_field", message, attr="slot_wall")]) from error
    return wall


def release_at(draft: Draft, wall: str, by: rights.Actor, known: Sheet) -> Release:
    """Return the release of this draft and slot; made when there is none that counts."""
    if found := known.release_at(wall, draft.zone):
        return found
    at = slots.instant(wall, draft.zone)
    release = Release(
        draft=draft,
        slot_wall=wall,
        zone=draft.zone,
        due_at=at,
        begins_at=at,
        lateness=draft.lateness,
        is_dry=draft.is_dry,
        is_demo=draft.is_demo,
        planned_by=by,
        **known.grace,
    )
    try:
        with transaction.atomic():
            release.save(force_insert=True)
    except IntegrityError:  # somebody else has planned it meanwhile
        return sheet.releases_of(draft).get(slot_wall=wall, zone=draft.zone)
    history.note(release, "planned", by, f"for {wall} {draft.zone}")
    return release
