"""Our quick way through Markdown says what markdown-it says, token by token."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from content.grammar import commonmark, footnotes, running, tables

PIECES = st.sampled_from(
    [
        "word ", "Two words. ", "*stress*", "**strong**", "*", "**", "_", "__", "`code`", "`", "``", "~~", "~",
        "[a label](https://halcytone.example/a/b.html)", "[x](y 'title')", "[x](<y z>)", "[r]", "\n[r]: /target\n",
        "![alt *x*](p.png)", "[^1]", "\n\n[^1]: A note.\n", "[", "]", "(", ")", "![", "!", "<b>", "</b>", "<", ">",
        "<https://auto.example>", "<a@b.example>", "<!-- c -->", "\n<div>\n", "https://bare.example/p?q=1", "http://",
        "ftp", "://", "//", "mailto:a@b.example", "&amp;", "&", "\\", "\\*", "\\\n", " ", "  ", "   ", "    ", "\t", "\n",
        "\n", "\n\n", "  \n", "\r\n", "\0", "- ", "+ ", "1. ", "3) ", "> ", ">", "# ", "### ", "#", "---\n", "===\n", "***\n",
        "```\n", "~~~\n", "|", "|", "-", ":", "a | b\n", "--|--\n", "|-|-|\n", "|:-:|-:|\n", "\\|", "é", "日本", "2²", "“", ",", ".",
        "\u0301", "\u00a0", "\u2028", "\x0b", "\x1f", "\x85",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=24).map("".join)
MANY = settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plain(*, links):
    parser = MarkdownIt("commonmark", {"html": True, "linkify": links})
    parser.enable(["table", "strikethrough", *["linkify"] * links])
    return settled(parser)


def quick(*, links):
    return settled(commonmark.built({"html": True, "linkify": links}))


def settled(parser):
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    return footnotes.read_by(parser)


PARSERS = [(plain(links=links), quick(links=links)) for links in (False, True)]


def shown(tokens):
    """Return tokens as data, but for `meta`, where the short way notes places."""
    rows = [token.as_dict() for token in tokens]
    for row in rows:
        del row["meta"]
        row["children"] = row["children"] and shown_rows(row["children"])
    return rows


def shown_rows(rows):
    return [
        {**row, "meta": None, "children": row["children"] and shown_rows(row["children"])}
        for row in rows
    ]


@MANY
@given(TEXTS, st.sampled_from(PARSERS))
def test_any_text_gives_the_tokens_of_markdown_it(text, parsers):
    (slow, quick), (theirs, ours) = parsers, ({}, {})
    assert shown(slow.parse(text, theirs)) == shown(quick.parse(text, ours))
    assert theirs.get("references") == ours.get("references")


EASY = st.sampled_from(
    [
        "word ", "*stress*", "**strong**", "`code`", "[a](https://halcytone.example/b)", "\n", " ", ". ", "(", "), ", "! ",
        "é", "*a*.", "(**x**)", "**a b**", ": ", "2²", "*", "`", "[x](http://a.b-c)", "日本",
    ]
)  # fmt: skip


@MANY
@given(st.lists(EASY, max_size=8).map("".join))
def test_the_short_way_is_taken_only_where_it_leads_to_the_same_tokens(text):
    short = []
    slow = PARSERS[1][0]
    if running.read(text, short):
        theirs = slow.parseInline(text, {})[0].children
        assert shown(theirs) == shown(short)


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, and more.",
        "Sit, **breathe in** for *four* counts (or `6`).\nThen rest.",
        "Read [the notes](https://halcytone.example/notes) first!",
    ],
)
def test_the_short_way_is_open_to_what_people_mostly_write(text):
    assert running.read(text, [])


@pytest.mark.parametrize(
    "text", ["*open", "a*b*c", "[[name]]", "https://bare.example", "<b>", "&amp;"]
)
def test_the_short_way_is_closed_to_what_may_mean_something_else(text):
    tokens = []
    assert not running.read(text, tokens)
    assert tokens == []


def test_a_table_is_not_filled_up_without_end():
    head = "a|" * 400
    rows = PARSERS[0][1].parse(f"{head}\n{'-|' * 400}\n" + "b\n" * 400)
    cells = sum(token.type == "td_open" for token in rows)
    assert cells <= 2 * tables.MAX_ADDED
