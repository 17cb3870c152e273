"""What pages and rows of Notion say. Pure: answers of its API in, Markdown out."""

from datetime import UTC, datetime

import pytest

from content import grammar, markdown
from content.sources.notion_reading import of_database, of_page
from content.sources.tree import Run
from halcytone.sandbox.notion_rows import made_id
from tests.content.sources.notion_forms import block, page

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
HOSTED = {"type": "file", "file": {"url": "https://files.example/a.png?sig=1", "expiry_time": "x"}}


def said(*blocks):
    """Return the Markdown of a page below its title."""
    return of_page(page(*blocks), {}).markdown.removeprefix("# A page\n").strip("\n")


def paragraph(words):
    return block("paragraph", words)


def row(*blocks, **columns):
    columns = {"Name": "A letter", **columns}
    return page(*blocks, id=made_id(repr((columns, blocks))), **columns)


def items(*rows):
    text = of_database("Letters", rows, {})
    return grammar.parse(text.markdown, at=NOW).items


# a page of its own


def test_the_name_of_a_page_is_its_title():
    text = of_page(page(paragraph("Words."), title="5 * 3 letters"), {})
    assert (text.title, text.markdown) == ("5 * 3 letters", "# 5 * 3 letters\n\nWords.\n")


def test_the_grammar_is_what_the_editor_typed():
    blocks = (
        paragraph("<!-- published: true -->"),
        block("heading_2", "[Tips] Small habits"),
        block("heading_3", "Two minutes before a meeting"),
        block("bulleted_list_item", (Run("Date:", bold=True), Run(" 2026-11-20"))),
        block("bulleted_list_item", (Run("Content:", bold=True), Run(" Sit, breathe in and out.")),
              children=[paragraph("And once more.")]),
    )  # fmt: skip
    text = of_page(page(*blocks, title="Letters of December"), {})
    reading = grammar.parse(text.markdown, at=NOW)
    (item,) = reading.items
    assert (reading.title, item.title, item.category) == (
        "Letters of December", "Two minutes before a meeting", "tips",
    )  # fmt: skip
    assert (item.on.isoformat(), item.published) == ("2026-11-20", True)
    assert item.content == "Sit, breathe in and out.\n\nAnd once more."


def test_directives_at_the_top_hold_for_the_whole_page():
    blocks = (paragraph("<!-- type: blog -->\n<!-- zone: Europe/Berlin -->"), paragraph("Words."))
    assert of_page(page(*blocks), {}).markdown.split("\n") == [
        "<!-- type: blog -->  ", "<!-- zone: Europe/Berlin -->", "", "# A page", "", "Words.", "",
    ]  # fmt: skip


def test_one_heading_of_the_first_level_at_the_head_is_the_title():
    text = of_page(page(block("heading_1", "Letters"), block("heading_2", "[Tips] x")), {})
    assert text.markdown == "# Letters\n\n## [Tips] x\n"


def test_several_headings_of_the_first_level_are_sections():
    text = of_page(
        page(
            block("heading_1", "[Tips] One"), block("heading_2", "Item"), block("heading_1", "Two")
        ),
        {},
    )
    assert text.markdown == "# A page\n\n## [Tips] One\n\n### Item\n\n## Two\n"


# each kind of block


