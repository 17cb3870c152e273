import re

from hypothesis import given
from hypothesis import strategies as st
from slugify import slugify

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


def test_a_wide_table_without_a_head_becomes_lines_without_labels():
    cells = ["a long cell of words " * 2] * 2
    text = f"|  |  |\n| --- | --- |\n| {' | '.join(cells)} |\n| {' | '.join(cells)} |\n"
    line = f"- {cells[0].strip()}; {cells[0].strip()}"
    assert markdown.to_text(text).splitlines() == [line, line]


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


@given(
    st.text(st.characters(codec="ascii"), max_size=14) | st.text(max_size=8),
    st.sampled_from([0, 5, 60]),
)
def test_a_slug_is_what_slugify_makes(text, limit):
    ways = {"entities": False, "decimal": False, "hexadecimal": False, "word_boundary": True}
    assert markdown.slug(text, limit) == slugify(text, max_length=limit, **ways)


@given(st.text(st.sampled_from("ab1_'’-.  \n\u00a0é"), max_size=20))
def test_words_are_counted_with_their_hyphens_and_apostrophes(text):
    assert markdown.words(text) == len(re.findall(r"[^\W_]+(?:['’\-][^\W_]+)*", text))


def test_a_text_is_read_once_for_all_formats():
    text = f"{DOCUMENT}\nread once\n"
    assert markdown.read(text) is markdown.read(f"{DOCUMENT}\nread once\n")
    assert markdown.to_html(text, top=3) == markdown.to_html(text, top=5).replace("h5>", "h3>")
