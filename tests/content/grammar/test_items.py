"""Sections, items, bullets, dates, banners and times."""

from datetime import UTC, date, datetime

import pytest

BODY = "- **Date:** 2026-11-20\n- **Content:** A body that is long enough.\n"


@pytest.mark.parametrize(
    "bullet",
    [
        "- **Date:** 2026-11-05",
        "* **Date**: 2026-11-05",
        "+ Date: 2026-11-05",
        "1. __date:__ 2026-11-05",
        "2) DATE : 2026-11-05",
        "- *Date:* 2026-11-05",
        "-\u00a0**Date:**\u00a02026-11-05",
        "- **Date:** 5 November 2026",
        "- **Date:** 5 nov 2026",
        "- **Date:** November 5, 2026",
        "- **Date:** NOV 5 2026",
        "- **Date:** 2026–11–05",
    ],
)
def test_a_date_bullet_is_read_in_every_form(read, bullet):
    reading = read(f"## [Tips] S\n### Item\n{bullet}\n- **Content:** A body that is long enough.\n")
    assert reading.items[0].on == date(2026, 11, 5)
    assert not [p for p in reading.problems if p.severity == "error"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("03/06/2026", "date_ambiguous"),
        ("13/06/2026", "date_ambiguous"),
        ("6.3.2026", "date_ambiguous"),
        ("2026/03/06", "date_ambiguous"),
        ("2026-02-30", "date_invalid"),
        ("6th March 2026", "date_invalid"),
        ("31 February 2026", "date_invalid"),
        ("soon", "date_invalid"),
        ("2026-3-6", "date_invalid"),
        ("2026-03-06T10:00", "date_invalid"),
        ("", "date_defaulted"),
    ],
)
def test_a_wrong_date_is_told_and_replaced_by_the_day_of_reading(read, value, code):
    text = (
        f"## [Tips] S\n### Item\n- **Date:** {value}\n- **Content:** A body that is long enough.\n"
    )
    reading = read(text)
    problem = next(p for p in reading.problems if p.code.startswith("date_"))
    assert (problem.code, problem.line) == (code, 2 if code == "date_defaulted" else 3)
    assert problem.column == (1 if code == "date_defaulted" else 13)
    assert reading.items[0].on == date(2026, 11, 27)


def test_the_day_of_reading_is_that_of_the_documents_zone(read):
    at = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    text = "<!-- zone: Asia/Tokyo -->\n# T\n## [Tips] S\n### Item\nA body that is long enough.\n"
    assert read(text, at=at).items[0].on == date(2026, 11, 28)
    assert read(text.replace("zone: Asia/Tokyo", "priority: 3"), at=at).items[0].on == date(
        2026, 11, 27
    )


def test_content_keeps_its_markdown_without_the_indentation(read):
    text = (
        "## [Tips] S\n### Item\nBefore the bullets.\n\n- **Content:** First paragraph\n  goes on.\n\n"
        "  | a | b |\n  | - | - |\n  | 1 | 2 |\n\n  - inner\n    - deeper\n- **Tags:** One, two\n"
    )
    item = read(text).items[0]
    assert item.content == (
        "Before the bullets.\n\nFirst paragraph\ngoes on.\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n"
        "- inner\n  - deeper"
    )
    assert item.tags == ("one", "two")
    assert (item.line_start, item.line_end) == (2, 14)


def test_repeated_content_is_joined_and_any_other_repeat_is_an_error(read):
    text = (
        "## [Tips] S\n### Item\n- **Content:** The first part of it.\n- **Link:** https://a.example\n"
        "- **Content:** The second part.\n- **Link:** https://b.example\n"
    )
    reading = read(text)
    assert reading.items[0].content.startswith("The first part of it.\n\nThe second part.")
    assert reading.items[0].link == "https://a.example"
    assert [(p.line, p.column) for p in reading.problems if p.code == "field_duplicate"] == [(6, 3)]
    assert "https://b.example" in reading.items[0].content


