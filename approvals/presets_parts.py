"""What the presets are put together from: rules about one fact, and stages that come back."""

from approvals.policy import Rule, StageSpec


def fact(name: str, value: object) -> Rule:
    return {"fact": name, "eq": value}


def marked(*flags: str) -> Rule:
    """Tell by the sensitivity flags."""
    return {"fact": "flags", "has_any": list(flags)}


def every(*rules: Rule) -> Rule:
    return {"all": list(rules)}


def some(*rules: Rule) -> Rule:
    return {"any": list(rules)}


def no(rule: Rule) -> Rule:
    return {"not": rule}


def priority(least: int, most: int) -> Rule:
    return {"fact": "priority", "gte": least, "lte": most}


def side_by_side(
    *groups: tuple[str, ...], sla_h: float, checklists: tuple[str, ...] = ()
) -> tuple[StageSpec, ...]:
    formats = {"seo": ["web"]} if ("seo",) in groups else {}
    stage = StageSpec(
        "Editorial review",
        "parallel",
        groups,
        role_formats=formats,
        sla_h=sla_h,
        checklists=checklists,
    )
    return (stage,)


UPDATE = fact("type", "update")
BLOG = fact("type", "blog")
WEEKLY = fact("type", "weekly")
ANNOUNCEMENT = fact("type", "announcement")
FEATURED = fact("featured", True)
CRITICAL = fact("urgency", "critical")

MARKETING = ("marketing_manager", "marketing_coordinator")
EDITOR = (StageSpec("Editor", "single", (("editor",),), quorum=1, sla_h=4),)
COMMITTEE = StageSpec(
    "Committee",
    "committee",
    (("ceo",), ("cmo",), ("cto",), ("legal",)),
    sla_h=2,
    clock="running",
)
#: What a legal trigger adds after the others.
LEGAL = StageSpec("Legal", "sequential", (("legal",),), sla_h=24)
