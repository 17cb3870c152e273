"""The policies that Halcytone brings along, as data: one tuple for each version, never changed.

Source: the preset tables of the approvals specification. A priority that a table gives for the
weekly edition (2) and for critical communication (1) is what such a draft carries, not a condition:
neither may slip to a lower level because somebody typed another number.
"""

from approvals.policy import Row, Rule, StageSpec

LEGAL_FLAGS = ["medical", "legal", "financial", "crisis", "partnership", "competitor", "regulatory"]


def _is(fact: str, value: object) -> Rule:
    return {"fact": fact, "eq": value}


def _both(*rules: Rule) -> Rule:
    return {"all": list(rules)}


def _side_by_side(*groups: tuple[str, ...], sla_h: float) -> tuple[StageSpec, ...]:
    formats = {"seo": ["web"]} if ("seo",) in groups else {}
    return (StageSpec("Editorial review", "parallel", groups, role_formats=formats, sla_h=sla_h),)


EDITOR = (StageSpec("Editor", "single", (("editor",),), quorum=1, sla_h=4),)
SENIOR_EDITOR = _side_by_side(("senior_editor",), sla_h=24)
IN_TURN = (
    StageSpec("Marketing", "sequential", (("marketing_manager",),), sla_h=24),
    StageSpec("Department", "sequential", (("department_head",),), sla_h=24),
    StageSpec("Executive", "sequential", (("executive",),), sla_h=24),
)
LEGAL = StageSpec("Legal", "sequential", (("legal",),), sla_h=24)
COMMITTEE = (
    StageSpec(
        "Committee",
        "committee",
        (("ceo",), ("cmo",), ("cto",), ("legal",)),
        sla_h=2,
        clock="running",
    ),
)

_UPDATE = _is("type", "update")
_WEEKLY = _is("type", "weekly")
_BLOG = {"all": [_is("type", "blog"), {"fact": "priority", "gte": 2, "lte": 4}]}
_ANNOUNCEMENT = _is("type", "announcement")
_TECHNICAL = _is("technical", True)
_RAISED = {"any": [_is("featured", True), {"fact": "priority", "lte": 2}]}
_SESSION = _is("type", "session")
_QUOTED = {"any": [{"fact": "quotations", "present": True}, {"fact": "flags", "has": "medical"}]}

STANDARD_V1 = (
    Row(
        None,
        "standard update",
        1,
        _both(_UPDATE, {"fact": "priority", "gte": 3, "lte": 5}, _is("featured", False)),
        EDITOR,
        is_auto=True,
    ),
    Row(
        None,
        "featured update",
        2,
        _both(_UPDATE, _is("featured", True), {"fact": "priority", "gte": 2, "lte": 3}),
        _side_by_side(("senior_editor",), ("marketing_manager", "marketing_coordinator"), sla_h=24),
    ),
    Row(None, "blog post", 2, _BLOG, _side_by_side(("senior_editor",), ("seo",), sla_h=48)),
    Row(
        None,
        "blog post, also mailed",
        2,
        _both(_BLOG, {"fact": "formats", "has": "newsletter"}),
        _side_by_side(("marketing_coordinator",), sla_h=48),
    ),
    Row(
        None,
        "weekly edition",
        2,
        _WEEKLY,
        _side_by_side(("marketing_manager",), ("team_lead",), sla_h=24),
    ),
    Row(
        None,
        "weekly edition with figures",
        2,
        _both(_WEEKLY, {"fact": "figures", "present": True}),
        _side_by_side(("data",), sla_h=24),
    ),
    Row(
        None,
        "weekly edition with major news",
        2,
        _both(_WEEKLY, _is("major_news", True)),
        _side_by_side(("executive",), sla_h=24),
    ),
    Row(None, "announcement", 3, _ANNOUNCEMENT, IN_TURN),
    Row(
        None,
        "announcement with a legal trigger",
        3,
        _both(_ANNOUNCEMENT, {"fact": "flags", "has_any": LEGAL_FLAGS}),
        (*IN_TURN, LEGAL),
    ),
    Row(None, "partnership news", 3, {"fact": "flags", "has": "partnership"}, (*IN_TURN, LEGAL)),
    Row(None, "product launch", 3, _is("launch", True), IN_TURN),
    Row(None, "critical communication", 4, _is("urgency", "critical"), COMMITTEE),
    Row(None, "technical update", 1, _both(_UPDATE, _TECHNICAL, {"not": _RAISED}), EDITOR),
    Row(
        None,
        "technical update, featured or urgent",
        2,
        _both(_UPDATE, _TECHNICAL, _RAISED),
        SENIOR_EDITOR,
    ),
    Row(None, "session summary", 1, _both(_SESSION, {"not": _QUOTED}), EDITOR),
    Row(
        None,
        "session summary with a quotation or a health statement",
        2,
        _both(_SESSION, _QUOTED),
        SENIOR_EDITOR,
    ),
)

#: (preset, version) → rows, in the order in which a policy lists them.
PRESETS = {("standard", 1): STANDARD_V1}
