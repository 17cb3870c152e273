"""The preset "priority": how soon something has to be out decides who looks at it.

Source: the preset table of the approvals specification. A row by priority alone is for drafts that
no row by content names; so the weekly edition, which the table leaves out, is never signed by the
policy. Critical communication has its own clock and authority and takes no fast track.
"""

from approvals.policy import Row, StageSpec
from approvals.presets_parts import (
    ANNOUNCEMENT,
    BLOG,
    CRITICAL,
    EDITOR,
    FEATURED,
    MARKETING,
    UPDATE,
    WEEKLY,
    every,
    fact,
    no,
    priority,
    side_by_side,
    some,
)

_FAST = StageSpec("Fast track", "parallel", (("team_lead",), MARKETING), sla_h=2, clock="running")
_FAST_EXECUTIVE = StageSpec("Executive", "sequential", (("executive",),), sla_h=2, clock="running")
#: Any matter CEO, market CMO, technology CTO, community emergency marketing manager.
_AUTHORITY = StageSpec(
    "Authority",
    "single",
    (("ceo", "cmo", "cto", "marketing_manager"),),
    quorum=1,
    sla_h=2,
    clock="running",
)
_MARKETING = StageSpec(
    "Marketing", "sequential", (("marketing_manager",),), sla_h=48, checklists=("marketing",)
)
_EXECUTIVE = StageSpec(
    "Executive", "sequential", (("executive",),), sla_h=24, checklists=("publication",)
)
_URGENT = every(priority(1, 2), no(CRITICAL))
_BY_CONTENT = some(BLOG, ANNOUNCEMENT, WEEKLY, FEATURED)

PRIORITY_V1 = (
    Row(
        None,
        "fast track, announcement",
        3,
        every(_URGENT, ANNOUNCEMENT),
        (_FAST, _FAST_EXECUTIVE),
        note="Made with dry run; the team lead at once, marketing beside, then the executive. Out within 2 h.",
    ),
    Row(
        None,
        "fast track",
        2,
        every(_URGENT, no(ANNOUNCEMENT)),
        (_FAST,),
        note="Made with dry run; the team lead at once, marketing beside. Out within 2 h.",
    ),
    Row(
        None,
        "standard update",
        1,
        every(UPDATE, priority(3, 5), fact("featured", False)),
        EDITOR,
        is_auto=True,
    ),
    Row(
        None, "blog", 2, BLOG, side_by_side(("senior_editor",), sla_h=24, checklists=("editorial",))
    ),
    Row(
        None,
        "featured",
        2,
        FEATURED,
        side_by_side(("marketing_manager",), sla_h=48, checklists=("editorial",)),
    ),
    Row(None, "announcement", 3, ANNOUNCEMENT, (_MARKETING, _EXECUTIVE)),
    Row(None, "critical", 4, CRITICAL, (_AUTHORITY,)),
    Row(
        None,
        "priority 3",
        1,
        every(priority(3, 3), no(_BY_CONTENT)),
        EDITOR,
        is_auto=True,
        note="A rehearsal is advised before it is submitted.",
    ),
    Row(
        None,
        "priority 3, featured",
        2,
        every(priority(3, 3), FEATURED),
        side_by_side(MARKETING, sla_h=48),
        note="Marketing is told.",
    ),
    Row(None, "priority 4 or 5", 1, every(priority(4, 5), no(_BY_CONTENT)), EDITOR, is_auto=True),
)