@pytest.mark.parametrize(
    ("form", "markdown"),
    [
        (block("callout", "Mind the gap.", icon={"emoji": "💡"}), "Mind the gap."),
        (block("toggle", "More", children=[paragraph("Words.")]), "More\n\nWords."),
        (block("heading_2", "A", is_toggleable=True, children=[paragraph("Words.")]), "## A\n\nWords."),
        (block("equation", expression="E=mc^2"), "```latex\nE=mc^2\n```"),
        (block("code", "a = 1", language="python", caption="How"), "```python\na = 1\n```\n\nHow"),
        (block("code", "a = 1", language="plain text"), "```\na = 1\n```"),
        (block("quote", "It is quiet.\n– A reader, 2026"), "> It is quiet.\n>\n> — A reader, 2026"),
        (block("quote", "It is quiet.", children=[paragraph("— A reader")]), "> It is quiet.\n>\n> — A reader"),
        (block("quote", "One.\nTwo - three."), "> One.\n> Two - three."),
        (block("quote", "—"), "> —"),
        (block("bookmark", url="https://a.example/x", caption="A mark"), "[A mark](https://a.example/x)"),
        (block("embed", url="https://a.example/x"), "[https://a.example/x](https://a.example/x)"),
        (block("link_preview", url="https://a.example/x"), "[https://a.example/x](https://a.example/x)"),
        (block("video", type="external", external={"url": "https://v.example/1"}), "[https://v.example/1](https://v.example/1)"),
        (block("breadcrumb"), ""),
        (block("table_of_contents"), ""),
        (block("template", "A button"), ""),
        (block("paragraph", ""), ""),
        (block("paragraph", "", children=[paragraph("inside")]), "inside"),
        (block("column_list", children=[block("column", children=[paragraph("left")]),
            block("column", children=[paragraph("right")])]), "left\n\nright"),
        (block("synced_block", synced_from=None, children=[paragraph("shared")]), "shared"),
        (block("paragraph", "a\nb"), "a  \nb"),
    ],
)  # fmt: skip
def test_each_kind_of_block_keeps_its_words(form, markdown):
    assert said(form).replace(">  \n", ">\n").replace("  \n>", "\n>") == markdown


def test_numbers_count_by_their_place_and_start_anew_after_other_blocks():
    numbered = [block("numbered_list_item", words) for words in "abcd"]
    numbered[3]["numbered_list_item"]["list_start_index"] = 7
    text = said(*numbered[:2], paragraph("Between."), numbered[2], paragraph("Again."), numbered[3])
    assert text == "1. a\n2. b\n\nBetween.\n\n1. c\n\nAgain.\n\n7. d"


def test_what_stands_inside_list_items_stays_there():
    inner = block(
        "bulleted_list_item",
        "inner",
        children=[block("code", "x = 1"), block("to_do", "do", checked=False)],
    )
    outer = block("numbered_list_item", "outer", children=[paragraph("why"), inner])
    html = markdown.to_html(said(outer, block("numbered_list_item", "next")))
    assert html.count("<ol>") == 1
    assert "<pre><code>x = 1\n</code></pre>" in html.partition("<ul>")[2].partition("</ul>")[0]


def test_tables_keep_head_row_and_head_column():
    rows = [block("table_row", cells=["", "Space"]), block("table_row", cells=["iOS", "88 | MB"])]
    plain = block("table", has_column_header=True, has_row_header=False, children=rows)
    assert said(plain) == "|  | Space |\n| --- | --- |\n| iOS | 88 \\| MB |"
    both = block("table", has_column_header=True, has_row_header=True, children=rows)
    assert "<th>iOS</th><td>88 | MB</td>" in markdown.to_html(said(both))
    assert said(block("table", children=[])) == ""


def test_rich_text_keeps_looks_links_and_names():
    pieces = [
        {"text": {"content": "bold"}, "annotations": {"bold": True}},
        {"text": {"content": " and "}},
        {"text": {"content": "a page", "link": {"url": "/0a1b"}}},
        {"text": {"content": " by "}},
        {"type": "mention", "mention": {"type": "user", "user": {"name": "The Editor"}}, "plain_text": "@The Editor"},
        {"text": {"content": " on "}},
        {"type": "mention", "mention": {"type": "date", "date": {"start": "2026-03-06"}}, "plain_text": "2026-03-06"},
        {"text": {"content": ", see "}},
        {"type": "mention", "mention": {"type": "page", "page": {"id": "0a1b"}}, "plain_text": "The plan", "href": "https://www.notion.so/0a1b"},
        {"text": {"content": ", "}},
        {"type": "mention", "mention": {"type": "link_mention", "link_mention": {"href": "https://a.example/", "title": "A place"}}, "plain_text": "https://a.example/"},
        {"text": {"content": ", "}},
        {"type": "equation", "equation": {"expression": "a_b"}, "plain_text": "a_b"},
    ]  # fmt: skip
    assert said(block("paragraph", caption=[]) | {"paragraph": {"rich_text": pieces}}) == (
        "**bold** and [a page](https://www.notion.so/0a1b) by The Editor on 2026-03-06, see The plan, "
        "[A place](https://a.example/), `a_b`"
    )


