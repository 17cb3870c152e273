import re
from dataclasses import replace

import pytest

from content import plaintext
from content.formats import markup, merge
from content.formats.newsletter import Newsletter
from halcytone.lib.errors import Invalid
from tests.content.formats.cast import SITE, TABLE, blocking, codes, edition, piece, weekly

FORM = Newsletter()


def content(**changes):
    return {**FORM.render(weekly(3)).content, **changes}


def test_the_mail_stands_on_its_own_in_every_reader():
    html = FORM.render(weekly(7)).content["html"]
    assert html.lower().startswith("<!doctype html>")
    assert '<html lang="en"' in html
    assert "<title>Weekly Update:" in html
    assert 'role="presentation"' in html
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html or "prefers-color-scheme:dark" in html
    assert 'content="light dark"' in html
    assert re.search(r"@media[^{]*max-width", html)
    assert "max-width:600px" in html.replace(" ", "")
    assert "12 Example Street" in html


def test_headings_step_down_one_level_at_a_time_and_images_have_text_and_width():
    lead = piece(1, featured=True, content="#### Inner\n\nText enough to be read by people.")
    photo = piece(2, image="https://halcytone.example/a.jpg", alt="A lamp on a desk")
    html = FORM.render(edition(lead, photo)).content["html"]
    seen = markup.outline(html)
    assert seen.levels[:3] == [1, 2, 3]
    assert ("https://halcytone.example/a.jpg", "A lamp on a desk") in seen.images
    assert re.search(r'<img[^>]*alt="A lamp on a desk"[^>]*width="520"', html)


def test_the_featured_piece_leads_and_there_is_one_call_to_action():
    made = weekly(4)
    pieces = (
        *made.pieces[:2],
        replace(made.pieces[2], featured=True, title="The lead"),
        made.pieces[3],
    )
    html = FORM.render(replace(made, pieces=pieces)).content["html"]
    assert html.index("The lead</h2>") < html.index(made.pieces[0].title + "</h3>")
    assert html.count("Read the whole edition on the web") == 1
    assert "https://halcytone.example/updates/weekly-december-1-2026" in html


def test_the_plain_part_holds_the_words_the_links_and_the_tables_of_the_html_part():
    lead = piece(1, content=TABLE, sources=("https://halcytone.example/study", "Annals, 2026"))
    made = FORM.render(edition(lead, piece(2))).content
    text = made["text"]
    assert "Platform | Space for 10 sessions" in text
    assert "iOS      | 88 MB" in text
    assert "Source: https://halcytone.example/study" in text
    assert "Source: Annals, 2026" in text
    words = set(re.findall(r"\w{4,}", plaintext.visible(made["html"]).lower()))
    assert len(words & set(re.findall(r"\w{4,}", text.lower()))) >= 0.9 * len(words)


def test_every_mail_carries_its_unsubscribe_and_preference_links_as_merge_fields():
    made = FORM.render(edition()).content
    for part in ("html", "text"):
        assert merge.fields(made[part]) == {
            "name",
            "unsubscribe_url",
            "preferences_url",
            "view_url",
        }
    found = FORM.check({**made, "html": made["html"].replace("[[unsubscribe_url]]", "#")})
    assert blocking(found) == {("merge_field_missing", "HTML part"), ("link_empty", "links")}


def test_twenty_long_pieces_are_not_clipped_and_a_hundred_are_an_error_that_says_how_much():
    assert not blocking(FORM.check(FORM.render(weekly(20)).content))
    found = FORM.check(
        FORM.render(edition(*(piece(n, content="Breathe in. " * 90) for n in range(100)))).content
    )
    clipped = next(finding for finding in found if finding.code == "mail_clipped")
    assert "mail readers clip it after 104,448" in clipped.message
    assert clipped.blocks


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"subject": "x" * 9}, {("subject_short", "subject")}),
        ({"subject": "x" * 10}, set()),
        ({"subject": "x" * 100}, set()),
        ({"subject": "x" * 101}, {("subject_long", "subject")}),
        ({"subject": "A stress-free, carefree week ahead"}, set()),
        ({"subject": "A FREE session for everyone here"}, {("subject_spam", "subject")}),
        ({"subject": "Act now, and breathe with us today"}, {("subject_spam", "subject")}),
        ({"subject": "Breathe with us today, it is fun!!!"}, {("subject_spam", "subject")}),
        ({"subject": "Hello {first_name}, breathe with us"}, {("placeholder", "subject")}),
        ({"preheader": "x" * 150}, set()),
        ({"preheader": "x" * 151}, {("preheader_long", "preheader")}),
        ({"preheader": "TODO"}, {("placeholder", "preheader")}),
        ({"text": ""}, {("plain_missing", "plain part"), ("merge_field_missing", "plain part")}),
    ],
)
def test_hard_limits_are_errors(changes, expected):
    assert blocking(FORM.check(content(**changes))) == expected


