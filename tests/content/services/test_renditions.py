import json
from datetime import timedelta

import pytest
from django.utils import timezone

from content import tasks
from content.formats.memory import Memory
from content.models import Draft, Finding, Rendition
from content.services import drafts, renditions, revisions
from halcytone.lib import canonical
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories import DocumentFactory, DraftFactory, RevisionFactory

pytestmark = pytest.mark.django_db
ALL = ["newsletter", "web", "x", "linkedin", "facebook"]


@pytest.fixture
def draft(cast):
    slot = f"{timezone.now() + timedelta(days=3):%Y-%m-%dT10:00}"
    draft = DraftFactory(author=cast.editor, slot_wall=slot)
    drafts.generate(draft, by=cast.editor)
    return draft


def of(draft, name):
    return draft.renditions.get(format=name)


def bodies(draft):
    return {rendition.format: rendition.body for rendition in draft.renditions.all()}


def edit_text(draft, by, text="A quiet minute, twice a day. Try it at your desk."):
    return renditions.edit(
        of(draft, "facebook"), by=by, content={"text": text}, reason="Our own words"
    )


def test_a_draft_is_rendered_in_all_its_formats_in_their_order(cast, heard):
    draft = DraftFactory(author=cast.editor, formats=["x", "web", "newsletter"])
    made = drafts.generate(draft, by=cast.editor)
    assert [rendition.format for rendition in made] == ["x", "web", "newsletter"]
    assert [name for name, _ in heard] == ["rendition_changed"] * 3
    assert {row.act for row in draft.authorships.filter(person=cast.editor)} == {
        "created",
        "generated",
    }


def test_a_rendition_is_canonical_json_and_its_first_version_is_kept(draft, cast):
    for rendition in draft.renditions.all():
        content = renditions.content(rendition)
        assert canonical.text(content) == rendition.body
        version = rendition.versions.get()
        assert (version.number, version.body, version.author) == (1, rendition.body, cast.editor)
        assert version.sha256 == rendition.digest == canonical.sha256(rendition.body)
        assert rendition.template_version


def test_the_same_draft_gives_the_same_bytes_and_no_new_version(draft, cast, heard):
    before = bodies(draft)
    made = drafts.generate(draft, by=cast.editor)
    assert bodies(draft) == before
    assert {rendition.version for rendition in made} == {1}
    assert {rendition.versions.count() for rendition in made} == {1}
    assert heard == []


def test_a_draft_without_a_slot_gives_the_same_bytes_on_another_day(cast):
    draft = DraftFactory(author=cast.editor)
    drafts.generate(draft, by=None)
    published = renditions.content(of(draft, "web"))["published_on"]
    Draft.objects.update(created_at=draft.created_at - timedelta(days=9))
    drafts.generate(draft, by=None)
    assert renditions.content(of(draft, "web"))["published_on"] < published, "the day it was made"


def test_a_changed_piece_makes_the_next_version_where_it_shows(draft, cast, heard):
    other = RevisionFactory(title="Two quiet minutes, again", content="Hum while you breathe out.")
    drafts.change(draft, by=cast.editor, revisions=[other])
    heard.clear()
    made = drafts.generate(draft, by=cast.editor)
    assert {rendition.version for rendition in made} == {2}
    assert [name for name, _ in heard] == ["rendition_changed"] * 5
    assert [version.number for version in made[0].versions.all()] == [2, 1]


def test_each_version_knows_the_texts_that_it_was_made_of(draft, cast):
    old = [place.revision for place in draft.places.all()]
    other = RevisionFactory(title="Two quiet minutes, again", content="Hum while you breathe out.")
    drafts.change(draft, by=cast.editor, revisions=[other])
    edit_text(draft, cast.senior_editor, "Two quiet minutes, by hand")
    edited = of(draft, "facebook").versions.first()
    assert list(edited.revisions.all()) == old, "an edit is of what was rendered"
    drafts.generate(draft, by=cast.editor, formats=["facebook"])
    made = of(draft, "facebook").versions.all()
    assert [list(version.revisions.all()) for version in made] == [[other], old, old]


