"""A draft made after another one: the same pieces and settings, for somebody to go on from."""

import structlog
from django.db import transaction

from content import draft_rules
from content.models import Draft
from content.services import access, drafts
from halcytone.lib import rights
from halcytone.lib.errors import NotAllowed
from halcytone.lib.gathering import gathering
from halcytone.lib.rights import Actor

logger = structlog.get_logger(__name__)
MOST_TITLE = 200
OWN = ("title", "slot_wall")  # what each draft has for itself


@transaction.atomic
@gathering()
def duplicate(draft: Draft, *, by: Actor) -> Draft:
    """Make a draft of the same pieces and settings, without a slot, by this person.

    It has the same audience if she may set one. Nothing is rendered yet, and what was edited by hand in
    the other stays there. Raises NotAllowed; Invalid when a piece of it cannot be used any more.
    """
    rights.require(by, "content.add_draft", act="make drafts")
    if by is not None and not access.sees_draft(by, draft):
        raise NotAllowed(f"You may not duplicate “{draft}”: it is not yours to see.")
    settings = {name: getattr(draft, name) for name in draft_rules.NAMES if name not in OWN}
    may_set_audience = by is None or rights.may(by, "segmentation.view_segment")
    made = drafts.create(
        by=by,
        title=f"Copy of {draft.title}"[:MOST_TITLE],
        revisions=list(draft.pieces.order_by("places__position")),
        segment=draft.segment if may_set_audience else None,
        **settings,
    )
    logger.info("draft_duplicated", draft=made.pk, of=draft.pk, by=by and by.pk)
    return made
