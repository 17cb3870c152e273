"""Bytes, lines, columns, HTML, links, images, patterns, duplicates, limits."""

import time

import pytest

from content.grammar import duplicates, enrich
from content.grammar.blocks import block_hash

HEAD = "## [Tips] S\n### One\n- **Date:** 2026-11-20\n"


def item(body, title="One"):
    return f"## [Tips] S\n### {title}\n- **Date:** 2026-11-20\n- **Content:** {body}\n"


GOOD = item("A body that is long enough.")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_three_ways_and_no_other(read, end):
    text = ("# T\n" + GOOD + "<!-- featured: true -->").replace("\n", end)
    reading = read(text)
    assert (reading.items[0].line_start, reading.items[0].line_end) == (3, 5)
    assert [p.line for p in reading.problems if p.code == "directive_orphan"] == [6]
    mixed = read(text.replace("long enough", "long\u2028enough"))
    assert [p.line for p in mixed.problems if p.code == "directive_orphan"] == [6]


@pytest.mark.parametrize("data", [GOOD.encode(), ("\ufeff" + GOOD).encode(), "\ufeff" + GOOD])
def test_bytes_text_and_a_byte_order_mark_say_the_same(read, data):
    assert [i.as_dict() for i in read(data).items] == [i.as_dict() for i in read(GOOD).items]


def test_a_byte_order_mark_is_no_column(found):
    assert found("\ufeff<!-- urgancy: high -->\n" + GOOD, "directive_unknown") == [
        (1, 6, "directive_unknown")
    ]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"# T\nab\xff\n", (2, 3)),
        ("# Ü\nüß".encode() + b"\xc3", (2, 3)),
        (b"\xff\xfe#\x00", (1, 1)),
        ("ab\r\nc\ud800", (2, 2)),
        (b"a\r\nb\x80", (2, 2)),
    ],
)
def test_what_is_not_utf8_is_refused_at_the_first_bad_byte(read, data, place):
    reading = read(data)
    assert reading.items == ()
    assert [(p.code, p.line, p.column) for p in reading.problems] == [("encoding", *place)]


def test_columns_count_code_points_of_the_original_text(found):
    line = "<!-- author: Jose\u0301 --> u\u0308ber"
    assert found(f"# T\n## [Tips] S\n{line}\n### One\nx\n", "directive_malformed") == [
        (3, line.index("u\u0308") + 1, "directive_malformed")
    ]
    line = "<!-- \x07urgancy: high -->"
    assert found(f"# T\n## [Tips] S\n{line}\n### One\nx\n", "directive_unknown") == [
        (3, 7, "directive_unknown")
    ]


def test_invisible_characters_go_and_joiners_stay(read):
    reading = read(item("A fam\u200dily\x07 of\x85 words\ufffe is\u200e here, long."))
    assert reading.items[0].content == "A fam\u200dily of words is\u200e here, long."
    assert [
        (p.line, p.column, p.severity) for p in reading.problems if p.code == "invisible_removed"
    ] == [(4, 25, "info")]


def test_hard_blanks_are_blanks_in_grammar_and_stay_in_text(read):
    text = "##\u00a0[Tips]\u00a0S\n###\u202fOne\n-\u00a0**Content:**\u00a010\u00a0km is a fine long walk.\n"
    reading = read(text)
    assert reading.items[0].content == "10\u00a0km is a fine long walk."
    assert reading.items[0].category == "tips"


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("Some <b>bold</b> text that is long.", "Some bold text that is long."),
        ("Some <em>text</em> that is kept here.", "Some <em>text</em> that is kept here."),
        ("Some <script>alert(1)</script>text, long enough.", "Some text, long enough."),
        ("Some <iframe src=x>inner</iframe>text, long enough.", "Some text, long enough."),
        ("Some `<b>code</b>` text that is long.", "Some `<b>code</b>` text that is long."),
        ("<https://a.example> is a link to read.", "<https://a.example> is a link to read."),
        ("A <!-- hidden --> comment in the text.", "A  comment in the text."),
        ("A < B and C > D are comparisons.", "A < B and C > D are comparisons."),
        (
            'A <a href="https://a.example" onclick="x()">link</a> here, long.',
            'A <a href="https://a.example">link</a> here, long.',
        ),
        ('A <a href="javascript:x()">link</a> here, long.', "A <a>link</a> here, long."),
    ],
)
def test_html_that_markdown_cannot_produce_goes(read, body, content):
    reading = read(item(body))
    assert reading.items[0].content == content
    told = [p for p in reading.problems if p.code == "html_removed"]
    assert len(told) == (body != content)
    if told:
        assert told[0].line == 4
        assert told[0].severity == "info"


