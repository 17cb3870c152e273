"""The address of a page: one draft's alone, and the one that the other renditions lead to."""

from datetime import timedelta

import pytest
from django.utils import timezone

from content.formats import paths
from content.models import Draft, Rendition
from content.services import addresses, drafts, rendering, renditions
from tests.factories import DraftFactory, RevisionFactory

pytestmark = pytest.mark.django_db
SITE = "https://halcytone.example"


@pytest.fixture(autouse=True)
def _site(settings):
    settings.SITE = {**settings.SITE, "base_url": SITE}


@pytest.fixture
def slot():
    return f"{timezone.now() + timedelta(days=3):%Y-%m-%dT10:00}"


def made(editor, **changes):
    draft = DraftFactory(author=editor, **changes)
    drafts.generate(draft, by=editor)
    return draft


def weekly(editor, slot, **changes):
    pieces = [RevisionFactory(), RevisionFactory()]
    return made(editor, type="weekly", slot_wall=slot, revisions=pieces, **changes)


def page_of(draft):
    return renditions.content(draft.renditions.get(format="web"))


def move(draft, by, slug):
    web = draft.renditions.get(format="web")
    return renditions.edit(web, by=by, content={"slug": slug}, reason="A better address")


def blocked(draft):
    return {(one.rendition.format, one.code) for one in renditions.blocking(draft)}


def test_a_second_edition_of_a_day_gets_the_next_free_address_in_every_rendition(cast, slot):
    first, second, third = (weekly(cast.editor, slot) for _ in range(3))
    slug = page_of(first)["slug"]
    assert slug.startswith("weekly-")
    assert [page_of(each)["slug"] for each in (second, third)] == [f"{slug}-2", f"{slug}-3"]
    for draft in (first, second, third):
        url = page_of(draft)["canonical"]
        assert url == f"{SITE}/updates/{page_of(draft)['slug']}"
        rows = draft.renditions.exclude(format="web")
        assert all(paths.holds(each.body, url) for each in rows)
        assert blocked(draft) == set()
        assert renditions.outdated(draft) == []


def test_an_address_stays_what_it_became_when_it_is_rendered_again(cast, slot):
    first, second = weekly(cast.editor, slot), weekly(cast.editor, slot)
    before = {each.format: each.body for each in second.renditions.all()}
    drafts.remove(first, by=cast.editor)
    drafts.generate(second, by=cast.editor)
    assert {each.format: each.body for each in second.renditions.all()} == before


def test_titles_of_other_types_that_are_alike_get_addresses_that_are_not(cast):
    pieces = [RevisionFactory(title="Two quiet minutes") for _ in range(2)]
    one, other = (made(cast.editor, type="blog", title="", revisions=[each]) for each in pieces)
    assert page_of(one)["path"] == "/blog/two-quiet-minutes"
    assert page_of(other)["path"] == "/blog/two-quiet-minutes-2"
    update = made(cast.editor, title="", revisions=[RevisionFactory(title="Two quiet minutes")])
    assert page_of(update)["slug"] == "two-quiet-minutes-3", "the Platform knows slugs alone"


def test_a_rehearsal_holds_no_address(cast, slot):
    rehearsal = weekly(cast.editor, slot, is_dry=True)
    edition = weekly(cast.editor, slot)
    assert page_of(edition)["slug"] == page_of(rehearsal)["slug"]
    assert blocked(edition) == blocked(rehearsal) == set()
    drafts.change(rehearsal, by=cast.editor, is_dry=False)
    rendering.look_at_addresses(edition)
    assert (blocked(edition), blocked(rehearsal)) == (set(), {("web", "address_taken")})


def test_a_typed_address_that_another_draft_has_blocks_and_names_it(cast, slot):
    first, second = weekly(cast.editor, slot), weekly(cast.editor, slot)
    slug = page_of(first)["slug"]
    move(second, cast.seo, slug)
    [finding] = [one for one in renditions.blocking(second) if one.code == "address_taken"]
    assert f"“{first}” (draft {first.pk})" in finding.message
    assert f"“{slug}-2” is free" in finding.hint
    assert finding.rendition.format == "web"
    drafts.generate(first, by=cast.editor)
    assert page_of(first)["slug"] == slug, "who had it first keeps it"
    assert blocked(first) == set()
    move(second, cast.seo, f"{slug}-2")
    assert blocked(second) == set()


def test_a_slug_that_a_writer_gave_is_kept_and_blocks_where_it_is_taken(cast):
    pieces = [RevisionFactory(fields={"slug": "in-our-own-words"}) for _ in range(2)]
    first, second = (made(cast.editor, revisions=[each]) for each in pieces)
    assert page_of(first)["slug"] == page_of(second)["slug"] == "in-our-own-words"
    assert (blocked(first), blocked(second)) == (set(), {("web", "address_taken")})


def test_an_edited_page_that_is_rendered_again_gets_its_own_address_back(cast, slot):
    first, second = weekly(cast.editor, slot), weekly(cast.editor, slot)
    own = page_of(second)["slug"]
    move(second, cast.editor, "in-other-words")
    drafts.remove(first, by=cast.editor)
    drafts.generate(second, by=cast.editor, formats=["web"])
    assert page_of(second)["slug"] == own


