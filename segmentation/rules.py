"""The rule language: `all`, `any` and `not` over conditions. Pure: values in, values out.

A condition is one of

    {"field": "interests", "op": "has_any", "value": ["sleep"]}
    {"consent": "sessions", "op": "given", "channel": "email", "list": ""}
    {"segment": "vip_holdout"}

`{}` is the rule that leaves nobody out. A place is the JSON path of a mistake, such as
`all[1].any[0].op`; "" is the rule itself. Source: the audience specification, segments.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from halcytone.lib.errors import Invalid, Problem
from segmentation import fields, values

MAX_DEPTH = 5
MAX_CONDITIONS = 50
GROUPS = ("all", "any", "not")
CHANNELS = ("email", "push", "sms", "telegram", "slack", "post")
PURPOSES = ("newsletter", "product_news", "sessions", "greetings", "research")
CONDITIONS: Mapping[str, Set[str]] = {
    "field": {"field", "op", "value"},
    "consent": {"consent", "op", "channel", "list"},
    "segment": {"segment"},
}
#: Words of the language that this version knows by name but cannot evaluate.
LATER = {
    "event": "Conditions over events (sent, opened, clicked …) are not available in rules yet.",
    "release": "Conditions over releases are not available in rules yet.",
    "experiment": "Conditions over experiments are not available in rules yet.",
    "list": 'For a list, use a "consent" condition with "list".',
}


@dataclass(frozen=True, slots=True)
class _Known:
    attributes: Mapping[str, str] | None
    segments: Set[str] | None


def check(
    rule: Any,
    *,
    attributes: Mapping[str, str] | None = None,
    segments: Set[str] | None = None,
) -> list[Problem]:
    """Return what is wrong with a rule, in reading order; each problem's `attr` is its place.

    `attributes` maps declared names to kinds, `segments` holds the keys that may be referred to;
    None = do not look. Any JSON value is accepted; loops of references are found by `loop`.
    """
    if rule == {} or rule == {"all": []}:
        return []
    problems = list(_node(rule, "", 1, _Known(attributes, segments)))
    places = [place for place, _ in conditions(rule)]
    if len(places) > MAX_CONDITIONS:
        message = f"A rule has at most {MAX_CONDITIONS} conditions; this one has {len(places)}."
        problems.append(Problem("too_many", message, places[MAX_CONDITIONS]))
    return problems


def canonical(rule: Any) -> dict[str, Any]:
    """Return the one spelling of a rule that is stored and sealed. Idempotent.

    Defaults are written out, text is NFC, sets of values are folded, distinct and sorted. Raises
    Invalid with the problems of `check`.
    """
    if problems := check(rule):
        raise Invalid(problems)
    return {} if rule == {} or rule == {"all": []} else _canonical(rule)


def conditions(rule: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (place, condition) for every condition, in reading order, down to the depth allowed."""
    yield from _conditions(rule, "", 1)


def references(rule: Any) -> set[str]:
    """Return the keys of the segments that a rule names itself."""
    keys = (condition.get("segment") for _, condition in conditions(rule))
    return {key for key in keys if isinstance(key, str)}


def loop(key: str, rules: Mapping[str, Any]) -> list[str]:
    """Return the way from a segment back to itself, first and last the same; [] when none.

    `rules` maps the key of every segment to its rule.
    """
    trail: dict[str, list[str]] = {key: [key]}
    waiting = [key]
    while waiting:
        here = waiting.pop()
        for other in sorted(references(rules.get(here, {}))):
            if other == key:
                return [*trail[here], key]
            if other not in trail:
                trail[other] = [*trail[here], other]
                waiting.append(other)
    return []


# reading