def test_another_text_of_which_a_rendition_says_the_same_is_noted_too(draft, cast):
    (old,) = [place.revision for place in draft.places.all()]
    same = RevisionFactory(item=old.item, snapshot=old.snapshot, number=old.number + 1,
                           **{name: getattr(old, name) for name in revisions.TEXT})  # fmt: skip
    drafts.change(draft, by=cast.editor, revisions=[same])
    drafts.generate(draft, by=cast.editor)
    version = of(draft, "web").versions.get()
    assert set(version.revisions.all()) == {old, same}


def test_a_change_that_shows_in_one_format_changes_that_one_alone(draft, cast, heard):
    drafts.change(draft, by=cast.editor, subject="A subject of our own making")
    heard.clear()
    drafts.generate(draft, by=cast.editor)
    assert [told["rendition"].format for _, told in heard] == ["newsletter"]


def test_what_would_render_differently_now_is_named(draft, cast):
    assert renditions.outdated(draft) == []
    edit_text(draft, cast.editor)
    assert renditions.outdated(draft) == [], "an edit is measured by what it was made from"
    drafts.change(draft, by=cast.editor, subject="A subject of our own making")
    draft.refresh_from_db()
    assert renditions.outdated(draft) == ["newsletter"]
    fresh = DraftFactory(author=cast.editor)
    assert renditions.outdated(fresh) == ALL


def test_an_edited_rendition_is_kept_unless_it_is_named(draft, cast):
    before = of(draft, "facebook").body
    edited = edit_text(draft, cast.editor)
    drafts.generate(draft, by=cast.editor)
    assert of(draft, "facebook").body == edited.body
    drafts.generate(draft, by=cast.editor, formats=["facebook"])
    again = of(draft, "facebook")
    assert (again.body, again.is_edited, again.version) == (before, False, 3)


def test_a_format_that_the_draft_does_not_have_is_not_generated(draft, cast):
    with pytest.raises(Invalid) as caught:
        drafts.generate(draft, by=cast.editor, formats=["fax"])
    assert caught.value.problems[0].code == "unknown_format"


class Refusing(Memory):
    """Makes nothing of a piece whose title is “No”."""

    name = "x"

    def render(self, edition):
        if edition.pieces[0].title == "No":
            raise Invalid("This text does not fit. Shorten it.", code="too_long")
        return super().render(edition)


def test_a_format_that_cannot_be_made_is_named_and_the_others_are_stored(cast, settings):
    refusing = {"BACKEND": "tests.content.services.test_renditions.Refusing"}
    settings.FORMATS = {"web": settings.FORMATS["web"], "x": refusing}
    draft = DraftFactory(author=cast.editor, revisions=[RevisionFactory(title="Yes")])
    drafts.generate(draft, by=cast.editor)
    drafts.change(
        draft,
        by=cast.editor,
        revisions=[RevisionFactory(title="No", content="Hum softly for a while.")],
    )
    with pytest.raises(Invalid) as caught:
        drafts.generate(draft, by=cast.editor)
    [problem] = caught.value.problems
    assert (problem.attr, problem.code) == ("x", "too_long")
    assert of(draft, "web").version == 2
    draft.refresh_from_db()
    assert [(one.rendition.format, one.code) for one in renditions.blocking(draft)] == [
        ("x", "too_long")
    ], "the bytes of before do not stand for the draft any more"
    assert renditions.outdated(draft) == ["x"]


class Meddling(Memory):
    """A draft is changed while this format renders it."""

    name = "web"

    def render(self, edition):
        Draft.objects.update(version=7)
        return super().render(edition)


def test_a_draft_that_is_changed_while_it_is_rendered_is_not_stored(cast, settings):
    settings.FORMATS = {"web": {"BACKEND": "tests.content.services.test_renditions.Meddling"}}
    draft = DraftFactory(author=cast.editor)
    with pytest.raises(WrongState):
        drafts.generate(draft, by=cast.editor)
    assert not Rendition.objects.exists()


class Slow(Memory):
    """Somebody edits the rendition while this format renders it anew."""

    name = "web"

    def render(self, edition):
        Rendition.objects.update(is_edited=True, body='{"text":"By hand"}')
        return super().render(edition)


def test_an_edit_made_while_rendering_is_not_overwritten(cast, settings):
    settings.FORMATS = {"web": {"BACKEND": "tests.content.services.test_renditions.Slow"}}
    draft = DraftFactory(author=cast.editor)
    drafts.generate(draft, by=cast.editor)
    drafts.generate(draft, by=cast.editor)
    assert renditions.content(of(draft, "web")) == {"text": "By hand"}