def test_a_caption_is_offered_as_alternative_text_and_never_taken_for_it():
    text = of_page(page(block("image", **HOSTED, caption="A lamp\non a desk")), {})
    ((key, picture),) = text.pictures.items()
    assert f"![]({key})" in text.markdown
    assert (picture.offered_alt, picture.url) == ("A lamp on a desk", HOSTED["file"]["url"])


def test_an_image_keeps_its_name_when_its_address_is_signed_anew():
    again = {"type": "file", "file": {"url": "https://files.example/a.png?sig=2"}}
    (first,), (second,) = (
        of_page(page(block("image", **file)), {}).pictures for file in (HOSTED, again)
    )
    assert first == second
    (other,) = of_page(
        page(block("image", type="external", external={"url": "https://a.example/i?v=1"})), {}
    ).pictures
    (another,) = of_page(
        page(block("image", type="external", external={"url": "https://a.example/i?v=2"})), {}
    ).pictures
    assert other != another


@pytest.mark.parametrize(
    ("form", "code", "name"),
    [
        (block("unsupported", block_type="meeting_notes"), "block_left_out", "meeting notes"),
        (block("something_new"), "block_left_out", "something new"),
        (block("synced_block", synced_from={"block_id": "x"}) | {"is_hidden": True}, "block_left_out", "not shared"),
        (block("child_page", title="Minutes"), "page_linked", "Minutes"),
        (block("child_database", title="Plans"), "page_linked", "Plans"),
        (block("link_to_page", type="page_id", page_id="0a1b"), "page_linked", "another page"),
        (block("pdf", **HOSTED, name="plan.pdf"), "block_left_out", "plan.pdf"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_at_its_place(form, code, name):
    made = page(paragraph("Before."), form, paragraph("After."))
    if form.get("is_hidden"):
        made.blocks[1]["is_hidden"] = True
    text = of_page(made, {})
    (remark,) = text.remarks
    assert remark.code == code
    assert name in remark.message
    assert remark.hint
    near = text.markdown.split("\n")[remark.line - 1]
    assert near in ("Before.", "plan.pdf")
    assert text.markdown.endswith("After.\n")


def test_every_remark_has_a_severity():
    from content.grammar.problems import SEVERITIES

    assert {SEVERITIES["block_left_out"], SEVERITIES["page_linked"]} == {"warning", "info"}


# a database


def test_a_row_is_an_item_with_what_its_columns_say():
    (item,) = items(
        row(
            paragraph("The body, as the page has it."),
            Category="Hardware", Type="Blog", Date="2026-11-06", Tags=["drop test", "a_b"],
            Status="Published", Content="Not this, since there is a body.",
        )
    )  # fmt: skip
    assert (item.title, item.category, item.type) == ("A letter", "hardware", "blog")
    assert (item.on.isoformat(), item.tags, item.published) == (
        "2026-11-06", ("drop test", "a_b"), True,
    )  # fmt: skip
    assert item.content == "The body, as the page has it."


def test_columns_go_by_either_name_and_any_case():
    (item,) = items(
        page(title="A letter", description="One.\n\nTwo and three.", CATEGORY="Company Vision")
    )
    assert (item.title, item.category, item.content) == (
        "A letter",
        "vision",
        "One.\n\nTwo and three.",
    )


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"Type": "Session summary"}, {"type": "session"}),
        ({"Category": "Announcement"}, {"type": "announcement"}),
        ({"Category": "Science & Research"}, {"blog_category": "Science & Research"}),
        ({"Category": "Community"}, {"category": "community"}),
        ({"Category": ["Tips", "Blog"]}, {"category": "tips", "type": "blog"}),
        ({"Date": "2026-11-06T23:30:00.000-05:00"}, {"on": datetime(2026, 11, 6).date()}),  # noqa: DTZ001
        ({"Status": "In progress"}, {"published": False}),
        ({"Status": "Archived"}, {"is_archived": True}),
    ],
)
def test_a_choice_is_read_as_what_it_names(columns, found):
    (item,) = items(row(paragraph("A body that is long enough."), **columns))
    assert {name: getattr(item, name) for name in found} == found


