"""Instagram: made by wish, measured as its place measures."""

import pytest

from content.formats.instagram import Instagram
from tests.content.formats.cast import codes, edition, piece, weekly

PICTURE = "https://press.halcytone.example/media/a.jpg"


def pictured(count):
    text = " ".join(f"![Picture {n}]({PICTURE}?{n})" for n in range(count))
    return edition(piece(content=f"Sit and breathe. {text}"))


def checked(text="Breathe", comments=()):
    return Instagram().check({"text": text, "comments": list(comments)})


def test_a_caption_has_an_opening_a_body_three_tips_and_the_link():
    content = Instagram().render(weekly(7)).content
    opening, *_ = content["text"].split("\n\n")
    assert opening.startswith("This week at Halcytone")
    tips = [row for row in content["text"].split("\n") if row.startswith("• ")]
    assert len(tips) == 3
    assert "Read more: https://halcytone.example/" in content["text"]
    assert len(content["text"]) <= 2200


def test_its_hashtags_are_the_first_comment_ten_at_most():
    [comment] = Instagram().render(weekly(7)).content["comments"]
    tags = comment.split()
    assert tags[0] == "#Halcytone"
    assert 5 <= len(tags) <= 10
    assert all(tag.startswith("#") for tag in tags)


def test_without_an_image_it_is_an_error_and_with_one_it_is_none():
    assert codes(Instagram().render(weekly(2)).notes, "error") == {"images_missing"}
    rendered = Instagram().render(pictured(1))
    assert rendered.notes == ()
    assert [image.alt for image in rendered.media] == ["Picture 0"]


def test_of_eleven_images_it_carries_ten_and_says_so():
    rendered = Instagram().render(pictured(11))
    assert len(rendered.media) == 10
    assert codes(rendered.notes, "info") == {"images_left_out"}


@pytest.mark.parametrize(
    ("text", "comments", "code"),
    [
        ("x" * 2201, [], "post_long"),
        (" ", [], "post_empty"),
        ("Breathe", ["x" * 2201], "post_long"),
        ("Breathe", ["one", "two"], "comments_many"),
        ("#tag " * 16, ["#tag " * 15], "hashtags_many"),
        ("Breathe {name}", [], "placeholder"),
    ],
)
def test_what_instagram_would_refuse_is_an_error(text, comments, code):
    assert code in codes(checked(text, comments), "error")


def test_the_limits_themselves_are_good():
    assert codes(checked("x" * 2200, ["#tag " * 30]), "error") == set()


def test_advice_is_no_error():
    assert codes(checked("x" * 151), "info") == {"length_advised"}
    assert codes(checked("Breathe", ["#tag " * 16]), "info") == {"hashtags_advised"}