def test_html_blocks_lose_their_tags_and_scripts_their_content(read):
    text = '## [Tips] S\n### One\n<div class="x">\nInside the block, long.\n</div>\n\n<style>\np {}\n\nq {}\n</style>\n\nAfter.\n'
    reading = read(text)
    assert "Inside the block, long." in reading.items[0].content
    assert reading.items[0].content.endswith("After.")
    assert "<" not in reading.items[0].content
    assert "p {}" not in reading.items[0].content
    told = [p for p in reading.problems if p.code == "html_removed"]
    assert [(p.line, p.column) for p in told] == [(3, 1)]
    assert "div" in told[0].message
    assert "style" in told[0].message


def test_nested_script_tags_leave_nothing(read):
    content = (
        read(item("Text <scr<script></script>ipt>alert(1)</script> here, long.")).items[0].content
    )
    assert "<script" not in content


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ("See [here]() for all of it.", 20),
        ("See [](https://a.example) for it.", 20),
        ("See [here](<>) for all of it.", 20),
        ("See [here](https://a.example) for it.", None),
        ("See [![alt](i.png)](https://a.example) now.", None),
        ('See <a href="">here</a> for all of it.', 20),
        ('See <a href="https://a.example"></a> for it.', 20),
        ('See <a href="https://a.example">here</a> for it.', None),
        ('See <a href="https://a.example"><img src="i.png" alt="x"></a> now.', None),
        ('See `<a href="">here</a>` for all of it.', None),
    ],
)
def test_a_link_needs_target_and_text(found, body, column):
    expected = [(4, column, "link_empty")] if column else []
    assert found(item(body), "link_empty") == expected


def test_too_many_links_are_different_urls_in_the_body(found):
    links = [f"[a](https://a.example/{n})" for n in range(6)]
    assert found(item(" ".join(links)), "too_many_links") == [(4, 16, "too_many_links")]
    assert found(item(" ".join(links[:5] * 2)), "too_many_links") == []
    bare = " ".join(f"https://a.example/{n}" for n in range(6))
    assert len(found(item(bare), "too_many_links")) == 1
    images = " ".join(f"![a](https://a.example/{n})" for n in range(6))
    assert found(item("Some words and pictures. " + images), "too_many_links") == []


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ("- Image: https://a.example/i.png\n", ["image_no_alt", "image_not_fetched"]),
        ("- Image: https://a.example/i.png\n- Alt: A picture\n", ["image_not_fetched"]),
        ("- Image: https://a.example/i.png\n- Alt: decorative\n", ["image_not_fetched"]),
        (
            "- Image: https://a.example/i.png\n- Alt: " + "x" * 1001 + "\n",
            ["image_no_alt", "image_not_fetched"],
        ),
        ("\n  ![](https://a.example/i.png)\n", ["image_no_alt", "image_not_fetched"]),
        ("\n  ![decorative](https://a.example/i.png)\n", ["image_not_fetched"]),
        ('\n  Look: <img src="https://a.example/i.png">\n', ["image_no_alt", "image_not_fetched"]),
        ('\n  Look: <img src="https://a.example/i.png" alt="It">\n', ["image_not_fetched"]),
        ('\n  <p><img src="https://a.example/i.png"></p>\n', ["image_no_alt", "image_not_fetched"]),
        ('\n  Look: `<img src="https://a.example/i.png">`\n', []),
    ],
)
def test_an_image_needs_alt_text(read, lines, codes):
    reading = read(GOOD + lines)
    assert [p.code for p in reading.problems if p.code.startswith("image_")] == codes