def test_an_unknown_category_is_told_and_the_words_decide():
    text = of_database(
        "Letters", [row(paragraph("About the sensor of the device."), Category="Sundry")], {}
    )
    reading = grammar.parse(text.markdown, at=NOW)
    assert [item.category for item in reading.items] == ["hardware"]
    assert any(
        one.code == "section_unknown" and "Sundry" in one.message for one in reading.problems
    )


def test_rows_without_a_section_come_first_and_archived_ones_last():
    found = items(
        row(paragraph("Old words, long enough."), Name="Old", Category="Tips", Status="Archive"),
        row(paragraph("New words, long enough."), Name="New", Category="Tips"),
        row(paragraph("Words of a member, long enough."), Name="Free"),
    )
    assert [(item.title, item.category, item.is_archived) for item in found] == [
        ("Free", "community", False), ("New", "tips", False), ("Old", "tips", True),
    ]  # fmt: skip


def test_nothing_in_a_body_ends_its_item_or_reaches_the_next():
    blocks = [
        block("heading_1", "A part"), block("heading_2", "[Vision] no section"), paragraph("=== ARCHIVE ==="),
        paragraph("[Tips]\nTitle: no item\nContent: no"), block("bulleted_list_item", "Date: no date"),
        block("heading_3", "Inner"), paragraph("*literal* <b>words</b>"),
    ]  # fmt: skip
    first, second = items(
        row(*blocks, Category="Tips", Date="2026-11-06"),
        row(paragraph("The next body, long enough."), Name="Next", Category="Tips"),
    )
    assert (first.title, first.category, second.title, second.is_archived) == (
        "A letter", "tips", "Next", False,
    )  # fmt: skip
    assert first.codes == second.codes == ()
    html = markdown.to_html(first.content)
    for words in ("A part", "[Vision] no section", "=== ARCHIVE ===", "Title: no item", "Date: no date",
                  "*literal* &lt;b&gt;words&lt;/b&gt;"):  # fmt: skip
        assert words in html


def test_directives_in_the_page_of_a_row_govern_its_item_and_win_over_columns():
    (item, other) = items(
        row(paragraph("Words first, then a directive."), paragraph("<!-- priority: 1 -->\n<!-- tags: mine -->"),
            Tags=["column"], Category="Tips"),
        row(paragraph("The next body, long enough."), Name="Next", Category="Tips"),
    )  # fmt: skip
    assert (item.priority, item.tags, item.content) == (
        1,
        ("mine",),
        "Words first, then a directive.",
    )
    assert other.priority == 3


def test_what_is_wrong_in_a_row_leads_to_it_at_notion():
    from content import places

    rows = [row(paragraph("A body that is long enough.")), row(Name="", Category="Tips")]
    text = of_database("Letters", rows, {})
    found = places.linked(grammar.parse(text.markdown, at=NOW).problems, text.places)
    (empty,) = [one for one in found if one.code == "item_untitled"]
    assert empty.source_url == f"https://www.notion.so/{rows[1].id.replace('-', '')}"


def test_a_block_of_a_row_has_a_link_of_its_own():
    text = of_database("Letters", [row(paragraph("A body that is long enough."))], {})
    (place,) = [place for place in text.places if "#" in place.url]
    assert text.markdown.split("\n")[place.line - 1].strip() == "A body that is long enough."
    assert place.url.endswith(f"#{place.id.replace('-', '')}")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ({"type": "formula", "formula": {"type": "string", "string": "Tips"}}, "tips"),
        ({"type": "rollup", "rollup": {"type": "array", "array": [{"type": "select", "select": {"name": "Tips"}}]}}, "tips"),
        ({"type": "rich_text", "rich_text": "Tips"}, "tips"),
        ({"type": "select", "select": None}, "breathscape"),
        ({"type": "relation", "relation": [{"id": "x"}]}, "breathscape"),
    ],
)  # fmt: skip
def test_a_category_may_be_a_column_of_another_kind(column, text):
    (item,) = items(row(paragraph("A body that is long enough."), Category=column))
    assert item.category == text
