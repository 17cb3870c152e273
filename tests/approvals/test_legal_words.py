"""Which words and settings set off which legal trigger, and which do not."""

import time

import pytest

from approvals import legal

SETTINGS = {"type": "update", "flags": [], "urgency": "medium", "tone": "encouraging"}


def find(text, competitors=(), **changes):
    found = legal.find(SETTINGS | changes, [("“A title”", text)], competitors=competitors)
    return [(each.kind, each.passage) for each in found]


def kinds(text, **given):
    return [kind for kind, _ in find(text, **given)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It will cure your asthma.", "medical"),
        ("Guaranteed calm after a week.", "medical"),
        ("A daily walk may help.", "medical"),
        ("Good for your health.", "medical"),
        ("We are a partner of Acme Labs now.", "partnership"),
        ("Made in collaboration with Northwind.", "partnership"),
        ("A joint study with Northwind Trust begins.", "partnership"),
        ("Northwind is our new partner.", "partnership"),
        ("The regulator asked for a report.", "regulatory"),
        ("It follows the GDPR.", "regulatory"),
        ("A voluntary recall of 40 devices.", "regulatory"),
        ("It is quieter than any other device.", "competitive"),
        ("The market-leading app.", "competitive"),
        ("We are number one.", "competitive"),
    ],
)
def test_words_that_counsel_looks_at(text, wanted):
    assert kinds(text) == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        "Sit, and breathe out for longer than you breathe in.",
        "Treat yourself to a quiet minute.",
        "Find a partner for the walk, and go jointly with him.",
        "Do you recall the sound of rain?",
        "The stairs leading to the roof, leading up to the sky.",
        "It is better than you think.",
        "#HealthTech #HealthyLiving @health",
        "The fdaisies in the garden.",
        "Secure the window. Curious cats retreat.",
    ],
)
def test_words_that_it_does_not(text):
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"flags": ["medical"]}, [("medical", "the flag medical")]),
        ({"flags": ["competitor"]}, [("competitive", "the flag competitor")]),
        ({"flags": ["pricing", "personal_data", "legal", "financial"]}, []),
        ({"urgency": "critical"}, [("crisis", "the urgency critical")]),
        ({"tone": "medical_scientific"}, [("medical", "the medical tone")]),
        ({"correction": "crisis"}, [("crisis", "a correction of class crisis")]),
    ],
)
def test_settings_that_counsel_looks_at(given, wanted):
    assert find("Calm.", **given) == wanted


def test_health_figures_count_in_a_session_alone():
    text = "Your HRV rose by 12 ms over the hour."
    assert kinds(text) == []
    assert kinds(text, type="session") == ["medical"]


def test_a_competitor_is_found_by_name_as_a_whole_word():
    assert kinds("Unlike calmly, ours waits.", competitors=["Calmly"]) == ["competitive"]
    assert kinds("It waits uncalmly.", competitors=["Calmly"]) == []
    assert kinds("A+ (Beta) is here.", competitors=["A+ (Beta)"]) == ["competitive"]


def test_the_passage_is_quoted_with_its_line_and_place():
    text = (
        "First line.\n"
        + "It begins quietly and goes on for a while before it will cure "
        + "a" * 80
    )
    (found,) = legal.find(SETTINGS, [("“A title”", text)], competitors=())
    assert found.place == "“A title”, line 2"
    assert "will cure" in found.passage
    assert found.passage.startswith("…")
    assert found.passage.endswith("…")


def test_the_same_passage_is_found_once():
    assert kinds("It may help.\nIt may help.") == ["medical"]


@pytest.mark.parametrize("piece", ["A", "1", "partner with ", "A ", "HRV", "better than A ", "9,"])
def test_no_text_takes_long(piece):
    begun = time.process_time()
    find(piece * (100_000 // len(piece)), type="session")
    assert time.process_time() - begun < 5


def test_words_that_stand_in_one_passage_are_one_finding_and_others_are_not():
    assert len(find("A walk may help your health.")) == 1
    assert len(find("A walk may help.\nIt is good for your health.")) == 2
    assert len(find("A walk may help." + " And so on." * 20 + " It is good for your health.")) == 2
