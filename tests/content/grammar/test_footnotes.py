from datetime import UTC, datetime

import pytest

from content import grammar, markdown
from content.sources import writer
from content.sources.tree import Cell, Heading, Paragraph, Run, Table, Tree

NOW = datetime(2026, 3, 20, tzinfo=UTC)
LETTER = """# Letter
## [Tips] Small habits
### Two minutes[^1]

[^1]: Two by the clock.

- **Date:** 2026-03-06
- **Content:** Sit, breathe in for four counts[^2], out for six.

  [^2]: See [a study](https://a.example/b), 2025.

### A softer end
- **Date:** 2026-03-07
- **Content:** The last minute now fades[^end], slowly.

### Dark screens
- **Date:** 2026-03-08
- **Content:** No screen flashes white[^end] any more.

[^end]: Since March.
[^lost]: Nobody calls for this.
"""


def read(text):
    return grammar.parse(text, at=NOW)


def test_a_mark_is_no_part_of_a_title_or_excerpt():
    item = read(LETTER).items[0]
    assert item.title == "Two minutes"
    assert item.excerpt == "Sit, breathe in for four counts, out for six."
    assert "[^1]: Two by the clock." in item.content


def test_a_note_is_a_paragraph_of_the_document():
    blocks = {block.text: block for block in read(LETTER).blocks}
    assert blocks["See a study, 2025."].kind == "paragraph"
    assert blocks["Two by the clock."].line_start == 5
    assert blocks["Sit, breathe in for four counts, out for six."]


def test_links_inside_a_note_count_and_marks_are_no_links():
    reading = read(LETTER)
    assert reading.items[0].links == ("https://a.example/b",)
    assert not [problem for problem in reading.problems if problem.code == "link_empty"]


def test_a_note_at_the_end_of_the_document_stands_below_every_item_that_calls_for_it():
    _, end, dark = read(LETTER).items
    assert end.content == "The last minute now fades[^end], slowly.\n\n[^end]: Since March."
    assert dark.content.startswith(
        "No screen flashes white[^end] any more.\n\n[^end]: Since March."
    )
    assert "[^lost]: Nobody calls for this." in dark.content


def test_a_note_that_was_brought_from_elsewhere_is_told_to_nobody_as_a_missing_indent():
    told = [p.line for p in read(LETTER).problems if p.code == "indent_missing"]
    assert LETTER.split("\n").index("[^end]: Since March.") + 1 not in told


def test_marks_without_a_note_are_words():
    item = read("# T\n\n## [Tips] A\n\nThese brackets [^x] stay as they are.\n").items[0]
    assert "brackets [^x] stay" in item.excerpt
    assert "[^x]" in markdown.to_html(item.content)


@pytest.mark.parametrize("text", ["[^1]: Study.", "```\n[^1]: code\n```", "a `[^1]` b"])
def test_notes_alone_and_notes_in_code_lose_no_word(text):
    (item,) = read(
        f"# T\n\n## [Tips] A\n\nWords that are long enough to be read.\n\n{text}\n"
    ).items
    assert text in item.content


def test_on_a_page_marks_are_numbers_that_lead_to_the_notes_and_back():
    html = markdown.to_html("One[^b], two[^a], one again[^b].\n\n[^a]: A.\n[^b]: B.\n", anchor="x")
    assert html == (
        '<p>One<sup class="note"><a href="#x-note-1" id="x-mark-1">1</a></sup>, two<sup class="note">'
        '<a href="#x-note-2" id="x-mark-2">2</a></sup>, one again<sup class="note">'
        '<a href="#x-note-1" id="x-mark-1-2">1</a></sup>.</p>\n'
        "<hr>\n"
        '<ol class="notes">\n'
        '<li id="x-note-1">B. <a href="#x-mark-1" title="Back to the text">↩</a></li>\n'
        '<li id="x-note-2">A. <a href="#x-mark-2" title="Back to the text">↩</a></li>\n'
        "</ol>"
    )


def test_without_an_anchor_marks_are_numbers_alone():
    html = markdown.to_html("One[^a].\n\n[^a]: A.")
    assert (
        html == '<p>One<sup class="note">1</sup>.</p>\n<hr>\n<ol class="notes">\n<li>A.</li>\n</ol>'
    )


def test_notes_call_for_notes_and_none_is_lost():
    text = "One[^a].\n\n[^a]: A[^b].\n\n    More of A.\n\n[^b]: B.\n[^c]: C.\n"
    assert markdown.to_text(text) == "One[1].\n\n* * *\n\n[1] A[2].\n    More of A.\n[2] B.\n[3] C."


def test_a_post_says_nothing_of_notes():
    assert markdown.to_prose("One[^a], and two.\n\n[^a]: A long note.") == "One, and two."


def test_what_a_source_writes_is_what_a_page_shows():
    tree = Tree(
        (
            Heading(1, (Run("Letter"),)),
            Table(((Cell((Run("Slower"), Run(footnote="7"))), Cell((Run("wider"),), rows=2)), ())),
            Paragraph((Run("It helps"), Run(footnote="7"), Run("."))),
        ),
        footnotes={"7": (Run("A study."),)},
    )
    html = markdown.to_html(writer.write(tree, is_typed=True).markdown)
    assert html.count('<sup class="note">1</sup>') == 2
    assert html.count("A study.") == 1
