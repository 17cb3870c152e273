"""What is written of Markdown without HTML is just what the sanitiser leaves of it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content import htmltree, markdown, plaintext
from tests.content.grammar.test_commonmark import TEXTS

MANY = settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TARGETS = st.sampled_from(
    [
        "b", "/c?d=1#e", "#f", "//g.example", "https://a.example/b", "https://A.example", "http://1.2.3.4",
        "http://1.2.3", "https://a..example", "https://-a.example", "https://xn--a.example", "http://a.example:99999",
        "mailto:a@b.example", "javascript:alert(1)", "data:image/png;base64,x", "tel:1", "https://a.example/é", "a:b", "",
    ]
)  # fmt: skip
LINKS = st.builds(
    "{}[word]({} {})".format,
    st.sampled_from(["", "!"]),
    TARGETS,
    st.sampled_from(["", '"t"', '"a < b"', '"&nbsp;"']),
)


def checked(text, **way):
    made = markdown.Document(text).written(**way)
    if made.is_plain:
        clean = markdown.sanitise("".join(made.out)).strip()
        tree = htmltree.parse(clean)
        assert made.html == clean
        assert plaintext.full(made.root) == plaintext.full(tree)
        assert plaintext.running(made.root) == plaintext.running(tree)
    return made


@MANY
@given(TEXTS, st.sampled_from([{"top": 2}, {"top": 4}, {"top": 4, "anchor": "a"}]))
def test_what_is_plain_is_what_the_sanitiser_would_leave(text, way):
    checked(text, **way)


@MANY
@given(st.lists(LINKS | st.text(max_size=3), max_size=4).map("".join))
def test_only_links_that_the_sanitiser_leaves_alone_are_plain(text):
    checked(text)


def test_ordinary_markdown_is_plain_and_raw_html_is_not():
    text = (
        "# Head\n\n*One* [link](https://halcytone.example/a)\n\n- a\n- b\n\n|a|b|\n|-|-:|\n|c|d|\n"
    )
    assert checked(text).is_plain
    assert not checked(f"{text}\n<b>bold</b>").is_plain
    assert not checked("[<https://a.example>](https://b.example)").is_plain


def test_each_tag_can_be_given_a_style_of_its_own():
    made = checked("One `x`\n\n|a|b|\n|-|-:|\n|c|d|\n")
    styles = {"p": ' style="margin:0"', "td:right": ' style="color:red;text-align:right"'}
    styled = made.styled(styles)
    assert '<p style="margin:0">One <code>x</code></p>' in styled
    assert '<td>c</td>\n<td style="color:red;text-align:right">d</td>' in styled
    assert "<th>b</th>" in styled  # its alignment is in the styles, or nowhere


def test_marks_within_marks_without_end_are_read_flat():
    text = "*a **b " * 2_000 + "c** d*" * 2_000
    assert not checked(text).is_plain
    assert markdown.to_text(text).startswith("a b a b")
