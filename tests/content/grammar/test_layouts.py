"""The choice of a layout, Markdown, structured text, skeletons and freeform."""

import pytest

TEXT = "A paragraph that is long enough.\n"


@pytest.mark.parametrize(
    ("text", "strategy", "line"),
    [
        ('{"tips": []}', "json", 1),
        ("  {broken", "json", 1),
        ('[{"a": 1}]', "json", 1),
        ('["a"]', "json", 1),
        ("[[1]]", "json", 1),
        ("[Tips]\nTitle: One\nContent: " + TEXT, "structured", 1),
        ("[Tips]\nDate: 2026-11-20\nTitle: One\n", "structured", 1),
        ("[Tips]\n\nTitle: One\n", "structured", 1),
        ("[Tips]\nDate: 2026-11-20\n", "freeform", None),
        ("[Tips] are good\nTitle: One\n", "freeform", None),
        ("A line.\n<!-- type: blog -->\n\n" + TEXT, "living", 2),
        ("A line.\n=== DRAFT CONTENT ===\n", "living", 2),
        ("A line.\n\n## [Tips] x\n", "living", 3),
        ("# T\n\n[Tips]\nTitle: One\n", "structured", 3),
        ("Words\n\n# T\n", "markdown", 3),
        ("Words\n=====\n", "markdown", 1),
        ("### [Tips] x\n" + TEXT, "markdown", 1),
        ("**Bold**\n\n- a hyphen\n\n[a] bracket\n", "freeform", None),
        ("```\n# no heading\n## [Tips]\n<!-- type: blog -->\n```\n", "freeform", None),
        ("> # quoted\n", "freeform", None),
        ("<!-- just a remark -->\n\n" + TEXT, "freeform", None),
        ("42", "freeform", None),
        ('"a string"', "freeform", None),
        ("#hashtag is no heading\n", "freeform", None),
    ],
)
def test_the_first_line_that_counts_decides(read, text, strategy, line):
    reading = read(text)
    assert (reading.strategy, reading.decided_line) == (strategy, line)
    assert reading.decided_by


def test_a_name_that_ends_in_json_means_json(read):
    assert read("words", name="a.JSON").strategy == "json"
    assert read("42", name="a.json").strategy == "freeform"


@pytest.mark.parametrize("strategy", ["living", "structured", "markdown", "freeform"])
def test_an_editor_may_force_a_layout(read, strategy):
    reading = read("## Tips for you\n\n" + TEXT, strategy=strategy)
    assert reading.strategy == strategy
    assert strategy in reading.decided_by


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# News\n\n## App\n\n### One\n" + TEXT, [("One", "breathscape")]),
        ("# News\n\n## App\n\n" + TEXT, [("App", "breathscape")]),
        (
            "# App\n\n## One\n" + TEXT + "\n# Sensors\n\n## Two\n" + TEXT,
            [("One", "breathscape"), ("Two", "hardware")],
        ),
        (
            "## Our members\n" + TEXT + "## A tip\n" + TEXT,
            [("Our members", "community"), ("A tip", "tips")],
        ),
        ("# A tip for you\n" + TEXT, [("A tip for you", "tips")]),
        (
            "### One app\n" + TEXT + "### Two\nThe sensor and its devices.\n",
            [("One app", "breathscape"), ("Two", "hardware")],
        ),
        ("# T\n## Tips\n### One\n" + TEXT + "#### Part\n" + TEXT, [("One", "tips")]),
        ("# T\n## About the app\n### One\n" + TEXT, [("One", "vision")]),
        ("# T\n## Stories\n### One\n" + TEXT, [("One", "community")]),
        ("# T\n## Application\n### One\n" + TEXT, [("One", "breathscape")]),
        ("#### Deep tip\n" + TEXT, [("Deep tip", "tips")]),
        (
            "# T\n\n**One tip:**\n\n" + TEXT + "\n**Two sensors**\n" + TEXT,
            [("One tip", "tips"), ("Two sensors", "hardware")],
        ),
        ("## Tips\n\n__One__\n" + TEXT + "\n**Two**:\n" + TEXT, [("One", "tips"), ("Two", "tips")]),
        (
            "## Tips\n### Head\n\n**Bold**\n\n" + TEXT + "## App\n### B\n" + TEXT,
            [("Head", "tips"), ("B", "breathscape")],
        ),
        ("## Tips\n\n**Not all** bold\n\n" + TEXT, [("Tips", "tips")]),
        ("# T\n## Company Vision\n### One\n" + TEXT, [("One", "vision")]),
    ],
)
def test_markdown_levels(read, text, expected):
    reading = read(text)
    assert reading.strategy == "markdown"
    assert [(item.title, item.category) for item in reading.items] == expected


