"""What holds for any text: it is read without an error, the same way twice, and nothing is lost."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.grammar import facts, parse
from content.grammar.raw import Written
from tests.content.grammar.conftest import NOW

PIECES = st.sampled_from(
    [
        "# ", "## ", "### ", "#### ", "[Tips]", "## [Tips] ", "## [Gadgets] ", "- ", "- **Date:** ",
        "- **Content:** ", "- **Title:** ", "- Image: ", "  ", "    ", "\n", "\n\n", "\r\n", "\r", "\t",
        "<!-- ", " -->", "<!-- type: blog -->", "<!-- featured: true -->", "<!-- zone: Asia/Tokyo -->",
        "<!-- scheduled_for: 2027-03-14T02:30 -->", "=== ARCHIVE ===", "=== SCHEDULED CONTENT ===",
        "Title: ", "Content: ", "Date: ", "Source: ", "```", "~~~", "`", "**", "**Bold**", "> ", "1. ",
        "| a | b |", "| - | - |", "[a](b)", "![](c)", "<b>", "</b>", "<script>", "</script>", "<div>",
        "{", "}", "[", "]", '"', ":", ",", '"title"', "---", "===", "Update: ", "🎉 ANNOUNCEMENT: ",
        "## This Week's Achievements", "## Looking Ahead", "## Introduction", "## Session facts",
        "word", "App", "sensor", "2026-11-20", "03/04/2026", "\u00a0", "\ufeff", "\x07", "\u0301",
        "TODO", "{name}", "&amp;", "\\", "–", "“", "true", "null",
    ]
)  # fmt: skip
DOCUMENTS = st.lists(PIECES | st.text(max_size=6), max_size=40).map("".join)
LAYOUTS = st.sampled_from(["auto", "living", "structured", "json", "markdown", "freeform"])
MANY = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(DOCUMENTS, LAYOUTS)
def test_any_text_is_read_twice_to_the_same_result(text, layout):
    first, second = parse(text, strategy=layout, at=NOW), parse(text, strategy=layout, at=NOW)
    assert [i.as_dict() for i in first.items] == [i.as_dict() for i in second.items]
    assert first.problems == second.problems
    assert first.fingerprint == second.fingerprint


@MANY
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    parse(data, at=NOW)


@MANY
@given(DOCUMENTS, LAYOUTS)
def test_every_problem_stands_in_the_text_and_in_order(text, layout):
    problems = parse(text, strategy=layout, at=NOW).problems
    lines = re.split("\r\n|\r|\n", text.encode("utf-8", "replace").decode())
    for problem in problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 2
    places = [(p.line, p.column, p.code) for p in problems]
    assert places == sorted(places)


MARKUP = st.sampled_from(
    [
        "# ", "## ", "### ", "#### ", "## [Tips] ", "## [Other] ", "- ", "- **Content:** ", "- **Title:** ",
        "  ", "\n", "\n", "\n\n", "\n\n", "<!-- featured: true -->\n", "\n=== ARCHIVE ===\n", "[Tips]\nTitle: ",
        "\nContent: ", "> ", "1. ", "**", "```\n", "| a | b |\n| - | - |\n| ", "Update: ", "<b>",
    ]
)  # fmt: skip


@MANY
@given(st.lists(MARKUP | st.integers(0, 9999).map(lambda n: f"word{n} "), max_size=30), LAYOUTS)
def test_no_word_is_ever_dropped(pieces, layout):
    if layout == "json":
        return
    text = "".join(pieces)
    reading = parse(text, strategy=layout, at=NOW)
    kept = " ".join(
        [
            reading.title,
            reading.introduction,
            reading.edition,
            *(f"{i.heading} {i.title} {i.content}" for i in reading.items),
            *(problem.message for problem in reading.problems),
        ]
    )
    heads = [line for line in text.split("\n") if line.lstrip().startswith("#")]
    lost = [
        word
        for word in re.findall(r"word\d+", text)
        if word not in kept and not any(word in head for head in heads)
    ]
    assert lost == []


WORDS = st.sampled_from(
    ["word", "Ünder", " ", "  ", "   ", "\n", "\n\n", "\t", "1. ", "- ", "===", "---", "!", "(x)", ".", ":", "“", "#", "=", "|"]
)  # fmt: skip


@MANY
@given(st.lists(WORDS, max_size=15).map("".join))
def test_the_short_way_through_plain_words_says_what_commonmark_says(text):
    lines = [Written(line, number) for number, line in enumerate(text.split("\n"))]
    short, long = facts.gather(lines), facts.parsed(lines, text)
    assert (short.text, short.prose) == (long.text, long.prose)
    assert short.leaves == long.leaves
