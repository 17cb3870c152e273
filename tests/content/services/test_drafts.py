from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from approvals.models import Policy, Review
from content.models import Authorship, Draft, Revision
from content.services import drafts, items
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from segmentation.models import Segment
from segmentation.services import segments
from tests.factories import DocumentFactory, DraftFactory, RevisionFactory

pytestmark = pytest.mark.django_db
ALL = ["newsletter", "web", "x", "linkedin", "facebook"]


def in_days(days):
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%dT10:00}"


def create(by, **changes):
    given = {"type": "update", "title": "Two quiet minutes", "revisions": [RevisionFactory()]}
    return drafts.create(by=by, **{**given, **changes})


def refusals(action):
    with pytest.raises(Invalid) as caught:
        action()
    return {problem.attr: problem.code for problem in caught.value.problems}


def acts(draft):
    return {(row.person, row.act) for row in draft.authorships.all()}


@pytest.fixture
def segment(db):
    return Segment.objects.create(key="readers", name="Readers")


def test_a_draft_keeps_its_pieces_in_their_order(cast):
    pieces = [RevisionFactory() for _ in range(3)][::-1]
    draft = create(cast.editor, revisions=pieces, slot_wall=in_days(3))
    assert [place.revision for place in draft.places.all()] == pieces
    assert (draft.author, draft.formats, draft.version) == (cast.editor, ALL, 1)
    assert draft.zone == "America/New_York"


@pytest.mark.parametrize("type", Draft.Type.values)
def test_a_draft_of_every_type_can_be_made(cast, type):
    assert create(cast.editor, type=type).type == type


def test_a_blank_title_is_made_from_the_pieces(cast):
    draft = create(cast.editor, title=" ", revisions=[RevisionFactory(title="A calmer morning")])
    assert draft.title == "A calmer morning"
    draft = drafts.change(draft, by=cast.editor, title="Mornings")
    assert drafts.change(draft, by=cast.editor, title="").title == "A calmer morning"


def test_without_a_choice_a_draft_has_the_formats_its_pieces_are_meant_for(cast):
    piece = RevisionFactory(fields={"channels": ["email", "web"]})
    assert create(cast.editor, revisions=[piece]).formats == ["newsletter", "web"]


def test_every_wrong_setting_is_named(cast):
    wrong = {
        "type": "poem",
        "title": "x" * 201,
        "formats": ["newsletter", "fax"],
        "subject": "x" * 101,
        "preheader": "x" * 151,
        "template": "glitter",
        "tone": "angry",
        "priority": 0,
        "urgency": "now",
        "is_featured": "yes",
        "sensitive": ["gossip"],
        "budget_usd": Decimal(-1),
        "zone": "Mars/Base",
        "lateness": "shrug",
        "is_dry": None,
        "revisions": [],
    }
    found = refusals(lambda: create(cast.editor, **wrong))
    assert set(found) == {*wrong, "pieces"} - {"revisions"}
    assert not Draft.objects.exists()


@pytest.mark.parametrize("formats", [[], "web", ["web", "web"]])
def test_formats_are_a_list_of_different_known_names(cast, formats):
    assert set(refusals(lambda: create(cast.editor, formats=formats))) == {"formats"}


def test_an_unknown_setting_is_refused_by_name(cast):
    assert refusals(lambda: create(cast.editor, colour="red")) == {"colour": "unknown_field"}
    assert refusals(lambda: create(cast.editor, author=cast.viewer)) == {"author": "unknown_field"}


@pytest.mark.parametrize(
    ("slot_wall", "code"),
    [
        ("tomorrow", "invalid_field"),
        ("2026-13-01T10:00", "invalid_field"),
        ("2020-01-07T10:00", "schedule_past"),
        ("2027-03-14T02:30", "schedule_nonexistent"),
    ],
)
def test_a_slot_is_a_real_time_in_the_future(cast, slot_wall, code):
    assert refusals(lambda: create(cast.editor, slot_wall=slot_wall)) == {"slot_wall": code}


def test_a_slot_lies_at_most_a_year_ahead(cast):
    assert create(cast.editor, slot_wall=in_days(364)).slot_wall
    too_far = in_days(368)
    assert refusals(lambda: create(cast.editor, slot_wall=too_far)) == {
        "slot_wall": "schedule_too_far"
    }