def test_a_moved_page_blocks_whatever_leads_to_its_old_address(cast):
    draft = made(cast.editor)
    before = page_of(draft)["canonical"]
    bodies = {each.format: each.body for each in draft.renditions.exclude(format="web")}
    move(draft, cast.seo, "in-other-words")
    linking = {name for name, body in bodies.items() if paths.holds(body, before)}
    assert linking == {"newsletter", "x", "linkedin", "facebook"}
    assert blocked(draft) == {(name, "page_moved") for name in linking}
    finding = renditions.blocking(draft)[0]
    assert before in finding.message
    assert page_of(draft)["canonical"] in finding.message
    assert finding.hint == "Render it again with the new address."
    assert {e.format: e.body for e in draft.renditions.exclude(format="web")} == bodies
    assert renditions.outdated(draft) == [], "one thing is wrong with them, and it is told once"


def test_rendered_again_a_rendition_leads_to_the_new_address(cast):
    draft = made(cast.editor)
    move(draft, cast.seo, "in-other-words")
    drafts.generate(draft, by=cast.editor, formats=["newsletter"])
    assert ("newsletter", "page_moved") not in blocked(draft)
    assert ("x", "page_moved") in blocked(draft)
    drafts.generate(draft, by=cast.editor)
    assert blocked(draft) == set()
    assert renditions.outdated(draft) == []
    assert page_of(draft)["slug"] == "in-other-words"


def test_a_moved_page_that_moves_back_blocks_nothing(cast):
    draft = made(cast.editor)
    slug = page_of(draft)["slug"]
    move(draft, cast.seo, "in-other-words")
    move(draft, cast.seo, slug)
    assert blocked(draft) == set()


def test_an_edited_rendition_is_mended_by_the_person_who_edited_it(cast):
    draft = made(cast.editor)
    post = draft.renditions.get(format="facebook")
    old = renditions.content(post)["link"]
    renditions.edit(post, by=cast.editor, content={"text": f"See {old}."}, reason="Shorter")
    move(draft, cast.seo, "in-other-words")
    drafts.generate(draft, by=cast.editor)
    [finding] = renditions.blocking(draft)
    assert (finding.rendition.format, finding.hint) == (
        "facebook",
        "Put the new address in its place.",
    )
    assert renditions.outdated(draft) == [], "the address alone does not make it older"
    url = page_of(draft)["canonical"]
    content = {"text": f"See {url}.", "link": url}
    renditions.edit(post, by=cast.editor, content=content, reason="It moved")
    assert blocked(draft) == set()


def test_a_page_that_moves_with_its_slot_is_named_where_somebody_edited(cast, slot):
    draft = weekly(cast.editor, slot)
    post = draft.renditions.get(format="facebook")
    renditions.edit(post, by=cast.editor, content={"text": "Come and see."}, reason="Shorter")
    later = f"{timezone.now() + timedelta(days=10):%Y-%m-%dT10:00}"
    drafts.change(draft, by=cast.editor, slot_wall=later)
    draft.refresh_from_db()
    drafts.generate(draft, by=cast.editor)
    assert blocked(draft) == {("facebook", "page_moved")}


def test_formats_with_other_pieces_than_the_page_lead_to_the_page_all_the_same(cast):
    mail = RevisionFactory(title="For readers of mail", fields={"channels": ["email"]})
    page = RevisionFactory(title="For everybody", fields={"channels": ["email", "web"]})
    draft = made(cast.editor, revisions=[mail, page], title="", formats=["newsletter", "web"])
    assert paths.holds(draft.renditions.get(format="newsletter").body, page_of(draft)["canonical"])


def test_a_longer_address_that_begins_alike_is_another_page():
    url = f"{SITE}/updates/quiet"
    assert paths.holds(f"See {url}.", url)
    assert paths.holds(f"{url}?utm_source=x", url)
    assert paths.holds(f"{url}/#top", url)
    for other in (f"{url}-2", f"{url}er", f"{url}/more", f"{url}%20x"):
        assert not paths.holds(other, url)
    assert paths.holds("share?url=https%3A%2F%2Fhalcytone.example%2Fupdates%2Fquiet&t=1", url)
    assert not paths.holds("anything", "")


def test_a_number_behind_a_long_slug_stays_within_its_limit():
    long = "a" * 60 + "-" + "b" * 39
    second = paths.free_slug(long, {long})
    assert len(second) <= paths.SLUG_MAX
    assert second.endswith("-2")
    assert paths.free_slug(long, {long}, held=second) == second
    assert paths.free_slug("quiet", {"quiet"}, held="quiet-7") == "quiet-7"
    assert paths.free_slug("quiet", {"quiet"}, held="loud-7") == "quiet-2"
    assert paths.free_slug("quiet", (), held="") == "quiet"


def test_what_cannot_be_a_slug_is_still_stored_and_a_draft_without_a_page_has_no_address(cast):
    draft = made(cast.editor)
    move(draft, cast.editor, "Not A Slug" * 20)
    assert len(Rendition.objects.get(draft=draft, format="web").slug) == 100
    other = made(cast.editor, formats=["x"])
    assert addresses.standing(other) == ""
    assert addresses.pages_of(other) == []
    assert addresses.settled(Draft.objects.get(pk=other.pk), rendering.edition_of(other)) == ""