def _children(node: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    """Yield (place, child) of a group."""
    for name in GROUPS:
        inside = node.get(name)
        if name == "not" and name in node:
            yield _join(place, name), inside
        elif isinstance(inside, list):
            for index, child in enumerate(inside):
                yield f"{_join(place, name)}[{index}]", child


def _conditions(node: Any, place: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(node, Mapping) or depth > MAX_DEPTH + 1:
        return
    if not _groups(node):
        if node:
            yield place, node
        return
    for below, child in _children(node, place):
        yield from _conditions(child, below, depth + 1)


def _groups(node: Mapping[str, Any]) -> list[str]:
    return [name for name in GROUPS if name in node]


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


# checking


def _node(node: Any, place: str, depth: int, known: _Known) -> Iterator[Problem]:
    if not isinstance(node, Mapping) or not node:
        message = "Here stands a group (all, any, not) or a condition (field, consent, segment)."
        yield Problem("wrong_shape", message, place)
    elif _groups(node):
        yield from _group(node, place, depth, known)
    else:
        yield from _condition(node, place, known)


def _group(node: Mapping[str, Any], place: str, depth: int, known: _Known) -> Iterator[Problem]:
    name = _groups(node)[0]
    here = _join(place, name)
    if len(node) > 1:
        others = ", ".join(str(key) for key in node if key != name)
        yield Problem("wrong_shape", f'Beside "{name}" nothing else may stand: {others}.', place)
    elif depth > MAX_DEPTH:
        yield Problem("too_deep", f"Groups may be nested {MAX_DEPTH} deep, not deeper.", here)
    elif name != "not" and not (isinstance(node[name], list) and node[name]):
        yield Problem("wrong_shape", f'"{name}" takes a list of at least one condition.', here)
    else:
        for below, child in _children(node, place):
            yield from _node(child, below, depth + 1, known)


def _condition(node: Mapping[str, Any], place: str, known: _Known) -> Iterator[Problem]:
    name = next((name for name in CONDITIONS if name in node), None)
    if name is None:
        yield _unknown_condition(node, place)
        return
    for key in node:
        if key not in CONDITIONS[name]:
            message = f'A "{name}" condition has no part {_shown(key)}.'
            yield Problem("unknown_part", message, _join(place, str(key)))
    checks = {"field": _field, "consent": _consent, "segment": _segment}
    yield from checks[name](node, place, known)


def _unknown_condition(node: Mapping[str, Any], place: str) -> Problem:
    for name, sentence in LATER.items():
        if name in node:
            return Problem("not_available", sentence, _join(place, name))
    message = (
        f'A condition starts with "field", "consent" or "segment", not {_shown(next(iter(node)))}.'
    )
    return Problem("unknown_condition", message, place)


def _field(node: Mapping[str, Any], place: str, known: _Known) -> Iterator[Problem]:
    name, op = node["field"], node.get("op")
    kind = fields.kind(name, known.attributes) if isinstance(name, str) else None
    if kind is None:
        hint = _nearest(name, fields.FIELDS)
        message = f"There is no field {_shown(name)}."
        if isinstance(name, str) and name.startswith("attributes."):
            message = f"The attribute {_shown(name)} is not declared; declare it before use."
        yield Problem("unknown_field", message, _join(place, "field"), hint=hint)
        return
    if problem := _operator(op, kind, name):
        yield Problem(problem[0], problem[1], _join(place, "op"), hint=problem[2])
    elif message := values.mistake(kind, str(op), node):
        yield Problem("wrong_value", message, _join(place, "value"))


def _operator(op: Any, kind: str, name: str) -> tuple[str, str, str] | None:
    """Return (code, sentence, hint) when this operator does not go with this kind of field."""
    if not isinstance(op, str) or op not in fields.ALL_OPERATORS | fields.EVENT_OPERATORS:
        return "unknown_operator", f"There is no operator {_shown(op)}.", _nearest(op, fields.TAKES)
    if op in fields.EVENT_OPERATORS:
        return "not_available", f'"{op}" counts events; {LATER["event"]}', ""
    if kind and op not in fields.OPERATORS[kind]:
        allowed = ", ".join(fields.OPERATORS[kind])
        return "wrong_operator", f'"{name}" is of kind {kind}; "{op}" does not apply.', allowed
    return None


def _consent(node: Mapping[str, Any], place: str, _known: _Known) -> Iterator[Problem]:
    for part, default, allowed in (
        ("consent", None, PURPOSES),
        ("op", "given", fields.CONSENT_OPERATORS),
        ("channel", "email", CHANNELS),
    ):
        if node.get(part, default) not in allowed:
            message = f"{_shown(node.get(part))} is none of {', '.join(allowed)}."
            yield Problem("wrong_value", message, _join(place, part))
    if not values.is_slug(node.get("list", ""), may_be_empty=True):
        message = "A list is named by letters, digits, - and _."
        yield Problem("wrong_value", message, _join(place, "list"))


def _segment(node: Mapping[str, Any], place: str, known: _Known) -> Iterator[Problem]:
    key = node["segment"]
    here = _join(place, "segment")
    if not values.is_slug(key):
        yield Problem("wrong_value", "A segment is named by its key.", here)
    elif known.segments is not None and key not in known.segments:
        hint = _nearest(key, known.segments)
        yield Problem("unknown_segment", f"There is no segment {_shown(key)}.", here, hint=hint)


def _nearest(word: Any, known: Mapping[str, Any] | Set[str]) -> str:
    close = get_close_matches(word, known, 1) if isinstance(word, str) else []
    return f'Did you mean "{close[0]}"?' if close else ""


def _shown(value: Any) -> str:
    """Return a short, printable mention of whatever stands there."""
    if not isinstance(value, str):
        return "that" if isinstance(value, (list, dict)) else str(value)
    text = value.encode("utf-8", "replace").decode()
    return f'"{text[:40]}…"' if len(text) > 40 else f'"{text}"'


# the one spelling


def _canonical(node: Mapping[str, Any]) -> dict[str, Any]:
    for name in GROUPS:
        if name == "not" and name in node:
            return {name: _canonical(node[name])}
        if name in node:
            return {name: [_canonical(child) for child in node[name]]}
    if "consent" in node:
        return {
            "consent": node["consent"],
            "op": node.get("op", "given"),
            "channel": node.get("channel", "email"),
            "list": node.get("list", ""),
        }
    if "segment" in node:
        return {"segment": node["segment"]}
    name = unicodedata.normalize("NFC", node["field"])
    spelled = {"field": name, "op": node["op"]}
    if "value" in node:
        spelled["value"] = values.canonical(node["op"], node["value"])
    return spelled
