import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halcytone.lib.errors import Invalid
from segmentation import fields, rules

TECH = {"field": "industry", "op": "eq", "value": "technology"}
WARM = {"field": "engagement", "op": "gte", "value": 40}


def found(rule, **known):
    return [(problem.code, problem.attr) for problem in rules.check(rule, **known)]


def nested(depth, inside=TECH):
    for _ in range(depth):
        inside = {"all": [inside]}
    return inside


@pytest.mark.parametrize(
    "rule",
    [
        {},
        TECH,
        {"all": []},
        {"all": [TECH, {"any": [WARM, {"not": {"segment": "vip_holdout"}}]}]},
        {"consent": "sessions"},
        {"consent": "sessions", "op": "withdrawn", "channel": "sms", "list": "weekly"},
        {"field": "birthday", "op": "month_day_within", "value": 7},
        {"field": "dates.renewal_on", "op": "before", "value": "2027-01-31"},
        {"field": "attributes.shoe_size", "op": "between", "value": [38, 40.5]},
        {"field": "last_active_at", "op": "between", "value": ["2026-01-01", "2026-02-01"]},
        {"field": "tags", "op": "has_all", "value": ["VIP", "beta"]},
        {"field": "goals", "op": "is_empty"},
        nested(5),
    ],
)
def test_a_good_rule_has_no_problem(rule):
    assert rules.check(rule) == []


@pytest.mark.parametrize(
    ("rule", "code", "place"),
    [
        ({"all": [TECH, {"any": [{**WARM, "op": "is"}]}]}, "unknown_operator", "all[1].any[0].op"),
        ({"not": {**TECH, "field": "indutry"}}, "unknown_field", "not.field"),
        ({**TECH, "op": "gte"}, "wrong_operator", "op"),
        ({**WARM, "value": "40"}, "wrong_value", "value"),
        ({**WARM, "value": True}, "wrong_value", "value"),
        ({**WARM, "value": float("nan")}, "wrong_value", "value"),
        ({**TECH, "value": ""}, "wrong_value", "value"),
        ({**TECH, "value": "a\0b"}, "wrong_value", "value"),
        ({"field": "industry", "op": "eq"}, "wrong_value", "value"),
        ({"field": "industry", "op": "is_set", "value": 1}, "wrong_value", "value"),
        ({"field": "birth_day", "op": "eq", "value": 3.5}, "wrong_value", "value"),
        ({"field": "engagement", "op": "between", "value": [9, 1]}, "wrong_value", "value"),
        ({"field": "tags", "op": "has_any", "value": []}, "wrong_value", "value"),
        ({"field": "created_at", "op": "before", "value": "2026-02-30"}, "wrong_value", "value"),
        ({"field": "created_at", "op": "within_days", "value": -1}, "wrong_value", "value"),
        ({"event": "clicked", "op": "count_gte", "value": 2}, "not_available", "event"),
        ({**TECH, "op": "count_gte"}, "not_available", "op"),
        ({"release": 4}, "not_available", "release"),
        ({"all": [TECH], "any": [TECH]}, "wrong_shape", ""),
        ({"any": []}, "wrong_shape", "any"),
        ({"not": []}, "wrong_shape", "not"),
        ({"all": [TECH, {}]}, "wrong_shape", "all[1]"),
        ([TECH], "wrong_shape", ""),
        ({"colour": "red"}, "unknown_condition", ""),
        ({**TECH, "values": []}, "unknown_part", "values"),
        ({"segment": "not a key"}, "wrong_value", "segment"),
        ({"consent": "everything"}, "wrong_value", "consent"),
    ],
)
def test_a_mistake_is_named_with_its_place(rule, code, place):
    assert found(rule) == [(code, place)]


def test_groups_nested_six_deep_are_refused_at_the_sixth():
    assert found(nested(6)) == [("too_deep", "all[0].all[0].all[0].all[0].all[0].all")]


def test_the_fifty_first_condition_is_refused():
    assert found({"all": [TECH] * 50}) == []
    assert found({"all": [TECH] * 51}) == [("too_many", "all[50]")]


