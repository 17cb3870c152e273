"""Policies, the answer before submission, checklists, impact and legal matters, over the API."""

import pytest

from approvals.models import Level, Policy, Review
from approvals.services import policies, reviews, versions
from content.models import DraftPiece
from tests.api import Api, problem
from tests.factories.approvals import items_of, rendered_draft, shown, voice
from tests.factories.content import RevisionFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
STAGE = {"name": "Editor", "mode": "single", "roles": [["editor"]], "sla_h": 4}
ROW = {"name": "everything", "level": 2, "when": {}, "stages": [STAGE], "note": "All of it."}


@pytest.fixture
def manager():
    return Api.of("marketing_manager")


@pytest.fixture
def draft(senior):
    return rendered_draft(is_featured=True)


def test_a_version_is_written_read_and_activated_and_running_reviews_keep_theirs(
    manager, draft, senior
):
    voice("marketing_manager")
    running = reviews.submit(draft, by=draft.author)
    made = manager.post("policies", {"preset": "standard", "rows": [ROW], "note": "Simple"})
    assert made.status_code == 201
    body = made.json()
    assert (body["version"], body["is_active"], body["created_by"]) == (
        2,
        False,
        manager.person.username,
    )
    assert body["rows"][0]["name"] == "everything"
    assert policies.active().version == 1
    assert manager.post(f"policies/{body['id']}/activate").status_code == 200
    assert str(policies.active()) == "standard v2"
    problem(manager.post(f"policies/{body['id']}/activate"), 409, "wrong_state")
    running.refresh_from_db()
    assert str(running.policy) == "standard v1"
    voice("editor", group="editor")
    other = rendered_draft()
    assert str(reviews.submit(other, by=other.author).policy) == "standard v2"


def test_what_was_exported_comes_back_the_same():
    person = PersonFactory(group="marketing_manager")
    for preset in ("standard", "priority", "budget"):
        first = Policy.objects.get(preset=preset)
        again = versions.create(by=person, **versions.exported(first))
        assert versions.rows_of(again) == versions.rows_of(first)
        assert versions.differences(first, again) == []


def test_problems_are_named_with_their_place_and_nothing_is_written(manager):
    rows = [ROW, ROW | {"name": "b", "when": {"fact": "password", "eq": 1}}]
    body = problem(manager.post("policies", {"preset": "standard", "rows": rows}), 400, "invalid")
    assert [each["attr"] for each in body["errors"]] == ["rows.1.when"]
    body = problem(manager.post("policies", {"preset": "../x", "rows": [ROW]}), 400, "invalid")
    assert [each["attr"] for each in body["errors"]] == ["preset"]
    assert Policy.objects.count() == 3


def test_a_deeply_nested_rule_is_answered(manager):
    rule = {}
    for _ in range(300):
        rule = {"not": rule}
    response = manager.post("policies", {"preset": "x", "rows": [ROW | {"when": rule}]})
    assert response.status_code == 400


def test_only_those_who_change_policies_write_and_activate():
    editor, viewer = Api.of("editor"), Api.of("viewer")
    given = {"preset": "standard", "rows": [ROW]}
    for api in (editor, viewer, Api.of("service", is_service=True)):
        problem(api.post("policies", given), 403, "not_allowed")
        budget = Policy.objects.get(preset="budget")
        problem(api.post(f"policies/{budget.pk}/activate"), 403, "not_allowed")
        assert api.get("policies").status_code == 200
        assert len(api.get(f"policies/{budget.pk}").json()["rows"]) == 9
    problem(Api.of("contributor").get("policies"), 403, "not_allowed")


def test_two_versions_differ_in_sentences(manager):
    old = Policy.objects.get(preset="priority")
    rows = versions.rows_of(old)
    rows[3]["level"] = 3
    rows[3]["stages"][0]["sla_h"] = 8
    rows[4]["when"] = {
        "all": [{"fact": "featured", "eq": True}, {"fact": "priority", "gte": 2, "lte": 4}]
    }
    del rows[-1]
    rows.append(ROW)
    new = versions.create(by=manager.person, preset="priority", rows=rows)
    assert versions.differences(old, new) == [
        "Row “priority 4 or 5” is gone.",
        "Row “blog”: the level changed from “2” to “3”.",
        "Row “blog”: the stage was Editorial review: Senior editor (parallel, 24 h working, lists: "
        "editorial), and is Editorial review: Senior editor (parallel, 8 h working, lists: editorial).",
        "Row “featured”: it asked “featured is yes”, and now “featured is yes and priority is 2 to 4”.",
        "Row “everything” is new: when always, level 2. Editor: Editor (single, 4 h working).",
    ]


def test_a_draft_is_simulated_with_rows_people_deadlines_and_conditions(manager, draft, senior):
    chief = voice("marketing_manager")
    body = manager.post("policies/simulate", {"draft": str(draft.pk)}).json()
    assert (body["policy"], body["level"], body["policy_signs"]) == ("standard v1", 2, False)
    assert [row["name"] for row in body["rows"]] == ["featured update"]
    (stage,) = body["stages"]
    assert set(stage["people"]) == {senior.username, chief.username}
    assert stage["checklists"] == ["editorial"]
    assert stage["due_at"] == "2026-12-01T14:00:00Z"
    assert body["submit_by"] == "2026-11-30T14:00:00Z"
    failed = {each["name"]: each["failure"] for each in body["conditions"] if each["failure"]}
    assert failed["not featured"] == "It is featured."
    assert "declaration ticked" in failed
    assert not Review.objects.exists()


