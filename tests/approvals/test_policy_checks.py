"""Rules and rows that somebody typed or meant to harm with: each problem with its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import policy, policy_checks


def nested(depth, rule=None):
    for _ in range(depth):
        rule = {"not": rule or {}}
    return rule


@pytest.mark.parametrize(
    ("rule", "place", "code"),
    [
        ({"fact": "priority", "above": 3}, "when", "rule_operator"),
        ({"all": [{}, {"gte": 3}]}, "when.all.1", "rule_operator"),
        ({"not": []}, "when.not", "rule_shape"),
        ({"any": 3}, "when.any.0", "rule_shape"),
        ({"all": []}, "when.all.0", "rule_shape"),
        ([], "when", "rule_shape"),
        (None, "when", "rule_shape"),
        ({"fact": "priority"}, "when", "rule_operator"),
        ({"fact": ["priority"], "eq": 1}, "when", "rule_operator"),
        ({"fact": "password", "eq": "x"}, "when", "rule_fact"),
        ({"fact": "priority", "gte": "3"}, "when.gte", "rule_value"),
        ({"fact": "priority", "gte": True}, "when.gte", "rule_value"),
        ({"fact": "priority", "gte": float("nan")}, "when.gte", "rule_value"),
        ({"fact": "priority", "in": 3}, "when.in", "rule_value"),
        ({"fact": "priority", "has": 3}, "when.has", "rule_operator"),
        ({"fact": "type", "eq": "poem"}, "when.eq", "rule_value"),
        ({"fact": "type", "eq": {"a": 1}}, "when.eq", "rule_value"),
        ({"fact": "flags", "has_any": [["medical"]]}, "when.has_any", "rule_value"),
        ({"fact": "flags", "has": "medicine"}, "when.has", "rule_value"),
        ({"fact": "figures", "present": "yes"}, "when.present", "rule_value"),
        ({"fact": "featured", "eq": 1}, "when.eq", "rule_value"),
        ({"all": [{}], "fact": "priority", "gte": 3}, "when", "rule_shape"),
        ({"any": [{}], "not": {}}, "when", "rule_shape"),
        (nested(2000), "when", "rule_size"),
        ({"all": [{}] * 60}, "when", "rule_size"),
    ],
)
def test_a_rule_that_cannot_be_read_is_named_with_its_place(rule, place, code):
    (problem,) = policy_checks.rule(rule)

    assert (problem.attr, problem.code) == (place, code)


def row(**changes):
    stage = {"name": "Editor", "mode": "single", "roles": [["editor"]]}
    return {"name": "a row", "level": 1, "when": {}, "stages": [stage]} | changes


def stage(**changes):
    return row(stages=[{"name": "Editor", "mode": "single", "roles": [["editor"]]} | changes])


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([], "rows"),
        ({}, "rows"),
        ([row()] * 101, "rows"),
        ([row(), row()], "rows.1.name"),
        ([3], "rows.0"),
        ([row(name=" ")], "rows.0.name"),
        ([row(name=None)], "rows.0.name"),
        ([row(level=5)], "rows.0.level"),
        ([row(level=True)], "rows.0.level"),
        ([row(level="2")], "rows.0.level"),
        ([row(script="x")], "rows.0.script"),
        ([row(note=3)], "rows.0.note"),
        ([row(level=2, auto_approval=True)], "rows.0.auto_approval"),
        ([row(auto_approval=1)], "rows.0.auto_approval"),
        ([row(stages=[])], "rows.0.stages"),
        ([row(stages="Editor")], "rows.0.stages"),
        ([row(when={"fact": "x", "eq": 1})], "rows.0.when"),
        ([stage(mode="vote")], "rows.0.stages.0.mode"),
        ([stage(mode=["single"])], "rows.0.stages.0.mode"),
        ([stage(roles=[])], "rows.0.stages.0.roles"),
        ([stage(roles=["editor"])], "rows.0.stages.0.roles"),
        ([stage(roles=[["superuser"]])], "rows.0.stages.0.roles.0"),
        ([stage(roles=[[["editor"]]])], "rows.0.stages.0.roles.0"),
        ([stage(roles=[["editor", "editor"]])], "rows.0.stages.0.roles.0"),
        ([stage(quorum=0)], "rows.0.stages.0.quorum"),
        ([stage(quorum=2)], "rows.0.stages.0.quorum"),
        ([stage(sla_h=0)], "rows.0.stages.0.sla_h"),
        ([stage(sla_h=float("inf"))], "rows.0.stages.0.sla_h"),
        ([stage(clock="lunar")], "rows.0.stages.0.clock"),
        ([stage(checklists=["secret"])], "rows.0.stages.0.checklists"),
        ([stage(external="yes")], "rows.0.stages.0.external"),
        ([stage(role_formats={"seo": ["tv"]})], "rows.0.stages.0.role_formats"),
        ([stage(by="x")], "rows.0.stages.0.by"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_with_its_place(rows, place):
    (problem,) = policy_checks.rows(rows, checklists=["editorial"])

    assert problem.attr == place


def test_what_is_missing_is_named():
    problems = policy_checks.rows([{"stages": [{}]}], checklists=[])

    places = {each.attr for each in problems}
    assert {"rows.0.name", "rows.0.level", "rows.0.stages.0.roles"} <= places


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "fact", "eq", "in", "has_any", "name", "stages"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
FACTS = {"priority": 3, "type": "blog", "flags": ["medical"], "featured": None}


@given(rule=JSON)
def test_a_rule_that_passes_never_fails_when_it_is_asked(rule):
    if not policy_checks.rule(rule):
        assert policy.holds(rule, FACTS) in (True, False)
        assert policy.explain(rule, FACTS)


@given(rows=JSON)
def test_whatever_is_given_as_rows_is_answered_in_problems(rows):
    for problem in policy_checks.rows(rows, checklists=[]):
        assert problem.message
        assert json.dumps(problem.as_dict())
