import pytest

from content.formats import hashtags, origins, titles
from content.formats.base import ERROR, Finding
from content.formats.facebook import Facebook
from content.formats.linkedin import LinkedIn
from content.formats.newsletter import Newsletter
from content.formats.x import X
from tests.content.formats.cast import blocking, codes, edition, piece, weekly

BENEFITS = (
    "Slow breathing improves sleep. It can reduce stress before a talk. Enhanced focus is a gain. "
)


def test_a_linkedin_post_has_opening_body_benefits_link_and_tags():
    body = "Here we say what is new in the app this week, at some length. " * 9 + BENEFITS
    text = LinkedIn().render(edition(piece(1, content=body))).content["text"]
    assert text.startswith("Two minutes before meeting number 1\n\nHere we say")
    assert "It can reduce stress before a talk." in text
    assert (
        "Read more: https://halcytone.example/updates/two-minutes-before-meeting-number-1" in text
    )
    assert 3 <= len(hashtags.seen(text)) <= 5


def test_what_is_too_long_for_linkedin_continues_in_at_most_two_comments():
    body = "Here is a first sentence. " + " ".join(
        f"To improve this, {'breathe slowly and ' * 120}rest {number}." for number in range(3)
    )
    made = LinkedIn().render(edition(piece(content=body))).content
    assert 1 <= len(made["comments"]) <= 2
    assert len(made["text"]) <= 3000
    assert max(map(len, made["comments"])) <= 2800
    assert not blocking(LinkedIn().check(made))


def test_linkedin_limits_are_errors_and_the_limit_itself_is_allowed():
    def check(text, *comments):
        return blocking(LinkedIn().check({"text": text, "comments": list(comments)}))

    assert check("x" * 3000) == set()
    assert check("x" * 3001) == {("post_long", "post")}
    assert check("#a #b #c #d #e") == set()
    assert check("#a #b #c #d #e #f") == {("hashtags_many", "post")}
    assert check("fine", "a", "b", "c") == {("comments_many", "comments")}
    assert check(" ") == {("post_empty", "post")}
    assert check("Hello [[name]]") == {("merge_field", "post")}


def test_a_facebook_post_has_three_highlights_a_question_and_a_link_of_its_own():
    made = Facebook().render(weekly(7)).content
    assert made["text"].count("\n• ") + made["text"].startswith("• ") == 3
    assert "?" in made["text"]
    assert made["link"] == "https://halcytone.example/updates/weekly-december-1-2026"
    assert "https://" not in made["text"]
    own = piece(content=BENEFITS, link="https://halcytone.example/app")
    assert Facebook().render(edition(own)).content["link"] == "https://halcytone.example/app"


def test_facebook_limits_are_errors_and_advice_warns():
    def check(text, link="https://halcytone.example"):
        return Facebook().check({"text": text, "link": link})

    assert not blocking(check("x" * 63_206))
    assert blocking(check("x" * 63_207)) == {("post_long", "post")}
    assert codes(check("x" * 3001), "warning") == {"post_long"}
    assert check("x" * 3000) == []
    assert blocking(check("x", "www.halcytone.example")) == {("link_empty", "link")}
    assert blocking(check("#1a #b #c #d #e #f")) == {("hashtags_many", "post")}


def test_hashtags_are_chosen_by_section_and_leave_room_for_those_of_the_text():
    chosen = hashtags.choose((piece(2),), "", 5)
    assert chosen[:2] == ["#Halcytone", "#BreathingTips"]
    assert all(hashtags.VALID.fullmatch(tag) for tag in chosen)
    assert hashtags.choose((piece(2),), "We like #halcytone and #calm", 3) == ["#BreathingTips"]
    assert hashtags.choose((piece(2),), "#one #two #three", 2) == []
    assert hashtags.seen("Room #5, C# and https://a.example/#top, but #Calm5 and #ruhe") == [
        "#Calm5",
        "#ruhe",
    ]


def test_a_thread_keeps_to_two_hashtags_in_each_part():
    parts = X().render(weekly(7)).content["parts"]
    assert max(len(hashtags.seen(part["text"])) for part in parts) == 2


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("word " * 40, ("word " * 40).strip()),
        ("x" * 100 + " " + "y" * 120, "x" * 100 + " " + "y" * 98 + "…"),
        ("word " * 60, ("word " * 40).strip() + "…"),
    ],
)
def test_an_excerpt_is_cut_at_the_last_space_past_character_100(text, excerpt):
    assert titles.excerpt(piece(content=text)) == excerpt