@pytest.mark.parametrize(
    ("inserted", "code"),
    [
        ("<p>TODO: the figures</p>", "placeholder"),
        ("<p>Lorem ipsum dolor</p>", "placeholder"),
        ("<p>Hello {{ name }}</p>", "placeholder"),
        ("<p>zero\u200bwidth</p>", "invisible"),
        ("<p>[[surname]]</p>", "merge_field"),
        ('<p><a href="#">nowhere</a></p>', "link_empty"),
        ('<p><a href="https://halcytone.example"></a></p>', "link_empty"),
        ('<img src="https://halcytone.example/a.jpg">', "image_no_alt"),
    ],
)
def test_what_must_not_be_in_a_mail_is_found_in_edited_html_too(inserted, code):
    html = content()["html"].replace("</body>", inserted + "</body>")
    assert code in {name for name, _ in blocking(FORM.check(content(html=html)))}


def test_advice_warns_and_does_not_block():
    warned = FORM.check(content(subject="Ten letters", preheader="Short"))
    assert {"subject_short", "preheader_short"} <= codes(warned, "warning")
    assert not blocking(warned)
    vague = content(
        html=content()["html"].replace(
            "</body>", '<a href="http://a.example">Click here</a></body>'
        )
    )
    assert {"link_vague", "link_insecure", "plain_link_missing"} <= codes(
        FORM.check(vague), "warning"
    )
    loud = content(
        html=content()["html"].replace("</body>", "<p>Yes! Yes! Yes! 🎉🎉🎉🎉</p></body>")
    )
    assert {"emoji_many", "exclamation_many"} <= codes(FORM.check(loud), "warning")
    assert "preheader_repeats" in codes(
        FORM.check(content(preheader=content()["subject"])), "warning"
    )
    assert "plain_differs" in codes(
        FORM.check(content(text="[[unsubscribe_url]] [[preferences_url]] " + "a" * 60))
    )


def test_a_large_mail_warns_before_it_is_clipped():
    html = content()["html"]
    html = html.replace("</body>", f"<p>{'breathe ' * ((95 * 1024 - len(html)) // 8)}</p></body>")
    assert codes(FORM.check(content(html=html)), "warning") & {"mail_large", "mail_clipped"} == {
        "mail_large"
    }


def test_subjects_and_preheaders_are_derived_only_where_nobody_wrote_them():
    made = FORM.render(weekly(3)).content
    assert made["subject"] == "Weekly Update: Two minutes before meeting number 1"
    assert (
        made["preheader"]
        == "Two minutes before meeting number 1 | Two minutes before meeting number 2"
    )
    default = FORM.render(replace(weekly(3), type="update")).content
    assert default["subject"].startswith("Halcytone December Update: Two minutes before")
    assert len(default["subject"]) <= len("Halcytone December Update: ") + 30
    own = FORM.render(
        weekly(3, subject="A subject of our own", preheader="And a preheader")
    ).content
    assert (own["subject"], own["preheader"]) == ("A subject of our own", "And a preheader")
    assert (
        FORM.render(edition(piece(type="blog", title="Slow mornings"))).content["subject"]
        == "Slow mornings"
    )
    assert len(FORM.render(edition(piece(type="blog", title="Short"))).content["subject"]) >= 10


def test_the_plain_template_is_one_column_with_the_same_words():
    rich, plain = (
        FORM.render(weekly(3, template=name)).content["html"] for name in ("auto", "plain")
    )
    assert "#0d544d" in rich
    assert "#0d544d" not in plain
    assert "Two minutes before meeting number 2" in plain
    assert not blocking(FORM.check(content(html=plain)))


def test_a_template_that_is_not_built_is_said_to_be_replaced():
    notes = FORM.render(weekly(2, template="modern")).notes
    assert [note.code for note in notes] == ["template_substituted"]


def test_a_text_about_health_carries_the_disclaimer():
    made = FORM.render(
        edition(piece(content="Slow breathing may help you to fall asleep sooner."))
    ).content
    assert "no medical advice" in made["html"]
    assert "no medical advice" in made["text"]
    assert "no medical advice" not in FORM.render(edition()).content["html"]


@pytest.mark.parametrize("missing", ["base_url", "postal_address"])
def test_a_site_without_address_is_refused_before_anything_is_made(missing):
    with pytest.raises(Invalid, match=missing):
        FORM.render(edition(site=replace(SITE, **{missing: " "})))


def test_a_reader_is_filled_in_once_for_all_and_escaped():
    parts = merge.split('<p>Hello [[name|Subscriber]]</p><a href="[[view_url]]">x</a>')
    assert merge.fill_html(parts, {}) == '<p>Hello Subscriber</p><a href="">x</a>'
    evil = {"name": '<b>"Ann"</b>', "view_url": 'https://a.example/?a=1&b="'}
    assert merge.fill_html(parts, evil) == (
        "<p>Hello &lt;b&gt;&quot;Ann&quot;&lt;/b&gt;</p>"
        '<a href="https://a.example/?a=1&amp;b=&quot;">x</a>'
    )
    assert merge.fill(merge.split("Hi [[name|you]]"), {"name": "Ann\r\nBcc: x"}) == "Hi Ann Bcc: x"
    with pytest.raises(Invalid, match="surname"):
        merge.split("[[surname]]")
