import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.formats import sentences
from content.formats.truncate import truncate
from content.formats.weight import weighted_length

STORY = "A saved session takes 9 MB and keeps its soundtrack. Open it on the train, or in a lift."


def test_a_text_that_fits_stays_as_it_is():
    assert truncate(STORY, len(STORY)) == STORY


def test_a_sentence_end_within_fifty_characters_is_preferred_and_needs_no_ellipsis():
    assert truncate(STORY, 80) == "A saved session takes 9 MB and keeps its soundtrack."


def test_a_word_end_within_twenty_characters_comes_next_with_an_ellipsis():
    assert truncate("one two three four five six seven", 20) == "one two three four…"


def test_without_a_word_end_the_text_is_cut_at_the_limit():
    assert truncate("x" * 100, 30) == "x" * 29 + "…"


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("It costs about $1,250.50 in all", 20, "It costs about…"),
        ("A session of 12 minutes is short", 16, "A session of…"),
        ("We saw 63 % of them breathe", 10, "We saw…"),
        ("Read https://example.com/a/long/path now", 25, "Read…"),
        ("Follow #BreathingWellness today", 15, "Follow…"),
        ("Family 👨‍👩‍👧‍👦👨‍👩‍👧‍👦 here", 14, "Family…"),
    ],
)
def test_nothing_that_belongs_together_is_cut_in_two(text, limit, cut):
    assert truncate(text, limit) == cut


@given(st.text(max_size=120), st.integers(1, 60))
def test_the_result_is_never_longer_than_the_limit_and_is_a_beginning(text, limit):
    short = truncate(text, limit)
    assert len(short) <= limit
    assert short == text or text.startswith(short.removesuffix("…").rstrip())


@given(st.integers(3, 60))
def test_weighted_limits_hold_for_japanese_and_emoji(limit):
    text = "日本語の文章です。短い 👨‍👩‍👧‍👦 家族 https://example.com/a と終わり。" * 3
    assert weighted_length(truncate(text, limit, weighted_length)) <= limit


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "Dr. Weber said e.g. that 4.2 MB is enough. Yes.",
            ["Dr. Weber said e.g. that 4.2 MB is enough.", "Yes."],
        ),
        ("これは一。これは二！", ["これは一。", "これは二！"]),
        ("He said “Stop.” Then he left.", ["He said “Stop.”", "Then he left."]),
        ("See example.com. It is good.", ["See example.com.", "It is good."]),
        ("", []),
    ],
)
def test_sentences_end_where_readers_end_them(text, split):
    assert sentences.split(text) == split
