"""What it takes to put a draft together: settings that hold, pieces in order, and its authors."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from content import draft_rules, editions
from content.models import Authorship, Draft, DraftPiece, Item, Revision
from content.services import access, authorship, rendering
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, Problem
from halcytone.lib.rights import Actor
from segmentation.models import Segment

logger = structlog.get_logger(__name__)
Act = Authorship.Act


def make(
    draft: Draft, given: Mapping[str, Any], revisions: Sequence[Revision], *, by: Actor
) -> Draft:
    """Check and save a new draft with its pieces, and who had a hand in it."""
    rest = {name: value for name, value in given.items() if name != "title" or value}
    problems = unknown(rest) or draft_rules.check(rest, settings.FORMATS)
    refuse([*problems, *piece_problems(revisions, by), *slot_problems(draft, rest)])
    set_values(draft, rest)
    check_together(draft)
    require_audience_right(by, draft.segment)
    draft.save(force_insert=True)
    place(draft, revisions)
    authorship.record(draft, draft.author, Act.CREATED)
    if draft.segment is not None:
        authorship.record(draft, by, Act.AUDIENCE, detail=draft.segment.name[:200])
    title_from_pieces(draft)
    logger.info("draft_created", draft=draft.pk, type=draft.type, by=by and by.pk)
    return draft


def place(draft: Draft, revisions: Sequence[Revision]) -> None:
    DraftPiece.objects.bulk_create(
        DraftPiece(draft=draft, revision=revision, position=position)
        for position, revision in enumerate(revisions, 1)
    )
    authorship.record_writers(draft, revisions)


def formats_for(revisions: Sequence[Revision]) -> list[str]:
    """Return the formats that at least one of these texts is meant for, by its channels.

    Those that are made by wish alone are not among them.
    """
    pieces = [rendering.piece_of(revision) for revision in revisions]
    return [
        name
        for name in settings.FORMATS
        if editions.for_format(pieces, name) and not rendering.load(name).is_by_wish
    ]


def title_from_pieces(draft: Draft) -> None:
    if not draft.title:
        draft.title = rendering.made_title(rendering.edition_of(draft))
        draft.save(update_fields=["title"])


def set_values(draft: Draft, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(draft, name, value)
    for name, value in draft_rules.derived(vars(draft)).items():
        setattr(draft, name, value)


def check_together(draft: Draft) -> None:
    if draft.is_dry and draft.is_featured:
        message = "A draft that is only rehearsed cannot be featured. Switch one of them off."
        raise Invalid([Problem("contradiction", message, attr="is_featured")])


def unknown(values: Mapping[str, Any]) -> list[Problem]:
    known = ", ".join(draft_rules.NAMES)
    return [
        Problem("unknown_field", f"A draft has no setting “{name}”.", attr=name, hint=known)
        for name in values
        if name not in draft_rules.NAMES
    ]


def slot_problems(draft: Draft, values: Mapping[str, Any]) -> list[Problem]:
    slot_wall = values.get("slot_wall", draft.slot_wall)
    zone = values.get("zone", draft.zone)
    if not isinstance(slot_wall, str) or not isinstance(zone, str):
        return []
    return draft_rules.check_slot(slot_wall, zone, timezone.now())


def piece_problems(revisions: Sequence[Revision], by: Actor) -> list[Problem]:
    """Return why this person cannot make these revisions the pieces of a draft."""
    if not revisions:
        return [Problem("required", "Choose at least one piece.", attr="pieces")]
    seen = Item.objects.all() if by is None else access.items(by)
    items = seen.in_bulk({revision.item_id for revision in revisions})
    if any(revision.item_id not in items for revision in revisions):
        message = "A piece is not there, or not for you to see."
        return [Problem("not_found", message, attr="pieces")]
    found = []
    for revision in revisions:
        if items[revision.item_id].is_blocked and revision.origin == Revision.Origin.SOURCE:
            message = f"“{revision.title}” has an error in its document. Mend it there, or edit it."
            found.append(Problem("blocked", message, attr="pieces", line=revision.line_start))
        elif not revision.title.strip() or not revision.content.strip():
            message = f"“{revision.title or 'A piece without a title'}” has no text."
            found.append(Problem("empty", message, attr="pieces", line=revision.line_start))
    if len(items) < len(revisions):
        message = "One item stands twice in it. Choose one of its texts."
        found.append(Problem("twice", message, attr="pieces"))
    return found


def require_audience_right(by: Actor, segment: Segment | None) -> None:
    if segment is not None:
        rights.require(by, "segmentation.view_segment", act="set an audience")


def refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Invalid(problems, code=problems[0].code if len(problems) == 1 else None)