def test_findings_say_the_piece_and_its_line_and_are_replaced(cast):
    piece = RevisionFactory(title="TODO", content="Breathe {placeholder} slowly.", line_start=7)
    draft = DraftFactory(author=cast.editor, revisions=[piece])
    drafts.generate(draft, by=cast.editor)
    found = renditions.blocking(draft)
    assert {(finding.revision, finding.line) for finding in found} == {(piece, 7)}
    assert {finding.rendition.format for finding in found} == set(ALL)
    drafts.change(draft, by=cast.editor, revisions=[RevisionFactory()])
    drafts.generate(draft, by=cast.editor)
    assert renditions.blocking(draft) == []


def test_a_piece_goes_to_the_formats_of_its_channels_alone(cast):
    mail = RevisionFactory(title="For readers of mail", fields={"channels": ["email"]})
    both = RevisionFactory(title="For everybody", fields={"channels": ["email", "social"]})
    draft = DraftFactory(author=cast.editor, revisions=[mail, both], formats=["newsletter", "x"])
    drafts.generate(draft, by=cast.editor)
    assert "For readers of mail" in of(draft, "newsletter").body
    assert "For readers of mail" not in of(draft, "x").body
    assert "For everybody" in of(draft, "x").body


def test_the_facts_of_a_session_reach_the_formats(cast):
    piece = RevisionFactory(type="session", fields={"session": {"session_id": "s-17"}})
    draft = DraftFactory(author=cast.editor, type="session", revisions=[piece])
    drafts.generate(draft, by=cast.editor)
    assert renditions.content(of(draft, "web"))["slug"] == "session-s-17-summary"


def test_an_edited_slug_takes_the_addresses_along_and_one_that_differs_is_refused(draft, cast):
    page = renditions.content(of(draft, "web"))
    moved = {"slug": "in-other-words"}
    renditions.edit(of(draft, "web"), by=cast.editor, content=moved, reason="A better address")
    now = renditions.content(of(draft, "web"))
    assert now["path"].endswith("/in-other-words")
    assert now["open_graph"]["og:url"] == now["canonical"] != page["canonical"]
    with pytest.raises(Invalid) as error:
        renditions.edit(of(draft, "web"), by=cast.editor, content={"path": "/a"}, reason="No")
    assert [problem.attr for problem in error.value.problems] == ["web.path"]


def test_an_edit_is_canonical_checked_versioned_and_noted(draft, cast, heard):
    edited = edit_text(draft, cast.senior_editor, "  Two quiet minutes {name}")
    rendition = of(draft, "facebook")
    assert rendition.body == edited.body == canonical.text(json.loads(edited.body))
    assert (rendition.is_edited, rendition.version) == (True, 2)
    version = rendition.versions.first()
    assert (version.number, version.author, version.reason) == (
        2,
        cast.senior_editor,
        "Our own words",
    )
    assert [finding.code for finding in renditions.blocking(draft)] == ["placeholder"]
    assert draft.authorships.get(person=cast.senior_editor, act="edited").format == "facebook"
    assert [told["rendition"] for _, told in heard] == [rendition]


def test_an_edit_names_only_what_it_changes(draft, cast):
    link = renditions.content(of(draft, "facebook"))["link"]
    assert renditions.content(edit_text(draft, cast.editor))["link"] == link


def test_an_edit_that_changes_nothing_changes_nothing(draft, cast, heard):
    rendition = of(draft, "web")
    same = renditions.edit(
        rendition, by=cast.editor, content=renditions.content(rendition), reason=""
    )
    assert (same.version, same.is_edited) == (1, False)
    assert heard == []


@pytest.mark.parametrize(
    ("content", "attr"),
    [
        ({"colour": "red"}, "facebook.colour"),
        ({"text": 7}, "facebook.text"),
        ("text", "facebook"),
    ],
)
def test_an_edit_of_a_wrong_shape_is_refused_by_name(draft, cast, content, attr):
    with pytest.raises(Invalid) as caught:
        renditions.edit(of(draft, "facebook"), by=cast.editor, content=content, reason="x")
    assert caught.value.problems[0].attr == attr


