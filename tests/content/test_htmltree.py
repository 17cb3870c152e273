import time

import pytest

from content import htmltree, plaintext
from content.formats import markup


def outline(node):
    return [(child.tag, child.attrs) for child in htmltree.walk(node)]


def test_tags_are_read_however_their_attributes_are_written():
    html = "<A HREF='/a?b=1&amp;c=2' title=it's data-x>one</A><img src=\"x.png\" alt=''/><br/>"
    assert outline(htmltree.parse(html)) == [
        ("a", {"href": "/a?b=1&c=2", "title": "it's", "data-x": ""}),
        ("img", {"src": "x.png", "alt": ""}),
        ("br", {}),
    ]


def test_comments_scripts_and_styles_hold_no_tags():
    html = "<!-- <p>no</p> --><script>if (a<b) '<p>'</script><style>p{}</style><!doctype html><p>yes</p>"
    assert [tag for tag, _ in outline(htmltree.parse(html))] == ["script", "style", "p"]
    assert plaintext.visible(html) == "yes"


def test_what_begins_as_a_tag_and_never_ends_is_text():
    assert (
        plaintext.visible("a < b and <b>bold</b> &amp; <a href='x") == "a < b and bold & <a href='x"
    )


def test_a_link_ends_where_the_next_one_begins():
    links = markup.outline("<a href=/1>one<a href=/2>two</a> three").links
    assert [(link.href, link.text) for link in links] == [("/1", "one"), ("/2", "two")]


@pytest.mark.parametrize(
    "unit",
    ['<a b=">"', "<a ", "<a '", "<!--", "<!", "<script>", "</p>", "<p>", "<a href=x>t", "<div><a>"],
)
def test_hostile_html_is_read_in_time_that_grows_with_it(unit):
    def seconds(size):
        html = (unit * size)[:size]
        begun = time.process_time()
        markup.outline(html)
        plaintext.visible(html)
        return time.process_time() - begun

    assert any(seconds(120_000) <= 3 * seconds(60_000) + 0.02 for _ in range(4))
