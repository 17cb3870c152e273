"""Which drafts need whose yes: rows with a rule each, over the routing inputs. Pure.

A rule is a tree: {"all": [rules]}, {"any": [rules]}, {"not": rule}, or a comparison of one fact,
{"fact": "priority", "gte": 3, "lte": 5}, with the operators of `OPERATORS`; {} always holds. A fact
that is absent (missing, or None) satisfies no comparison.

All rows that match are collected and the highest level wins; voices that only lower rows ask for
are added to the first stage of the winning level (approvals specification, routing).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

Rule = Mapping[str, Any]
Facts = Mapping[str, Any]
#: Roles of which any one may speak: ("marketing_manager", "marketing_coordinator").
Group = tuple[str, ...]

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
    "gte": lambda value, wanted: value >= wanted,
    "lte": lambda value, wanted: value <= wanted,
    "has": lambda value, wanted: wanted in value,
    "has_any": lambda value, wanted: not set(wanted).isdisjoint(value),
    "present": lambda value, wanted: bool(value) == wanted,
}


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One stage as a policy names it. `quorum` None means one voice of every group.

    `role_formats` names the formats that a role looks at; a role that is not named looks at all.
    `clock` is "working" or "running". `checklists` are the keys of the lists that must be ticked before
    its yes; `external`: voices of named review links count in it.
    """

    name: str
    mode: str
    roles: tuple[Group, ...]
    quorum: int | None = None
    role_formats: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sla_h: float | None = None
    clock: str = "working"
    checklists: tuple[str, ...] = ()
    external: bool = False

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "StageSpec":
        """Build a stage from its stored form. Raises TypeError when a key is unknown."""
        groups = tuple(tuple(group) for group in stored["roles"])
        lists = tuple(stored.get("checklists", ()))
        return cls(**{**stored, "roles": groups, "checklists": lists})

    def as_dict(self) -> dict[str, Any]:
        groups = [list(group) for group in self.roles]
        return {**asdict(self), "roles": groups, "checklists": list(self.checklists)}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a policy. `key` is the caller's own; `is_auto`: the policy itself may sign."""

    key: int | None
    name: str
    number: int
    when: Rule
    stages: tuple[StageSpec, ...]
    is_auto: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class MatchedRow:
    """A row that matched, and a sentence that says by which facts."""

    row: Row
    why: str


@dataclass(frozen=True, slots=True)
class Matched:
    """Where a draft has to go: level 1 to 4, its stages in order, and every row that said so."""

    level: int
    stages: tuple[StageSpec, ...]
    rows: tuple[MatchedRow, ...]

    @property
    def signing_row(self) -> str:
        """The name of the row by which the policy may sign; "" when one of them wants a person."""
        is_auto = self.level == 1 and self.rows and all(each.row.is_auto for each in self.rows)
        return self.rows[0].row.name if is_auto else ""


#: What a draft needs that no row matches: level 2 with the voices that the specification gives it.
UNMATCHED = Row(
    None,
    "no row matched",
    2,
    {},
    (
        StageSpec(
            "Editorial review",
            "parallel",
            (("senior_editor",), ("marketing_coordinator", "marketing_manager"), ("seo",)),
            role_formats={"seo": ["web"]},
            sla_h=48,
        ),
    ),
)


def match(rows: Iterable[Row], facts: Facts) -> Matched:
    """Return level and stages for these facts. Rows are given in the order of the policy."""
    matched = [MatchedRow(row, explain(row.when, facts)) for row in rows if holds(row.when, facts)]
    if not matched:
        matched = [MatchedRow(UNMATCHED, "No row of the policy matches this draft.")]
    level = max(each.row.number for each in matched)
    ranked = sorted(matched, key=lambda each: -each.row.number)
    winners = [each.row for each in ranked if each.row.number == level]
    stages = _united(winners[0].stages, (stage for row in winners[1:] for stage in row.stages))
    lower = [each.row for each in ranked if each.row.number < level]
    for stage in (stage for row in lower for stage in row.stages):
        stages = _joined(stages, stage)
    return Matched(level, stages, tuple(ranked))


def holds(rule: Rule, facts: Facts) -> bool:
    """Tell whether a rule holds. Raises KeyError for an operator that does not exist."""
    if "all" in rule:
        return all(holds(each, facts) for each in rule["all"])
    if "any" in rule:
        return any(holds(each, facts) for each in rule["any"])
    if "not" in rule:
        return not holds(rule["not"], facts)
    value = facts.get(rule.get("fact", ""))
    operators = [(name, wanted) for name, wanted in rule.items() if name != "fact"]
    if value is None:
        return not operators
    return all(OPERATORS[name](value, wanted) for name, wanted in operators)