def test_what_hangs_below_another_field_is_content(read):
    text = "## [Tips] S\n### One\n- **Alt:** A long\n  picture text\n\n  A paragraph below it.\n- **Tags:** a, b\n  - inner\n"
    item = read(text).items[0]
    assert (item.alt, item.tags) == ("A long picture text", ("a", "b"))
    assert item.content == "A paragraph below it.\n\n- inner"


def test_a_bullet_with_another_label_or_none_is_content(read):
    text = "## [Tips] S\n### Item\n- **Date:** 2026-11-20\n- **Mood:** calm and steady\n- Just a point\n"
    item = read(text).items[0]
    assert item.content == "- **Mood:** calm and steady\n- Just a point"


def test_text_at_the_margin_below_bullets_is_content_and_told(read):
    text = f"## [Tips] S\n### Item\n{BODY}\nA paragraph at the margin.\n\n| a |\n| - |\n| 1 |\n"
    reading = read(text)
    assert reading.items[0].content.endswith("A paragraph at the margin.\n\n| a |\n| - |\n| 1 |")
    assert [p.line for p in reading.problems if p.code == "indent_missing"] == [6]
    assert reading.items[0].line_end == 10


def test_a_rule_between_sections_is_no_text_of_the_item_above(read):
    text = f"## [Tips] S\n### One\n{BODY}\n---\n\n## [Vision] V\n### Two\nWords above.\n\n***\n\nWords below it.\n"
    one, two = read(text).items
    assert (one.content, one.line_end) == ("A body that is long enough.", 4)
    assert two.content == "Words above.\n\n***\n\nWords below it."
    assert "indent_missing" not in [p.code for p in read(text).problems]


def test_a_line_that_hangs_below_tags_is_content(read):
    text = "## [Tips] S\n### Item\n- Content: A body that is long enough.\n- Tags: a, b\nMore of the text.\n"
    item = read(text).items[0]
    assert item.tags == ("a", "b")
    assert item.content == "A body that is long enough.\n\nMore of the text."


def test_the_title_bullet_wins_over_the_heading_and_loses_markup(read):
    text = f"## [Tips] S\n### Heading\n{BODY}- **Title:** A *new* `title` &amp; more <b>here</b>\n"
    reading = read(text)
    assert reading.items[0].title == "A new title & more here"
    assert [p.code for p in reading.problems if p.code == "html_removed"] == ["html_removed"]


def test_a_script_in_a_title_goes_with_its_content(read):
    assert read(f"## [Tips] S\n### Safe <script>alert(1)</script>\n{BODY}").items[0].title == "Safe"


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("## [Tips] Small habits\n" + BODY, ["Small habits"]),
        ("## [Tips] Small habits\nA paragraph that is long enough.\n", ["Small habits"]),
        ("## [Tips] Small\n" + BODY + "### Next\n" + BODY, ["Small", "Next"]),
        ("## [Tips]\n### One\n" + BODY, ["One"]),
        ("## [Tips] Intro\nOnly words here.\n### One\n" + BODY, ["One"]),
        ("## [Tips] Empty\n## [Vision] V\n### One\n" + BODY, ["One"]),
        ("## [ tIPS ] x\n### One\n" + BODY, ["One"]),
        ("[Tips] One\n---\n### Two\n" + BODY, ["Two"]),
        ("## [Tips] S\n### One\n#### Part\n" + BODY, ["One"]),
        ("## [Tips] S\n- quoted:\n\n  ### Not an item\n### One\n" + BODY, ["One"]),
    ],
)
def test_which_headings_are_items(read, text, titles):
    assert [item.title for item in read("# T\n" + text).items] == titles


def test_a_bracket_section_without_heading_is_an_untitled_item(found):
    assert found("## [Tips]\n" + BODY, "item_untitled") == [(1, 1, "item_untitled")]


def test_text_that_belongs_to_nothing_is_introduction(read):
    text = f"# T\nWelcome to all.\n\n## [Tips] S\nAbout this part.\n### One\n{BODY}"
    reading = read(text)
    assert reading.introduction == "Welcome to all.\n\nAbout this part."
    assert reading.title == "T"


@pytest.mark.parametrize("heading", ["## [Tips](https://a.example) x", "## [Tips][ref] x"])
def test_a_link_in_a_heading_is_no_bracket_section(read, heading):
    assert read(f"{heading}\n\nA paragraph that is long enough.\n").strategy == "markdown"


