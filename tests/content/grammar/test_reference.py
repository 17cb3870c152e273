"""The reference document of the writers' guide, in every layout, and the sample mistakes."""

import re
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "fixtures"
GUIDE = Path(__file__).parents[3] / "docs" / "living-documents.md"
LAYOUTS = [
    ("reference.md", "living"),
    ("reference.structured.txt", "structured"),
    ("reference.short.json", "json"),
    ("reference.long.json", "json"),
    ("reference.plain.md", "markdown"),
]


def test_the_guide_shows_the_document_that_is_tested():
    shown = re.search(r"<!-- reference -->\n````markdown\n(.*?)````", GUIDE.read_text(), re.DOTALL)
    assert shown[1] == (HERE / "reference.md").read_text()


@pytest.mark.parametrize(("name", "strategy"), LAYOUTS)
def test_nine_texts_give_nine_items_in_every_layout(read, name, strategy):
    reading = read((HERE / name).read_bytes(), name=name)
    reference = read((HERE / "reference.md").read_bytes())
    assert reading.strategy == strategy
    assert Counter(i.category for i in reading.items) == {
        "breathscape": 3,
        "hardware": 2,
        "tips": 3,
        "vision": 1,
    }
    said = [(i.title, i.on, i.category, i.content) for i in reading.items]
    assert said == [(i.title, i.on, i.category, i.content) for i in reference.items]
    assert [p for p in reading.problems if p.severity != "info"] == []


def test_each_item_of_the_reference_shows_its_lines(read):
    text = (HERE / "reference.md").read_text()
    lines = text.split("\n")
    for item in read(text).items:
        assert lines[item.line_start - 1].startswith("### ")
        assert lines[item.line_end - 1].startswith(("- **", "  "))


MISTAKES = """\
<!-- Published: true -->
<!--type:blog-->
<!-- urgancy: high -->
<!-- priority: 9 -->
<!-- scheduled_for: 2027-03-14T02:30 -->
# A document with mistakes

## [Gadgets] An unknown section

###\x20
- **Date:** 03/04/2026
- **Content:** Too short.

### An item without a body
- **Date:** 2026-02-30

<!-- featured: true -->
"""


def test_every_mistake_has_its_line_column_code_and_hint(read):
    told = [p for p in read(MISTAKES).problems if p.severity in ("error", "warning")]
    assert [(p.line, p.column, p.code) for p in told] == [
        (1, 1, "section_missing"),
        (1, 1, "section_missing"),
        (1, 1, "section_missing"),
        (1, 6, "directive_malformed"),
        (2, 5, "directive_malformed"),
        (3, 6, "directive_unknown"),
        (4, 16, "directive_value"),
        (5, 21, "schedule_nonexistent"),
        (8, 5, "section_unknown"),
        (10, 1, "item_untitled"),
        (11, 13, "date_ambiguous"),
        (12, 16, "body_short"),
        (14, 1, "item_empty"),
        (15, 13, "date_invalid"),
        (17, 1, "directive_orphan"),
    ]
    assert all(p.hint for p in told)
    assert told[5].line_for("a.md").startswith("a.md:3:6 error directive_unknown ")
