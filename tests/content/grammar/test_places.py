"""Where a problem stands: line and column of the first wrong character, and what is no text at all."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.grammar import parse

C = "A body that is long enough."
HEAD = "# T\n## [Tips] S\n### One\n"


@pytest.mark.parametrize(
    ("line", "column"),
    [("<!--\ttype: blog -->", 5), ("<!-- \ttype: blog -->", 6), ("<!--type: blog -->", 5)],
)
def test_a_tab_before_a_key_is_itself_the_wrong_character(found, line, column):
    text = f"# T\n## [Tips] S\n{line}\n### One\n- **Content:** {C}\n"
    assert found(text, "directive_malformed") == [(3, column, "directive_malformed")]


@pytest.mark.parametrize(
    ("bullet", "column"),
    [
        ("- **Tags:** a,b,c,d,e,f,g,h,i,j,k", 33),
        ("- **Tags:** ok, " + "t" * 51, 67),
        ("- **Author:** " + "x" * 101, 115),
    ],
)
def test_a_field_over_its_limit_is_told_at_the_first_character_too_many(found, bullet, column):
    text = f"{HEAD}- **Content:** {C}\n{bullet}\n"
    assert found(text, "directive_value") == [(5, column, "directive_value")]


def test_the_eleventh_tag_of_a_directive_is_the_wrong_one(found):
    text = f"# T\n## [Tips] S\n<!-- tags: a,b,c,d,e,f,g,h,i,j,k -->\n### One\n- **Content:** {C}\n"
    assert found(text, "directive_value") == [(3, 32, "directive_value")]


@pytest.mark.parametrize(
    ("member", "column"),
    [
        ('"channels": ["email", "x"]', 93),
        ('"channels": "email, x"', 90),
        ('"tags": ["' + '", "'.join("abcdefghijk") + '"]', 130),
        ('"sensitive": [ "legal" , "odd" ]', 96),
    ],
)
def test_a_wrong_member_of_a_json_list_is_told_where_it_stands(found, member, column):
    text = f'{{"tips": [{{"title": "One", "content": "{C}", {member}}}]}}'
    assert found(text, "directive_value") == [(1, column, "directive_value")]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{"tips": [{"title\n: "One"}]}', 1, 18),
        ('{"tips": [{"ti\\x": "One"}]}', 1, 15),
        ('{"tips": [{title: "One"}]}', 1, 12),
        ('{"tips": [{"title": "One\n"}]}', 1, 25),
    ],
)
def test_a_json_string_is_wrong_at_the_character_that_breaks_it(found, text, line, column):
    assert found(text) == [(line, column, "json_schema")]


@pytest.mark.parametrize("value", ["03/06", "3.6.", "3. 6. 2026", "3/6.2026", "2026/03/06"])
def test_numbers_with_slashes_or_dots_are_ambiguous_however_many(found, value):
    text = f"{HEAD}- **Date:** {value}\n- **Content:** {C}\n"
    assert found(text, "date_ambiguous", "date_invalid") == [(4, 13, "date_ambiguous")]


def test_a_word_in_brackets_is_told_at_every_other_level(found):
    text = f"# [A] T\n## [Tips] S\n### [B] One\n- **Content:** {C}\n\n#### [Note] x\n\nWords.\n"
    assert found(text, "bracket_level") == [(n, 1, "bracket_level") for n in (1, 3, 6)]


def test_a_comment_behind_a_directive_is_removed_and_told(read, found):
    text = f"# T\n## [Tips] S\n<!-- featured: true --> <!-- why -->\n### One\n- **Content:** {C}\n"
    assert found(text, "html_removed", "directive_malformed") == [(3, 25, "html_removed")]
    assert read(text).items[0].featured


@pytest.mark.parametrize(
    "comment", ["<!-- end of tips -->", "<!-- over\nlines -->", "<!-- one --><!-- two -->"]
)
def test_a_comment_behind_an_item_is_no_text_of_it(read, comment):
    reading = read(
        f"{HEAD}- **Content:** {C}\n\n{comment}\n\n## [Vision] V\n### Two\nWords here.\n"
    )
    assert (reading.items[0].content, reading.items[0].line_end) == (C, 4)
    codes = [p.code for p in reading.problems]
    assert codes.count("html_removed") == 1
    assert "indent_missing" not in codes


def test_a_section_with_nothing_but_a_comment_is_no_item(read):
    reading = read(f"# T\n## [Tips] S\n<!-- not yet -->\n\n## [Vision] V\n### Two\n{C}\n")
    assert [item.title for item in reading.items] == ["Two"]
    assert [(p.line, p.code) for p in reading.problems if p.code == "html_removed"] == [
        (3, "html_removed")
    ]


def test_a_comment_in_structured_text_is_no_text_of_the_item(read):
    item = read(f"[Tips]\nTitle: One\nContent: {C}\n\n<!-- remark -->\n").items[0]
    assert (item.content, item.line_end) == (C, 3)


def test_html_in_title_and_body_is_told_once_for_the_item(read):
    reading = read(f"# T\n## [Tips] S\n### One <u>x</u>\n- **Content:** {C} <b>y</b> <u>z</u>\n")
    told = [p for p in reading.problems if p.code == "html_removed"]
    assert [(p.line, p.column, p.message) for p in told] == [(3, 1, "Removed: u, b.")]


@pytest.mark.parametrize(
    ("below", "content"),
    [
        (
            "\n    Second.\n\n    | a |\n    | - |\n    | 1 |\n",
            "\n\nSecond.\n\n| a |\n| - |\n| 1 |",
        ),
        ("    - a\n        - b\n", "\n- a\n    - b"),
        ("\t- a\n\t\t- b\n", "\n- a\n    - b"),
        ("\n\tSecond.\n", "\n\nSecond."),
        ("\n   Second.\n\n  Third.\n", "\n\n Second.\n\nThird."),
        ("\n      code\n", "\n\n    code"),
        ("\n    Second.\n\n      code\n", "\n\n  Second.\n\n    code"),
    ],
)
def test_content_loses_the_indentation_that_all_of_it_has_and_code_stays_code(read, below, content):
    assert read(f"{HEAD}- **Content:** {C}\n{below}").items[0].content == C + content


@pytest.mark.parametrize(
    ("below", "line", "column"),
    [
        ("\n\t[](https://a.example) x\n", 6, 2),
        ("  - a\n\t- [](https://a.example) x\n", 6, 4),
        ("\t- a\n\t\t- [](https://a.example) x\n", 6, 5),
    ],
)
def test_a_tab_is_one_character_of_a_column(found, below, line, column):
    expected = [(line, column, "link_empty")]
    assert found(f"{HEAD}- **Content:** {C}\n{below}", "link_empty") == expected


def test_a_list_too_deep_is_told_at_its_mark(found):
    deep = "".join("  " * (n + 1) + f"- l{n}\n" for n in range(7))
    text = f"{HEAD}- **Content:** {C}\n{deep}"
    assert found(text, "list_flattened") == [(11, 15, "list_flattened")]


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("## \\[Tips\\] Small habits", "Small habits"),
        ("## **[Tips] Small habits**", "Small habits"),
        ("## **[Tips]** Small habits", "Small habits"),
        ("## **\\[Tips\\]** *Small* habits", "Small habits"),
    ],
)
def test_a_word_processor_may_mark_up_the_heading_of_a_section(read, heading, title):
    reading = read(f"# T\n\n{heading}\n\n* **Date:** 2026-11-20\n* **Content:** {C}\n")
    assert (reading.strategy, reading.decided_line) == ("living", 3)
    assert [(item.title, item.category) for item in reading.items] == [(title, "tips")]


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("<b>Bold</b> and <!-- why --> then [x]() here it is", "link_empty", 37),
        ("Some <u>under</u> line, ![](https://a.example/i.png)", "image_no_alt", 27),
        ('<em class="a">Em</em> and <b><i>more</i></b> TODO it', "placeholder", 48),
        ("<!-- first --> then the {name} of somebody else", "placeholder", 27),
        ("Twice <b>so</b>, `TODO` is code and TODO is not", "placeholder", 39),
        ("The [page](https://a.example/{name}) and {name}", "placeholder", 44),
        ("The `casino` of <b>one</b> casino, well, well", "spam_pattern", 30),
    ],
)
@pytest.mark.parametrize("first", ["", "é👍 "])
def test_what_is_taken_out_of_a_line_moves_no_column_of_what_stays(
    found, line, code, column, first
):
    text = f"{HEAD}- **Content:** {C}\n  {first}{line}\n"
    assert found(text, code) == [(5, column + len(first), code)]


@given(
    st.lists(st.sampled_from(["word", "é", "e\u0301", "<b>x</b>", "<!-- c -->", "`TODO`", "👍"]))
)
def test_a_mistake_stands_where_it_was_written_whatever_stands_before_it(words):
    line = " ".join([*words, "TODO"])
    reading = parse(f"{HEAD}Some words above.\n{line}\n", at=datetime(2026, 3, 1, tzinfo=UTC))
    told = [(p.line, p.column) for p in reading.problems if p.code == "placeholder"]
    assert told == [(5, len(line) - 3)]


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("cafe\u0301, ,x", 19),
        ("a\u200bb, b,", 19),
        ("“a”, b, b", 20),
        ("👍, c, c", 18),
    ],
)
def test_a_wrong_member_of_a_directive_is_counted_in_the_original_characters(found, value, column):
    text = f"# T\n## [Tips] S\n<!-- tags: {value} -->\n### One\n- **Content:** {C}\n"
    assert found(text, "directive_value") == [(3, column, "directive_value")]
