import json
import re
from datetime import date

import pytest

from content import plaintext
from content.formats import markup
from content.formats.web import Web, page
from content.formats.weight import picture_spans
from tests.content.formats.cast import BODY, SITE, blocking, codes, edition, piece, weekly

FORM = Web()
WORDY = "Breathing slowly is a habit. " * 60


def content(**changes):
    return {**FORM.render(weekly(5)).content, **changes}


def test_a_weekly_page_has_its_own_path_and_a_title_that_ends_with_the_month():
    made = content()
    assert made["path"] == "/updates/weekly-december-1-2026"
    assert made["canonical"] == "https://halcytone.example/updates/weekly-december-1-2026"
    assert made["title"].endswith(" – December 2026")
    assert made["published_on"] == "2026-12-01"


def test_the_contents_lead_to_headings_that_exist_each_once():
    twins = edition(*(piece(number, title="The same title twice here") for number in (1, 6)))
    for made in (content(), FORM.render(twins).content):
        ids = re.findall(r'id="([^"]+)"', made["html"])
        anchors = [row["anchor"] for row in made["toc"]]
        assert len(set(ids)) == len(ids)
        assert set(anchors) <= set(ids)
        assert all(f'href="#{anchor}"' in made["html"] for anchor in anchors)


def test_a_single_piece_gets_its_contents_from_its_headings():
    made = FORM.render(
        edition(piece(type="blog", content="## One\n\ntext\n\n### Two\n\ntext"))
    ).content
    assert [(row["level"], row["title"]) for row in made["toc"]] == [(1, "One"), (2, "Two")]
    assert made["path"].startswith("/blog/two-minutes")
    assert markup.outline(made["html"]).levels == [2, 3]


def test_sections_carry_dates_and_sources():
    sources = ("https://www.halcytone.example/study/", "Annals of Breath, 2026")
    html = FORM.render(edition(piece(1, sources=sources, author="A. Writer"), piece(2))).content[
        "html"
    ]
    assert '<time datetime="2026-11-02">November 2, 2026, by A. Writer</time>' in html
    assert '<a href="https://www.halcytone.example/study/">halcytone.example/study</a>' in html
    assert "Source: Annals of Breath, 2026" in html


def test_search_engines_and_shares_are_told_the_same():
    photo = piece(1, image="https://halcytone.example/a.jpg", alt="A lamp")
    made = FORM.render(edition(photo, piece(2))).content
    facts = made["json_ld"]
    assert facts["@type"] == "BlogPosting"
    assert facts["datePublished"] == "2026-12-01T10:00:00-05:00"
    assert facts["publisher"]["@type"] == facts["author"]["@type"] == "Organization"
    assert facts["wordCount"] > 20
    assert made["open_graph"]["og:url"] == made["canonical"]
    assert made["open_graph"]["og:image:alt"] == "A lamp"
    assert made["open_graph"]["twitter:card"] == "summary_large_image"
    assert FORM.render(edition(template="breathscape")).content["json_ld"]["@type"] == "Article"


def test_emoji_are_left_out_and_it_says_so_but_never_as_an_error():
    party = piece(3, title="🎉 A party for the choir", content=f"{BODY} 👨‍👩‍👧‍👦 © 2026")
    rendered = FORM.render(edition(party, piece(2)))
    seen = rendered.content["title"] + plaintext.visible(rendered.content["html"])
    assert "🎉" not in seen
    assert "👨" not in seen
    assert "© 2026" in seen
    assert [(note.code, note.severity, note.line) for note in rendered.notes] == [
        ("emoji_left_out", "info", 30)
    ]
    assert "emoji_many" in codes(
        FORM.check(content(title="Calm mornings for everyone 🎉")), "warning"
    )


def test_emoji_reach_nothing_that_is_said_beside_the_page():
    said = "🌿 Two quiet minutes at your desk, and what they do for the rest of the day 🌿"
    party = piece(
        title="🎉 A party for the choir",
        section="🎈 events",
        author="A. Writer 🖋️",
        excerpt="Sing with us 🎶 on the last evening of the week.",
        image="https://halcytone.example/a.jpg",
        alt="🕯️ A lamp",
        sources=("https://halcytone.example/🎉", "🎓 Annals of Breath"),
        fields={"seo_description": said},
    )
    for made in (edition(party), edition(party, piece(2))):
        rendered = FORM.render(made)
        everything = rendered.body() + rendered.media[0].alt
        assert not picture_spans(everything.replace("halcytone.example/🎉", ""))
        assert [note.code for note in rendered.notes] == ["emoji_left_out"]
        assert "https://halcytone.example/🎉" in rendered.content["html"]
    description = FORM.render(edition(party)).content["json_ld"]["description"]
    assert description == "Two quiet minutes at your desk, and what they do for the rest of the day"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"excerpt": "A quiet week for everybody 🌿"}, "excerpt"),
        ({"seo_title": "A quiet week 🌿"}, "SEO title"),
        ({"seo_description": "What a quiet week does for everybody who sits down 🌿"}, "SEO description"),
        ({"tags": ["calm 🌿"]}, "tags"),
        ({"open_graph": {"og:title": "A quiet week 🌿"}}, "share data"),
        ({"json_ld": {"headline": "A quiet week 🌿"}}, "share data"),
    ],
)  # fmt: skip
def test_emoji_that_a_person_types_beside_the_page_are_named_with_their_place(changes, where):
    found = [row for row in FORM.check(content(**changes)) if row.code == "emoji_many"]
    assert [(row.where, row.severity) for row in found] == [(where, "warning")]


