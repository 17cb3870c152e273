"""The policies that Halcytone brings along, as data: one tuple for each version, never changed.

Source: the preset tables of the approvals specification. A priority that a table gives for the
weekly edition (2) and for critical communication (1) is what such a draft carries, not a condition:
neither may slip to a lower level because somebody typed another number. What is marked "legal as
triggered" needs no row: a trigger adds the legal stage under any policy.
"""

from approvals.policy import Row, StageSpec
from approvals.presets_budget import BUDGET_V1
from approvals.presets_parts import (
    ANNOUNCEMENT,
    BLOG,
    COMMITTEE,
    CRITICAL,
    EDITOR,
    FEATURED,
    LEGAL,
    MARKETING,
    UPDATE,
    WEEKLY,
    every,
    fact,
    marked,
    no,
    priority,
    side_by_side,
    some,
)
from approvals.presets_priority import PRIORITY_V1

IN_TURN = (
    StageSpec(
        "Marketing", "sequential", (("marketing_manager",),), sla_h=24, checklists=("marketing",)
    ),
    StageSpec(
        "Department", "sequential", (("department_head",),), sla_h=24, checklists=("technical",)
    ),
    StageSpec("Executive", "sequential", (("executive",),), sla_h=24, checklists=("publication",)),
)
SENIOR_EDITOR = side_by_side(("senior_editor",), sla_h=24)

_BLOG = every(BLOG, priority(2, 4))
_TECHNICAL = fact("technical", True)
_RAISED = some(FEATURED, {"fact": "priority", "lte": 2})
_SESSION = fact("type", "session")
_QUOTED = some(
    {"fact": "quotations", "present": True},
    marked("medical"),
    {"fact": "legal_triggers", "has": "medical"},
)
_EDITORIAL = ("editorial",)

STANDARD_V1 = (
    Row(
        None,
        "standard update",
        1,
        every(UPDATE, priority(3, 5), fact("featured", False)),
        EDITOR,
        is_auto=True,
    ),
    Row(
        None,
        "featured update",
        2,
        every(UPDATE, FEATURED, priority(2, 3)),
        side_by_side(("senior_editor",), MARKETING, sla_h=24, checklists=_EDITORIAL),
    ),
    Row(
        None,
        "blog post",
        2,
        _BLOG,
        side_by_side(("senior_editor",), ("seo",), sla_h=48, checklists=_EDITORIAL),
    ),
    Row(
        None,
        "blog post, also mailed",
        2,
        every(_BLOG, {"fact": "formats", "has": "newsletter"}),
        side_by_side(("marketing_coordinator",), sla_h=48),
    ),
    Row(
        None,
        "weekly edition",
        2,
        WEEKLY,
        side_by_side(("marketing_manager",), ("team_lead",), sla_h=24),
        note="Its Tuesday list is shown, not asked for at the vote.",
    ),
    Row(
        None,
        "weekly edition with figures",
        2,
        every(WEEKLY, {"fact": "figures", "present": True}),
        side_by_side(("data",), sla_h=24),
    ),
    Row(
        None,
        "weekly edition with major news",
        2,
        every(WEEKLY, fact("major_news", True)),
        side_by_side(("executive",), sla_h=24),
    ),
    Row(None, "announcement", 3, ANNOUNCEMENT, IN_TURN, note="Expedited: 4 to 8 hours."),
    Row(
        None,
        "announcement marked for counsel",
        3,
        every(ANNOUNCEMENT, marked("legal", "financial")),
        (*IN_TURN, LEGAL),
    ),
    Row(None, "partnership news", 3, marked("partnership"), (*IN_TURN, LEGAL)),
    Row(None, "product launch", 3, fact("launch", True), IN_TURN),
    Row(
        None,
        "critical communication",
        4,
        CRITICAL,
        (COMMITTEE,),
        note="2 to 4 hours in an emergency, 24 to 48 for strategic matters.",
    ),
    Row(None, "technical update", 1, every(UPDATE, _TECHNICAL, no(_RAISED)), EDITOR),
    Row(
        None,
        "technical update, featured or urgent",
        2,
        every(UPDATE, _TECHNICAL, _RAISED),
        SENIOR_EDITOR,
    ),
    Row(
        None,
        "session summary",
        1,
        every(_SESSION, no(_QUOTED)),
        EDITOR,
        note="Within an hour of the end.",
    ),
    Row(
        None,
        "session summary with a quotation or a health statement",
        2,
        every(_SESSION, _QUOTED),
        SENIOR_EDITOR,
        note="Within an hour of the end.",
    ),
)

#: (preset, version) → rows, in the order in which a policy lists them.
PRESETS = {
    ("standard", 1): STANDARD_V1,
    ("priority", 1): PRIORITY_V1,
    ("budget", 1): BUDGET_V1,
}
