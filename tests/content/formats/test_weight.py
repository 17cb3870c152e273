import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.formats import urls
from content.formats.weight import picture_spans, without_pictures
from content.formats.x import weighted_length

LENGTHS = {
    "": 0,
    "This is a test.": 15,
    "héllo wörld": 11,
    "日本語": 6,
    "これは example.com です": 6 + 1 + 23 + 1 + 4,
    "저찀쯿쿿": 8,
    "Привет": 6,
    "שלום": 4,
    "👨‍👩‍👧‍👦": 2,
    "👍🏽": 2,
    "🇦🇹": 2,
    "🇦🇹🇨🇭": 4,
    "1️⃣": 2,
    "❤️": 2,
    "🏳️‍🌈": 2,
    "H🐱☺": 5,
    "© 2026": 7,
    "“quoted” – it’s": 15,
    "A\u0301B": 2,
    "\U00010000": 2,
    "https://example.com": 23,
    "http://test.co": 23,
    "HTTPS://EXAMPLE.COM/Path": 23,
    "Hi http://test.co": 26,
    "test.com": 23,
    "example.com/path/to?search=foo&lang=en": 23,
    "https://example.com/" + "a" * 300: 23,
    "https://t.co/pbY2NfTZ": 23,
    "https://t.co/pbY2NfTZ's": 25,
    "Test https://test.com test https://test.com test.com test": 86,
    "(https://example.com/a_(b))": 25,
    "https://example.com.": 24,
    "https://halcytone.example/notes/4-2": 23,
    "münchen.de": 23,
    "mail@example.com": 16,
    "first.last@example.com": 22,
    "U.S.": 4,
    "e.g. this": 9,
    "4.2.1": 5,
    "v1.0.0.beta": 11,
    "end.Then": 8,
    "@example.com": 12,
    "#example.com": 12,
    "$example.com": 12,
    "file.tar.bz2": 12,
}


@pytest.mark.parametrize(("text", "length"), LENGTHS.items())
def test_the_weighted_length_follows_configuration_version_3(text, length):
    assert weighted_length(text) == length


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("これは日本語です。example.com/path中国語t.co/abc한국", ["example.com/path", "t.co/abc"]),
        (
            "http://foobar.みんな/ http://foobar.中国/",
            ["http://foobar.みんな/", "http://foobar.中国/"],
        ),
        ("http://-leading.example.com http://trailing-.example.com", []),
        ("http://under_score.com http://a_b.score.com", ["http://a_b.score.com"]),
        ("one.com,two.com;three.com", ["one.com", "two.com", "three.com"]),
        ("Go to http://twitter.com/Русские_слова!", ["http://twitter.com/Русские_слова"]),
        ("http://example.com/path......", ["http://example.com/path"]),
        ("john.doe.gov@mail.com", []),
        ("https://no-such-ending.notatld/path", []),
    ],
)
def test_urls_are_found_as_x_finds_them(text, found):
    assert [text[start:end] for start, end in urls.spans(text)] == found


HOSTILE = (
    *("a.", "a-", "a_", "a.-", "b_c.com.", "com.", "日本.", "http://", "http://a.", "a.b c.com "),
    *("/....", "a.com/(", "?a=", "#a.com/x ", "xn--a.", "👨‍", "🇦🇹", "1️⃣", "🏽", "é", "(a.com/"),
)
CLOCK = 0.002  # seconds that a clock cannot tell apart


def seconds(text):
    """Return the least processor time of three weighings: others may be using the machine."""
    found = []
    for _ in range(3):
        begun = time.process_time()
        weighted_length(text)
        found.append(time.process_time() - begun)
    return min(found)


def is_linear(half, whole):
    """Tell whether the whole, twice the half, once took at most three times as long."""
    return any(seconds(whole) <= 3 * seconds(half) + CLOCK for _ in range(4))


@pytest.mark.parametrize("start", ["", "http://a.com/"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_twice_the_hostile_text_takes_at_most_three_times_as_long(unit, start):
    half, whole = ((start + unit * size)[:size] for size in (20_000, 40_000))
    assert is_linear(half, whole)


@settings(max_examples=25, deadline=None)
@given(
    st.text(alphabet="a1.-_/:@#?()!é日👨\u200d\ufe0f", min_size=1, max_size=6),
    st.sampled_from(HOSTILE),
)
def test_the_time_of_weighing_grows_with_the_text_whatever_is_repeated_in_it(unit, other):
    half, whole = (((unit + other) * size)[:size] for size in (10_000, 20_000))
    assert is_linear(half, whole)


@given(st.text(max_size=80))
def test_a_text_weighs_at_most_two_for_each_character_and_23_for_each_url(text):
    text = unicodedata.normalize("NFC", text)
    assert weighted_length(text) <= 2 * len(text) + 23 * len(urls.spans(text))


def test_only_emoji_shown_as_pictures_are_left_out():
    assert without_pictures("Launch 🎉 day © 2026 👨‍👩‍👧‍👦") == "Launch day © 2026"
    assert without_pictures("Nothing here ™") == "Nothing here ™"
    assert without_pictures("## 🎉 A title") == "## A title"
    assert without_pictures("Nice 🎉🎉 day 🎉.\n🎉 Two (🎉 or so)") == "Nice day.\nTwo (or so)"
    assert len(picture_spans("🎉👍🏽 © ☺️")) == 3
