"""Editions: what a recipe chooses from the texts that stand in documents now."""

from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from content import draft_rules, editions
from content.draft_rules import WALL
from content.models import Document, Draft, Item, Recipe, Revision
from content.services import composing, rendering
from halcytone.lib import rights, zones
from halcytone.lib.errors import Invalid
from halcytone.lib.rights import Actor
from segmentation.models import Segment

TUESDAY, CADENCE_TIME = 1, time(10)
#: Banners whose items are kept for later or for ever, and are in no edition.
SET_ASIDE = frozenset({"DRAFT CONTENT", "ARCHIVE"})


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
    leave_out: Collection[int] = (),
) -> Draft:
    """Make the edition that a recipe chooses from what now stands in these documents.

    An empty slot is the first time in the future that one of its items asks for, else the next
    Tuesday 10:00 in `zone`; an empty zone is the installation's.
    `owner` is whose draft it becomes when the machine (None) assembles it. `leave_out` are ids of
    items that went out before. Raises Invalid with code `nothing_to_assemble`.
    """
    rights.require(by, "content.add_draft", act="make drafts")
    revisions = _chosen(recipe, candidates(documents, leave_out))
    if not revisions:
        raise Invalid(
            "There is no item for this edition: none stands in the documents, is free of errors "
            "and has not gone out yet. Read the documents, or add items to them.",
            code="nothing_to_assemble",
        )
    zone = zone or settings.DEFAULT_ZONE
    if wrong := draft_rules.check({"zone": zone}, ()):
        raise Invalid(wrong)  # before a slot is looked for in it
    given = {
        "type": recipe.draft_type,
        "title": title.strip(),
        "formats": composing.formats_for(revisions),
        "slot_wall": slot_wall or _wished(revisions, zone) or next_tuesday(timezone.now(), zone),
        "zone": zone,
        "template": recipe.template,
    }
    draft = Draft(author=by or owner, segment=segment, recipe=recipe)
    return composing.make(draft, given, revisions, by=by)


def candidates(documents: Iterable[Document], leave_out: Collection[int] = ()) -> list[Revision]:
    """Return the texts that an edition may take, in the order of the documents.

    Not those with an error, older duplicates, what is set aside or expired, or what may only be
    previewed. Where a document calls some items published, its others are not ready yet.
    """
    chosen = []
    for document in documents:
        items = Item.objects.filter(
            document=document, is_present=True, is_blocked=False, duplicate_of=None
        )
        heads = [
            item.head
            for item in items.exclude(pk__in=leave_out).select_related("head")
            if item.head is not None and _may_go_out(item.head)
        ]
        ready = [head for head in heads if head.fields.get("published")]
        chosen += ready or heads
    return chosen


def next_tuesday(now: datetime, zone: str) -> str:
    """Return the next Tuesday 10:00 on the wall clock of a zone, as a slot."""
    here = zones.local(now, zone).replace(tzinfo=None)
    day = here.date() + timedelta(days=(TUESDAY - here.weekday()) % 7)
    slot = datetime.combine(day, CADENCE_TIME)
    return f"{slot if slot > here else slot + timedelta(days=7):{WALL}}"


def _may_go_out(head: Revision) -> bool:
    fields = head.fields
    if fields.get("banner") in SET_ASIDE or fields.get("channels") == ["preview"]:
        return False
    expires_at = fields.get("expires_at")
    return expires_at is None or datetime.fromisoformat(expires_at) > timezone.now()


def _wished(revisions: Iterable[Revision], zone: str) -> str:
    asked = [
        datetime.fromisoformat(revision.fields["scheduled_for"])
        for revision in revisions
        if revision.fields.get("scheduled_for")
    ]
    future = [moment for moment in asked if moment > timezone.now()]
    return f"{zones.local(min(future), zone):{WALL}}" if future else ""


def _chosen(recipe: Recipe, revisions: Iterable[Revision]) -> list[Revision]:
    by_key = {str(revision.pk): revision for revision in revisions}
    pieces = [rendering.piece_of(revision) for revision in by_key.values()]
    rule = editions.Recipe.of(recipe.sections, weekly_first=recipe.weekly_first)
    return [by_key[piece.key] for piece in editions.assemble(pieces, rule)]