def test_the_same_wall_clock_may_have_passed_in_one_zone_and_not_in_another(cast):
    here = f"{timezone.now() + timedelta(hours=3):%Y-%m-%dT%H:%M}"
    assert create(cast.editor, slot_wall=here, zone="UTC").slot_wall == here
    assert refusals(lambda: create(cast.editor, slot_wall=here, zone="Asia/Tokyo")) == {
        "slot_wall": "schedule_past"
    }


def test_pieces_with_errors_or_without_text_or_twice_are_refused(cast):
    def codes(*revisions):
        return refusals(lambda: create(cast.editor, revisions=list(revisions)))["pieces"]

    blocked = RevisionFactory(item__is_blocked=True)
    assert codes(blocked) == "blocked"
    assert codes(RevisionFactory(content=" ")) == "empty"
    one = RevisionFactory()
    assert codes(one, RevisionFactory(item=one.item)) == "twice"


def test_a_piece_with_an_error_that_a_person_mended_is_welcome(cast):
    blocked = RevisionFactory(item__is_blocked=True, title="Frst")
    mended = items.edit(blocked.item, by=cast.editor, reason="Spelling", title="First")
    assert create(cast.editor, revisions=[mended]).pieces.get() == mended


def test_nobody_uses_pieces_that_she_may_not_see(cast):
    own = RevisionFactory(item__document=DocumentFactory(owner=cast.contributor))
    assert create(cast.contributor, revisions=[own]).author == cast.contributor
    assert refusals(lambda: create(cast.contributor)) == {"pieces": "not_found"}


@pytest.mark.parametrize(("urgency", "priority"), [("critical", 1), ("high", 2)])
def test_an_urgent_announcement_is_featured_and_comes_first(cast, urgency, priority):
    draft = create(cast.editor, type="announcement", urgency=urgency)
    assert (draft.priority, draft.is_featured) == (priority, True)
    assert create(cast.editor, urgency=urgency).priority == 3


def test_what_is_only_rehearsed_cannot_be_featured(cast):
    contradiction = {"is_dry": True, "is_featured": True}
    assert refusals(lambda: create(cast.editor, **contradiction)) == {
        "is_featured": "contradiction"
    }


def test_everybody_with_a_hand_in_a_draft_is_noted(cast, segment):
    piece = RevisionFactory(item__document__owner=cast.author)
    edited = items.edit(piece.item, by=cast.senior_editor, reason="Shorter", title="Shorter")
    draft = create(cast.editor, revisions=[edited], segment=segment)
    assert acts(draft) == {
        (cast.author, "wrote"),
        (cast.senior_editor, "wrote"),
        (cast.editor, "created"),
        (cast.editor, "audience"),
    }


def test_changing_pieces_and_audience_notes_who_did_and_who_wrote(cast, segment, heard):
    draft = create(cast.author)
    other = RevisionFactory(item__document__owner=cast.senior_editor)
    changed = drafts.change(draft, by=cast.editor, revisions=[other], segment=segment)
    assert (cast.senior_editor, "wrote") in acts(draft)
    assert (cast.editor, "audience") in acts(draft)
    assert [place.revision for place in changed.places.all()] == [other]
    assert heard == [("draft_changed", {"draft": draft, "fields": ["segment", "pieces"]})]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Three"},
        {"subject": "Three minutes"},
        {"preheader": "Sit"},
        {"tone": "professional"},
    ],
)
def test_whoever_changes_the_words_of_a_draft_has_a_hand_in_it(cast, change):
    draft = create(cast.author)
    drafts.change(draft, by=cast.senior_editor, **change)
    assert (cast.senior_editor, "edited") in acts(draft)


def test_whoever_chooses_other_pieces_has_a_hand_in_it_and_who_moves_the_slot_has_not(cast):
    draft = create(cast.author)
    drafts.change(draft, by=cast.editor, slot_wall=in_days(3))
    drafts.change(draft, by=cast.senior_editor, revisions=[RevisionFactory()])
    assert (cast.senior_editor, "created") in acts(draft)
    assert cast.editor not in {person for person, _ in acts(draft)}


def test_a_segment_that_another_refers_to_sets_the_audience_too(cast, segment):
    inner = segments.save(None, by=cast.editor, key="inner", name="Inner", rule={})
    segments.save(segment, by=cast.editor, rule={"segment": "inner"})
    draft = create(cast.author, segment=segment)
    rule = {"field": "language", "op": "eq", "value": "en"}
    segments.save(inner, by=cast.senior_editor, rule=rule)
    assert (cast.senior_editor, "audience") in acts(draft)