def test_a_bracket_at_another_level_is_text_and_told(read):
    reading = read(f"## [Tips] S\n### [Vision] One\n{BODY}")
    assert (reading.items[0].title, reading.items[0].category) == ("[Vision] One", "tips")
    assert [(p.line, p.severity) for p in reading.problems if p.code == "bracket_level"] == [
        (2, "info")
    ]


def test_an_item_above_any_section_goes_by_its_words(read):
    reading = read(f"### A sensor and a prototype\n{BODY}\n## [Tips] S\n### One\n{BODY}")
    assert [item.category for item in reading.items] == ["hardware", "tips"]


def test_an_unknown_section_goes_by_most_hits_and_warns(read):
    text = f"## [Gadgets] New\n### A sensor\n{BODY}\n### A tip\n- Content: The device and its sensors.\n"
    reading = read(text)
    assert {item.category for item in reading.items} == {"hardware"}
    assert [(p.line, p.column) for p in reading.problems if p.code == "section_unknown"] == [(1, 5)]


def test_missing_sections_are_told_once_each(found):
    expected = [(1, 1, "section_missing")] * 3
    assert found(f"## [Tips] S\n### One\n{BODY}", "section_missing") == expected
    assert found(f"# Tips\n\n## One\n\n{BODY}", "section_missing") == []


@pytest.mark.parametrize(
    ("banner", "published", "priority"),
    [
        ("=== PUBLISHED CONTENT ===", True, 3),
        ("  === published content ===  ", True, 3),
        ("=== Draft Content ===", False, 3),
        ("=== ARCHIVE ===", True, 5),
        ("=== SOMETHING ===", True, 3),
    ],
)
def test_a_banner_sets_defaults_for_the_items_below(read, banner, published, priority):
    text = f"<!-- published: true -->\n# T\n{banner}\n## [Tips] S\n### One\n{BODY}"
    reading = read(text)
    assert (reading.items[0].published, reading.items[0].priority) == (published, priority)
    assert ("banner_unknown" in [p.code for p in reading.problems]) == ("SOMETHING" in banner)


def test_a_banner_ends_at_the_next_and_does_not_close_the_section(read):
    text = (
        f"=== PUBLISHED CONTENT ===\n## [Tips] S\n### One\n{BODY}=== SOMETHING ===\n### Two\n{BODY}"
        f"=== DRAFT CONTENT ===\n### Three\n{BODY}"
    )
    items = read(text).items
    assert [(i.published, i.category) for i in items] == [(True, "tips")] * 2 + [(False, "tips")]


@pytest.mark.parametrize(
    ("banner", "directive", "warns"),
    [
        ("PUBLISHED CONTENT", "published: false", True),
        ("DRAFT CONTENT", "published: true", True),
        ("SCHEDULED CONTENT", "published: false", True),
        ("PUBLISHED CONTENT", "published: true", False),
        ("ARCHIVE", "priority: 1", True),
        ("ARCHIVE", "published: false", False),
    ],
)
def test_an_item_that_contradicts_its_banner_is_told_with_both_lines(
    read, banner, directive, warns
):
    text = f"# T\n=== {banner} ===\n## [Tips] S\n<!-- {directive} -->\n### One\n{BODY}"
    told = [p for p in read(text).problems if p.code == "banner_conflict"]
    assert len(told) == warns
    if warns:
        assert "line 4" in told[0].message
        assert "line 2" in told[0].message


def test_a_document_default_contradicts_no_banner(found):
    text = (
        f"<!-- published: false -->\n# T\n=== PUBLISHED CONTENT ===\n## [Tips] S\n### One\n{BODY}"
    )
    assert found(text, "banner_conflict") == []


def test_an_item_below_scheduled_needs_a_time(found):
    text = f"=== SCHEDULED CONTENT ===\n## [Tips] S\n### One\n{BODY}"
    assert found(text, "schedule_missing") == [(3, 1, "schedule_missing")]
    timed = "<!-- scheduled_for: 2026-12-01 -->\n# T\n" + text
    assert found(timed, "schedule_missing") == []


