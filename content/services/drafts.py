"""Drafts: put together by hand or from a recipe, changed, and rendered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from content import draft_rules
from content.models import Authorship, Document, Draft, DraftPiece, Item, Recipe, Revision
from content.services import access, authorship
from content.services.access import drafts as visible_to
from content.services.documents import require_version
from content.services.rendering import generate
from content.signals import draft_changed
from halcytone.lib import rights
from halcytone.lib.errors import Invalid, NotAllowed, Problem, WrongState
from halcytone.lib.rights import Actor
from segmentation.models import Segment

__all__ = ["assemble", "change", "create", "generate", "remove", "visible_to"]
logger = structlog.get_logger(__name__)
Act = Authorship.Act


@transaction.atomic
def create(
    *,
    by: Any,
    type: str,
    title: str,
    revisions: Sequence[Revision],
    formats: Sequence[str] | None = None,
    segment: Segment | None = None,
    slot_wall: str = "",
    zone: str = "",
    **others: Any,
) -> Draft:
    """Make a draft of these revisions, in this order. Nothing is rendered yet.

    `formats` None means all of them; `zone` "" the installation's. `others` are further settings
    of a draft by their names. Raises Invalid naming each wrong setting in `attr`.
    """
    rights.require(by, "content.add_draft", act="make drafts")
    given = {
        "type": type,
        "title": title.strip(),
        "formats": list(settings.FORMATS if formats is None else formats),
        "slot_wall": slot_wall,
        "zone": zone or settings.DEFAULT_ZONE,
        **others,
    }
    return _make(by, by, given, revisions, segment)


@transaction.atomic
def change(draft: Draft, *, by: Actor, version: int | None = None, **changes: Any) -> Draft:
    """Change settings of a draft by their names, `pieces` (revisions in order), or `segment`.

    Without a difference nothing is written. Renditions stay as they are until they are generated
    again. Raises Invalid naming each wrong setting, and WrongState with code `version_mismatch`
    when `version` is given and is not the current one.
    """
    access.require_draft(by, draft, act="change this draft")
    draft = Draft.objects.select_for_update().get(pk=draft.pk)
    require_version(draft, version)
    pieces = changes.pop("pieces", None)
    wanted = {name: _clean(value) for name, value in changes.items()}
    different = {name: value for name, value in wanted.items() if _current(draft, name) != value}
    if pieces is not None and [p.pk for p in pieces] == [p.revision_id for p in draft.places.all()]:
        pieces = None
    if not different and pieces is None:
        return draft
    _check_change(draft, by, different, pieces)
    return _write_change(draft, by, different, pieces)


@transaction.atomic
def assemble(
    recipe: Recipe,
    *,
    by: Actor,
    documents: Iterable[Document],
    slot_wall: str,
    zone: str,
    segment: Segment | None = None,
    title: str = "",
    owner: Any = None,
    leave_out: Iterable[int] = (),
) -> Draft:
    """Make the edition that a recipe chooses from what now stands in these documents.

    `owner` is whose draft it becomes when the machine (None) assembles it. `leave_out` are ids of
    items that have gone out before. Raises Invalid with code `nothing_to_assemble`.
    """
    raise NotImplementedError


@transaction.atomic
def remove(draft: Draft, *, by: Actor) -> None:
    """Remove a draft. Raises WrongState once it was submitted: reviews and releases stay readable."""
    if by is not None and not access.may_remove_draft(by, draft):
        raise NotAllowed(f"You may not remove this draft. {rights.who_may('content.manage_draft')}")
    pk = draft.pk
    try:
        draft.delete()
    except ProtectedError as error:
        raise WrongState(
            "This draft was submitted, so it stays with its review.", code="in_use"
        ) from error
    logger.info("draft_removed", draft=pk, by=by and by.pk)


def _make(
    by: Actor,
    owner: Any,
    given: Mapping[str, Any],
    revisions: Sequence[Revision],
    segment: Segment | None,
    recipe: Recipe | None = None,
) -> Draft:
    draft = Draft(author=owner, segment=segment, recipe=recipe)
    problems = [*_unknown(given), *_piece_problems(revisions)]
    if not problems or not _unknown(given):
        problems += draft_rules.check(given, settings.FORMATS)
    _refuse([*problems, *_slot_problems(draft, given)])
    _set(draft, given)
    _check_together(draft)
    _require_audience_right(by, segment)
    draft.save(force_insert=True)
    _place(draft, revisions)
    authorship.record(draft, owner, Act.CREATED)
    if segment is not None:
        authorship.record(draft, by, Act.AUDIENCE, detail=segment.name[:200])
    logger.info("draft_created", draft=draft.pk, type=draft.type, by=by and by.pk)
    return draft


def _write_change(
    draft: Draft, by: Actor, different: Mapping[str, Any], pieces: Sequence[Revision] | None
) -> Draft:
    fields = [*different, *(["pieces"] if pieces is not None else [])]
    _set(draft, different)
    _check_together(draft)
    draft.version += 1
    draft.changed_at = timezone.now()
    draft.save()
    if pieces is not None:
        draft.places.all().delete()
        _place(draft, pieces)
    if "segment" in different:
        name = draft.segment.name if draft.segment else "none"
        authorship.record(draft, by, Act.AUDIENCE, detail=name[:200])
    draft_changed.send(Draft, draft=draft, fields=fields)
    logger.info("draft_changed", draft=draft.pk, fields=fields, by=by and by.pk)
    return draft


def _check_change(
    draft: Draft, by: Actor, different: Mapping[str, Any], pieces: Sequence[Revision] | None
) -> None:
    rest = {name: value for name, value in different.items() if name != "segment"}
    problems = _unknown(rest) or draft_rules.check(rest, settings.FORMATS)
    if pieces is not None:
        problems += _piece_problems(pieces)
    if "slot_wall" in rest or "zone" in rest:
        problems += _slot_problems(draft, rest)
    _refuse(problems)
    if "segment" in different:
        _require_audience_right(by, different["segment"])


def _place(draft: Draft, revisions: Sequence[Revision]) -> None:
    DraftPiece.objects.bulk_create(
        DraftPiece(draft=draft, revision=revision, position=position)
        for position, revision in enumerate(revisions, 1)
    )
    authorship.record_writers(draft, revisions)


def _set(draft: Draft, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(draft, name, value)
    for name, value in draft_rules.derived(vars(draft)).items():
        setattr(draft, name, value)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    return list(value) if isinstance(value, tuple) else value


def _current(draft: Draft, name: str) -> Any:
    return getattr(draft, name, None)


def _check_together(draft: Draft) -> None:
    if draft.is_dry and draft.is_featured:
        message = "A draft that is only rehearsed cannot be featured. Switch one of them off."
        raise Invalid([Problem("contradiction", message, attr="is_featured")])


def _unknown(values: Mapping[str, Any]) -> list[Problem]:
    known = ", ".join(draft_rules.NAMES)
    return [
        Problem("unknown_field", f"A draft has no setting “{name}”.", attr=name, hint=known)
        for name in values
        if name not in draft_rules.NAMES
    ]


def _slot_problems(draft: Draft, values: Mapping[str, Any]) -> list[Problem]:
    slot_wall = values.get("slot_wall", draft.slot_wall)
    zone = values.get("zone", draft.zone)
    if not isinstance(slot_wall, str) or not isinstance(zone, str):
        return []
    return draft_rules.check_slot(slot_wall, zone, timezone.now())


def _piece_problems(revisions: Sequence[Revision]) -> list[Problem]:
    """Return why these revisions cannot be the pieces of a draft."""
    if not revisions:
        return [Problem("required", "Choose at least one piece.", attr="pieces")]
    items = Item.objects.in_bulk({revision.item_id for revision in revisions})
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


def _require_audience_right(by: Actor, segment: Segment | None) -> None:
    if segment is not None:
        rights.require(by, "segmentation.view_segment", act="set an audience")


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Invalid(problems, code=problems[0].code if len(problems) == 1 else None)
