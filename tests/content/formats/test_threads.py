import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.formats import threads
from content.formats.weight import weighted_length
from content.formats.x import X
from tests.content.formats.cast import blocking, codes, edition, piece, weekly

SENTENCE = "A calm breath of {} counts helped the choir in Graz, 日本語の文, 👨‍👩‍👧‍👦 and https://example.com/{} too. "
LONG = "".join(SENTENCE.format(number, number) for number in range(60))  # about 900 words


def texts(rendered):
    return [part["text"] for part in rendered.content["parts"]]


def test_a_piece_of_nine_hundred_words_becomes_two_to_ten_parts_that_all_fit():
    parts = texts(X().render(edition(piece(content=LONG, type="blog"))))
    assert 2 <= len(parts) <= 10
    assert max(map(weighted_length, parts)) <= 280
    assert [part.rsplit("\n", 1)[1] for part in parts] == [
        f"{place}/{len(parts)}" for place in range(1, len(parts) + 1)
    ]


def test_the_whole_text_is_used_when_it_fits_ten_parts():
    body = " ".join(f"Sentence number {number} is about breathing calmly." for number in range(25))
    parts = texts(X().render(edition(piece(content=body))))
    joined = re.sub(r"\s+\d+/\d+(\s|$)", " ", "\n".join(parts))
    assert 2 < len(parts) <= 10
    assert all(f"Sentence number {number} is" in joined for number in range(25))


def test_a_short_piece_is_one_post_without_a_number():
    parts = texts(X().render(edition(piece(content="Hum on the way out instead of counting."))))
    assert len(parts) == 1
    assert "1/1" not in parts[0]
    assert "https://halcytone.example/updates/" in parts[0]


@pytest.mark.parametrize("count", [2, 3, 5, 7, 20])
def test_a_weekly_thread_has_at_most_seven_parts_numbered_by_what_there_is(count):
    parts = texts(X().render(weekly(count)))
    assert len(parts) == min(count, 4) + 3
    assert parts[0].endswith(f"1/{len(parts)}")
    assert "https://halcytone.example/updates/weekly-december-1-2026" in parts[-2]
    assert parts[-1].endswith(f"{len(parts)}/{len(parts)}")


def test_a_sentence_longer_than_a_part_is_cut_at_a_clause_then_at_a_word():
    clauses = threads.pack("breathe in slowly, then hold, then breathe out slowly " * 3, 60, len)
    assert clauses[0].endswith(",")
    words = threads.pack("breathe " * 30, 60, len)
    assert all(part.split() == ["breathe"] * len(part.split()) for part in words)


@given(st.text(max_size=1500), st.text(max_size=60))
def test_no_part_ever_weighs_more_than_280(body, title):
    made = edition(piece(content=body or "x", title=title or "Untitled for now"))
    assert all(weighted_length(text) <= 280 for text in texts(X().render(made)))


@given(
    st.lists(
        st.sampled_from(
            [*"abc .,!?\n", "日本。", "👍🏽", "12 MB ", "#tag ", "https://example.com "]
        ),
        max_size=300,
    )
)
def test_packing_keeps_every_visible_character_in_order(tokens):
    text = "".join(tokens)
    assert re.sub(r"\s", "", "".join(threads.pack(text, 60))) == re.sub(r"\s", "", text)


def test_too_long_a_part_too_many_tags_and_too_many_parts_are_errors_that_name_the_excess():
    parts = [{"text": "x" * 283}, {"text": "#one #two #three"}] + [{"text": "y"}] * 9
    found = X().check({"parts": parts})
    messages = " ".join(finding.message for finding in found)
    assert blocking(found) >= {
        ("part_long", "part 1"),
        ("hashtags_many", "part 2"),
        ("thread_long", "thread"),
    }
    assert "weighs 283, 3 more than the 280 allowed" in messages
    assert "11 parts, 1 more than the 10 allowed" in messages


def test_the_limits_themselves_are_allowed():
    assert X().check({"parts": [{"text": "x" * 256 + " https://example.com/" + "y" * 90}]}) == []
    assert X().check({"parts": [{"text": f"#a #b {place}/10"} for place in range(1, 11)]}) == []


def test_an_empty_thread_and_a_wrong_number_are_found():
    assert codes(X().check({"parts": []}), "error") == {"thread_empty"}
    assert "part_number" in codes(X().check({"parts": [{"text": "a 1/2"}, {"text": "b 3/2"}]}))


def test_a_sentence_that_fits_a_part_is_never_cut_for_an_advised_length():
    long = "It took " + "a" * 255 + "."
    parts = threads.thread(f"A short one. {long} And another short one.", "https://a.example", 250)
    assert any(long in part for part in parts)
    assert all(weighted_length(part) <= 280 for part in parts)


def test_the_first_sentence_of_a_story_stays_whole_where_it_fits():
    first = "One sentence goes on and on " + "x" * 190 + "."
    made = edition(piece(1, content=f"{first} A second sentence."), piece(2))
    parts = texts(X().render(made))
    assert any(first in part for part in parts)
    assert max(map(weighted_length, parts)) <= 280