@pytest.mark.parametrize(
    ("value", "utc", "local"),
    [
        ("2027-03-10", "2027-03-10T15:00:00Z", "2027-03-10T10:00:00-05:00"),
        ("2027-03-16T10:00", "2027-03-16T14:00:00Z", "2027-03-16T10:00:00-04:00"),
        ("2027-03-16T10:00:30", "2027-03-16T14:00:30Z", "2027-03-16T10:00:30-04:00"),
        ("2027-03-16T10:00Z", "2027-03-16T10:00:00Z", "2027-03-16T06:00:00-04:00"),
        ("2027-03-16T10:00+01:00", "2027-03-16T09:00:00Z", "2027-03-16T05:00:00-04:00"),
    ],
)
def test_a_time_is_wall_clock_unless_it_says_otherwise(read, value, utc, local):
    item = read(f"## [Tips] S\n<!-- scheduled_for: {value} -->\n### One\n{BODY}").items[0].as_dict()
    assert (item["scheduled_for"], item["scheduled_for_local"]) == (utc, local)
    assert item["zone"] == "America/New_York"


@pytest.mark.parametrize(
    ("value", "published", "code"),
    [
        ("2027-03-14T02:30", "true", "schedule_nonexistent"),
        ("2027-03-14T02:30", "false", "schedule_nonexistent"),
        ("2027-11-07T01:30", "true", "schedule_ambiguous"),
        ("2026-11-27T07:00", "true", "schedule_past"),
        ("2026-11-27T07:01", "true", None),
        ("2026-03-10", "true", "schedule_past"),
        ("2026-03-10", "false", None),
        ("2027-11-27T23:59", "true", None),
        ("2027-11-28", "true", "schedule_too_far"),
        ("2027-11-28", "false", "schedule_too_far"),
    ],
)
def test_times_that_cannot_be(read, value, published, code):
    text = f"## [Tips] S\n<!-- published: {published} -->\n<!-- scheduled_for: {value} -->\n### One\n{BODY}"
    reading = read(text)
    told = [p for p in reading.problems if p.code.startswith("schedule_")]
    assert [p.code for p in told] == ([code] if code else [])
    if code:
        assert (told[0].line, told[0].column) == (3, 21)
    assert (reading.items[0].scheduled is None) == (code not in (None, "schedule_ambiguous"))


def test_the_first_of_a_repeated_hour_is_taken(read):
    text = f"## [Tips] S\n<!-- scheduled_for: 2027-11-07T01:30 -->\n### One\n{BODY}"
    assert read(text).items[0].scheduled.utc_text == "2027-11-07T05:30:00Z"


def test_the_past_is_no_remark_in_the_archive_or_when_the_ledger_confirmed(read):
    past = "<!-- scheduled_for: 2026-03-10 -->\n### One\n" + BODY
    archive = f"<!-- published: true -->\n# T\n=== ARCHIVE ===\n## [Tips] S\n{past}"
    assert "schedule_past" not in [p.code for p in read(archive).problems]
    published = f"<!-- published: true -->\n# T\n## [Tips] S\n{past}"
    assert "schedule_past" in [p.code for p in read(published).problems]
    confirmed = ["one\na body that is long enough."]
    assert "schedule_past" not in [p.code for p in read(published, confirmed=confirmed).problems]


def test_a_documents_zone_wins_over_the_registrations(read):
    text = f"<!-- zone: Europe/Berlin -->\n# T\n## [Tips] S\n<!-- scheduled_for: 2026-12-01 -->\n### One\n{BODY}"
    item = read(text, zone="Asia/Tokyo").items[0]
    assert (item.zone, item.scheduled.utc_text) == ("Europe/Berlin", "2026-12-01T09:00:00Z")


