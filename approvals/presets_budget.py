"""The preset "budget": what something costs, or puts at stake, decides who looks at it.

Source: the preset table of the approvals specification. A budget in another currency than USD, which
nobody converts, is looked at like one of USD 1,000 to 10,000.
"""

from approvals.policy import Row, StageSpec
from approvals.presets_parts import (
    ANNOUNCEMENT,
    COMMITTEE,
    CRITICAL,
    EDITOR,
    FEATURED,
    WEEKLY,
    every,
    fact,
    marked,
    no,
    some,
)

_EDITORS = ("editor", "senior_editor")
_QUEUE = (StageSpec("Editor", "single", (_EDITORS,), quorum=1, sla_h=4),)
_BRAND = (StageSpec("Editor", "single", (_EDITORS,), quorum=1, sla_h=4, checklists=("brand",)),)
_MARKETING = (
    StageSpec("Editor", "sequential", (_EDITORS,), sla_h=8, checklists=("editorial",)),
    StageSpec(
        "Marketing", "sequential", (("marketing_manager",),), sla_h=8, checklists=("marketing",)
    ),
    StageSpec(
        "Stakeholders", "sequential", (("department_head", "external"),), sla_h=8, external=True
    ),
)
_BOARD = (StageSpec("Committee", "committee", COMMITTEE.roles, sla_h=48),)
_NO_BUDGET = fact("has_budget", False)
_REGULAR = {"fact": "type", "in": ["update", "blog", "session"]}
_CLEAN = every(
    {"fact": "checks_green", "eq": True},
    {"fact": "flags", "present": False},
    {"fact": "author_may_publish", "eq": True},
)
_PLAIN = every(_REGULAR, fact("featured", False), _NO_BUDGET)
_OTHER_CURRENCY = every(fact("has_budget", True), no({"fact": "budget_usd", "gte": 0}))

BUDGET_V1 = (
    Row(None, "automatic", 1, every(_PLAIN, _CLEAN), EDITOR, is_auto=True),
    Row(
        None,
        "not automatic: editor queue",
        2,
        every(_PLAIN, no(_CLEAN)),
        _QUEUE,
        note="A check is not green, a flag is set, or the author may not publish.",
    ),
    Row(None, "weekly update", 2, WEEKLY, _QUEUE),
    Row(
        None,
        "feature announcement or campaign",
        2,
        some(FEATURED, ANNOUNCEMENT),
        _BRAND,
        note="It may cite sources outside; the brand list is asked for.",
    ),
    Row(
        None,
        "budget under USD 1,000",
        2,
        {"fact": "budget_usd", "gte": 0.01, "lte": 999.99},
        _BRAND,
    ),
    Row(
        None,
        "launch, partnership or major campaign",
        3,
        some(fact("launch", True), marked("partnership"), fact("major_news", True)),
        _MARKETING,
        note="Draft, editor, marketing manager, stakeholders, final text, then released together.",
    ),
    Row(
        None,
        "budget of USD 1,000 to 10,000",
        3,
        some({"fact": "budget_usd", "gte": 1000, "lte": 10_000}, _OTHER_CURRENCY),
        _MARKETING,
    ),
    Row(
        None,
        "crisis, strategic or regulatory",
        4,
        some(marked("crisis", "regulatory"), CRITICAL),
        _BOARD,
        note="Tell the board where that is required; the impact form records it.",
    ),
    Row(
        None,
        "budget over USD 10,000",
        4,
        {"fact": "budget_usd", "gte": 10_000.01},
        _BOARD,
        note="Tell the board where that is required; the impact form records it.",
    ),
)
