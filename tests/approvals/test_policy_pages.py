"""The desk's pages of policies, and what is ticked, answered and cleared around a review."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import (
    ChecklistItem,
    Competitor,
    ImpactAssessment,
    LegalTrigger,
    Policy,
    Tick,
)
from approvals.services import policies, reviews, versions
from content.models import DraftPiece
from tests.factories.approvals import items_of, rendered_draft, shown, voice
from tests.factories.content import RevisionFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


def at_desk(person):
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def chief(manager):
    return at_desk(manager)


def page(client, name, *args, status=200, **query):
    answer = client.get(reverse(f"approvals:{name}", args=args), query)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def post(client, name, *args, **given):
    return client.post(reverse(f"approvals:{name}", args=args), given, follow=True)


def said(answer):
    return " ".join(str(each) for each in answer.context["messages"])


def test_versions_are_listed_read_compared_and_activated(chief):
    assert "budget v1" in page(chief, "policies")
    rows = page(chief, "policy")
    assert "content type is update and priority is 3 to 5 and featured is no" in rows
    assert "Marketing: Marketing manager (sequential, 24 h working, lists: marketing)" in rows
    budget = Policy.objects.get(preset="budget")
    other = page(chief, "policy-version", budget.pk, **{"with": policies.active().pk})
    assert "Row “standard update” is gone." in other
    assert "Put it in force" in other
    assert "New reviews follow budget v1" in said(post(chief, "policy-activate", budget.pk))
    assert policies.active() == budget
    page(chief, "policy-version", 999_999, status=404)


def form_of(policy, **changes):
    rows = versions.rows_of(policy)
    given = {"count": len(rows) + 1, "note": "Changed"}
    for place, row in enumerate(rows):
        given |= {
            f"name-{place}": row["name"],
            f"level-{place}": row["level"],
            f"note-{place}": row["note"],
            f"when-{place}": json.dumps(row["when"]),
            f"stages-{place}": json.dumps(row["stages"]),
        }
        if row["auto_approval"]:
            given[f"auto-{place}"] = "on"
    return given | changes


def test_a_new_version_is_typed_into_a_form(chief):
    old = Policy.objects.get(preset="budget")
    assert "What a rule may ask" in page(chief, "policy-edit", old.pk)
    given = form_of(old, **{"name-0": "by itself", "gone-8": "on"})
    answer = post(chief, "policy-edit", old.pk, **given)
    new = Policy.objects.get(preset="budget", version=2)
    assert "It is not in force" in said(answer)
    assert versions.rows_of(new)[0]["name"] == "by itself"
    assert len(versions.rows_of(new)) == 8
    assert not new.is_active


def test_what_cannot_be_read_is_named_beside_its_row_and_kept(chief):
    old = Policy.objects.get(preset="budget")
    for given, words in (
        ({"when-1": "{oops"}, "This is no JSON"),
        ({"when-1": '{"fact": "password", "eq": 1}'}, "There is no routing input “password”."),
        ({"stages-1": "[]"}, "A row has 1 to 10 stages."),
        ({"name-1": "weekly update"}, "Another row has this name already."),
    ):
        answer = chief.post(reverse("approvals:policy-edit", args=[old.pk]), form_of(old, **given))
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert next(iter(given.values()))[:5] in answer.content.decode().replace("&quot;", '"')
    assert Policy.objects.filter(preset="budget").count() == 1


def test_export_and_import_are_each_others_opposite(chief):
    old = Policy.objects.get(preset="priority")
    answer = chief.get(reverse("approvals:policy-export", args=[old.pk]))
    assert "priority-v1.json" in answer["Content-Disposition"]
    post(chief, "policy-import", text=answer.content.decode())
    new = Policy.objects.get(preset="priority", version=2)
    assert versions.rows_of(new) == versions.rows_of(old)
    for text in ("{oops", "[]", '{"preset": "x", "rows": []}'):
        refused = chief.post(reverse("approvals:policy-import"), {"text": text})
        assert refused.status_code == 422
    assert not Policy.objects.filter(preset="x").exists()


def test_who_only_reads_policies_cannot_write_them():
    reader = at_desk(PersonFactory(group="viewer"))
    budget = Policy.objects.get(preset="budget")
    assert "New version from this one" not in page(reader, "policy-version", budget.pk)
    for name in ("policy-edit", "policy-activate"):
        answer = reader.post(reverse(f"approvals:{name}", args=[budget.pk]))
        assert answer.status_code == 403
    assert not Policy.objects.get(pk=budget.pk).is_active


def test_the_answer_for_a_draft_names_rows_people_and_what_failed(chief, draft, senior):
    words = page(chief, "simulate", draft=draft.pk)
    assert "level 2 under standard v1" in words
    assert "featured update" in words
    assert "Sena Orr" in words
    assert "It is featured." in words
    assert "count as unverified" in words


def test_the_answer_for_inputs_is_given_and_a_wrong_one_is_named(chief):
    words = page(chief, "simulate", type="announcement", priority=2, urgency="medium")
    assert "level 3 under standard v1" in words
    assert "nobody yet" in words
    words = page(chief, "simulate", type="announcement", priority=9, urgency="medium")
    assert "less than or equal to 5" in words


def test_a_list_is_ticked_on_the_page_of_the_review_and_a_tick_taken_back(draft, senior, chief):
    review = reviews.submit(draft, by=draft.author)
    desk = at_desk(senior)
    words = page(desk, "review", review.pk)
    assert "0 of 6 ticked" in words
    assert "The machine says: No finding." in words
    refused = post(
        desk,
        "decide",
        review.pk,
        verdict="approve",
        formats=draft.formats,
        **{f"shown-{name}": seal for name, seal in shown(draft).items()},
    )
    assert "Not ticked: Spelling and grammar" in said(refused)
    post(desk, "tick", review.pk, items=items_of("editorial"), evidence="Read twice.")
    words = page(desk, "review", review.pk)
    assert "6 of 6 ticked" in words
    assert "Read twice." in words
    post(desk, "tick", review.pk, take_back=Tick.objects.first().pk)
    assert "5 of 6 ticked" in page(desk, "review", review.pk)
    author = at_desk(draft.author)
    assert "Four eyes" in said(post(author, "tick", review.pk, items=items_of("editorial")))


def test_a_trigger_is_disputed_cleared_and_recorded_on_the_page():
    voice("editor", group="editor")
    counsel = at_desk(voice("legal", group="legal", last_name="Holm"))
    draft = rendered_draft()
    piece = RevisionFactory(content="It may help.", title="Calm")
    DraftPiece.objects.create(draft=draft, revision=piece, position=1)
    review = reviews.submit(draft, by=draft.author)
    author, trigger = at_desk(draft.author), LegalTrigger.objects.get()
    assert "Clear it" not in page(author, "review", review.pk)
    post(author, "trigger", trigger.pk, act="dispute", reason="It is a quotation.")
    assert "Only counsel" in said(post(author, "trigger", trigger.pk, act="clear", reason="No."))
    words = page(counsel, "review", review.pk)
    assert "It is a quotation." in words
    assert "Clear it" in words
    post(counsel, "legal-record", review.pk, risk="low", frames=["gdpr"], monitor_on="2026-12-08")
    assert "risk" in said(post(counsel, "legal-record", review.pk, risk="none")).lower()
    post(counsel, "trigger", trigger.pk, act="clear", reason="It is one.")
    words = page(counsel, "review", review.pk)
    assert "The legal stage was taken away" in words
    assert "8 December 2026" in words
    assert "GDPR" in words


def test_the_impact_form_and_the_declaration_stand_on_the_page_of_the_draft(draft):
    for role in ("marketing_manager", "department_head", "executive"):
        voice(role)
    draft.type = "announcement"
    draft.save()
    author = at_desk(draft.author)
    here = reverse("content:draft", args=[draft.pk])
    words = author.get(here).content.decode()
    assert "6 questions open" in words
    refused = post(author, "submit", draft.pk)
    assert "impact.market_significance" in said(refused)
    given = {
        "market_significance": "high",
        "competitive_implications": "no",
        "regulatory_considerations": "no",
        "stakeholders": "Support\nSales",
        "media_coordination": "yes",
        "crisis_preparation": "no",
    }
    post(author, "assess", draft.pk, **given)
    assert ImpactAssessment.objects.get().stakeholders == ["Support", "Sales"]
    post(author, "declare", draft.pk, items=items_of("creation"))
    words = author.get(here).content.decode()
    assert "complete" in words
    assert "6 of 6 ticked" in words
    assert "Submitted" in said(post(author, "submit", draft.pk))


def test_items_and_competitors_are_changed_by_those_who_change_policies_alone(chief):
    added = chief.post("/admin/approvals/competitor/add/", {"name": "Stillwater", "note": ""})
    assert added.status_code == 302
    assert Competitor.objects.get().name == "Stillwater"
    item = items_of("editorial")[0]
    path = f"/admin/approvals/checklistitem/{item}/change/"
    given = {
        "checklist": ChecklistItem.objects.get(pk=item).checklist_id,
        "position": 1,
        "text": "Read it aloud",
    }
    assert chief.post(path, given | {"is_active": "on"}).status_code == 302
    changed = ChecklistItem.objects.get(pk=item)
    assert (changed.text, changed.evidence, changed.history.count()) == ("Read it aloud", "", 1)
    assert chief.post(path.replace("change", "delete"), {"post": "yes"}).status_code == 403
    reader = at_desk(PersonFactory(group="viewer"))
    assert reader.get("/admin/approvals/competitor/").status_code == 200
    assert reader.post("/admin/approvals/competitor/add/", {"name": "X"}).status_code == 403
    assert reader.post(path, given).status_code == 403
