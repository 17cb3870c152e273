"""Tokens of links and opens, and newsletters cut at their links."""

import html as htmllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publishing import cutting, tracking
from publishing.cutting import What
from publishing.tracking import Kind, Tracked

IDS = st.integers(0, 2**48 - 1)


@given(st.sampled_from(Kind), IDS, st.integers(0, 65_535))
def test_a_token_is_short_safe_for_addresses_and_reads_as_what_it_was_made_of(kind, id, link):
    made = tracking.token(kind, id, link)
    assert len(made) <= 44
    assert set(made) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert tracking.read(made) == Tracked(kind, id, link)
    assert made == tracking.token(kind, id, link)


@given(st.integers(0, 27), st.sampled_from("ABCxyz019-_+/=.%\n \u00e9\0"))
def test_a_token_with_another_character_anywhere_is_not_ours(place, character):
    made = tracking.token(Kind.ROW_LINK, 123_456, 7)
    forged = made[:place] + character + made[place + 1 :]
    assert forged == made or tracking.read(forged) is None


@pytest.mark.parametrize(
    "text", ["", "A" * 27, "A" * 28, "A" * 29, "A" * 100_000, "ÿ" * 28, "=" * 28]
)
def test_no_other_text_is_a_token(text):
    assert tracking.read(text) is None


def test_tokens_of_a_secret_before_are_still_read_and_those_of_another_never(settings):
    made = tracking.token(Kind.ROW_OPEN, 5)
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another-secret-" + "y" * 40
    assert tracking.read(made) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert tracking.read(made) == Tracked(Kind.ROW_OPEN, 5, 0)


HTML = """<!doctype html><html><head><style>a[href="https://style.example/"]{}</style></head><body>
<!--[if mso]><a href="https://comment.example/">x</a><![endif]-->
<A class='b' HREF = "https://news.example/a?x=1&amp;y=2" title=">">one</A><a href='https://news.example/b'>two</a>
<a href=https://news.example/c>three</a><a data-href="https://no.example/" href="https://news.example/b">again</a>
<a href="[[unsubscribe_url]]">leave</a><a href="mailto:a@b.example">write</a><a name="x">no link</a>
<a href="https://news.example/[[name]]">hers</a><a href="https://site.example/privacy">rights</a></body></html>"""
TEXT = """Read (https://news.example/a?x=1&y=2). And https://news.example/d!
https://news.example/wiki_(x), https://site.example/preferences?u=1 [[unsubscribe_url]] https://news.example/[[name]]"""
CONTENT = {"html": HTML, "text": TEXT}
OWN = {"https://site.example"}
FOUND = [
    "https://news.example/a?x=1&y=2",
    "https://news.example/b",
    "https://news.example/c",
    "https://news.example/d",
    "https://news.example/wiki_(x)",
]


def numbers(found=FOUND):
    return {address: number for number, address in enumerate(found, start=1)}


def test_links_of_both_parts_are_found_once_and_those_about_rights_are_not():
    assert cutting.addresses(CONTENT, own=OWN) == FOUND
    assert cutting.addresses({"text": "[[view_url]]", "html": '<a href="[[view_url]]">x</a>'}) == []


def test_what_stands_between_the_places_is_the_sealed_text_itself():
    for text, cut in ((HTML, cutting.cut_html), (TEXT, cutting.cut_text)):
        pieces = cut(text, numbers())
        assert cutting.sealed(pieces) == text
        links = [piece.link for piece in pieces if not isinstance(piece, str) and piece.link]
        assert links == ([1, 2, 3, 2] if text is HTML else [1, 4, 5])


def test_the_decoy_and_the_image_go_before_the_end_of_the_body():
    pieces = cutting.cut_html(HTML, numbers())
    assert [piece.what for piece in pieces[-3:-1]] == [What.DECOY, What.OPEN]
    assert pieces[-1] == "</body></html>"
    alone = cutting.cut_html("<p>no body</p>", {})
    assert [getattr(piece, "what", piece) for piece in alone] == ["<p>no body</p>", "decoy", "open"]


def test_the_decoy_is_seen_by_nobody_and_the_image_says_nothing():
    shown = cutting.decoy('https://x.example/r/"a')
    assert "display:none" in shown
    assert 'aria-hidden="true"' in shown
    assert 'tabindex="-1"' in shown
    assert '/r/"a' not in shown
    assert 'alt=""' in cutting.image("https://x.example/o/a.gif")


@given(
    st.lists(
        st.sampled_from(
            [
                "<a ",
                "href=",
                '"',
                "'",
                ">",
                "https://x.example/",
                "<!--",
                "-->",
                "</body>",
                "&amp;",
                "[[",
                "]]",
                " ",
            ]
        )
    )
)
def test_any_text_is_put_together_again_as_it_was(words):
    text = "".join(words)
    found = cutting.addresses({"html": text, "text": text})
    assert cutting.sealed(cutting.cut_html(text, numbers(found))) == text
    assert cutting.sealed(cutting.cut_text(text, numbers(found))) == text


@pytest.mark.parametrize(
    "piece", ['<a "', "<a href='", "<!--", "<a x=", "https://x/(", "<style>", "https://x..."]
)
def test_hostile_texts_are_cut_in_the_time_of_their_length(piece):
    import time

    def taken(times):
        began = time.process_time()
        cutting.addresses({"html": piece * times, "text": piece * times})
        return time.process_time() - began

    short = min(taken(2_000) for _ in range(3))
    assert min(taken(8_000) for _ in range(2)) < max(12 * short, 0.2)


def test_addresses_in_attributes_are_compared_as_browsers_read_them():
    address = "https://x.example/?a=1&b=%22"
    text = f'<a href="{htmllib.escape(address)}">x</a>'
    assert cutting.addresses({"html": text}) == [address]
