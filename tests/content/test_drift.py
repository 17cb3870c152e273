import pytest

from content import drift
from content.grammar.blocks import block_hash


def block(text, kind="paragraph"):
    return {"kind": kind, "text": text, "hash": block_hash(kind, text), "place": "T #1"}


def fate(old, *after, kind="paragraph", known=()):
    hashes = frozenset(block_hash("paragraph", text) for text in known)
    return drift.fate(kind, old, [block(text) for text in after], hashes)


def test_a_rendition_is_read_by_sentences_with_their_place():
    content = {
        "subject": "Weekly Update: A quieter start",
        "text": "- The ring slows down. Nothing else changes.\n\nRead more: https://a.example/x\n1/7",
    }
    assert [(one.where, one.text) for one in drift.said(content)] == [
        ("subject", "Weekly Update: A quieter start"),
        ("text", "The ring slows down."),
        ("text", "Nothing else changes."),
        ("text", "Read more:"),
    ]
    parts = drift.said({"parts": [{"text": "One thing."}, {"text": "Another thing."}]})
    assert [one.where for one in parts] == ["part 1", "part 2"]


def test_a_sentence_of_a_block_is_linked_exactly_through_marks_and_case():
    blocks = [block("The **ring** slows down. Nothing [else](https://a.example) changes, ever.")]
    (link,) = drift.links([drift.Sentence("text", "Nothing else changes, ever.")], blocks)
    assert (link.similarity, link.block) == (1.0, blocks[0])


def test_rewritten_words_are_linked_by_what_they_share_and_own_words_not_at_all():
    blocks = [block("The strap survived forty washing cycles at thirty degrees.")]
    near = drift.Sentence("text", "Our strap survived forty washing cycles without harm.")
    own = drift.Sentence("text", "Breathe easy until next week, everybody.")
    assert [link.sentence for link in drift.links([near, own], blocks)] == [near]


@pytest.mark.parametrize(
    ("old", "after", "kind"),
    [
        ("It costs $ 49.", ["It costs $ 49."], "same"),
        ("It costs “49” – now.", ['It costs "49" - now.'], "same"),
        ("It costs 49  dollars.", ["It costs 49 dollars."], "same"),
        ("It costs 49 dollars now.", ["It costs 49 dollars, now!"], "cosmetic"),
        ("It costs 49 dollars.", ["It costs 59 dollars."], "changed"),
        ("It costs 49 dollars.", ["Something wholly different stands here."], "removed"),
        ("It costs 49 dollars.", [], "removed"),
    ],
)
def test_what_became_of_a_block(old, after, kind):
    assert fate(old, *after).kind == kind


def test_a_moved_block_is_the_same_and_an_old_neighbour_is_no_successor():
    assert fate("B stands here today.", "C was new.", "B stands here today.").kind == "same"
    assert fate("Price one: 49 dollars.", "Price two: 49 dollars.", known=["Price two: 49 dollars."]).kind == "removed"  # fmt: skip


def test_the_successor_of_a_sentence_is_the_one_that_resembles_it():
    old = "The strap is soft. It survived 40 washes. We go on."
    new = "The strap is soft. It survived 35 washes. We go on."
    assert drift.successor("It survived 40 washes.", old, new) == "It survived 35 washes."
    assert drift.successor(old, old, new) == new
    assert drift.successor("It survived 40 washes.", old, "") == ""


@pytest.mark.parametrize(
    ("old", "new", "is_claim"),
    [
        ("It costs $49.", "It costs $59.", True),
        ("It rose by 12 %.", "It rose by 14 %.", True),
        ("It begins on 3 March.", "It begins on 4 March.", True),
        ("A test by Delft University showed it.", "A test by Leiden University showed it.", True),
        ("She said “it is quiet now”.", "She said “it is calm now”.", True),
        ("It costs $49.", "It is priced at $49.", False),
        ("The strap is soft.", "The strap is very soft.", False),
    ],
)
def test_a_changed_figure_name_or_quotation_is_a_claim_change(old, new, is_claim):
    assert drift.is_claim_change(old, new) is is_claim