def test_the_featured_partnership_blog_over_10000_dollars_is_simulated_under_budget(manager):
    versions.activate(Policy.objects.get(preset="budget"), by=manager.person)
    facts = {
        "type": "blog",
        "featured": True,
        "flags": ["partnership"],
        "legal_triggers": ["partnership"],
        "has_budget": True,
        "budget_usd": 12_000,
    }
    body = manager.post("policies/simulate", {"facts": facts}).json()
    assert body["level"] == 4
    assert [row["name"] for row in body["rows"]] == [
        "budget over USD 10,000",
        "launch, partnership or major campaign",
        "feature announcement or campaign",
        "legal trigger",
    ]
    assert len(body["open_questions"]) == 6


def test_what_no_row_matches_is_level_2_and_says_so(manager):
    body = manager.post("policies/simulate", {"facts": {"type": "update", "priority": 1}}).json()
    assert (body["level"], body["rows"][0]["why"]) == (
        2,
        "No row of the policy matches this draft.",
    )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"facts": {"priority": "3"}}, "facts.priority"),
        ({"facts": {"type": "poem"}}, "facts.type"),
        ({"facts": {"flags": "medical"}}, "facts.flags"),
        ({"facts": {"flags": [{}]}}, "facts.flags"),
        ({"facts": {"password": 1}}, "facts.password"),
        ({"draft": "999999"}, "draft"),
        ({}, None),
        ({"draft": "1", "facts": {}}, None),
    ],
)
def test_what_cannot_be_simulated_is_named(manager, body, place):
    answer = problem(manager.post("policies/simulate", body), 400, "invalid")
    assert place is None or [each["attr"] for each in answer["errors"]] == [place]


def test_lists_are_ticked_over_the_api_and_the_refusal_names_the_items(draft, senior):
    voice("marketing_manager")
    review = reviews.submit(draft, by=draft.author)
    api = Api(senior)
    wish = {"verdict": "approve", "shown": shown(draft)}
    body = problem(api.post(f"reviews/{review.pk}/decide", wish), 400, "checklist_open")
    assert body["errors"][0]["attr"] == "checklists.editorial"
    ticked = api.post(
        f"reviews/{review.pk}/checklist", {"items": items_of("editorial"), "evidence": "Read."}
    )
    assert ticked.status_code == 201
    assert {row["person"] for row in ticked.json()["results"]} == {senior.username}
    assert api.post(f"reviews/{review.pk}/decide", wish).status_code == 201
    author = Api(draft.author)
    problem(
        author.post(f"reviews/{review.pk}/checklist", {"items": items_of("editorial")}),
        403,
        "not_allowed",
    )
    lists = author.get("checklists").json()["results"]
    assert {each["key"]: len(each["items"]) for each in lists}["tuesday"] == 6


def test_the_declaration_and_the_impact_form_belong_to_the_draft(draft):
    api = Api(draft.author)
    path = f"drafts/{draft.pk}"
    assert api.get(f"{path}/impact").json()["stakeholders"] is None
    given = {"market_significance": "high", "stakeholders": [], "crisis_preparation": False}
    assert api.post(f"{path}/impact", given).json()["crisis_preparation"] is False
    assert api.get(f"{path}/impact").json()["stakeholders"] == []
    problem(api.post(f"{path}/impact", {"market_significance": "huge"}), 400, "invalid")
    done = api.post(f"{path}/declaration", {"items": items_of("creation")})
    assert len(done.json()["results"]) == 6


def test_triggers_are_disputed_and_cleared_and_counsel_keeps_a_record():
    voice("editor", group="editor")
    counsel = Api(voice("legal", group="legal"))
    draft = rendered_draft()
    piece = RevisionFactory(content="It may help.", title="Calm")
    DraftPiece.objects.create(draft=draft, revision=piece, position=1)
    review = reviews.submit(draft, by=draft.author)
    author = Api(draft.author)
    (trigger,) = author.get(f"reviews/{review.pk}/legal").json()["triggers"]
    assert (trigger["kind"], trigger["passage"]) == ("medical", "It may help.")
    path = f"legal-triggers/{trigger['id']}"
    assert author.post(f"{path}/dispute", {"reason": "A quotation."}).json()["dispute"]
    problem(author.post(f"{path}/clear", {"reason": "No."}), 403, "no_role")
    record = {"risk": "low", "frames": ["gdpr"], "monitor_on": "2026-12-08"}
    problem(author.post(f"reviews/{review.pk}/legal", record), 403, "no_role")
    made = counsel.post(f"reviews/{review.pk}/legal", record)
    assert made.json()["record"]["monitor_on"] == "2026-12-08"
    cleared = counsel.post(f"{path}/clear", {"reason": "It is one."}).json()
    assert cleared["effect"].startswith("The legal stage was taken away")
    problem(Api.of("contributor").post(f"{path}/dispute", {"reason": "Mine."}), 404, "not_found")


def test_a_rule_that_was_written_past_the_service_is_found_by_the_check():
    from approvals.checks import check_policies

    Level.objects.filter(policy__is_active=True).first().__class__.objects.filter(
        policy__is_active=True, position=1
    ).update(when={"fact": "password", "eq": 1})
    assert [each.id for each in check_policies(databases=["default"])] == ["approvals.E002"]
