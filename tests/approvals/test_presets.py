"""The presets beside `standard`: which level and voices each row of their tables gives."""

import pytest

from approvals import policy, policy_checks, presets
from approvals.lists import LISTS

PLAIN = {
    "type": "update",
    "priority": 3,
    "urgency": "medium",
    "featured": False,
    "weekly": False,
    "formats": ["web"],
    "flags": [],
    "technical": False,
    "launch": False,
    "major_news": False,
    "quotations": [],
    "figures": [],
    "legal_triggers": [],
    "has_budget": False,
    "budget_usd": None,
    "checks_green": True,
    "author_may_publish": True,
}


def route(preset, **facts):
    return policy.match(presets.PRESETS[preset, 1], {**PLAIN, **facts})


def voices(matched):
    return [sorted(" | ".join(group) for group in stage.roles) for stage in matched.stages]


def names(matched):
    return [each.row.name for each in matched.rows]


MARKETING = "marketing_manager | marketing_coordinator"


@pytest.mark.parametrize(
    ("facts", "level", "wanted"),
    [
        ({}, 1, [["editor"]]),
        ({"priority": 5}, 1, [["editor"]]),
        ({"type": "session", "priority": 4}, 1, [["editor"]]),
        ({"type": "blog"}, 2, [["senior_editor"]]),
        ({"featured": True}, 2, [["marketing_manager"]]),
        ({"featured": True, "priority": 4}, 2, [["marketing_manager"]]),
        ({"type": "announcement"}, 3, [["marketing_manager"], ["executive"]]),
        (
            {"urgency": "critical", "priority": 1, "type": "session"},
            4,
            [["ceo | cmo | cto | marketing_manager"]],
        ),
        ({"priority": 2}, 2, [[MARKETING, "team_lead"]]),
        ({"priority": 1, "type": "weekly"}, 2, [[MARKETING, "team_lead"]]),
        (
            {"priority": 1, "type": "announcement"},
            3,
            [["marketing_manager", "team_lead"], ["executive"]],
        ),
    ],
)
def test_each_row_of_the_preset_priority_gives_its_level_and_voices(facts, level, wanted):
    matched = route("priority", **facts)

    assert (matched.level, voices(matched)) == (level, wanted)


def test_the_fast_track_is_out_within_two_running_hours():
    fast = route("priority", priority=1, type="announcement")

    assert {(stage.sla_h, stage.clock) for stage in fast.stages} == {(2, "running")}
    assert names(fast) == ["fast track, announcement", "announcement"]


def test_the_weekly_edition_is_never_signed_by_the_preset_priority():
    for priority in range(1, 6):
        matched = route("priority", type="weekly", weekly=True, priority=priority)
        assert (matched.level, matched.signing_row) == (2, "")


@pytest.mark.parametrize(
    ("facts", "level", "wanted"),
    [
        ({"type": "blog"}, 1, [["editor"]]),
        ({"author_may_publish": False}, 2, [["editor | senior_editor"]]),
        ({"checks_green": False}, 2, [["editor | senior_editor"]]),
        ({"flags": ["pricing"]}, 2, [["editor | senior_editor"]]),
        ({"type": "weekly"}, 2, [["editor | senior_editor"]]),
        ({"featured": True}, 2, [["editor | senior_editor"]]),
        ({"type": "announcement"}, 2, [["editor | senior_editor"]]),
        ({"has_budget": True, "budget_usd": 0.01}, 2, [["editor | senior_editor"]]),
        ({"has_budget": True, "budget_usd": 999.99}, 2, [["editor | senior_editor"]]),
        *(
            (
                facts,
                3,
                [
                    ["editor | senior_editor"],
                    ["marketing_manager"],
                    ["department_head | external"],
                ],
            )
            for facts in (
                {"has_budget": True, "budget_usd": 1000},
                {"has_budget": True, "budget_usd": 10_000},
                {"has_budget": True, "budget_usd": None},
                {"launch": True, "type": "announcement"},
                {"flags": ["partnership"], "type": "announcement"},
            )
        ),
        ({"has_budget": True, "budget_usd": 10_000.01}, 4, [["ceo", "cmo", "cto", "legal"]]),
        ({"type": "weekly", "urgency": "critical"}, 4, None),
        ({"flags": ["regulatory"], "has_budget": True, "budget_usd": 20_000}, 4, None),
    ],
)
def test_each_row_of_the_preset_budget_gives_its_level_and_voices(facts, level, wanted):
    matched = route("budget", **facts)

    assert matched.level == level
    assert wanted is None or voices(matched) == wanted


def test_a_featured_partnership_blog_of_12000_dollars_is_level_4_and_lists_each_row():
    facts = {
        "type": "blog",
        "featured": True,
        "flags": ["partnership"],
        "has_budget": True,
        "budget_usd": 12_000,
    }
    matched = route("budget", **facts)

    assert matched.level == 4
    assert names(matched) == [
        "budget over USD 10,000",
        "launch, partnership or major campaign",
        "feature announcement or campaign",
    ]
    assert [each.why for each in matched.rows] == [
        "Budget usd is 12000.",
        "Flags is partnership.",
        "Featured is yes.",
    ]
    assert {"ceo", "cmo", "cto", "legal", "marketing_manager"} <= set(voices(matched)[0])


def test_only_a_clean_draft_without_a_budget_may_be_signed_under_budget():
    assert route("budget").signing_row == "automatic"
    assert route("budget", has_budget=True, budget_usd=5).signing_row == ""
    assert route("budget", featured=True).signing_row == ""


@pytest.mark.parametrize(
    ("facts", "lists"),
    [
        ({"type": "blog"}, [["editorial"]]),
        ({"featured": True}, [["editorial"]]),
        ({"type": "weekly"}, [[]]),
        ({"type": "announcement"}, [["marketing"], ["technical"], ["publication"]]),
        ({}, [[]]),
    ],
)
def test_the_stages_of_standard_name_their_lists(facts, lists):
    assert [list(stage.checklists) for stage in route("standard", **facts).stages] == lists


@pytest.mark.parametrize("preset", ["standard", "priority", "budget"])
def test_what_a_preset_says_can_be_read(preset):
    rows = [
        {
            "name": row.name,
            "level": row.number,
            "when": row.when,
            "stages": [stage.as_dict() for stage in row.stages],
            "auto_approval": row.is_auto,
            "note": row.note,
        }
        for row in presets.PRESETS[preset, 1]
    ]
    assert policy_checks.rows(rows, checklists=list(LISTS)) == []
