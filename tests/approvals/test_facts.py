"""The routing inputs of a draft, read from its rows, its pieces and its text."""

import pytest

from approvals import facts, wording
from approvals.services import policies
from content.models import DraftPiece
from halcytone.lib.errors import WrongState
from segmentation.models import Segment
from tests.factories.approvals import rendered_draft, rewrite
from tests.factories.content import RevisionFactory

CALM = "Sit, and breathe out for longer than you breathe in."


def with_piece(draft, **fields):
    piece = RevisionFactory(**{"content": CALM, "title": "Two quiet minutes", **fields})
    DraftPiece.objects.create(draft=draft, revision=piece, position=1)
    return draft


@pytest.mark.django_db
def test_the_facts_of_a_plain_draft():
    draft = with_piece(rendered_draft(formats=["web"]))

    assert facts.facts(draft) == {
        "type": "update",
        "priority": 3,
        "urgency": "medium",
        "featured": False,
        "weekly": False,
        "formats": ["web"],
        "channels": ["web"],
        "audience_size": None,
        "budget_usd": None,
        "has_budget": False,
        "flags": [],
        "technical": False,
        "launch": False,
        "major_news": False,
        "legal_triggers": [],
        "numbers": [],
        "names": [],
        "quotations": [],
        "figures": [],
        "claims": None,
        "correction": None,
        "external_references": [],
        "checks_green": True,
        "author_may_publish": True,
    }


@pytest.mark.django_db
def test_a_piece_brings_its_own_flags_budget_urgency_and_feature():
    fields = {"sensitive": ["medical"], "budget": "USD 500.00", "urgency": "critical"}
    draft = with_piece(
        rendered_draft(sensitive=["pricing", "launch"]), fields=fields, is_featured=True
    )
    found = facts.facts(draft)

    assert found["flags"] == ["pricing", "medical"]
    assert (found["launch"], found["has_budget"], found["urgency"]) == (True, True, "critical")
    assert found["featured"] is True


@pytest.mark.django_db
def test_figures_are_looked_for_in_pieces_and_in_what_a_person_edited():
    draft = with_piece(rendered_draft(formats=["linkedin", "web"]), content="About 9 MB.")
    linkedin = draft.renditions.get(format="linkedin")
    rewrite(linkedin, text="“It took me three nights”, she says. 40 % said the same.")
    assert facts.facts(draft)["numbers"] == ["9"]

    draft.renditions.filter(pk=linkedin.pk).update(is_edited=True)
    found = facts.facts(draft)
    assert found["numbers"] == ["9", "40 %"]
    assert found["quotations"] == ["It took me three nights"]


@pytest.mark.django_db
def test_the_audience_is_counted():
    segment = Segment.objects.create(key="all", name="All", rule={})
    assert facts.facts(rendered_draft(segment=segment))["audience_size"] == 0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("In our test with 214 volunteers, 63 % kept the pace.", ["214", "63 %"]),
        ("It costs $1,200.50 or 30 EUR, twice $1,200.50.", ["$1,200.50", "30 EUR"]),
        ("On 2026-12-01 at 10:00.", ["2026-12-01", "10:00"]),
        ("1. Sit\n2. Breathe\n3) Rest", []),
        ("See https://halcytone.example/notes/4-2 and [[name|Subscriber 1]].", []),
        ("Twelve boards fell.", []),
    ],
)
def test_figures_are_found_where_a_reader_would_see_them(text, wanted):
    assert wording.figures(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("She wrote: “I slept through again.” Good.", ["I slept through again."]),
        ('He said "nothing hurt any more" twice.', ["nothing hurt any more"]),
        ("> It is quiet here.\n\nText.", ["It is quiet here."]),
        ("The mode “Night calm” is new.", []),
    ],
)
def test_quotations_are_found_and_names_in_quotation_marks_are_not(text, wanted):
    assert wording.quotations(text) == wanted


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ({"subject": "", "html": "<p> </p>", "text": "\n"}, True),
        ({"parts": []}, True),
        ({"parts": [{"text": " "}, {"text": "Hello"}]}, False),
        ({"text": "", "link": "https://halcytone.example/"}, True),
        ({"html": "<p>Hello</p>"}, False),
    ],
)
def test_a_rendition_is_empty_when_it_says_nothing(content, wanted):
    assert wording.is_empty(content) is wanted


@pytest.mark.django_db
def test_the_policy_can_be_asked_what_it_would_want():
    matched = policies.simulate({"type": "weekly", "priority": 2})
    assert (matched.level, matched.rows[0].why) == (2, "Type is weekly.")

    policies.active().__class__.objects.update(is_active=False)
    with pytest.raises(WrongState, match="No approval policy is active"):
        policies.simulate({})
