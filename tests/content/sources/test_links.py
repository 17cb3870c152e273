import pytest

from content.sources import links, writer
from content.sources.tree import Cell, Paragraph, Quote, Run, Table, Tree


@pytest.mark.parametrize(
    ("given", "plain", "gone"),
    [
        ("https://a.example/n", "https://a.example/n", ()),
        ("https://a.example/n?page=2#x?utm_source=y", "https://a.example/n?page=2#x?utm_source=y", ()),
        ("https://a.example/?utm_source=a&utm_medium=b", "https://a.example/", ("utm_source", "utm_medium")),
        ("https://a.example/?a=1&UTM_Source=x&b=%20+&c", "https://a.example/?a=1&b=%20+&c", ("UTM_Source",)),
        ("https://a.example/?fbclid=1#top", "https://a.example/#top", ("fbclid",)),
        ("https://a.example/?gclid=1&mc_eid=2&igsh=3", "https://a.example/", ("gclid", "mc_eid", "igsh")),
        ("https://a.example/?utm=1&trek=2&gclids=3", "https://a.example/?utm=1&trek=2&gclids=3", ()),
        (
            "https://www.google.com/url?q=https%3A%2F%2Fa.example%2Fn%3Futm_term%3D1%26p%3D2&sa=D&usg=x",
            "https://a.example/n?p=2",
            ("google.com/url", "utm_term"),
        ),
        ("https://www.google.com/url?sa=D", "https://www.google.com/url?sa=D", ()),
        ("mailto:desk@a.example?subject=utm_source", "mailto:desk@a.example?subject=utm_source", ()),
    ],
)  # fmt: skip
def test_an_address_keeps_all_but_its_tracking(given, plain, gone):
    assert links.stripped(given) == (plain, gone)


def test_links_are_stripped_wherever_they_stand_and_told_at_their_line():
    run = Run("notes", link="https://a.example/?utm_source=x")
    tree = Tree(
        (
            Paragraph((Run("Words."),)),
            Quote((Run("Quiet."),), (run,)),
            Table(((Cell((Run("a"),), is_head=True), Cell((run,), is_head=True)),)),
            Paragraph((Run("Note"), Run(footnote="1"))),
        ),
        footnotes={"1": (run,)},
    )
    text = writer.write(tree, is_typed=True)
    lines = text.markdown.split("\n")
    assert "utm" not in text.markdown
    assert [lines[remark.line - 1] for remark in text.remarks] == [
        "> Quiet.", "| a | [notes](https://a.example/) |", "[^1]: [notes](https://a.example/)",
    ]  # fmt: skip
    assert {remark.code for remark in text.remarks} == {"tracking_removed"}


def test_an_address_that_is_its_own_words_is_stripped_in_both():
    url = "https://a.example/?utm_source=x"
    text = writer.write(Tree((Paragraph((Run(url, link=url),)),)), is_typed=True)
    assert text.markdown == "[https://a.example/](https://a.example/)\n"
