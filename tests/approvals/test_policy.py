"""Which level and voices the preset asks for, row by row, and how several rows become one answer."""

import pytest

from approvals import policy, presets
from approvals.policy import Row, StageSpec

PLAIN = {
    "type": "update",
    "priority": 3,
    "urgency": "medium",
    "featured": False,
    "formats": ["web"],
    "flags": [],
    "technical": False,
    "launch": False,
    "major_news": False,
    "quotations": [],
    "figures": None,
    "legal_triggers": [],
}


def route(**facts):
    return policy.match(presets.STANDARD_V1, {**PLAIN, **facts})


def roles(matched):
    return [[" | ".join(group) for group in stage.roles] for stage in matched.stages]


@pytest.mark.parametrize(
    ("facts", "level", "wanted"),
    [
        ({}, 1, [["editor"]]),
        ({"priority": 5}, 1, [["editor"]]),
        (
            {"featured": True, "priority": 2},
            2,
            [["senior_editor", "marketing_manager | marketing_coordinator"]],
        ),
        ({"type": "blog"}, 2, [["senior_editor", "seo"]]),
        (
            {"type": "blog", "formats": ["web", "newsletter"]},
            2,
            [["senior_editor", "seo", "marketing_coordinator"]],
        ),
        ({"type": "weekly", "priority": 2}, 2, [["marketing_manager", "team_lead"]]),
        ({"type": "weekly"}, 2, [["marketing_manager", "team_lead"]]),
        (
            {"type": "weekly", "figures": ["users"]},
            2,
            [["marketing_manager", "team_lead", "data"]],
        ),
        (
            {"type": "weekly", "major_news": True},
            2,
            [["marketing_manager", "team_lead", "executive"]],
        ),
        (
            {"type": "announcement"},
            3,
            [["marketing_manager"], ["department_head"], ["executive"]],
        ),
        (
            {"type": "announcement", "flags": ["legal"]},
            3,
            [["marketing_manager"], ["department_head"], ["executive"], ["legal"]],
        ),
        (
            {"type": "announcement", "flags": ["partnership"]},
            3,
            [["marketing_manager"], ["department_head"], ["executive"], ["legal"]],
        ),
        (
            {"launch": True, "priority": 1},
            3,
            [["marketing_manager"], ["department_head"], ["executive"]],
        ),
        (
            {"type": "announcement", "urgency": "critical", "priority": 1},
            4,
            [["marketing_manager", "department_head", "executive", "ceo", "cmo", "cto", "legal"]],
        ),
        ({"urgency": "critical", "priority": 1}, 4, [["ceo", "cmo", "cto", "legal"]]),
        ({"technical": True}, 1, [["editor"]]),
        ({"technical": True, "priority": 2}, 2, [["senior_editor"]]),
        ({"type": "session"}, 1, [["editor"]]),
        ({"type": "session", "quotations": ["I slept again"]}, 2, [["senior_editor"]]),
        ({"type": "session", "flags": ["medical"]}, 2, [["senior_editor"]]),
        (
            {"type": "blog", "priority": 5},
            2,
            [["senior_editor", "marketing_coordinator | marketing_manager", "seo"]],
        ),
    ],
)
def test_each_row_of_the_preset_standard_gives_its_level_and_voices(facts, level, wanted):
    matched = route(**facts)

    assert matched.level == level
    got = roles(matched)
    assert [sorted(stage) for stage in got] == [sorted(stage) for stage in wanted]


@pytest.mark.parametrize(
    ("facts", "modes"),
    [
        ({}, ["single"]),
        ({"type": "weekly"}, ["parallel"]),
        ({"type": "announcement"}, ["sequential", "sequential", "sequential"]),
        ({"urgency": "critical"}, ["committee"]),
    ],
)
def test_each_level_has_its_mode(facts, modes):
    assert [stage.mode for stage in route(**facts).stages] == modes


def test_the_highest_level_wins_and_every_matching_row_is_named():
    matched = route(flags=["partnership"])

    assert matched.level == 3
    assert [(each.row.name, each.row.number) for each in matched.rows] == [
        ("partnership news", 3),
        ("standard update", 1),
    ]
    assert matched.rows[0].why == "Flags is partnership."
    assert roles(matched)[0] == ["editor", "marketing_manager"]  # the lower voice speaks first