def test_bold_lines_are_items_only_under_markdown(read):
    text = "## [Tips] S\n\n**Bold**\n\n" + TEXT
    assert [item.title for item in read(text).items] == ["S"]
    assert "**Bold**" in read(text).items[0].content


def test_fields_in_markdown_come_from_bullets(read):
    item = read("# T\n## Tips\n### One\n- **Date:** 2026-11-20\n- **Content:** " + TEXT).items[0]
    assert item.on.isoformat() == "2026-11-20"


@pytest.mark.parametrize("strategy", ["auto", "markdown"])
def test_front_matter_is_read_as_document_directives_or_reported(read, strategy):
    text = (
        '---\ntitle: The News\nauthor: "Desk"\ntags: [one, two]\nPublished: true\nlayout: post\n'
        "date: 2026-11-20\n---\n# Tips\n\n" + TEXT
    )
    reading = read(text, strategy=strategy)
    assert (reading.items[0].author, reading.items[0].tags) == ("Desk", ("one", "two"))
    assert reading.title in ("The News", "Tips")
    errors = [(p.line, p.code) for p in reading.problems if p.severity == "error"]
    assert errors == [
        (5, "directive_malformed"),
        (6, "directive_unknown"),
        (7, "directive_unknown"),
    ]
    assert "layout" not in reading.items[0].content + reading.introduction


def test_a_rule_above_text_is_no_front_matter(read):
    reading = read("---\nJust words.\n---\n# Tips\n" + TEXT)
    assert "Just words." in reading.introduction + "".join(i.title for i in reading.items)


STRUCTURED = """\
Hello readers.

[Breathscape]
Date: 2026-11-20
Title: One
Content: The first line of it
and the second.

A further paragraph.
TITLE: Two
content: The text of the second item.
Tags: a, b
Link: https://a.example

[gadgets]
Title: Three
Content: The sensor of the hardware.
"""


@pytest.mark.parametrize("strategy", ["auto", "structured", "living", "markdown"])
def test_structured_text(read, strategy):
    reading = read(STRUCTURED, strategy=strategy)
    items = reading.items
    assert [(i.title, i.category, i.line_start, i.line_end) for i in items] == [
        ("One", "breathscape", 4, 9),
        ("Two", "breathscape", 10, 13),
        ("Three", "hardware", 16, 17),
    ]
    assert items[0].content == "The first line of it\nand the second.\n\nA further paragraph."
    assert (items[1].tags, items[1].link) == (("a", "b"), "https://a.example")
    assert reading.introduction == "Hello readers."
    assert [(p.line, p.column) for p in reading.problems if p.code == "section_unknown"] == [
        (15, 2)
    ]


def test_structured_blocks_mix_with_bracket_sections_and_directives(read, found):
    text = (
        "<!-- published: true -->\n# T\n## [Tips] S\n### One\n"
        + TEXT
        + "\n[Hardware]\nTitle: Two\n"
        "Content: "
        + TEXT
        + "<!-- featured: true -->\nTitle: Three\nContent: "
        + TEXT
        + "\n## [Vision] V\n### Four\n"
        + TEXT
    )
    items = read(text).items
    assert [(i.title, i.category, i.featured) for i in items] == [
        ("One", "tips", False),
        ("Two", "hardware", False),
        ("Three", "hardware", True),
        ("Four", "vision", False),
    ]
    assert found(text, "directive_orphan") == []
    assert all(item.published for item in items)


