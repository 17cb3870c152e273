"""JSON documents: schema, positions, paths."""

import pytest

GOOD = '{"tips": [{"title": "One", "content": "A body that is long enough."}]}'


def long(item, document='{"title": "T"}'):
    return f'{{\n  "document": {document},\n  "items": [\n    {item}\n  ]\n}}\n'


def test_the_short_form(read):
    text = (
        '{\n "breathscape": [\n  {"title": "One", "content": "The body of it\\nis here, long.", "date": "2026-11-20",\n'
        '   "tags": ["a", "b"]}\n ],\n "gadgets": [{"title": "Two", "content": "A sensor and a device."}]\n}'
    )
    reading = read(text)
    assert [(i.title, i.category, i.line_start, i.line_end) for i in reading.items] == [
        ("One", "breathscape", 3, 4),
        ("Two", "hardware", 6, 6),
    ]
    assert (reading.items[0].content, reading.items[0].tags) == (
        "The body of it\nis here, long.",
        ("a", "b"),
    )
    told = [(p.line, p.column, p.code) for p in reading.problems if p.code == "section_unknown"]
    assert told == [(6, 3, "section_unknown")]
    assert "section_missing" in [p.code for p in reading.problems]


def test_the_long_form_takes_every_field(read):
    item = (
        '{"title": "One", "content": "A body that is long enough.", "section": "Hardware", "type": "blog",\n'
        '"category": "Wellness", "priority": 2, "published": true, "featured": true, "weekly": null,\n'
        '"channels": ["email", "web"], "tags": "x, y", "source": ["s1", "s2"], "scheduled_for": "2026-12-01",\n'
        '"link": "https://a.example", "image": "https://a.example/i.png", "alt": "decorative"}'
    )
    reading = read(long(item, '{"title": "T", "zone": "Europe/Berlin"}'))
    one = reading.items[0]
    assert (reading.title, reading.zone) == ("T", "Europe/Berlin")
    assert (one.category, one.type, one.blog_category, one.priority) == (
        "hardware",
        "blog",
        "Wellness",
        2,
    )
    assert (one.published, one.featured, one.weekly) == (True, True, False)
    assert (one.channels, one.tags, one.sources) == (("email", "web"), ("x", "y"), ("s1", "s2"))
    assert one.scheduled.utc_text == "2026-12-01T09:00:00Z"
    assert [p for p in reading.problems if p.severity == "error"] == []
    assert "section_missing" not in [p.code for p in reading.problems]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            '{"title": "One", "content": "A body that is long.", "colour": 1}',
            ("json_schema", "items[0].colour", 5 + 46),
        ),
        (
            '{"title": "One", "content": "A body that is long.", "priority": 9}',
            ("directive_value", "items[0].priority", 5 + 58 + 6),
        ),
        (
            '{"title": "One", "content": "A body that is long.", "type": "news"}',
            ("directive_value", "items[0].type", None),
        ),
        (
            '{"title": "One", "content": "A body that is long.", "published": {}}',
            ("json_schema", "items[0].published", None),
        ),
        (
            '{"title": ["One"], "content": "A body that is long."}',
            ("json_schema", "items[0].title", None),
        ),
        (
            '{"title": "One", "content": "A body that is long.", "date": "3/4/2026"}',
            ("date_ambiguous", "items[0].date", None),
        ),
        (
            '{"title": "One", "title": "Two", "content": "A body that is long."}',
            ("json_schema", "items[0].title", None),
        ),
        ('{"content": "A body that is long enough."}', ("item_untitled", "items[0].title", None)),
        ('{"title": "One"}', ("item_empty", "items[0].content", None)),
        ('"text"', ("json_schema", "items[0]", 5)),
    ],
)
def test_problems_name_the_path_and_the_line(read, item, expected):
    errors = [
        p for p in read(long(item)).problems if p.severity == "error" and p.code != "document_empty"
    ]
    code, path, column = expected
    assert (code, path, 4) in [(p.code, p.field, p.line) for p in errors]
    if path == "items[0]":
        assert errors[0].column == column


def test_the_column_is_that_of_the_value_or_unknown_key(read):
    text = '{"tips": [{"title": "One", "content": "A body that is long enough.", "date": "x", "foo": 1}]}'
    places = {p.code: p.column for p in read(text).problems if p.severity == "error"}
    assert places == {"date_invalid": text.index('"x"') + 2, "json_schema": text.index('"foo"') + 1}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{\n "tips": [\n', 3, 1),
        ('{"a": 1,}', 1, 9),
        ("{placeholder} text", 1, 2),
        ('{"a": NaN}', 1, 7),
        ('{"a":\r\n"b\tc"}', 2, 3),
        (GOOD + "\nmore", 2, 1),
        ("[" * 5000, 1, 33),
        ('{"a": 1e5000x}', 1, 13),
    ],
)
def test_broken_json_is_told_where_it_breaks_and_nothing_is_read(read, text, line, column):
    reading = read(text)
    assert reading.items == ()
    assert [(p.code, p.line, p.column) for p in reading.problems] == [("json_schema", line, column)]


def test_a_list_of_items_alone_is_no_schema(read):
    reading = read('[{"title": "One"}]')
    assert [p.code for p in reading.problems if p.severity == "error"] == ["json_schema"]


def test_a_repeated_section_key_is_an_error_and_the_first_counts(read):
    reading = read(GOOD[:-1] + ', "tips": []}')
    assert len(reading.items) == 1
    assert [p.column for p in reading.problems if p.code == "json_schema"] == [len(GOOD) + 2]


def test_a_lone_surrogate_is_an_encoding_error(read):
    reading = read(GOOD.replace("One", "\\ud800"))
    assert reading.items == ()
    assert [p.code for p in reading.problems] == ["encoding"]


def test_content_is_markdown_and_cleaned(read):
    reading = read(GOOD.replace("A body that", "A <b>body</b> \\u0007 that"))
    assert reading.items[0].content == "A body  that is long enough."
    assert {"html_removed", "invisible_removed"} <= {p.code for p in reading.problems}


@pytest.mark.parametrize(
    "text", ["{}", '{"tips": []}', '{"items": []}', '{"items": null}', '{"document": {}}']
)
def test_json_without_an_item_is_empty(read, text):
    assert "document_empty" in [p.code for p in read(text).problems]


def test_each_wrong_thing_in_one_json_text_is_told(found):
    body = "A calm body with TODO, {name}, a casino and a lottery, ![x](a.png) and ![y](b.png)."
    told = found(f'{{"tips": [{{"title": "One", "content": "{body}"}}]}}')
    codes = [code for _, _, code in told]
    for code in ("placeholder", "spam_pattern", "image_not_fetched"):
        assert codes.count(code) == 2


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1]",
        '{"tips": 1}',
        '{"tips": [1]}',
        '{"tips": [{"title": 1, "content": [1], "colour": 2, "featured": [1], "tags": 5}]}',
        '{"document": 1, "items": 2, "extra": 3}',
        '{"document": {"title": 1, "colour": 2}, "tips": [], "tips": []}',
        '{"tips": [{"title": "A", "title": "B \\ud800"}]}',
    ],
)
def test_every_error_of_a_json_document_says_the_way_on(read, text):
    problems = [p for p in read(text).problems if p.is_blocking]
    assert problems
    assert all(problem.hint for problem in problems)