def test_seo_looks_at_web_pages_only_also_when_a_higher_row_adopts_it():
    matched = route(type="blog", urgency="critical")

    assert matched.stages[0].role_formats == {"seo": ["web"]}


def test_the_policy_may_sign_only_when_every_matching_row_allows_it():
    assert route().signing_row == "standard update"
    assert route(technical=True).signing_row == ""
    assert route(featured=True).signing_row == ""


def row(name, level, *groups, **stage):
    stages = (StageSpec(**{"name": name, "mode": "parallel", "roles": groups, **stage}),)
    return Row(None, name, level, {}, stages)


def test_a_choice_of_roles_is_narrowed_by_a_row_that_wants_one_of_them():
    wide = row("wide", 2, ("marketing_manager", "marketing_coordinator"))
    strict = row("strict", 2, ("marketing_coordinator",))

    for rows in ([wide, strict], [strict, wide]):
        assert roles(policy.match(rows, {})) == [["marketing_coordinator"]]


def test_a_quorum_grows_with_the_voices_that_are_added():
    committee = row("committee", 4, ("ceo",), ("cmo",), ("cto",), quorum=2)
    lower = row("lower", 2, ("senior_editor",))

    assert policy.match([committee, lower], {}).stages[0].quorum == 3


def test_a_running_review_only_gains():
    level_2 = policy.match([row("text", 2, ("senior_editor",))], {})
    level_1 = policy.match([row("editor", 1, ("editor",))], {})

    assert policy.with_missing(level_2.stages, level_2) == level_2.stages
    grown = policy.with_missing(level_1.stages, level_2)
    assert [stage.roles for stage in grown] == [(("editor",),), (("senior_editor",),)]


@pytest.mark.parametrize(
    ("rule", "facts", "wanted"),
    [
        ({}, {}, True),
        ({"fact": "priority", "gte": 2, "lte": 4}, {"priority": 4}, True),
        ({"fact": "priority", "gte": 2, "lte": 4}, {"priority": 5}, False),
        ({"fact": "type", "in": ["blog", "update"]}, {"type": "blog"}, True),
        ({"fact": "flags", "has": "legal"}, {"flags": ["legal", "pricing"]}, True),
        ({"fact": "flags", "has_any": ["legal"]}, {"flags": []}, False),
        ({"fact": "figures", "present": True}, {"figures": None}, False),
        ({"fact": "budget_usd", "gte": 0}, {}, False),
        ({"not": {"fact": "featured", "eq": True}}, {"featured": False}, True),
        ({"any": [{"fact": "a", "eq": 1}, {"fact": "b", "eq": 1}]}, {"b": 1}, True),
        ({"all": [{"fact": "a", "eq": 1}, {"fact": "b", "eq": 1}]}, {"b": 1}, False),
    ],
)
def test_rules_compare_facts_and_an_absent_fact_satisfies_no_comparison(rule, facts, wanted):
    assert policy.holds(rule, facts) is wanted


def test_a_stage_survives_being_stored():
    for rows in presets.PRESETS.values():
        for stage in (stage for each in rows for stage in each.stages):
            assert StageSpec.read(stage.as_dict()) == stage


COUNSEL = StageSpec("Legal", "sequential", (("legal",),))


def test_a_legal_trigger_adds_counsel_at_the_end_and_lifts_the_level_to_2():
    matched = policy.with_legal(route(), COUNSEL, "A health claim.")

    assert (matched.level, roles(matched)) == (2, [["editor"], ["legal"]])
    assert [each.row.name for each in matched.rows] == ["standard update", "legal trigger"]
    assert matched.rows[-1].why == "A health claim."


def test_a_legal_trigger_adds_no_second_counsel_and_lowers_nothing():
    matched = policy.with_legal(route(urgency="critical"), COUNSEL, "")

    assert matched.level == 4
    assert [group for stage in roles(matched) for group in stage].count("legal") == 1
