"""Directive comments: form, keys, values, what they govern."""

import pytest

BODY = "\n### Item\n- **Date:** 2026-11-20\n- **Content:** A body that is long enough.\n"
FORM = "directive_malformed directive_unknown directive_value directive_duplicate directive_orphan"
FORM = FORM.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("<!-- type: blog -->", []),
        ("<!-- type: blog -->   ", []),
        ("<!-- Published: true -->", [(6, "directive_malformed")]),
        ("<!-- PUBLISHED: true -->", [(6, "directive_malformed")]),
        ("<!-- seo_Description: x -->", [(10, "directive_malformed")]),
        ("<!--type:blog-->", [(5, "directive_malformed")]),
        ("<!--type: blog -->", [(5, "directive_malformed")]),
        ("<!--  type: blog -->", [(6, "directive_malformed")]),
        ("<!-- type : blog -->", [(10, "directive_malformed")]),
        ("<!-- type:blog -->", [(11, "directive_malformed")]),
        ("<!-- type:  blog -->", [(12, "directive_malformed")]),
        ("<!-- type: blog-->", [(16, "directive_malformed")]),
        ("<!-- type: blog", [(16, "directive_malformed")]),
        ("<!-- type -->", [(10, "directive_malformed")]),
        ("<!-- type: blog --> text", [(21, "directive_malformed")]),
        ("<!-- type: blog --> <!-- featured: true -->", [(21, "directive_malformed")]),
        ("<!-- urgancy: high -->", [(6, "directive_unknown")]),
        ("<!-- Note: remember -->", [(6, "directive_unknown")]),
        ("<!-- type: -->", [(12, "directive_value")]),
        ("<!-- type: Blog -->", [(12, "directive_value")]),
        ("<!-- type: news -->", [(12, "directive_value")]),
        ("<!-- published: yes -->", [(17, "directive_value")]),
        ("<!-- published: True -->", [(17, "directive_value")]),
        ("<!-- priority: 9 -->", [(16, "directive_value")]),
        ("<!-- priority: 01 -->", [(16, "directive_value")]),
        ("<!-- channels: email , web -->", []),
        ("<!-- channels: email,,web -->", [(22, "directive_value")]),
        ("<!-- channels: email,email -->", [(22, "directive_value")]),
        ("<!-- channels: email, website -->", [(23, "directive_value")]),
        ("<!-- template: fancy -->", [(16, "directive_value")]),
        ("<!-- category: Wellness -->", []),
        ("<!-- category: wellness -->", [(16, "directive_value")]),
        ("<!-- slug: a-b -->", []),
        ("<!-- slug: a_b -->", [(13, "directive_value")]),
        ("<!-- seo_description: short -->", [(23, "directive_value")]),
        ("<!-- author: Desk -->", []),
        ("<!-- author: -->", [(14, "directive_value")]),
        ("<!-- tags: a,a -->", [(14, "directive_value")]),
        ("<!-- budget: USD 500.00 -->", []),
        ("<!-- budget: $500 -->", []),
        ("<!-- budget: €500.5 -->", []),
        ("<!-- budget: USD 1,000 -->", [(14, "directive_value")]),
        ("<!-- budget: ZZZ 10 -->", [(14, "directive_value")]),
        ("<!-- budget: 500 -->", [(14, "directive_value")]),
        ("<!-- sensitive: medical, pricing -->", []),
        ("<!-- sensitive: secret -->", [(17, "directive_value")]),
        ("<!-- urgency: urgent -->", [(15, "directive_value")]),
        ("<!-- scheduled_for: 2026-12-01t10:00 -->", [(21, "directive_value")]),
        ("<!-- scheduled_for: 2026-12-01T10:00z -->", [(21, "directive_value")]),
        ("<!-- scheduled_for: 2026-12-01 10:00 -->", [(21, "directive_value")]),
        ("<!-- scheduled_for: 2026-12-32 -->", [(21, "directive_value")]),
        ("<!-- scheduled_for: 2026-12-01T25:00 -->", [(21, "directive_value")]),
        ("<!-- scheduled_for: 2026-12-01T10:00+25:00 -->", [(21, "directive_value")]),
        ("<!-- scheduled_for: 2026-12-01T10:00+02:60 -->", [(21, "directive_value")]),
        ("<!-- scheduled_for: 2026-12-01Z -->", [(21, "directive_value")]),
        ("<!-- scheduled_for: 2026-12-01T10:00:30-05:00 -->", []),
    ],
)
def test_each_directive_is_right_or_wrong_at_its_first_wrong_character(found, line, expected):
    text = f"# T\n\n## [Tips] S\n\n{line}{BODY}"
    assert found(text, *FORM) == [(5, column, code) for column, code in expected]