def test_setting_an_audience_needs_the_right_to_see_it(cast, segment):
    own = RevisionFactory(item__document=DocumentFactory(owner=cast.contributor))
    with pytest.raises(NotAllowed):
        create(cast.contributor, revisions=[own], segment=segment)


def test_a_change_counts_the_version_and_says_what_changed(cast, heard):
    draft = create(cast.editor)
    changed = drafts.change(draft, by=cast.editor, version=1, title="Three minutes", tone="auto")
    assert (changed.version, changed.title) == (2, "Three minutes")
    assert heard == [("draft_changed", {"draft": draft, "fields": ["title", "tone"]})]


def test_a_change_without_a_difference_changes_nothing(cast, heard):
    draft = create(cast.editor)
    same = {"title": f"{draft.title} ", "revisions": list(draft.pieces.all()), "sensitive": ()}
    assert drafts.change(draft, by=cast.editor, **same).version == 1
    assert heard == []


def test_a_change_on_an_old_version_is_refused(cast):
    draft = create(cast.editor)
    drafts.change(draft, by=cast.editor, title="Three minutes")
    with pytest.raises(WrongState) as caught:
        drafts.change(draft, by=cast.editor, version=1, title="Four minutes")
    assert caught.value.code == "version_mismatch"


def test_only_what_changes_is_checked(cast):
    draft = create(cast.editor, slot_wall=in_days(3))
    Draft.objects.update(slot_wall="2020-01-07T10:00")
    assert drafts.change(draft, by=cast.editor, title="Three minutes").version == 2
    refused = refusals(lambda: drafts.change(draft, by=cast.editor, zone="Europe/Vienna"))
    assert refused == {"slot_wall": "schedule_past"}
    assert refusals(lambda: drafts.change(draft, by=cast.editor, pieces=[])) == {
        "pieces": "required"
    }


def test_the_machine_may_change_a_draft(cast):
    assert drafts.change(create(cast.editor), by=None, lateness="drop").lateness == "drop"


def test_a_contributor_changes_and_sees_her_own_drafts_alone(cast):
    own_piece = RevisionFactory(item__document=DocumentFactory(owner=cast.contributor))
    own, other = create(cast.contributor, revisions=[own_piece]), create(cast.editor)
    assert drafts.change(own, by=cast.contributor, title="Mine").title == "Mine"
    with pytest.raises(NotAllowed):
        drafts.change(other, by=cast.contributor, title="Mine too")
    assert list(drafts.visible_to(cast.contributor)) == [own]
    assert set(drafts.visible_to(cast.viewer)) == {own, other}
    assert not drafts.visible_to(cast.outsider).exists()


def test_who_only_reads_makes_and_changes_no_draft(cast):
    with pytest.raises(NotAllowed):
        create(cast.viewer)
    with pytest.raises(NotAllowed):
        drafts.change(create(cast.editor), by=cast.viewer, title="Mine")


def test_a_draft_is_removed_by_its_author_or_who_manages_drafts(cast):
    with pytest.raises(NotAllowed):
        drafts.remove(create(cast.author), by=cast.editor)
    drafts.remove(create(cast.author), by=cast.author)
    drafts.remove(create(cast.author), by=cast.senior_editor)
    assert Draft.objects.count() == 1
    assert Revision.objects.count() == 3


def test_the_same_act_is_noted_once(cast):
    draft = DraftFactory(author=cast.editor)
    drafts.generate(draft, by=cast.editor)
    drafts.generate(draft, by=cast.editor)
    assert Authorship.objects.filter(draft=draft, act="generated").count() == 1


def test_a_draft_that_was_submitted_stays_with_its_review(cast):
    draft = create(cast.editor)
    policy = Policy.objects.create(preset="ours", version=1)
    Review.objects.create(draft=draft, policy=policy, level=2, submitted_by=cast.editor)
    with pytest.raises(WrongState) as caught:
        drafts.remove(draft, by=cast.editor)
    assert caught.value.code == "in_use"
    assert Draft.objects.filter(pk=draft.pk).exists()


def test_a_title_made_from_the_pieces_follows_them_and_a_typed_one_stays(cast):
    draft = create(cast.editor, title="", revisions=[RevisionFactory(title="A calmer morning")])
    other = [RevisionFactory(title="A calmer evening")]
    assert drafts.change(draft, by=cast.editor, revisions=other).title == "A calmer evening"
    draft = create(cast.editor, title="Mornings")
    assert drafts.change(draft, by=cast.editor, revisions=other).title == "Mornings"