def test_a_written_excerpt_is_used_as_it_is():
    assert titles.excerpt(piece(excerpt="Written by a person.")) == "Written by a person."


def test_findings_carry_the_line_of_the_piece_that_they_come_from():
    made = edition(piece(1), piece(2, content="Hello {name}, breathe in for four counts and out."))
    found = origins.findings(Newsletter(), made, Newsletter().render(made).content)
    wrong = [finding for finding in found if finding.code == "placeholder"]
    assert {(finding.line, finding.piece) for finding in wrong} == {(20, "2")}
    long = origins.trace(
        X().check({"parts": [{"text": piece(2).title + " x" * 200}]}), edition(piece(1), piece(2))
    )
    assert [finding.line for finding in long if finding.code == "part_long"] == [20]
    subject = origins.trace(
        Newsletter().check({**Newsletter().render(made).content, "subject": "x"}), made
    )
    assert next(f.line for f in subject if f.code == "subject_short") == 10


def test_a_critical_announcement_may_call_itself_urgent():
    found = [Finding(ERROR, "subject_spam", "urgent", where="subject", evidence="Urgent")]
    calm = edition(piece(type="announcement"))
    critical = edition(piece(type="announcement", fields={"urgency": "critical"}))
    assert origins.trace(found, calm)[0].severity == "error"
    assert origins.trace(found, critical)[0].severity == "warning"


def parts(*pieces, **changes):
    return [part["text"] for part in X().render(edition(*pieces, **changes)).content["parts"]]


def test_a_weekly_thread_closes_with_a_question_and_another_edition_with_its_link():
    *_, link, closing = parts(piece(1), piece(2), piece(3), type="weekly")
    assert "weekly-december-1-2026" in link
    assert closing.startswith("What would you like to know about it? Breathe easy until next week.")
    *_, last = parts(piece(1), piece(2), type="update")
    assert "Read the whole edition:" in last
    assert "#Halcytone" in last


def test_a_story_of_a_thread_ends_with_a_whole_sentence_and_its_lists_read_as_a_line():
    long = "This sentence says one thing about the ring. " * 8
    story = parts(piece(1, content=long), piece(2, content="- one\n- two"), type="weekly")
    assert story[1].split("\n\n")[1].endswith("about the ring.")
    assert "one · two" in story[2]


def test_sentences_without_blanks_between_them_get_none():
    text = "座って、肩の力を抜きます。十回くり返します。"
    assert text in parts(piece(title="会議の前の二分間のこと", content=text))[0]


def test_a_critical_announcement_says_all_asks_nothing_and_advertises_nothing():
    body = "Three sensors became warm. Nobody was hurt.\n\nCharge by day."
    urgent = edition(piece(1, type="announcement", content=body, fields={"urgency": "critical"}))
    text = Facebook().render(urgent).content["text"]
    assert text.split("\n\n")[1:] == [
        "Three sensors became warm. Nobody was hurt.\nCharge by day.",
        "#Halcytone",
    ]
    assert LinkedIn().render(urgent).content["text"].endswith("\n\n#Halcytone")


def test_a_highlight_is_a_whole_sentence_and_one_alone_needs_no_bullet():
    body = "It holds. " + "word " * 40 + "and so on. This one is short enough to stand alone."
    text = Facebook().render(edition(piece(1, content=body))).content["text"]
    assert text.split("\n\n")[1] == "This one is short enough to stand alone."


def pictured(count):
    body = "\n\n".join(f"![A board {n}](https://a.example/{n}.png)" for n in range(count))
    return edition(piece(content=f"Words above the pictures of all boards.\n\n{body}"))


def test_a_linkedin_post_of_twenty_one_images_is_refused():
    assert LinkedIn().render(pictured(20)).notes == ()
    (note,) = LinkedIn().render(pictured(21)).notes
    assert (note.code, note.severity) == ("images_many", "error")
    assert "21 images, 1 more than the 20 allowed" in note.message


@pytest.mark.parametrize(("form", "most"), [(X(), 4), (Facebook(), 10)])
def test_a_post_carries_the_first_images_and_says_that_others_stay_behind(form, most):
    assert form.render(pictured(most)).notes == ()
    made = form.render(pictured(most + 1))
    assert len(made.media) == most
    assert [(note.code, note.severity) for note in made.notes] == [("images_left_out", "info")]