def test_the_hint_spells_the_directive_and_suggests_the_nearest_key(read):
    text = f"<!-- Published: true -->\n<!--type:blog-->\n<!-- urgancy: high -->\n# T{BODY}"
    hints = [p.hint for p in read(text).problems if p.code in FORM]
    assert "<!-- published: true -->" in hints[0]
    assert "<!-- type: blog -->" in hints[1]
    assert hints[2] == "Did you mean urgency?"


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("<!-- note to self -->", "html_removed"),
        ("<!-- This is only a remark -->", "html_removed"),
        ("<!-- remark -->", "html_removed"),
        ("<!-- publishd -->", "directive_malformed"),
        ("<!-- published -->", "directive_malformed"),
        ("<!-- an unclosed remark", "html_removed"),
        ("<!– a typographic remark –>", "html_removed"),
    ],
)
def test_a_comment_that_names_no_key_is_removed_and_told(read, comment, expected):
    reading = read(f"## [Tips] S{BODY}\n{comment}\n\nAnd after it.")
    codes = [p.code for p in reading.problems if p.code in ("html_removed", "directive_malformed")]
    assert codes == [expected]
    assert "And after it." in reading.items[0].content
    assert "<!" not in reading.items[0].content


def test_a_directive_inside_a_line_of_text_has_no_effect_and_is_told(read):
    reading = read(f"## [Tips] S{BODY}\nBelow <!-- featured: true --> here.")
    problem = next(p for p in reading.problems if p.code == "directive_malformed")
    assert (problem.line, problem.column) == (6, 7)
    assert not reading.items[0].featured
    assert "Below  here." in reading.items[0].content


def test_text_behind_a_directive_is_kept(read):
    reading = read(f"## [Tips] S\n<!-- type: blog --> Some words{BODY}")
    assert "Some words" in reading.introduction
    assert reading.items[0].type == "update"


def test_of_two_directives_on_a_line_the_first_counts(read):
    item = read(f"## [Tips] S\n<!-- type: blog --> <!-- featured: true -->{BODY}").items[0]
    assert (item.type, item.featured) == ("blog", False)


@pytest.mark.parametrize(
    "line",
    [
        "<!– type: blog –>",
        "<!— type: blog —>",
        "<!– type: blog -->",
        "<!--\u00a0type: blog\u00a0-->",
    ],
)
def test_typographic_dashes_and_hard_blanks_are_accepted(read, line):
    reading = read(f"## [Tips] S\n{line}{BODY}")
    assert reading.items[0].type == "blog"
    told = [p.code for p in reading.problems]
    assert ("typography_fixed" in told) == ("–" in line or "—" in line)
    assert "directive_malformed" not in told


def test_a_time_with_typographic_dashes_is_straightened_and_free_text_is_not(read):
    text = (
        f"## [Tips] S\n<!-- scheduled_for: 2026–12–01 -->\n<!-- excerpt: It’s “so” – yes -->{BODY}"
    )
    reading = read(text)
    assert reading.items[0].scheduled.utc_text == "2026-12-01T15:00:00Z"
    assert reading.items[0].excerpt == "It’s “so” – yes"
    assert [p.line for p in reading.problems if p.code == "typography_fixed"] == [2]


def test_a_second_directive_of_a_key_is_an_error_and_the_first_counts(found, read):
    text = f"## [Tips] S\n<!-- priority: 2 -->\n<!-- priority: 4 -->{BODY}"
    assert found(text, *FORM) == [(3, 6, "directive_duplicate")]
    assert read(text).items[0].priority == 2


def test_sources_may_repeat(read):
    text = f"## [Tips] S\n<!-- source: one -->\n<!-- source: two -->{BODY}- **Source:** three\n"
    assert read(text).items[0].sources == ("one", "two", "three")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"# T\n## [Tips] S{BODY}\n<!-- featured: true -->\n", 7),
        (f"# T\n## [Tips] S{BODY}\n<!-- featured: true -->\nText of the item.\n", 7),
        (f"# T\n## [Tips] S{BODY}\n<!-- featured: true -->\n=== DRAFT CONTENT ==={BODY}", 7),
        (
            "## [Tips] S\n### I\n<!-- featured: true -->\n- Content: A body that is long enough.\n",
            3,
        ),
    ],
)
def test_a_directive_that_governs_nothing_is_an_error(found, text, line):
    assert found(text, *FORM) == [(line, 1, "directive_orphan")]


def test_directives_above_the_first_heading_hold_for_the_document(read):
    reading = read(f"<!-- priority: 2 -->\n\n<!-- author: Desk -->\n# T\n## [Tips] S{BODY}")
    assert reading.document == {"priority": 2, "author": "Desk"}
    assert (reading.items[0].priority, reading.items[0].author) == (2, "Desk")


def test_a_directive_above_the_first_heading_and_a_banner_is_the_documents(read, found):
    text = f"<!-- priority: 2 -->\n=== PUBLISHED CONTENT ===\n# T\n## [Tips] S{BODY}"
    assert read(text).items[0].priority == 2
    assert found(text, *FORM) == []


