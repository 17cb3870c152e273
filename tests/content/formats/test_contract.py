"""What every format must do, whichever it is."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content import plaintext
from content.formats.base import Rendered
from content.formats.memory import Memory
from content.formats.newsletter import Newsletter
from content.formats.web import Web
from halcytone.lib.errors import Invalid
from tests.content.formats.cast import (
    BODY,
    FORMATS,
    TABLE,
    blocking,
    edition,
    piece,
    weekly,
)

EDITIONS = {
    "one piece": edition(),
    "two pieces": weekly(2),
    "twenty pieces": weekly(20),
    "a table": edition(piece(content=TABLE), piece(2)),
    "a featured piece with an image": edition(
        piece(1), piece(2, featured=True, image="https://halcytone.example/a.jpg", alt="A lamp")
    ),
    "right to left": edition(
        piece(title="שלוש נשימות לפני פגישה", content="נשמו פנימה ארבע ספירות. " * 9)
    ),
    "japanese": edition(
        piece(title="会議の前の二分間、ゆっくり呼吸", content="四つ数えて息を吸います。" * 20)
    ),
    "a long title": weekly(3, title="", pieces=(piece(1, title="Breathing " * 19), piece(2))),
    "emoji": edition(piece(title="A party for the choir 🎉", content=f"{BODY} 👨‍👩‍👧‍👦 🎶")),
}


@pytest.mark.parametrize("make", FORMATS)
@pytest.mark.parametrize("name", EDITIONS)
def test_the_same_edition_gives_the_same_bytes_and_nothing_that_blocks(make, name):
    rendered = make().render(EDITIONS[name])
    assert rendered.body() == make().render(EDITIONS[name]).body()
    assert blocking(make().check(rendered.content)) == set()


@pytest.mark.parametrize("make", FORMATS)
def test_an_edition_without_pieces_is_refused(make):
    with pytest.raises(Invalid, match="no piece"):
        make().render(replace(edition(), pieces=()))


@pytest.mark.parametrize("make", FORMATS)
def test_what_was_rendered_is_a_valid_edit_and_other_fields_are_refused_by_name(make):
    content = dict(make().render(weekly(3)).content)
    assert Rendered(make().parse_edit(content)).body() == Rendered(content).body()
    first = next(iter(content))
    with pytest.raises(Invalid) as refused:
        make().parse_edit({**content, "colour": "blue"})
    assert refused.value.problems[0].attr == f"{make.name}.colour"
    with pytest.raises(Invalid, match=f"needs the field “{first}”"):
        make().parse_edit({key: value for key, value in content.items() if key != first})
    with pytest.raises(Invalid, match=f"{make.name}.{first} must be"):
        make().parse_edit({**content, first: 5.5})
    with pytest.raises(Invalid, match="must be an object"):
        make().parse_edit(["no"])


@pytest.mark.parametrize("make", FORMATS)
def test_a_version_names_the_rules_and_stays_while_they_do(make):
    assert make().version == make().version != ""


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    title=st.text(min_size=1, max_size=200),
    body=st.text(max_size=400),
    tags=st.lists(st.text(max_size=60), max_size=12),
)
def test_any_text_renders_alike_twice_in_every_format(title, body, tags):
    made = edition(piece(title=title, content=body, tags=tuple(tags)), piece(2))
    for make in FORMATS:
        assert make().render(made).body() == make().render(made).body()


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> <iframe src='https://a.example'>in</iframe>"
    "[go](javascript:alert(1)) <a href='javascript:alert(1)' onclick='x()'>there</a> "
    "<style>body{display:none}</style> <b>bold</b> **strong** {{ 7 * 7 }} {% include 'x' %} "
    "</td></table></body> and quiet text that stays."
)


@pytest.mark.parametrize("make", [Newsletter, Web])
def test_nothing_in_a_document_can_act_in_a_page(make):
    made = edition(
        piece(title="<script>alert(2)</script> & <b>title</b>", content=HOSTILE), piece(2)
    )
    html = make().render(made).content["html"]
    for attack in (
        "<script>alert",
        "onerror",
        "onclick",
        "<iframe",
        'javascript:alert(1)"',
        "display:none}",
    ):
        assert attack not in html
    seen = plaintext.visible(html)
    assert "<script>alert(2)</script> & <b>title</b>" in seen
    assert "{{ 7 * 7 }}" in seen
    assert "strong" in seen
    assert "quiet text that stays." in seen


def test_media_are_the_images_of_the_pieces_each_once():
    one = piece(
        1,
        image="https://halcytone.example/a.jpg",
        alt="A lamp",
        content="![b](https://halcytone.example/b.jpg) and text",
    )
    media = (
        Memory()
        .render(edition(one, piece(2, image="https://halcytone.example/a.jpg", alt="A lamp")))
        .media
    )
    assert [(image.url, image.alt) for image in media] == [
        ("https://halcytone.example/a.jpg", "A lamp"),
        ("https://halcytone.example/b.jpg", "b"),
    ]
