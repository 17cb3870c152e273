"""Policies in the words of people: what a rule asks, what a stage wants, what two versions differ in. Pure.

Rows are given as `policy_checks.rows` reads them, and are known to be sound.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from approvals.inputs import INPUTS
from approvals.models.words import Role

_FIELDS = {"level": "level", "note": "note", "auto_approval": "signature of the policy"}
_ROLES = dict(Role.choices)


def when(rule: Mapping[str, Any]) -> str:
    """Return what a rule asks, as a sentence without its full stop."""
    if not rule:
        return "always"
    if "not" in rule:
        return f"not ({when(rule['not'])})"
    for word, joint in (("all", " and "), ("any", " or ")):
        if word in rule:
            return joint.join(_inner(each, word) for each in rule[word])
    label = INPUTS[rule["fact"]].label
    asked = {name: wanted for name, wanted in rule.items() if name != "fact"}
    if asked.keys() == {"gte", "lte"}:
        return f"{label} is {_value(asked['gte'])} to {_value(asked['lte'])}"
    return " and ".join(f"{label} {_asked(name, wanted)}" for name, wanted in asked.items())


def stage(given: Mapping[str, Any]) -> str:
    """Return one stage in words: who speaks, how, until when, and which lists it waits for."""
    groups = [voices(group) for group in given["roles"]]
    words = f"{given['name']}: {', '.join(groups)}"
    if given.get("quorum") and given["quorum"] < len(groups):
        words += f", {given['quorum']} of them"
    words += f" ({given['mode']}"
    if given.get("sla_h"):
        words += f", {given['sla_h']:g} h {given.get('clock', 'working')}"
    if given.get("checklists"):
        words += f", lists: {', '.join(given['checklists'])}"
    if given.get("external"):
        words += ", review links count"
    return words + ")"


def voices(group: Sequence[str]) -> str:
    return " or ".join(_ROLES.get(role, role) for role in group)


def differences(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a sentence for each thing that another version says otherwise; rows are known by name."""
    before = {row["name"]: row for row in old}
    after = {row["name"]: row for row in new}
    found = [f"Row “{name}” is gone." for name in before if name not in after]
    for name, row in after.items():
        if name not in before:
            steps = "; ".join(stage(each) for each in row["stages"])
            found.append(
                f"Row “{name}” is new: when {when(row.get('when', {}))}, level {row['level']}. {steps}."
            )
        else:
            found += [f"Row “{name}”: {each}" for each in _row(before[name], row)]
    kept = [name for name in before if name in after]
    if not found and kept != [name for name in after if name in before]:
        found.append("The rows stand in another order.")
    return found


def _row(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    found = [
        f"the {label} changed from “{_value(old.get(name))}” to “{_value(new.get(name))}”."
        for name, label in _FIELDS.items()
        if (old.get(name) or "") != (new.get(name) or "")
    ]
    if old.get("when", {}) != new.get("when", {}):
        found.append(
            f"it asked “{when(old.get('when', {}))}”, and now “{when(new.get('when', {}))}”."
        )
    steps = {each["name"]: stage(each) for each in old["stages"]}
    now = {each["name"]: stage(each) for each in new["stages"]}
    found += [f"stage “{name}” is gone." for name in steps if name not in now]
    found += [f"there is a new stage, {now[name]}." for name in now if name not in steps]
    found += [
        f"the stage was {steps[name]}, and is {now[name]}."
        for name in now
        if name in steps and steps[name] != now[name]
    ]
    return found


def _inner(rule: Mapping[str, Any], word: str) -> str:
    """Return a rule inside another one, in brackets where it could be read otherwise."""
    is_mixed = ("any" if word == "all" else "all") in rule
    return f"({when(rule)})" if is_mixed else when(rule)


def _asked(operator: str, wanted: Any) -> str:
    if operator == "present":
        return "is there" if wanted else "is not there"
    words = {
        "eq": "is",
        "in": "is one of",
        "gte": "is at least",
        "lte": "is at most",
        "has": "has",
        "has_any": "has one of",
    }
    return f"{words[operator]} {_value(wanted)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_value(each) for each in value)
    if isinstance(value, float):
        return f"{value:,.2f}".removesuffix(".00")
    if isinstance(value, int):
        return f"{value:,}"
    return "nothing" if value in (None, "") else str(value)