def test_item_wins_over_section_banner_and_document(read):
    text = (
        "<!-- priority: 1 -->\n# T\n=== ARCHIVE ===\n<!-- priority: 2 -->\n## [Tips] S\n"
        f"<!-- priority: 4 -->{BODY}{BODY}\n## [Vision] V{BODY}"
    )
    assert [item.priority for item in read(text).items] == [4, 2, 5]


def test_a_directive_below_a_section_heading_governs_the_item_it_is(read, found):
    text = (
        "## [Tips] Small\n<!-- featured: true -->\n\n- **Content:** A body that is long enough.\n"
    )
    assert read(text).items[0].featured
    assert found(text, *FORM) == []


def test_directives_in_code_are_text(read):
    text = (
        f"## [Tips] S{BODY}\n```\n<!-- featured: true -->\n=== ARCHIVE ===\n## [Vision] X\n"
        "[Tips]\nTitle: x\n```\n\n    <!-- type: blog -->\n\nA span `<!-- type: blog -->` too.\n"
    )
    reading = read(text)
    assert len(reading.items) == 1
    assert {"html_removed", "directive_malformed", "directive_orphan"}.isdisjoint(
        p.code for p in reading.problems
    )
    assert reading.items[0].content.count("<!--") == 3


def test_a_directive_inside_an_html_block_is_still_grammar(read):
    text = "## [Tips] S\n<div>\n<!-- featured: true -->\n### Item\nA body that is long enough.\n"
    assert read(text).items[-1].featured


def test_session_summary_is_told_as_an_alias(read):
    reading = read(f"## [Tips] S\n<!-- type: session_summary -->{BODY}")
    assert reading.items[0].type == "session"
    assert [(p.line, p.column) for p in reading.problems if p.code == "alias_used"] == [(2, 12)]


def test_announcement_fields_elsewhere_are_kept_and_told(read):
    reading = read(f"## [Tips] S\n<!-- type: update -->\n<!-- call_to_action: Join -->{BODY}")
    assert reading.items[0].call_to_action == "Join"
    assert [p.line for p in reading.problems if p.code == "field_unused"] == [3]


@pytest.mark.parametrize(
    ("urgency", "expected"), [("critical", (True, 1)), ("high", (True, 2)), ("low", (False, 3))]
)
def test_urgent_announcements_are_featured_and_told(read, urgency, expected):
    text = f"## [Tips] S\n<!-- type: announcement -->\n<!-- urgency: {urgency} -->{BODY}"
    reading = read(text)
    assert (reading.items[0].featured, reading.items[0].priority) == expected
    assert ("urgency_derived" in [p.code for p in reading.problems]) == expected[0]


def test_an_item_with_a_wrong_value_is_kept_with_the_default_and_blocked(read):
    item = read(f"## [Tips] S\n<!-- priority: 9 -->{BODY}").items[0]
    assert (item.priority, item.is_blocked, item.codes) == (3, True, ("directive_value",))


def test_a_zone_below_the_first_heading_governs_nothing(found):
    text = f"# T\n## [Tips] S\n<!-- zone: Europe/Berlin -->{BODY}"
    assert found(text, *FORM) == [(3, 6, "directive_orphan")]


@pytest.mark.parametrize("wrong", ["Berlin", "../etc/passwd", "europe/berlin", "America"])
def test_an_unknown_zone_is_a_wrong_value(found, wrong):
    text = f"<!-- zone: {wrong} -->\n# T\n## [Tips] S{BODY}"
    assert found(text, *FORM) == [(1, 12, "directive_value")]


@pytest.mark.parametrize(("kind", "limit"), [("update", 10), ("blog", 15)])
def test_tags_over_the_limit_are_a_wrong_value(found, kind, limit):
    for count in (limit, limit + 1):
        tags = ",".join(f"t{n}" for n in range(count))
        text = f"## [Tips] S\n<!-- type: {kind} -->\n<!-- tags: {tags} -->{BODY}"
        assert bool(found(text, "directive_value")) == (count > limit)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("## [Tips] S\nSome words <!-- type: blog -->", [(2, 12, "directive_malformed")]),
        ("## [Tips] S\nSome words <!-- a remark -->", [(2, 12, "html_removed")]),
        ("# T\nSome words <!-- type: blog -->\n## [Tips] S", [(2, 12, "directive_malformed")]),
        ("## [Tips] S <!-- type: blog -->", [(1, 13, "directive_malformed")]),
    ],
)
def test_a_directive_behind_text_is_malformed_wherever_the_text_belongs(found, text, told):
    assert found(text + BODY, "directive_malformed", "html_removed") == told


def test_a_key_in_capitals_is_told_how_it_must_be_written(read):
    (problem,) = (p for p in read(f"<!-- Published: true -->{BODY}").problems if p.column == 6)
    assert problem.message == "The key “Published” must be written in lower case: published."
