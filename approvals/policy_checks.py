"""What is wrong with the rows of a policy that somebody typed or brought along; each with its place. Pure.

Places read "rows.2.when.all.0" or "rows.0.stages.1.roles", counted from 0 as JSON does.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from approvals.inputs import INPUTS, OPERATORS_OF, fits_one
from approvals.models.words import Role
from approvals.policy import OPERATORS
from content.models import FormatName
from halcytone.lib.errors import Problem

DEEPEST, MOST_COMPARISONS, MOST_ROWS, MOST_STAGES, MOST_ROLES = 8, 50, 100, 10, 20
MODES = ("single", "parallel", "sequential", "committee")
CLOCKS = ("working", "running")
LONGEST_SLA_H = 1000
_JOINERS = ("all", "any", "not")
_ROW_KEYS = ("name", "level", "when", "stages", "auto_approval", "note")
_STAGE_KEYS = ("name", "mode", "quorum", "roles", "role_formats", "sla_h", "clock", "checklists",
               "external")  # fmt: skip
_NEEDED = ("name", "mode", "roles")


def rule(tree: Any, place: str = "when") -> list[Problem]:
    """Return what is wrong with a rule, in reading order; one problem when it is too large to read."""
    if _size(tree, DEEPEST) > MOST_COMPARISONS:
        message = (
            f"A rule has at most {MOST_COMPARISONS} parts, nested at most {DEEPEST} deep; this one "
            "has more."
        )
        return [Problem("rule_size", message, place, hint="Make two rows of it.")]
    return list(_rule(tree, place))


def rows(given: Any, *, checklists: Sequence[str]) -> list[Problem]:
    """Return what is wrong with the rows of a policy. `checklists` are the keys of the lists there are."""
    if not isinstance(given, list) or not given:
        return [Problem("rows_missing", "A policy is a list with at least one row.", "rows")]
    if len(given) > MOST_ROWS:
        return [Problem("rows_many", f"A policy has at most {MOST_ROWS} rows.", "rows")]
    problems = [p for i, each in enumerate(given) for p in _row(each, f"rows.{i}", checklists)]
    return problems or list(_same_names(given, "rows", "row"))


def _rule(tree: Any, place: str) -> Iterator[Problem]:
    if not isinstance(tree, Mapping):
        yield Problem("rule_shape", "A rule is an object.", place)
        return
    joiners = [word for word in _JOINERS if word in tree]
    if joiners and len(tree) > 1:
        others = ", ".join(str(name) for name in tree if name != joiners[0])
        message = f"Beside “{joiners[0]}” nothing else may stand: {others[:100]}."
        yield Problem("rule_shape", message, place, hint="Put both into an “all”.")
    elif "not" in tree:
        yield from _rule(tree["not"], f"{place}.not")
    elif joiners:
        word = joiners[0]
        members = tree[word] if isinstance(tree[word], list) and tree[word] else [None]
        for number, each in enumerate(members):
            yield from _rule(each, f"{place}.{word}.{number}")
    elif tree:
        yield from _comparison(tree, place)


def _comparison(tree: Mapping[str, Any], place: str) -> Iterator[Problem]:
    name = tree.get("fact")
    asked = {each: wanted for each, wanted in tree.items() if each != "fact"}
    if not isinstance(name, str) or not asked or not OPERATORS.keys() >= asked.keys():
        known = ", ".join(OPERATORS)
        message = f"A comparison names a fact and some of: {known}."
        yield Problem("rule_operator", message, place)
    elif name not in INPUTS:
        message = f"There is no routing input “{name[:60]}”."
        yield Problem("rule_fact", message, place, hint=f"Known: {', '.join(INPUTS)}.")
    else:
        for operator, wanted in asked.items():
            yield from _operand(name, operator, wanted, f"{place}.{operator}")


def _operand(name: str, operator: str, wanted: Any, place: str) -> Iterator[Problem]:
    known = INPUTS[name]
    takes = OPERATORS_OF[known.kind]
    if operator not in takes:
        message = f"“{name}” cannot be asked with “{operator}”."
        yield Problem("rule_operator", message, place, hint=f"It takes: {', '.join(takes)}.")
    elif operator == "present":
        if not isinstance(wanted, bool):
            yield Problem("rule_value", "“present” is true or false.", place)
    elif operator in ("in", "has_any"):
        if not isinstance(wanted, list) or not wanted or len(wanted) > MOST_COMPARISONS:
            yield Problem("rule_value", f"“{operator}” takes a list of values.", place)
        elif not all(fits_one(name, each) for each in wanted):
            yield _not_a_value(name, place)
    elif not fits_one(name, wanted):
        yield _not_a_value(name, place)


def _not_a_value(name: str, place: str) -> Problem:
    known = INPUTS[name]
    what = {"number": "a number", "yes_no": "true or false"}.get(known.kind, "a word")
    wanted = f"one of: {', '.join(known.choices)}" if known.choices else what
    return Problem("rule_value", f"A value of “{name}” is {wanted}.", place)


def _row(row: Any, place: str, checklists: Sequence[str]) -> Iterator[Problem]:
    if not isinstance(row, Mapping):
        yield Problem("row_shape", "A row is an object.", place)
        return
    yield from _keys(row, _ROW_KEYS, ("name", "level", "stages"), place)
    yield from _text(row.get("name", "-"), f"{place}.name", 100, "The name of a row")
    if not _is_whole(row.get("level"), 1, 4):
        yield Problem("row_level", "A level is 1, 2, 3 or 4.", f"{place}.level")
    yield from rule(row.get("when", {}), f"{place}.when")
    if not isinstance(row.get("note", ""), str) or len(row.get("note", "")) > 300:
        yield Problem("row_note", "A note has at most 300 characters.", f"{place}.note")
    yield from _auto(row, place)
    yield from _stages(row.get("stages"), f"{place}.stages", checklists)


def _auto(row: Mapping[str, Any], place: str) -> Iterator[Problem]:
    is_auto = row.get("auto_approval", False)
    if not isinstance(is_auto, bool):
        yield Problem("row_auto", "Auto-approval is true or false.", f"{place}.auto_approval")
    elif is_auto and row.get("level") != 1:
        message = "The policy itself may sign at level 1 alone."
        yield Problem("row_auto", message, f"{place}.auto_approval")


def _stages(stages: Any, place: str, checklists: Sequence[str]) -> Iterator[Problem]:
    if not isinstance(stages, list) or not 0 < len(stages) <= MOST_STAGES:
        yield Problem("stages_missing", f"A row has 1 to {MOST_STAGES} stages.", place)
        return
    problems = [
        p for i, each in enumerate(stages) for p in _stage(each, f"{place}.{i}", checklists)
    ]
    yield from problems or _same_names(stages, place, "stage")


def _stage(stage: Any, place: str, checklists: Sequence[str]) -> Iterator[Problem]:
    if not isinstance(stage, Mapping):
        yield Problem("stage_shape", "A stage is an object.", place)
        return
    yield from _keys(stage, _STAGE_KEYS, _NEEDED, place)
    yield from _text(stage.get("name", "-"), f"{place}.name", 100, "The name of a stage")
    yield from _one_of(stage.get("mode", MODES[0]), MODES, f"{place}.mode", "A mode")
    yield from _one_of(stage.get("clock", CLOCKS[0]), CLOCKS, f"{place}.clock", "A clock")
    yield from _roles(stage.get("roles", [["editor"]]), f"{place}.roles")
    yield from _numbers(stage, place)
    yield from _formats(stage.get("role_formats", {}), f"{place}.role_formats")
    wanted = stage.get("checklists", [])
    if not isinstance(wanted, list) or not all(each in checklists for each in wanted):
        known = ", ".join(checklists)
        message = "Checklists are keys of lists that there are."
        yield Problem("stage_lists", message, f"{place}.checklists", hint=f"Known: {known}.")
    if not isinstance(stage.get("external", False), bool):
        yield Problem("stage_external", "“external” is true or false.", f"{place}.external")


def _roles(groups: Any, place: str) -> Iterator[Problem]:
    is_list = isinstance(groups, list) and 0 < len(groups) <= MOST_ROLES
    if not is_list or not all(isinstance(group, list) and group for group in groups):
        message = "Roles are a list of choices, each a list of roles of which one speaks."
        yield Problem("stage_roles", message, place)
        return
    for number, group in enumerate(groups):
        unknown = [str(role)[:40] for role in group if role not in Role.values]
        if unknown or len(set(group)) != len(group):
            what = f"There is no role {', '.join(unknown)}." if unknown else "A role stands twice."
            known = ", ".join(Role.values)
            yield Problem("stage_roles", what, f"{place}.{number}", hint=f"Known: {known}.")


def _numbers(stage: Mapping[str, Any], place: str) -> Iterator[Problem]:
    roles = stage.get("roles")
    most = len(roles) if isinstance(roles, list) else 1
    quorum, sla_h = stage.get("quorum"), stage.get("sla_h")
    if quorum is not None and not _is_whole(quorum, 1, most):
        message = f"A quorum is from 1 to {most}, the number of voices; empty means all of them."
        yield Problem("stage_quorum", message, f"{place}.quorum")
    is_number = isinstance(sla_h, (int, float)) and not isinstance(sla_h, bool)
    if sla_h is not None and not (is_number and 0 < sla_h <= LONGEST_SLA_H):
        message = f"A deadline is more than 0 and at most {LONGEST_SLA_H:,} hours."
        yield Problem("stage_sla", message, f"{place}.sla_h")


def _formats(given: Any, place: str) -> Iterator[Problem]:
    is_map = isinstance(given, Mapping) and all(
        role in Role.values
        and isinstance(formats, list)
        and formats
        and all(each in FormatName.values for each in formats)
        for role, formats in given.items()
    )
    if not is_map:
        message = "What a role looks at is named as role → list of formats."
        hint = f"Formats: {', '.join(FormatName.values)}."
        yield Problem("stage_formats", message, place, hint=hint)


def _keys(
    given: Mapping[str, Any], known: Sequence[str], needed: Sequence[str], place: str
) -> Iterator[Problem]:
    for name in given:
        if name not in known:
            hint = f"Known: {', '.join(known)}."
            yield Problem(
                "unknown_field", "There is no such field.", f"{place}.{name}"[:200], hint=hint
            )
    for name in needed:
        if name not in given:
            yield Problem("required", "This is missing.", f"{place}.{name}")


def _text(value: Any, place: str, longest: int, what: str) -> Iterator[Problem]:
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        yield Problem("text", f"{what} is a text of 1 to {longest} characters.", place)


def _one_of(value: Any, choices: Sequence[str], place: str, what: str) -> Iterator[Problem]:
    if value not in choices:
        yield Problem("choice", f"{what} is one of: {', '.join(choices)}.", place)


def _same_names(given: Sequence[Mapping[str, Any]], place: str, what: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, each in enumerate(given):
        if each["name"] in seen:
            message = f"Another {what} has this name already."
            yield Problem("name_twice", message, f"{place}.{number}.name")
        seen.add(each["name"])


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _size(tree: Any, deepest: int) -> int:
    """Return how many parts a rule has; more than is allowed when it is nested too deep."""
    if not isinstance(tree, Mapping):
        return 1
    if deepest == 0:
        return MOST_COMPARISONS + 1
    members = [tree[word] for word in _JOINERS if word in tree]
    inner = [each for one in members for each in (one if isinstance(one, list) else [one])]
    return 1 + sum(_size(each, deepest - 1) for each in inner)