@pytest.mark.parametrize(
    ("body", "spam"),
    [
        ("You are a winner of this quiet game.", True),
        ("Winners sleep well in the dark room.", False),
        ("The casinos are not for us, we rest.", False),
        ("Congratulations to all who took part.", True),
        ("THE ABCDEFGHIJ is ten capitals long.", True),
        ("THE ABCDEFGHI is nine capitals long.", False),
        ("A b c d TEN WORDS IN CAPITALS HERE.", False),
        ("So good!!!!!!!!!!! eleven of a kind.", True),
        ("So good!!!!!!!!!! ten of a kind here.", False),
        ("Sooooooooooo many letters in one word", True),
        ("Code `!!!!!!!!!!!!!!!!!!!!!` is no text here.", False),
        ("Many            blanks are no pattern.", False),
        ("[winter](https://a.example/casino) walks are fine.", False),
    ],
)
def test_spam_patterns_in_visible_text(found, body, spam):
    assert bool(found(item(body), "spam_pattern")) == spam


def test_table_and_rule_marks_are_no_pattern(found):
    body = "\n| a | b |\n| ------------- | ------------- |\n| 1 | 2 |\n\n-------------\n\n=============\n"
    assert found("## [Tips] S\n### One\nWords above it all.\n" + body, "spam_pattern") == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("A line here.\n  Then TODO comes in it.", (5, 8)),
        ("Dear {first_name}, this is for you.", (4, 21)),
        ("Lorem ipsum dolor sit amet, so long.", (4, 16)),
        ("We have a todo list for the evening.", None),
        ("The code `{name}` and `TODO` are fine.", None),
        ("A set {1, 2} is written with braces.", None),
    ],
)
def test_placeholders_are_told_at_their_place(found, body, place):
    assert found(item(body), "placeholder") == ([(*place, "placeholder")] if place else [])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("## [Tips] S\n### A TODO title\n- Content: A body that is long enough.\n", (2, 7)),
        (
            "## [Tips] S\n### A\n- **Title:** For {name}\n- Content: A body that is long enough.\n",
            (3, 18),
        ),
        (
            "## [Tips] S\n<!-- excerpt: A TODO -->\n### A\n- Content: A body that is long enough.\n",
            (2, 17),
        ),
    ],
)
def test_placeholders_of_fields_are_told_at_their_place(found, text, place):
    assert found(text, "placeholder") == [(*place, "placeholder")]


def test_exact_duplicates_are_linked_to_the_newer(read):
    one = "### Same\n- Date: {}\n- Content: " + "The same  text " * 8 + "{}\n"
    text = (
        "## [Tips] S\n"
        + one.format("2026-11-20", "a")
        + one.format("2026-11-10", "b")
        + one.format("2026-11-20", "c")
    )
    reading = read(text.replace("### Same\n- Date: 2026-11-10", "### *same*\n- Date: 2026-11-10"))
    assert [i.duplicate_of for i in reading.items] == [2, 2, None]
    assert [p.line for p in reading.problems if p.code == "duplicate_item"] == [2, 5]
    assert "near_duplicate" not in [p.code for p in reading.problems]


WORDS = [
    "calm",
    "slow",
    "deep",
    "quiet",
    "long",
    "warm",
    "soft",
    "steady",
    "gentle",
    "even",
    "light",
    "easy",
    "open",
    "still",
    "round",
]


@pytest.mark.parametrize(
    ("titles", "bodies", "near"),
    [
        (("Alpha", "Beta"), (" ".join(WORDS), " ".join(WORDS)), True),
        (("Alpha", "Beta"), (" ".join(WORDS), " ".join([*WORDS[:14], "square"])), True),
        (("Alpha", "Beta"), (" ".join(WORDS), " ".join(WORDS[8:] + ["square"] * 6)), False),
        (("Weekly tip 1", "Weekly tip 2"), (" ".join(WORDS), " ".join(reversed(WORDS))), False),
        (
            ("Weekly tip 1", "Weekly tip 2"),
            (" ".join(WORDS), " ".join([*WORDS[:11], "a", "b", "c"])),
            True,
        ),
    ],
)
def test_near_duplicates_in_one_document(found, titles, bodies, near):
    text = "## [Tips] S\n" + "".join(
        f"### {title}\n- Content: {body}\n" for title, body in zip(titles, bodies, strict=True)
    )
    assert found(text, "near_duplicate") == ([(4, 1, "near_duplicate")] if near else [])


