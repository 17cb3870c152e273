import re
from datetime import UTC, datetime

import pytest

from content import grammar, markdown, plaintext
from content.sources import inline, writer
from content.sources.tree import (
    Cell,
    Code,
    Heading,
    ListItem,
    Paragraph,
    Quote,
    Rule,
    Run,
    Table,
    Tree,
)

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)


def runs(text, **look):
    return (Run(text, **look),)


def written(*blocks, is_typed=True, **rest):
    return writer.write(Tree(tuple(blocks), **rest), is_typed=is_typed)


def row(*texts, is_head=False):
    return tuple(Cell(runs(text), is_head=is_head) for text in texts)


def test_a_document_in_blocks_reads_as_its_editor_meant_it():
    text = written(
        Heading(1, runs("Halcytone Content – March 2026")),
        Paragraph(runs("<!-- type: blog -->")),
        Heading(2, runs("[Tips] Small habits")),
        Heading(3, runs("Two minutes before a meeting")),
        ListItem(1, (Run("Date:", bold=True), Run(" 2026-03-06"))),
        ListItem(
            1, (Run("Content:", bold=True), Run(" Sit, breathe in for four counts, out for six."))
        ),
    )
    (item,) = grammar.parse(text.markdown, at=NOW).items
    assert (item.title, item.category, item.on.isoformat()) == (
        "Two minutes before a meeting", "tips", "2026-03-06",
    )  # fmt: skip
    assert item.content == "Sit, breathe in for four counts, out for six."


def test_a_table_without_spans_is_a_table_of_markdown():
    text = written(Table((row("Platform", "Space", is_head=True), row("iOS | iPadOS", "88 MB"))))
    assert text.markdown == "| Platform | Space |\n| --- | --- |\n| iOS \\| iPadOS | 88 MB |\n"


def test_a_table_with_spans_keeps_them_on_the_page():
    table = Table(((Cell(runs("Space"), columns=2, is_head=True),), row("iOS", "88 MB")))
    html = markdown.to_html(written(table).markdown)
    assert '<th colspan="2">Space</th>' in html
    assert "<td>88 MB</td>" in html


def test_a_table_with_heads_in_its_rows_keeps_them_on_the_page():
    side = (Cell(runs("iOS"), is_head=True), Cell(runs("88 MB")))
    html = markdown.to_html(written(Table((row("", "Space", is_head=True), side))).markdown)
    assert "<th>iOS</th><td>88 MB</td>" in html


def test_a_table_without_a_head_has_an_empty_one_that_no_reader_sees():
    text = written(Table((row("iOS", "88 MB"), row("Web", "9 MB")))).markdown
    assert text == "|  |  |\n| --- | --- |\n| iOS | 88 MB |\n| Web | 9 MB |\n"
    assert "<th" not in markdown.to_html(text)
    assert markdown.to_text(text) == "iOS | 88 MB\nWeb | 9 MB"
    reading = grammar.parse(f"## [Tips] T\n### Space that it takes\n\n{text}", at=NOW)
    assert [one.text for one in reading.blocks if one.kind == "table_row"] == [
        "iOS | 88 MB",
        "Web | 9 MB",
    ]


def test_a_mixed_first_row_keeps_the_heads_that_it_has():
    first = (Cell(runs("iOS"), is_head=True), Cell(runs("88 MB")))
    html = markdown.to_html(written(Table((first, row("Web", "9 MB")))).markdown)
    assert "<th>iOS</th><td>88 MB</td>" in html


def test_blocks_without_words_are_written():
    text = written(
        Heading(2, ()), ListItem(1, ()), Table((row("", "Space", is_head=True), row("iOS", "")))
    )
    assert text.markdown == "##\n\n-\n\n|  | Space |\n| --- | --- |\n| iOS |  |\n"


def test_lists_keep_nesting_start_and_boxes():
    text = written(
        ListItem(1, runs("first"), number=3),
        ListItem(2, runs("inner")),
        ListItem(3, runs("innermost"), is_checked=True),
        ListItem(1, runs("second"), number=4),
    )
    assert text.markdown == "3. first\n   - inner\n     - [x] innermost\n4. second\n"
    assert '<ol start="3">' in markdown.to_html(text.markdown)


def test_a_block_inside_a_list_item_stays_inside():
    text = written(
        ListItem(1, runs("step")), Paragraph(runs("why"), inside=1), Paragraph(runs("end"))
    )
    assert text.markdown == "- step\n\n  why\n\nend\n"


@pytest.mark.parametrize(
    "numbers",
    [(3, 4, 7, 8), (1, 2, 1, 2), (None, 3, 4), (2, None, 5), (1, 1, 1)],
)
def test_numbers_of_lists_are_shown_as_they_were(numbers):
    text = written(*(ListItem(1, runs(f"entry {n}"), number=n) for n in numbers))
    shown, number = [], None
    for start, entry in re.findall(
        r'<ol(?: start="(\d+)")?>|<(ul|li)>', markdown.to_html(text.markdown)
    ):
        if entry == "li":
            shown.append(number)
            number = number and number + 1
        else:
            number = None if entry == "ul" else int(start or 1)
    assert shown == list(numbers)


