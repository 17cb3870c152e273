from hypothesis import given
from hypothesis import strategies as st

from content import markdown, plaintext

DOCUMENT = """First *line* with a [link](https://halcytone.example/a) and
a second line.

- one
- two
  - inner

3. three
4. four

> quoted

| Platform | Space |
| --- | ---: |
| iOS | 88 MB |

    code <b>

## Head

![A lamp](https://halcytone.example/a.jpg) ![decorative](https://halcytone.example/b.jpg)
"""


def test_markdown_becomes_sanitised_html_with_its_own_alignment():
    html = markdown.to_html(DOCUMENT, top=3)
    assert "<em>line</em>" in html
    assert '<td style="text-align:right">88 MB</td>' in html
    assert "<h3>Head</h3>" in html
    assert '<img src="https://halcytone.example/b.jpg" alt="">' in html
    assert '<ol start="3">' in html


def test_headings_keep_their_order_without_gaps():
    html = markdown.to_html("# A\n\n#### B\n\n###### C\n\n# D", top=4)
    assert [html[place + 2] for place in range(len(html)) if html.startswith("<h", place)] == list(
        "4564"
    )


def test_plain_text_keeps_lists_tables_quotes_code_and_targets():
    assert markdown.to_text(DOCUMENT).splitlines() == [
        "First line with a link (https://halcytone.example/a) and a second line.",
        "",
        "- one",
        "- two",
        "  - inner",
        "",
        "3. three",
        "4. four",
        "",
        "> quoted",
        "",
        "Platform | Space",
        "---------+------",
        "iOS      | 88 MB",
        "",
        "    code <b>",
        "",
        "Head",
        "",
        "[A lamp]",
    ]


def test_a_wide_table_becomes_a_line_for_each_row():
    cells = " | ".join(["a long cell of words " * 2] * 3)
    text = markdown.to_text(f"| One | Two | Three |\n| --- | --- | --- |\n| {cells} |")
    assert text.startswith("- One: a long cell of words a long cell of words; Two: ")


def test_prose_has_no_tables_code_pictures_or_targets():
    assert markdown.to_prose(DOCUMENT).splitlines() == [
        "First line with a link and a second line.",
        "one",
        "two",
        "inner",
        "three",
        "four",
        "quoted",
    ]


def test_lines_become_one_with_a_dot_where_no_mark_ends_them():
    assert plaintext.on_one_line("Do this:\n\none\ntwo.\nEnd") == "Do this: one · two. End"
    assert plaintext.on_one_line("吐きます。\n次に") == "吐きます。 次に"


def test_images_and_anchored_headings_are_found():
    assert markdown.images(DOCUMENT)[0] == ("https://halcytone.example/a.jpg", "A lamp")
    assert markdown.headings("## Same\n\n## Same", anchor="a") == [
        (1, "Same", "a-same"),
        (1, "Same", "a-same-2"),
    ]


def test_deeply_nested_html_is_read_flat():
    assert plaintext.from_html("<blockquote>" * 5000 + "deep").endswith("deep")


@given(st.text(max_size=300))
def test_no_text_gives_a_tag_or_target_that_can_act(text):
    html = markdown.to_html(text).lower()
    for attack in ("<script", "<iframe", "<style", 'href="javascript:', " onload=", "<form"):
        assert attack not in html
