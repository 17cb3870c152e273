import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import compare
from content.compare import ADDED, CHANGED, REMOVED, SAME, Segment


def kinds(old, new):
    return [part.kind for part in compare.texts(old, new)]


def test_paragraphs_are_kept_and_words_are_marked():
    old = "One stays.\n\nThe strap costs 49 dollars.\n\nThis goes away for good."
    new = "One stays.\n\nThe strap costs 59 dollars.\n\nSomething else is here."
    first, second, *rest = compare.texts(old, new)
    assert first.kind == SAME
    assert second.kind == CHANGED
    assert second.cells[0][1:3] == (Segment(REMOVED, "49"), Segment(ADDED, "59"))
    assert [part.kind for part in rest] == [ADDED, REMOVED] or [part.kind for part in rest] == [
        CHANGED
    ]


def test_a_table_is_compared_by_cell():
    old = "| iOS | Android |\n| --- | --- |\n| 88 MB | 91 MB |"
    new = "| iOS | Android |\n| --- | --- |\n| 88 MB | 95 MB |"
    head, row = compare.texts(old, new)
    assert (head.kind, head.shape, row.kind, row.shape) == (SAME, "row", CHANGED, "row")
    assert row.cells[0] == (Segment(SAME, "88 MB"),)
    assert row.cells[1] == (Segment(REMOVED, "91"), Segment(ADDED, "95"), Segment(SAME, " MB"))


def test_images_stand_side_by_side():
    (part,) = compare.texts("![a leaf](media:a.png)", "![a green leaf](media:b.png)")
    assert (part.shape, part.before, part.after) == ("image", "media:a.png", "media:b.png")
    assert Segment(ADDED, "green") in part.cells[0] or any(
        "green" in one.text for one in part.cells[0]
    )


def test_list_items_and_headings_are_compared_each_by_itself():
    assert kinds("# T\n- a thing\n- b thing", "# T\n- a thing\n- b thing\n- c wholly new one") == [
        SAME, SAME, SAME, ADDED,
    ]  # fmt: skip


def test_code_stays_whole():
    assert kinds("```\na\n\nb\n```", "```\na\n\nb\n```") == [SAME]


@pytest.mark.parametrize("text", ["", "one", "a\n\nb", "| a |\n| --- |\n| b |"])
def test_equal_texts_differ_nowhere(text):
    assert not compare.is_changed(compare.texts(text, text))


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_texts_can_be_read_from_the_words(old, new):
    found = compare.words(old, new)
    assert "".join(one.text for one in found if one.kind != ADDED) == old
    assert "".join(one.text for one in found if one.kind != REMOVED) == new


def test_huge_paragraphs_are_compared_as_a_whole():
    old, new = "a " * 50_000, "b " * 50_000
    assert [one.kind for one in compare.words(old, new)] == [REMOVED, ADDED]