def test_a_list_that_begins_with_another_number_may_stand_inside_an_entry():
    text = written(ListItem(1, runs("a")), ListItem(2, runs("b"), number=5), ListItem(1, runs("c")))
    assert '<ol start="5">' in markdown.to_html(text.markdown)


def test_an_entry_may_begin_with_a_block_of_its_own():
    html = markdown.to_html(written(ListItem(1, ()), Code("x", inside=1)).markdown)
    assert re.sub(r"\s", "", html) == "<ul><li><pre><code>x</code></pre></li></ul>"


def test_a_table_keeps_its_caption():
    table = Table((row("a", "b", is_head=True), row("1", "2")), caption=runs("Space on disk"))
    assert written(table).markdown.startswith("Space on disk\n\n| a | b |\n")


def test_an_image_that_is_a_link_keeps_its_target():
    run = Run("A lamp", image="image:1", link="https://a.example/")
    assert inline.markdown((run,), is_typed=True) == "[![A lamp](image:1)](https://a.example/)"
    assert (
        inline.html((run,)) == '<a href="https://a.example/"><img src="image:1" alt="A lamp"></a>'
    )


def test_two_images_side_by_side_stay_two():
    runs_of_two = (Run("A", image="image:1"), Run("A", image="image:1"))
    assert inline.markdown(runs_of_two, is_typed=True) == "![A](image:1)![A](image:1)"


def test_words_of_entries_and_quotes_are_words_too():
    text = written(
        ListItem(1, runs("# one")), Quote(runs("- two\n1. three")), is_typed=False
    ).markdown
    html = markdown.to_html(text)
    assert "<h" not in html
    assert html.count("<li>") == 1


def test_a_quote_keeps_its_attribution():
    quote = Quote(runs("It is quiet."), runs("A reader"))
    assert written(quote).markdown == "> It is quiet.\n>\n> — A reader\n"


def test_a_footnote_stands_below_the_block_that_names_it():
    text = written(
        Paragraph((Run("Slower breathing helps"), Run(footnote="1"), Run("."))),
        Paragraph(runs("Next.")),
        footnotes={"1": runs("A study of 2025.")},
    )
    assert text.markdown == "Slower breathing helps[^1].\n\n[^1]: A study of 2025.\n\nNext.\n"


def test_code_and_rules_are_kept():
    text = written(Code("a ``` b", "text"), Rule())
    assert text.markdown == "````text\na ``` b\n````\n\n---\n"


def test_every_block_has_its_line_and_link():
    text = written(
        Heading(1, runs("T"), id="h", url="https://docs.example/#h"),
        Paragraph(runs("one\ntwo"), id="p"),
        ListItem(1, runs("a"), id="l1"),
        ListItem(1, runs("b"), id="l2"),
    )
    assert [(place.line, place.id) for place in text.places] == [
        (1, "h"),
        (3, "p"),
        (6, "l1"),
        (7, "l2"),
    ]
    assert text.places[0].url == "https://docs.example/#h"


@pytest.mark.parametrize(
    ("before", "styled", "after"),
    [
        ("", "word", ""),
        ("a", "b", "c"),
        ("", "“said”", "she"),
        ("x", "(y)", "z"),
        ("", "end.", " More"),
    ],
)
@pytest.mark.parametrize("look", ["bold", "italic", "strike", "code"])
def test_a_style_is_seen_on_the_page_wherever_it_begins_and_ends(before, styled, after, look):
    text = inline.markdown((Run(before), Run(styled, **{look: True}), Run(after)), is_typed=False)
    tag = {"bold": "strong", "italic": "em", "strike": "s", "code": "code"}[look]
    assert f"<{tag}>{styled}</{tag}>" in markdown.to_html(text)


@pytest.mark.parametrize(
    "words",
    ["5 * 3 * 2", "*not bold*", "_a_", "[a](b)", "1 < 2 > 0", "a `b` c", "# no heading", "- no list",
     "1. no list", "> no quote", "<script>x</script>", "a | b", "&copy; and &#65;", "{ x }", "back\\slash", "=== x ===", "![x](y)"],
)  # fmt: skip
def test_words_of_a_page_are_read_as_words(words):
    text = written(Paragraph(runs(words)), is_typed=False).markdown
    assert plaintext.visible(markdown.to_html(text)) == words


def test_a_line_break_is_kept():
    text = written(Paragraph(runs("one\ntwo"))).markdown
    assert "one<br" in markdown.to_html(text)


def test_a_link_keeps_its_text_and_target():
    text = inline.markdown((Run("the notes", link="https://a.example/x_(y)"),), is_typed=True)
    assert text == "[the notes](<https://a.example/x_(y)>)"


def test_html_that_somebody_typed_is_read_as_words():
    text = written(Paragraph(runs("use <div> and a <!-- note: x -->"))).markdown
    assert text == "use \\<div> and a <!-- note: x -->\n"