def test_trigrams_are_those_of_pg_trgm():
    assert duplicates.trigrams("Cat") == {"  c", " ca", "cat", "at "}
    assert (
        duplicates.jaccard(duplicates.trigrams("word"), duplicates.trigrams("two words")) == 4 / 11
    )


def test_a_fingerprint_sees_what_is_said_and_not_where_or_when(read):
    base = read("## [Tips] S\n### One\nA body that is long enough.\n")
    moved = read("\n\n## [Tips] S\n\n### One\n\nA body that is long enough.\n", at=base_later())
    other = read("## [Tips] S\n### One\nA body that is very long.\n")
    assert base.fingerprint == moved.fingerprint != other.fingerprint


def base_later():
    from datetime import UTC, datetime

    return datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "body", "kind", "evidence"),
    [
        ("We launch a thing", "", "announcement", "launch"),
        ("🎉 Hooray", "", "announcement", "🎉"),
        ("A NEW  PARTNERSHIP", "", "announcement", "new partnership"),
        ("He launches it", "", "update", ""),
        ("A guide to rest", "", "blog", "guide"),
        ("Quiet", "The science of it and a study.", "blog", "science"),
        ("Quiet", "The science of science.", "update", ""),
        ("Quiet", "A launch and a release.", "update", ""),
        ("Release the study", "", "announcement", "release"),
        ("How to rest", "", "blog", "how to"),
    ],
)
def test_a_type_is_detected_with_its_evidence(title, body, kind, evidence):
    told = enrich.content_type(title, body)
    assert told.value == kind
    assert evidence in told.evidence


def test_a_given_type_is_not_told_and_a_detected_one_is(found):
    assert found(GOOD, "type_detected") == [(2, 1, "type_detected")]
    assert found(GOOD.replace("### One", "<!-- type: blog -->\n### One"), "type_detected") == []


def test_excerpt_and_description_are_sentences_without_headings_tables_code_or_marks(read):
    body = (
        "#### A heading\n\n| Platform | Space |\n| --- | --- |\n| iOS | 88 MB |\n\n"
        "![A lamp](https://halcytone.example/a.jpg)\n\n```\nx = 1\n```\n\n"
        "Some **bold** words with a [link](https://halcytone.example/a) that go on for a while."
    )
    said = "Some bold words with a link that go on for a while."
    item = read(f"## [Tips] T\n\n### A title\n\n{body}\n").items[0]
    assert (item.excerpt, item.seo_description) == (said, said)
    table = read("## [Tips] T\n\n### A title\n\n| One | Two |\n| --- | --- |\n| a | b |\n")
    assert table.items[0].excerpt == "One Two a b"


def test_an_excerpt_is_cut_at_the_last_blank_past_a_hundred():
    assert enrich.excerpt("x" * 200) == "x" * 200
    assert enrich.excerpt("x" * 201) == "x" * 200 + "…"
    assert enrich.excerpt("word " * 50) == ("word " * 40).rstrip() + "…"
    assert enrich.excerpt("a" * 90 + " " + "b" * 200) == "a" * 90 + " " + "b" * 109 + "…"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("A breath", "Breathing Techniques"),
        ("The data of an app", "Science & Research"),
        ("Health app", "Wellness"),
        ("An app story", "Technology"),
        ("A user", "Community"),
        ("Nothing", "General"),
        ("Breaths and apps", "General"),
    ],
)
def test_the_blog_category_is_the_first_rule_that_matches(text, category):
    assert enrich.blog_category(text, "").value == category


