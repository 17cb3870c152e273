import re
from urllib.parse import quote

import pytest

from content.formats import following
from content.formats.web import Web
from halcytone.lib.errors import Invalid
from tests.content.formats.cast import edition, piece, weekly

FORM = Web()
OLD = "https://halcytone.example/updates/weekly-december-1-2026"
NEW = "https://halcytone.example/updates/seven-quiet-minutes"


def page():
    return dict(FORM.render(weekly(5)).content)


def edited(**changes):
    before = page()
    return FORM.parse_edit({**before, **changes}, before)


def refused(**changes):
    with pytest.raises(Invalid) as error:
        edited(**changes)
    return {problem.attr for problem in error.value.problems}


def test_every_address_of_a_page_follows_its_slug():
    made = edited(slug="seven-quiet-minutes")
    assert made["path"] == "/updates/seven-quiet-minutes"
    assert made["canonical"] == made["open_graph"]["og:url"] == NEW
    assert made["json_ld"]["mainEntityOfPage"]["@id"] == NEW
    assert quote(OLD, safe="") not in made["html"]
    assert made["html"].count(quote(NEW, safe="")) == page()["html"].count(quote(OLD, safe="")) == 3


def test_an_address_that_is_not_of_the_slug_is_refused_by_name():
    assert refused(path="/updates/elsewhere") == {"web.path"}
    assert refused(canonical=NEW) == {"web.canonical"}
    assert refused(open_graph={**page()["open_graph"], "og:url": NEW}) == {"web.open_graph.og:url"}
    assert refused(json_ld={"@type": "BlogPosting"}) == {"web.json_ld.mainEntityOfPage.@id"}
    assert refused(slug="seven-quiet-minutes", canonical=OLD + "-b") == {"web.canonical"}
    with pytest.raises(Invalid, match="slug makes it"):
        FORM.parse_edit({**page(), "path": "/updates/elsewhere"})


def test_an_edit_that_gives_slug_and_addresses_alike_is_taken():
    assert edited(slug="seven-quiet-minutes", canonical=NEW)["path"].endswith(
        "/seven-quiet-minutes"
    )


def test_an_address_that_was_another_before_is_left_alone():
    before = {**page(), "canonical": "https://elsewhere.example/first-home"}
    made = FORM.parse_edit({**before, "tags": ["one"]}, before)
    assert made["canonical"] == "https://elsewhere.example/first-home"


def test_descriptions_follow_the_title_only_if_they_were_made_of_it():
    made = edited(title="Seven quiet minutes for an office")
    assert made["seo_title"] == made["open_graph"]["og:title"] == made["title"]
    assert made["json_ld"]["headline"] == made["title"]
    assert f"text={quote(made['title'])}" in made["html"]
    assert made["slug"] == page()["slug"]
    own = {**page(), "seo_title": "Breathe at work"}
    kept = FORM.parse_edit({**own, "title": "Seven quiet minutes for an office"}, own)
    assert kept["seo_title"] == "Breathe at work"
    assert kept["open_graph"]["og:title"] == page()["open_graph"]["og:title"]


def test_the_facts_of_a_page_follow_its_text():
    made = edited(html=page()["html"] + "<p>" + "one more word " * 200 + "</p>", tags=["one"])
    assert made["json_ld"]["wordCount"] > page()["json_ld"]["wordCount"] + 590
    assert made["reading_time_min"] > 1
    assert made["json_ld"]["keywords"] == ["one"]


def test_an_edit_without_a_change_changes_nothing():
    assert edited() == page()
    assert following.follow(page(), page()) == page()


def test_a_slug_that_the_writer_gave_is_the_slug_of_the_page():
    made = FORM.render(edition(piece(type="blog", fields={"slug": "in-her-own-words"}))).content
    assert made["path"] == "/blog/in-her-own-words"
    assert re.search(
        r"two-minutes", FORM.render(edition(piece(fields={"slug": ""}))).content["slug"]
    )