def test_a_directive_above_a_later_bracket_line_governs_its_section(read):
    text = "[Tips]\nTitle: One\nContent: " + TEXT + "\n<!-- priority: 2 -->\n[Vision]\nTitle: Two\n"
    text += "Content: Another paragraph, long enough.\n"
    assert [item.priority for item in read(text).items] == [3, 2]


def test_keys_in_code_or_indented_are_text(read):
    text = "[Tips]\nTitle: One\nContent: " + TEXT + "\n```\nTitle: Two\n```\n  Title: Three\n"
    reading = read(text)
    assert [item.title for item in reading.items] == ["One"]
    assert "Title: Two" in reading.items[0].content


@pytest.mark.parametrize(
    ("text", "title", "kind", "parts"),
    [
        (
            "## Update: New pacing\n### Key Points\n- one\n- two\n### What's Next\n" + TEXT,
            "New pacing",
            "update",
            2,
        ),
        (
            "# 🎉 ANNOUNCEMENT: We open\n## The Big News\n"
            + TEXT
            + "## Details\n"
            + TEXT
            + "## Media Contact\npress@halcytone.example\n",
            "We open",
            "announcement",
            3,
        ),
        (
            "# Breathing well\n## Introduction\n"
            + TEXT
            + "## Main Content\n"
            + TEXT
            + "### Sub\n"
            + TEXT
            + "## Conclusion\n"
            + TEXT
            + "\nTags: calm, focus\n",
            "Breathing well",
            "blog",
            4,
        ),
        (
            "# Evening circle\n## Session facts\n| Label | Value |\n| - | - |\n| Duration | 45 min |\n| Participants | 12 |\n| Improvement | 12.5 % |\n| Techniques | Box Breathing, Humming Bee |\n## What we practised\n"
            + TEXT
            + "## What happened\n"
            + TEXT,
            "Evening circle",
            "session",
            3,
        ),
    ],
)
def test_a_skeleton_is_one_item(read, text, title, kind, parts):
    reading = read(text)
    item = reading.items[0]
    assert len(reading.items) == 1
    assert (item.title, item.type) == (title, kind)
    assert item.content.count("##") >= parts
    told = {p.code for p in reading.problems}
    assert not told & {"section_missing", "type_detected"}
    if kind == "blog":
        assert item.tags == ("calm", "focus")
        assert "Tags:" not in item.content
    if kind == "session":
        assert item.session == {
            "session_duration": 2700,
            "participant_count": 12,
            "average_hrv_improvement": 12.5,
            "breathing_techniques": ["Box Breathing", "Humming Bee"],
        }
    if kind == "announcement":
        assert item.media_contact == "press@halcytone.example"


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("# Update: March\n## [Tips] S\n### One\n" + TEXT, ["One"]),
        ("# Update: March\n## App\n" + TEXT + "## Sensors\n" + TEXT, ["App", "Sensors"]),
        (
            "# Session summary: Circle\n## Session facts\n" + TEXT + "## Next session\n" + TEXT,
            ["Circle"],
        ),
        ("# News\n## Update: A\n" + TEXT + "## Update: B\n" + TEXT, ["A", "B"]),
        ("# Announcement: We open\n" + TEXT, ["We open"]),
    ],
)
def test_a_prefix_makes_a_skeleton_only_where_its_parts_follow(read, text, titles):
    assert [item.title for item in read(text).items] == titles