def explain(rule: Rule, facts: Facts) -> str:
    """Return a sentence with the value of each fact that a matching rule looked at."""
    seen = dict.fromkeys(_facts_of(rule, facts))
    if not seen:
        return "It applies to every draft."
    words = ", ".join(f"{name.replace('_', ' ')} is {_word(facts.get(name))}" for name in seen)
    return f"{words[0].upper()}{words[1:]}."


def with_legal(matched: Matched, stage: StageSpec, why: str) -> Matched:
    """Return what a draft needs that set off a legal trigger: level 2 at least, and counsel at the end.

    A policy that asks for counsel alone, or among others, keeps its stages.
    """
    row = Row(None, "legal trigger", 2, {}, (stage,))
    is_asked = any(set(group) <= {"legal"} for each in matched.stages for group in each.roles)
    stages = matched.stages if is_asked else (*matched.stages, stage)
    return Matched(max(2, matched.level), stages, (*matched.rows, MatchedRow(row, why)))


def with_missing(stages: Sequence[StageSpec], wanted: Matched) -> tuple[StageSpec, ...]:
    """Return the stages of a running review with the voices that it has come to need as well.

    Nothing is ever taken away: what was asked for stays asked for.
    """
    return _united(tuple(stages), wanted.stages)


def _united(united: tuple[StageSpec, ...], others: Iterable[StageSpec]) -> tuple[StageSpec, ...]:
    """Return the stages with what others of the same level ask for: by name, else as new stages."""
    for stage in others:
        united, missing = _missing(united, stage)
        if missing and any(each.name == stage.name for each in united):
            united = tuple(
                _grown(each, stage, (*each.roles, *missing)) if each.name == stage.name else each
                for each in united
            )
        elif missing:
            united = (*united, replace(stage, roles=missing))
    return united


def _joined(stages: tuple[StageSpec, ...], lower: StageSpec) -> tuple[StageSpec, ...]:
    """Return the stages with the voices of a lower row, which speak first."""
    stages, missing = _missing(stages, lower)
    if not missing:
        return stages
    first, *others = stages
    return (_grown(first, lower, (*missing, *first.roles)), *others)


def _missing(
    stages: tuple[StageSpec, ...], other: StageSpec
) -> tuple[tuple[StageSpec, ...], tuple[Group, ...]]:
    """Return the stages, with choices narrowed where the other is stricter, and what they lack.

    A voice of a smaller choice of roles also answers a larger one that contains it.
    """
    missing = []
    for group in other.roles:
        groups = [each for stage in stages for each in stage.roles]
        if any(set(each) <= set(group) for each in groups):
            continue
        wider = next((each for each in groups if set(group) < set(each)), None)
        if wider is None:
            missing.append(group)
        else:
            stages = tuple(_narrowed(stage, wider, group) for stage in stages)
    return stages, tuple(missing)


def _narrowed(stage: StageSpec, wider: Group, group: Group) -> StageSpec:
    return replace(stage, roles=tuple(group if each == wider else each for each in stage.roles))


def _grown(stage: StageSpec, other: StageSpec, roles: tuple[Group, ...]) -> StageSpec:
    """Return a stage with more voices, and lists: side by side if one person was enough, each counted."""
    mode = "parallel" if stage.mode == "single" else stage.mode
    quorum = None if stage.quorum is None else stage.quorum + len(roles) - len(stage.roles)
    formats = {**other.role_formats, **stage.role_formats}
    lists = tuple(dict.fromkeys((*stage.checklists, *other.checklists)))
    return replace(
        stage,
        mode=mode,
        quorum=quorum,
        roles=roles,
        role_formats=formats,
        checklists=lists,
        external=stage.external or other.external,
    )


def _facts_of(rule: Rule, facts: Facts) -> Iterable[str]:
    """Yield the facts that a matching rule compared; of alternatives, those that hold."""
    if "any" in rule:
        for each in rule["any"]:
            if holds(each, facts):
                yield from _facts_of(each, facts)
    for each in rule.get("all", ()):
        yield from _facts_of(each, facts)
    if "not" in rule:
        yield from _facts_of(rule["not"], facts)
    if "fact" in rule:
        yield rule["fact"]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " and ".join(str(each) for each in value) or "none"
    return "not known" if value is None else str(value)