def test_a_misspelt_field_comes_with_the_nearest_one():
    assert rules.check({**TECH, "field": "indutry"})[0].hint == 'Did you mean "industry"?'


def test_an_attribute_must_be_declared_and_gives_its_kind():
    rule = {"field": "attributes.shoe_size", "op": "starts_with", "value": "4"}
    assert found(rule, attributes={}) == [("unknown_field", "field")]
    assert found(rule, attributes={"shoe_size": "number"}) == [("wrong_operator", "op")]
    assert found(rule, attributes={"shoe_size": "text"}) == []


def test_a_reference_must_be_known():
    assert found({"segment": "vip"}, segments={"vips"}) == [("unknown_segment", "segment")]
    assert found({"segment": "vip"}, segments={"vip"}) == []


def test_a_loop_of_references_is_shown_as_a_way():
    world = {
        "a": {"segment": "b"},
        "b": {"not": {"segment": "c"}},
        "c": {"any": [{"segment": "a"}]},
    }
    assert rules.loop("a", world) == ["a", "b", "c", "a"]
    assert rules.loop("a", {**world, "c": TECH}) == []


def test_equal_rules_have_one_spelling():
    one = {
        "all": [{"value": ["Sleep", "meditation ", "sleep"], "op": "has_any", "field": "interests"}]
    }
    two = {"all": [{"field": "interests", "op": "has_any", "value": ["meditation", "SLEEP"]}]}
    assert json.dumps(rules.canonical(one)) == json.dumps(rules.canonical(two))
    assert rules.canonical({**WARM, "value": 40.0}) == {**WARM, "value": 40}
    assert rules.canonical({"all": []}) == {}
    assert rules.canonical({"consent": "sessions"}) == {
        "consent": "sessions",
        "op": "given",
        "channel": "email",
        "list": "",
    }


def test_a_rule_with_problems_has_no_canonical_form():
    with pytest.raises(Invalid) as error:
        rules.canonical({"all": [{**TECH, "op": "is"}]})
    assert error.value.problems[0].attr == "all[0].op"


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["all", "any", "not", "field", "op", "value", "segment", "consent", "event"]
            )
            | st.text(max_size=3),
            inside,
            max_size=4,
        )
    ),
    max_leaves=30,
)


@given(ANY_JSON)
def test_any_value_is_judged_and_none_is_a_crash(rule):
    problems = rules.check(rule)
    for problem in problems:
        assert problem.message.encode()
    if not problems:
        assert rules.canonical(rules.canonical(rule)) == rules.canonical(rule)


TEXTS = st.text(min_size=1, max_size=20)
VALUES = {
    "nothing": st.none(),
    "several": st.lists(TEXTS | st.integers(-9, 9) | st.floats(-9, 9), min_size=1, max_size=4),
    "two": st.lists(st.integers(0, 9), min_size=2, max_size=2)
    | st.just(["2026-01-01", "2026-02-01"]),
    "days": st.integers(0, 400),
    "one": TEXTS | st.integers(-9, 9) | st.booleans() | st.dates().map(str),
}


@st.composite
def field_conditions(draw):
    name = draw(st.sampled_from([*fields.FIELDS, "dates.renewal_on", "attributes.shoe_size"]))
    kind = fields.kind(name)
    op = draw(st.sampled_from(fields.OPERATORS[kind] if kind else sorted(fields.ALL_OPERATORS)))
    takes = fields.TAKES.get(op, "one")
    value = draw(VALUES[takes])
    return {"field": name, "op": op} | ({} if takes == "nothing" else {"value": value})


CONDITIONS = field_conditions() | st.sampled_from([{"consent": "sessions"}, {"segment": "vip"}])
RULES = st.recursive(
    CONDITIONS,
    lambda inside: (
        st.fixed_dictionaries({"not": inside})
        | st.fixed_dictionaries({"all": st.lists(inside, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(inside, min_size=1, max_size=3)})
    ),
    max_leaves=6,
)


@given(RULES)
def test_the_canonical_form_is_a_good_rule_and_its_own_canonical_form(rule):
    if rules.check(rule):
        return
    once = rules.canonical(rule)
    assert rules.check(once) == []
    assert json.dumps(rules.canonical(once)) == json.dumps(once)