def test_a_description_that_follows_another_is_named_once():
    before = content()
    said = "What a quiet week does for everybody who sits down 🌿"
    made = FORM.parse_edit({**before, "seo_description": said}, before)
    assert made["open_graph"]["og:description"] == made["json_ld"]["description"] == said
    found = [row.where for row in FORM.check(made) if row.code == "emoji_many"]
    assert found == ["SEO description"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "x" * 9}, {("title_short", "title")}),
        ({"title": "x" * 10}, set()),
        ({"title": "x" * 100}, set()),
        ({"title": "x" * 101}, {("title_long", "title")}),
        ({"excerpt": "x" * 19}, {("excerpt_short", "excerpt")}),
        ({"excerpt": "x" * 300}, set()),
        ({"excerpt": "x" * 301}, {("excerpt_long", "excerpt")}),
        ({"html": "x" * 99}, {("page_short", "page")}),
        ({"html": "x " * 50_001}, {("page_long", "page")}),
        ({"slug": "Not A Slug"}, {("slug", "slug")}),
        ({"slug": "x" * 101}, {("slug", "slug")}),
        ({"tags": ["a"] * 11}, {("tags_many", "tags")}),
        ({"tags": ["a" * 51]}, {("tag_long", "tags")}),
        ({"seo_title": "x" * 61}, {("seo_title_long", "SEO title")}),
        ({"seo_description": "x" * 49}, {("seo_description_short", "SEO description")}),
        ({"seo_description": "x" * 161}, {("seo_description_long", "SEO description")}),
    ],
)
def test_hard_limits_are_errors(changes, expected):
    assert {(code, where) for code, where in blocking(FORM.check(content(**changes)))} == expected


def test_a_title_of_nine_characters_is_refused_here_and_one_over_a_hundred_too():
    short, long = (
        FORM.render(edition(piece(title=title))).content for title in ("Ninechars", "x" * 150)
    )
    assert ("title_short", "title") in blocking(FORM.check(short))
    message = next(f.message for f in FORM.check(long) if f.code == "title_long")
    assert "150 characters, 50 more than the 100 allowed" in message


def test_a_blog_of_fewer_than_three_hundred_words_warns():
    def words(count):
        body = " ".join(["breathe"] * count)
        return FORM.check(FORM.render(edition(piece(type="blog", content=body))).content)

    assert "words_advised" in codes(words(299), "warning")
    assert "words_advised" not in codes(words(300))


def test_short_texts_still_have_descriptions_and_slugs_within_their_limits():
    tiny = FORM.render(edition(piece(title="会議", content="Hum softly, and listen."))).content
    assert 50 <= len(tiny["seo_description"]) <= 160
    assert re.fullmatch("[a-z0-9-]{1,100}", tiny["slug"])
    odd = FORM.render(edition(piece(title="!!!???"))).content
    assert odd["slug"] == "update-december-1-2026"


def test_the_page_to_look_at_is_complete_and_escapes_what_it_shows():
    made = FORM.render(edition(piece(title='A "calm" </script> day', content=WORDY))).content
    html = page(made, SITE)
    assert html.startswith("<!doctype html>")
    facts = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)[1]
    assert json.loads(facts)["headline"] == 'A "calm" </script> day'
    assert markup.outline(html).levels[0] == 1
    assert markup.outline(html).levels.count(1) == 1
    assert 'rel="canonical" href="https://halcytone.example/updates/' in html
    assert f"{date(2026, 12, 1):%B} 1, 2026" in html


def test_the_excerpt_of_an_edition_lists_whole_titles_and_how_many_more_there_are():
    made = content()
    assert made["excerpt"].endswith(" · and 2 more")
    assert "…" not in made["excerpt"]
    assert (
        ". Published by Halcytone on December 1, 2026."
        in FORM.render(
            edition(piece(title="One short title"), piece(2, title="Another one"))
        ).content["seo_description"]
    )