def test_reading_time_is_at_least_a_minute():
    assert [enrich.reading_time_min(n) for n in (0, 200, 399, 400, 1000)] == [1, 1, 1, 2, 5]


def test_a_block_hash_folds_quotes_dashes_and_blanks():
    assert block_hash("paragraph", "It’s  “so” – yes") == block_hash(
        "paragraph", 'It\'s "so" - yes '
    )
    assert block_hash("paragraph", "x") != block_hash("heading", "x")


def test_blocks_have_kinds_places_and_lines(read):
    text = GOOD + "\n  - a point\n\n  | a | b |\n  | - | - |\n  | 1 | 2 |\n\n  ![alt](i.png)\n"
    reading = read(text)
    kinds = [(b.kind, b.line_start) for b in reading.blocks]
    assert kinds == [
        ("heading", 2),
        ("paragraph", 4),
        ("list_item", 6),
        ("table_row", 8),
        ("table_row", 10),
        ("image", 12),
        ("paragraph", 12),
    ]
    assert reading.items[0].block_ids == tuple(b.id for b in reading.blocks[1:])
    assert len({b.place for b in reading.blocks}) == len(reading.blocks)


def test_lists_deeper_than_six_are_flattened(read):
    lines = "".join("  " * n + f"- level {n + 1}\n" for n in range(8))
    reading = read("## [Tips] S\n### One\n" + lines)
    assert "- level 8" in reading.items[0].content
    assert "  " * 6 + "- level 7" not in reading.items[0].content
    assert [p.severity for p in reading.problems if p.code == "list_flattened"] == ["info"]
    assert "list_flattened" not in [
        p.code
        for p in read("## [Tips] S\n### One\n" + lines[: lines.index("- level 7") - 12]).problems
    ]


def many(count, body="A body number {n} that is long."):
    return "## [Tips] S\n" + "".join(f"### T{n}\n{body.format(n=n)}\n\n" for n in range(count))


@pytest.mark.parametrize(
    ("fits", "breaks"),
    [
        (many(500), many(501)),
        (many(1, "![a](i.png) word\n\n" * 200), many(1, "![a](i.png) word\n\n" * 201)),
        (b"x" * 10_485_760, b"x" * 10_485_761),
        (many(1, "word\n\n" * 19_998), many(1, "word\n\n" * 19_999)),
        ("x" * 2_000_000, "x" * 2_000_001),
    ],
    ids=["items", "images", "bytes", "blocks", "characters"],
)
def test_a_limit_itself_is_allowed(read, fits, breaks):
    def told(data):
        return [p.field or p.code for p in read(data).problems if p.code == "source_truncated"]

    assert told(breaks)
    assert read(breaks).items == ()
    if not isinstance(fits, bytes):
        assert told(fits) == []


HOSTILE = {
    "directives": "<!-- type: blog\n",
    "comments": "x <!-- \n\n",
    "unclosed": "<!-- a remark\n\n",
    "brackets": "[Tips]\n",
    "banners": "=== a\n",
    "equal": "=== ",
    "script": "<script>\n\n",
    "div": "<div>\n",
    "inline html": "<b>",
    "links": "[a](b) ",
    "empty links": "[](b) ",
    "stars": "**a** ",
    "bold": "**",
    "label blanks": "- **Date" + " " * 50,
    "json": '{"a":',
    "json strings": '["\\u0041",',
    "quotes": "> ",
    "headings": "## a\n",
    "tables": "|a|b|\n|-|-|\n",
    "braces": "{{ a ",
    "capitals": "ABCDEFGHIJ",
    "combining": "a\u0301",
    "urls": "https://",
    "cdata": "x <![CDATA[ ",
    "question": "x <? ",
    "entities": "&amp;",
    "anchors": "<a href=x>",
    "pictures": "<img src=x>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_text_and_not_with_its_square(read, name):
    def seconds(size):
        text = HOSTILE[name] * (size // len(HOSTILE[name]))
        start = time.process_time()
        read(text)
        return time.process_time() - start

    small = max(min(seconds(6_000), seconds(6_000)), 0.01)
    assert any(seconds(48_000) < 8 * 4 * small for _ in range(3))
