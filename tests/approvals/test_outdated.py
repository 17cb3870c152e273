"""Renditions that are older than their draft, or lead to where its page was, are not submitted."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.services import reviews
from content.models import FormatName
from content.services import drafts, renditions
from halcytone.lib.errors import Invalid
from tests.factories.content import DraftFactory, RevisionFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
FORMATS = [name for name in FormatName.values if name != "instagram"]  # it needs an image
OLDER = "is older than the draft: its pieces or settings have changed since it was rendered."


@pytest.fixture(autouse=True)
def _real_formats(settings, _formats):
    settings.FORMATS = _formats


@pytest.fixture
def author():
    return PersonFactory(group="editor", is_staff=True)


@pytest.fixture
def draft(author, senior, manager):
    slot = f"{timezone.now() + timedelta(days=3):%Y-%m-%dT10:00}"
    draft = DraftFactory(author=author, is_featured=True, slot_wall=slot, formats=FORMATS)
    drafts.generate(draft, by=author)
    return draft


@pytest.fixture
def desk(author):
    client = Client()
    client.force_login(author)
    return client


def look(desk, draft):
    return desk.get(reverse("content:draft", args=[draft.pk])).content.decode()


def move(draft, author):
    web = draft.renditions.get(format="web")
    renditions.edit(web, by=author, content={"slug": "in-other-words"}, reason="Clearer")


def refused(draft, author):
    with pytest.raises(Invalid) as caught:
        reviews.submit(draft, by=author)
    return [(one.code, one.attr, one.message, one.hint) for one in caught.value.problems]


def test_a_rendition_older_than_the_settings_is_refused_by_name_with_the_way_on(draft, author):
    drafts.change(draft, by=author, subject="Breathe out for longer")
    [(code, attr, message, hint)] = refused(draft, author)
    assert (code, attr, message) == ("rendition_outdated", "newsletter", f"Newsletter {OLDER}")
    assert hint.startswith(f"Generate it again. {author} can change it.")
    drafts.generate(draft, by=author)
    assert reviews.submit(draft, by=author).status == "open"


def test_other_pieces_make_every_rendition_older(draft, author):
    other = RevisionFactory(title="A calm evening", content="Hum softly, and listen to it. " * 9)
    drafts.change(draft, by=author, revisions=[other])
    assert [attr for _, attr, _, _ in refused(draft, author)] == FORMATS


def test_what_was_edited_by_hand_is_told_where_its_words_stay(draft, author):
    newsletter = draft.renditions.get(format="newsletter")
    renditions.edit(
        newsletter, by=author, content={"subject": "Two minutes, in our own words"}, reason="Warmer"
    )
    drafts.change(draft, by=author, preheader="Two minutes, no more")
    drafts.generate(draft, by=author)
    [(_, attr, _, hint)] = refused(draft, author)
    assert attr == "newsletter"
    assert "what was edited by hand stays in its history" in hint


def test_a_setting_that_shows_nowhere_keeps_nobody_waiting(draft, author):
    drafts.change(draft, by=author, priority=2, lateness="send")
    assert reviews.submit(draft, by=author).status == "open"


def test_the_desk_says_so_before_anybody_presses_submit(draft, author, desk):
    assert "Submit for review" in look(desk, draft)
    drafts.change(draft, by=author, subject="Breathe out for longer")
    page = look(desk, draft)
    assert "Newsletter is older than the draft" in page
    assert "Submit for review" not in page
    desk.post(reverse("content:draft-generate", args=[draft.pk]), {"formats": ["newsletter"]})
    page = look(desk, draft)
    assert "older than the draft" not in page
    assert "Submit for review" in page


def test_renditions_that_lead_to_where_the_page_was_are_refused(draft, author):
    move(draft, author)
    found = refused(draft, author)
    assert {(code, attr) for code, attr, _, _ in found} >= {
        ("page_moved", name) for name in FORMATS if name != "web"
    }
    drafts.generate(draft, by=author)
    assert reviews.submit(draft, by=author).status == "open"


def test_one_button_renders_one_rendition_again_with_the_new_address(draft, author, desk):
    bodies = {row.format: row.body for row in draft.renditions.all()}
    move(draft, author)
    assert look(desk, draft).count("Render again with the new address") == 4
    desk.post(reverse("content:draft-generate", args=[draft.pk]), {"formats": ["newsletter"]})
    assert look(desk, draft).count("Render again with the new address") == 3
    now = {row.format: row.body for row in draft.renditions.all()}
    changed = {name for name in bodies if now[name] != bodies[name]}
    assert changed == {"web", "newsletter"}
    assert "/in-other-words" in now["newsletter"]


def test_an_address_that_another_draft_took_first_is_found_at_submission(draft, author):
    other = DraftFactory(author=author, title="Another one", formats=["web"])
    drafts.generate(other, by=author)
    slug = renditions.content(draft.renditions.get(format="web"))["slug"]
    web = other.renditions.get(format="web")
    renditions.edit(web, by=author, content={"slug": slug}, reason="It fits")
    web.findings.all().delete()
    assert {(code, attr) for code, attr, _, _ in refused(other, author)} == {
        ("address_taken", "web")
    }
    assert reviews.submit(draft, by=author).status == "open"