def test_an_edit_needs_a_reason(draft, cast):
    with pytest.raises(Invalid) as caught:
        renditions.edit(of(draft, "facebook"), by=cast.editor, content={"text": "x"}, reason=" ")
    assert caught.value.problems[0].attr == "reason"


def test_an_edit_on_an_old_version_is_refused(draft, cast):
    edit_text(draft, cast.editor)
    with pytest.raises(WrongState) as caught:
        renditions.edit(
            of(draft, "facebook"), by=cast.editor, content={"text": "x"}, reason="x", version=1
        )
    assert caught.value.code == "version_mismatch"


@pytest.mark.parametrize("name", ["x", "linkedin", "facebook"])
def test_who_cares_for_the_networks_edits_their_renditions(draft, cast, name):
    content = renditions.content(of(draft, name))
    content = {**content, **({"parts": [{"text": "Hi"}]} if name == "x" else {"text": "Hi"})}
    renditions.edit(of(draft, name), by=cast.social_manager, content=content, reason="Shorter")
    with pytest.raises(NotAllowed):
        renditions.edit(of(draft, name), by=cast.seo, content=content, reason="x")


@pytest.mark.parametrize("name", ["newsletter", "web"])
def test_who_cares_for_the_networks_edits_nothing_else(draft, cast, name):
    with pytest.raises(NotAllowed):
        renditions.edit(of(draft, name), by=cast.social_manager, content={}, reason="x")


def test_who_cares_for_search_edits_its_fields_alone(draft, cast):
    web = of(draft, "web")
    content = {**renditions.content(web), "seo_title": "Breathing at work"}
    edited = renditions.edit(web, by=cast.seo, content=content, reason="Found more easily")
    assert renditions.content(edited)["seo_title"] == "Breathing at work"
    with pytest.raises(NotAllowed, match="not html"):
        renditions.edit(web, by=cast.seo, content={"html": "<p>Mine</p>"}, reason="x")


def test_a_contributor_edits_and_sees_renditions_of_her_own_drafts(draft, cast):
    piece = RevisionFactory(item__document=DocumentFactory(owner=cast.contributor))
    own = DraftFactory(author=cast.contributor, revisions=[piece])
    drafts.generate(own, by=cast.contributor)
    edit_text(own, cast.contributor)
    with pytest.raises(NotAllowed):
        edit_text(draft, cast.contributor)
    assert {rendition.draft for rendition in renditions.visible_to(cast.contributor)} == {own}
    assert renditions.visible_to(cast.viewer).count() == 10
    assert not renditions.visible_to(cast.outsider).exists()


def test_who_only_reads_generates_and_edits_nothing(draft, cast):
    with pytest.raises(NotAllowed):
        drafts.generate(draft, by=cast.viewer)
    with pytest.raises(NotAllowed):
        edit_text(draft, cast.viewer)


def test_the_tasks_do_what_the_services_do(cast):
    draft = DraftFactory(author=cast.editor)
    tasks.generate_draft(draft.pk, cast.editor.pk)
    assert draft.renditions.count() == 5
    document = draft.pieces.get().item.document
    document.owner = cast.author
    document.data = b"## [Tips] Habits\n### One\n- **Content:** Sit down and breathe for a while."
    document.save()
    job_id = tasks.read_document(document.pk, cast.editor.pk, "abc")
    job = document.sync_jobs.get(job_id=job_id)
    assert (job.result, job.asked_by, job.correlation_id) == ("read", cast.editor, "abc")


def test_what_a_session_lacks_is_found_once_and_also_where_a_text_was_edited(cast):
    piece = RevisionFactory(type="session", fields={"session": {"session_type": "live"}})
    draft = DraftFactory(author=cast.editor, type="session", revisions=[piece])
    drafts.generate(draft, by=cast.editor)
    rows = Finding.objects.filter(code__startswith="session")
    assert {(row.rendition.format, row.code) for row in rows} == {
        ("newsletter", "session_incomplete"),
        ("newsletter", "session_contradiction"),
    }
    content = {"subject": "A session of our own"}
    newsletter = of(draft, "newsletter")
    renditions.edit(newsletter, by=cast.editor, content=content, reason="Warmer")
    assert rows.all().count() == 2
    drafts.change(draft, by=cast.editor, revisions=[RevisionFactory()])
    drafts.generate(draft, by=cast.editor)
    assert of(draft, "newsletter").is_edited
    assert not rows.all().exists()