@pytest.mark.parametrize(
    ("on", "archived", "stale"),
    [("2026-08-29", False, False), ("2026-08-28", False, True), ("2026-08-28", True, False)],
)
def test_an_item_over_ninety_days_old_is_stale_unless_archived(found, on, archived, stale):
    banner = "=== ARCHIVE ===\n" if archived else ""
    text = f"{banner}## [Tips] S\n### One\n- Date: {on}\n- Content: A body that is long enough.\n"
    assert bool(found(text, "stale_item")) == stale


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("x" * 19, "body_short"),
        ("x y " * 5, "body_short"),
        ("abcd efgh " * 2 + "z", None),
        ("word " * 999 + "words", None),
        ("word " * 1000 + "s", "body_long"),
        ("", "item_empty"),
        ("![](https://a.example/i.png)", "item_empty"),
    ],
)
def test_the_length_of_a_body_counts_visible_characters(read, body, code):
    reading = read(f"## [Tips] S\n### One\n- Content: {body}\n")
    told = [p.code for p in reading.problems if p.code in ("body_short", "body_long", "item_empty")]
    assert told == ([code] if code else [])


def test_a_title_has_at_most_two_hundred_characters(found):
    for count in (200, 201):
        text = f"## [Tips] S\n### {'t' * count}\n{BODY}"
        assert bool(found(text, "title_long")) == (count > 200)


def test_only_more_than_three_active_featured_items_are_told(found):
    item = "<!-- featured: true -->\n### One {n}\n- Content: A different body number {n} here.\n"
    three = "<!-- published: true -->\n# T\n## [Tips] S\n" + "".join(
        item.format(n=n) for n in range(3)
    )
    assert found(three, "too_many_featured") == []
    assert found(three + item.format(n=3), "too_many_featured") == [(1, 1, "too_many_featured")]
    archived = three + "=== ARCHIVE ===\n" + item.format(n=3)
    assert found(archived, "too_many_featured") == []


def test_every_item_has_the_whole_form_with_null_or_default(read):
    item = read(f"## [Tips] S\n### One\n{BODY}").items[0].as_dict()
    assert {
        "title": "One",
        "content": "A body that is long enough.",
        "date": "2026-11-20",
        "category": "tips",
        "type": "update",
        "priority": 3,
        "featured": False,
        "weekly": False,
        "published": False,
        "dry_run": False,
        "channels": ["email", "web", "social"],
        "template": "auto",
        "author": "Halcytone Team",
        "slug": "one",
        "urgency": "medium",
        "scheduled_for": None,
        "scheduled_for_local": None,
        "expires_at": None,
        "call_to_action": None,
        "media_contact": None,
        "press_release": False,
        "sources": [],
        "link": None,
        "image": None,
        "alt": None,
        "budget": None,
        "sensitive": [],
        "blocked": False,
        "codes": [],
        "duplicate_of": None,
        "line_start": 2,
        "line_end": 4,
        "reading_time_min": 1,
        "word_count": 6,
    }.items() <= item.items()


def test_a_directive_behind_a_heading_has_no_effect_and_is_told(found):
    text = f"## [Tips] S <!-- featured: true -->\n### One <!-- weekly: true -->\n{BODY}"
    expected = [(1, 13, "directive_malformed"), (2, 9, "directive_malformed")]
    assert found(text, "directive_malformed") == expected


def test_a_wrong_time_is_told_even_where_it_holds_for_no_item(found):
    text = f"<!-- scheduled_for: never -->\n# T\n## [Tips] S\n<!-- scheduled_for: 2026-12-01 -->\n### One\n{BODY}"
    assert found(text, "directive_value") == [(1, 21, "directive_value")]


def test_a_comment_over_several_lines_goes_whole(read):
    reading = read(f"<!-- A longer note\nover lines\n-->\n# T\n## [Tips] S\n### One\n{BODY}")
    assert reading.introduction == ""
    assert [(p.line, p.code) for p in reading.problems if p.code == "html_removed"] == [
        (1, "html_removed")
    ]


def test_bullets_below_a_section_and_items_after_them(read):
    text = f"## [Tips] A\n<!-- featured: true -->\n{BODY}<!-- priority: 2 -->\n### B\n{BODY}"
    said = [(i.title, i.featured, i.priority) for i in read(text).items]
    assert said == [("A", True, 3), ("B", False, 2)]


def test_an_unknown_section_is_placed_by_its_whole_heading(read):
    text = "## [Gadgets] Sensor talk\n### One\n- Content: A body that is long enough.\n"
    assert read(text).items[0].category == "hardware"