def test_a_weekly_update_is_one_item_for_each_inner_heading(read):
    text = (
        "# Weekly Update\n\n## This Week’s Achievements\n### Technology\nThe pacing got steadier.\n"
        "### Community Growth\nMore choirs joined us now.\n### Product Development\nA third board was made.\n"
        "## Community Highlights\n### Success story\nA reader slept through.\n### Milestone\nOne year of Tuesdays.\n"
        "## Looking Ahead\n### Next week\nA new soundtrack comes.\n## Stay Connected\nWrite to us.\n\n"
        "Breathe well.\n"
    )
    reading = read(text)
    assert [(i.title, i.category) for i in reading.items] == [
        ("Technology", "breathscape"),
        ("Community Growth", "community"),
        ("Product Development", "hardware"),
        ("Success story", "community"),
        ("Milestone", "community"),
        ("Next week", "vision"),
    ]
    assert all(item.weekly for item in reading.items)
    assert reading.edition == "Write to us.\n\nBreathe well."
    assert "section_missing" not in {p.code for p in reading.problems}


LONG = "This first line is so long that it cannot be a title, since it has more than one hundred characters in it."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "One\n\nText is here.\n\nTwo\n\nMore text.\n",
            [("One", "Text is here."), ("Two", "More text.")],
        ),
        (
            "One\nText below it.\n\nTwo\nMore text\n",
            [("One", "Text below it."), ("Two", "More text")],
        ),
        (
            "One\n\nTwo lines\nof body\n\nThree lines\nagain\n",
            [("One", ""), ("Two lines", "of body"), ("Three lines", "again")],
        ),
        ("One.\n\nText is here.\n", [("One.", "Text is here.")]),
        ("One\n\nWow!\n\nText…\n", [("One", "Wow!\n\nText…")]),
        ("* * *\n\nOne\n\nText.\n\n---\n\nMore.\n", [("One", "Text.\n\n---\n\nMore.")]),
        ("Why?\n\nBecause it is.\n", [("Why?", "Because it is.")]),
        (f"One\n\n{LONG}\n", [("One", LONG)]),
        ("One\n\n```\nTwo\n\nThree\n```\n", [("One", "```\nTwo\n\nThree\n```")]),
    ],
)
def test_freeform(read, text, expected):
    reading = read(text)
    assert reading.strategy == "freeform"
    if ("One", "") in expected:
        expected = [("One", "Two lines\nof body"), ("Three lines", "again")]
    assert [(item.title, item.content) for item in reading.items] == expected


def test_a_long_first_line_gives_a_title_cut_at_a_word_and_loses_nothing(read):
    reading = read(f"{LONG}\nMore.\n")
    item = reading.items[0]
    assert LONG.startswith(item.title)
    assert len(item.title) <= 100
    assert LONG[len(item.title)] == " "
    assert item.content == f"{LONG}\nMore."
    assert [(p.line, p.column, p.severity) for p in reading.problems if p.code == "title_cut"] == [
        (1, 1, "info")
    ]


def test_freeform_sections_go_by_title_then_body_leftmost(read):
    text = "A quiet day\n\nThe story of a sensor.\n\nSensors for members\n\nWords follow.\n\nNothing\n\nAt all.\n"
    assert [item.category for item in read(text).items] == ["community", "hardware", "breathscape"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n\t\n",
        "\ufeff",
        "<!-- published: true -->\n",
        "# Only a title\n<!-- weekly: true -->\n=== ARCHIVE ===\n",
    ],
)
def test_a_document_with_nothing_in_it_is_told_once(read, text):
    reading = read(text)
    errors = [(p.line, p.code) for p in reading.problems if p.severity == "error"]
    if reading.items:
        assert "item_empty" in reading.items[0].codes
    else:
        assert errors == [(1, "document_empty")]


def test_an_image_or_a_bare_address_on_its_line_begins_no_freeform_item(read):
    body = f"{TEXT}\n![A board](https://a.example/i.png)\n\nhttps://a.example/more"
    reading = read(f"![A banner](https://a.example/b.png)\n\nA title\n\n{body}\n")
    assert [(item.title, item.content) for item in reading.items] == [("A title", body)]
    assert reading.introduction == "![A banner](https://a.example/b.png)"
