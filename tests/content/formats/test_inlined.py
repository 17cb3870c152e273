"""A mail filled into its inlined template is, byte for byte, the mail that is inlined by itself."""

import css_inline
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content.formats import letter, templates
from content.formats.inlined import inlined
from tests.content.formats.cast import TABLE, edition, piece
from tests.content.grammar.test_commonmark import TEXTS

inline = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.text(max_size=12) | st.sampled_from(
    ["a & <b>", "“q” \"d\" 's'", "\u00a0x", "[[name]]", "zq1q"]
)


def both(made, name):
    values = letter.letter(made)
    by_itself = templates.mail_html(name, {**values, "is_plain": False})
    return templates.mail_html(name, values), by_itself


@MANY
@given(WORDS, WORDS, TEXTS, TEXTS, st.sampled_from(["weekly_update", "plain"]))
def test_any_text_gives_the_same_bytes_on_both_ways(title, word, body, other, name):
    lead = piece(1, title=title, content=body, image="https://i.example/a.jpg", alt=word)
    rest = piece(
        2, content=other, section=word, author=word, sources=(word, "https://s.example/?a&b")
    )
    quick, by_itself = both(edition(lead, rest, piece(3, section="tips")), name)
    assert quick == by_itself


@pytest.mark.parametrize("name", ["weekly_update", "plain"])
@pytest.mark.parametrize(
    "content", [TABLE, "## Head\n\n- a\n\n> b\n\n![c](d.png)\n\n    e\n\n~~f~~\n\n***"]
)
def test_everything_that_has_a_style_gets_it_on_both_ways(name, content):
    pieces = [piece(number, content=content) for number in range(1, 7)]
    quick, by_itself = both(edition(*pieces), name)
    assert quick == by_itself
    assert quick.count(" style=") > 60


def constant(jinja):
    return None


def compiled(style, body):
    page = f"<!doctype html><html><head><style>{style}</style></head><body>{body}</body></html>"
    return inlined(page, inline, constant)


def test_a_template_keeps_its_jinja_in_place():
    body = '{% for row in rows %}<p class="a {{ row.kind }}" title="{{ row.said }}">{{ row.text }}</p>{% endfor %}'
    made, styles = compiled("p { color: red }", body)
    assert (
        '{% for row in rows %}<p class="a {{ (row.kind)|quoted }}" title="{{ (row.said)|quoted }}"'
        ' style="color: red;">{{ (row.text)|escaped }}</p>{% endfor %}' in made
    )
    assert styles == []


def test_the_styles_of_html_that_is_put_in_are_those_of_its_place():
    body = "<div class='a'>{{ story.html }}</div>{{ other.html }}"
    made, (first, second) = compiled(".a p { color: red } td { color: blue }", body)
    assert "{{ (story.html)|styled(styles[0]) }}</div>{{ (other.html)|styled(styles[1]) }}" in made
    assert "red" in first["p"]
    assert second["p"] == ""
    assert "blue" in first["td:right"]
    assert "text-align:right" in second["td:right"].replace(" ", "")


@pytest.mark.parametrize(
    ("style", "body"),
    [
        ("p:first-child { color: red }", "<p>{{ a }}</p>"),
        ("p + p { color: red }", "<p>{{ a }}</p>"),
        ("ul > li { color: red }", "<p>{{ a }}</p>"),
        ("ul p { color: red }", "{{ a.html }}"),
        (".is-new { color: red }", '<p class="is-{{ kind }}">a</p>'),
        ("", "<p {% if a %}title='b'{% endif %}>a</p>"),
        ("", "<!-- {% if a %}{% endif %} -->"),
        ("", "<table><tr><td>{{ a }}</td></tr>{{ b }}</table>"),  # HTML moves texts out of tables
        ("", "{# a note #}"),
    ],
)
def test_where_a_style_depends_on_more_each_mail_is_to_be_inlined(style, body):
    assert compiled(style, body) is None
