"""Drafts: put together by hand, changed, removed; assembling and rendering have their own modules."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from content import draft_rules
from content.models import Authorship, Draft, Revision
from content.services import access, addresses, authorship, composing, rendering
from content.services.access import drafts as visible_to
from content.services.assembling import assemble
from content.services.documents import require_version
from content.services.rendering import generate
from content.signals import draft_changed
from halcytone.lib import rights
from halcytone.lib.audit import chain
from halcytone.lib.errors import NotAllowed, WrongState
from halcytone.lib.gathering import gathering
from halcytone.lib.rights import Actor
from segmentation.models import Segment

__all__ = ["assemble", "bare", "change", "create", "generate", "locked", "remove", "visible_to"]
logger = structlog.get_logger(__name__)
Act = Authorship.Act
#: Settings that renditions are made of: whoever changes one has a hand in every rendition.
WORDS = ("title", "subject", "preheader", "template", "tone")


def locked(draft: Draft) -> Draft:
    """Return a draft as it stands now, with segment and author, locked until the commit."""
    rows = Draft.objects.select_related("segment", "author").select_for_update(of=("self",))
    return rows.get(pk=draft.pk)


def bare(draft: Draft) -> Draft:
    """Return the same draft without the rows that were read along: they are asked for anew."""
    alone = copy(draft)
    alone._prefetched_objects_cache = {}  # type: ignore[attr-defined]
    return alone


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

    A blank title is made from the pieces. `formats` None means those that the pieces are meant
    for; `zone` "" the installation's. `others` are further settings of a draft by their names. An
    urgent announcement is featured and gets its priority. Raises Invalid naming each wrong setting
    in `attr`.
    """
    rights.require(by, "content.add_draft", act="make drafts")
    given = {
        "type": type,
        "title": title.strip(),
        "formats": composing.formats_for(revisions) if formats is None else list(formats),
        "slot_wall": slot_wall,
        "zone": zone or settings.DEFAULT_ZONE,
        **others,
    }
    return composing.make(Draft(author=by, segment=segment), given, revisions, by=by)


@transaction.atomic
@gathering()
def change(draft: Draft, *, by: Actor, version: int | None = None, **changes: Any) -> Draft:
    """Change settings of a draft by their names, its `revisions` in order, or its `segment`.

    Without a difference nothing is written. Renditions stay as they are until they are generated
    again. Raises Invalid naming each wrong setting, and WrongState with code `version_mismatch`
    when `version` is given and is not the current one.
    """
    access.require_draft(by, draft, act="change this draft")
    draft = Draft.objects.select_for_update().get(pk=draft.pk)
    require_version(draft, version)
    pieces = changes.pop("revisions", changes.pop("pieces", None))
    wanted = {name: _clean(value) for name, value in changes.items()}
    different = {name: value for name, value in wanted.items() if _current(draft, name) != value}
    if pieces is not None and [p.pk for p in pieces] == [p.revision_id for p in draft.places.all()]:
        pieces = None
    if not different and pieces is None:
        return draft
    _check_change(draft, by, different, pieces)
    return _write_change(draft, by, different, pieces)


@transaction.atomic
@gathering()
def audience_changed(segment: Segment, *, by: Any) -> None:
    """Note that a person changed whom the coming drafts of this segment are for.

    She set their audience, so she never approves them, and their approvals are looked at again.
    Drafts whose slot has passed keep what they went out with.
    """
    now = timezone.now()
    for draft in Draft.objects.filter(segment=segment):
        if not draft.slot_wall or draft_rules.instant(draft.slot_wall, draft.zone) > now:
            authorship.record(draft, by, Act.AUDIENCE, detail=str(segment)[:200])
            draft_changed.send(Draft, draft=draft, fields=("segment",))


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


def _write_change(
    draft: Draft, by: Actor, different: Mapping[str, Any], pieces: Sequence[Revision] | None
) -> Draft:
    fields = [*different, *(["pieces"] if pieces is not None else [])]
    if "title" not in different and rendering.has_made_title(draft):
        draft.title = ""
    composing.set_values(draft, different)
    composing.check_together(draft)
    draft.version += 1
    draft.changed_at = timezone.now()
    draft.save()
    if pieces is not None:
        draft.places.all().delete()
        composing.place(draft, pieces)
    composing.title_from_pieces(draft)
    if "is_dry" in different:
        addresses.begin_to_hold(draft)
        rendering.look_at_addresses(draft)
    _note_hand(draft, by, fields)
    trail = f"draft:{draft.pk}"
    facts: dict[str, Any] = {"version": draft.version, "fields": fields}
    chain.record("draft.changed", draft, by=by, label=draft.title, trail=trail, **facts)
    draft_changed.send(Draft, draft=draft, fields=fields)
    logger.info("draft_changed", draft=draft.pk, fields=fields, by=by and by.pk)
    return draft


def _note_hand(draft: Draft, by: Actor, fields: Sequence[str]) -> None:
    """Note what makes somebody an author: the choice of pieces, words that are read, the audience."""
    if "pieces" in fields:
        authorship.record(draft, by, Act.CREATED, detail="chose its pieces")
    if words := [name for name in fields if name in WORDS]:
        authorship.record(draft, by, Act.EDITED, detail=", ".join(words))
    if "segment" in fields:
        name = draft.segment.name if draft.segment else "none"
        authorship.record(draft, by, Act.AUDIENCE, detail=name[:200])


def _check_change(
    draft: Draft, by: Actor, different: Mapping[str, Any], pieces: Sequence[Revision] | None
) -> None:
    rest = {
        name: value
        for name, value in different.items()
        if name != "segment" and (name != "title" or value)
    }
    problems = composing.unknown(rest) or draft_rules.check(rest, settings.FORMATS)
    if pieces is not None:
        problems += composing.piece_problems(pieces, by)
    if "slot_wall" in rest or "zone" in rest:
        problems += composing.slot_problems(draft, rest)
    composing.refuse(problems)
    if "segment" in different:
        composing.require_audience_right(by, different["segment"])


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    return list(value) if isinstance(value, tuple) else value


def _current(draft: Draft, name: str) -> Any:
    return getattr(draft, name, None)
