"""Checklists: seven lists of six and that of a launch, ticked by people; no yes of a stage before its own are."""

import pytest
from django.db import IntegrityError, transaction

from approvals.lists import LISTS
from approvals.models import Checklist, ChecklistItem, Review, Tick
from approvals.services import boards, checklists, evidence, reviews
from content.models import DraftPiece, Finding
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import (
    approve,
    changed,
    declared,
    items_of,
    rendered_draft,
    shown,
    tick_lists,
    voice,
)
from tests.factories.content import RevisionFactory
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(draft, senior, manager):
    return reviews.submit(draft, by=draft.author)


def decide(review, person, verdict="approve", **given):
    return reviews.decide(review, by=person, verdict=verdict, shown=shown(review.draft), **given)


def test_there_are_seven_lists_of_six_items_and_the_five_of_a_launch():
    found = {each.key: each.items.count() for each in Checklist.objects.all()}
    assert found == {**dict.fromkeys(LISTS, 6), "launch": 5}
    assert len(found) == 8
    checklists.install()
    assert ChecklistItem.objects.count() == 47


def test_a_stage_takes_no_yes_before_its_list_is_ticked_and_names_what_is_open(review, senior):
    *ticked, left = items_of("editorial")
    checklists.tick(review, by=senior, items=ticked, evidence="Read twice.")
    with pytest.raises(Invalid) as refused:
        decide(review, senior)

    (problem,) = refused.value.problems
    assert (problem.code, problem.attr) == ("checklist_open", "checklists.editorial")
    assert problem.message == (
        "Editorial review waits for its list “Editorial”. Not ticked: Images are good and relevant."
    )
    assert "Sena Orr can" in problem.hint or "Sena Orr" in problem.hint
    checklists.tick(review, by=senior, items=[left])
    assert decide(review, senior)


def test_a_no_needs_no_list(review, senior):
    decide(review, senior, "request_changes", reason="tone", comment="Warmer.")
    assert review.status == Review.Status.CHANGES_REQUESTED


def test_a_tick_stores_who_when_and_the_evidence_and_the_first_one_stays(review, senior, manager):
    item = items_of("editorial")[0]
    checklists.tick(review, by=senior, items=[item], evidence="With the spelling checker.")
    assert checklists.tick(review, by=manager, items=[item]) == []

    tick = Tick.objects.get()
    assert (tick.person, tick.evidence) == (senior, "With the spelling checker.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tick.objects.create(item_id=item, draft=review.draft, review=review, person=manager)


def test_who_has_a_hand_in_it_or_no_voice_does_not_tick_for_the_stage(review, draft):
    people = (
        draft.author,
        PersonFactory(is_superuser=True),
        voice("senior_editor", is_service=True),
        PersonFactory(group="viewer"),
        None,
    )
    for person in people:
        with pytest.raises(NotAllowed):
            checklists.tick(review, by=person, items=items_of("editorial"))
    assert not Tick.objects.exists()


def test_a_tick_can_be_taken_back_and_stays_on_record(review, senior, manager):
    tick_lists(review, senior)
    first = Tick.objects.first()
    checklists.take_back([first], by=manager)
    first.refresh_from_db()
    assert (first.taken_back_by, first.person) == (manager, senior)
    with pytest.raises(Invalid, match="Not ticked: Spelling and grammar"):
        decide(review, senior)
    checklists.tick(review, by=senior, items=[first.item_id])
    assert Tick.objects.filter(item=first.item).count() == 2


def test_what_was_ticked_before_a_change_is_marked_as_older(review, draft, senior):
    tick_lists(review, senior)
    results = evidence.of(draft, review)
    (sheet,) = checklists.sheets(boards.read(review), senior, results)
    assert not any(line.is_older for line in sheet.lines)
    changed(draft.renditions.get(format="linkedin"), text="Breathe out.")
    (sheet,) = checklists.sheets(boards.read(review), senior, results)
    assert all(line.is_older for line in sheet.lines)


def test_a_machine_result_stands_beside_an_item_and_ticks_nothing(review, draft, senior):
    Finding.objects.create(
        rendition=draft.renditions.first(), severity="warning", code="w", message="A long subject."
    )
    (sheet,) = checklists.sheets(boards.read(review), senior, evidence.of(draft, review))
    length = next(line for line in sheet.lines if "length" in line.item.text)
    assert length.evidence == "1 finding: A long subject."
    assert len(sheet.missing) == 6


def test_the_tuesday_list_of_an_edition_is_shown_and_not_asked_for(senior):
    manager, lead = voice("marketing_manager"), voice("team_lead")
    draft = rendered_draft(type="weekly")
    review = reviews.submit(draft, by=draft.author)
    (sheet,) = checklists.sheets(boards.read(review), manager, evidence.of(draft, review))
    assert (sheet.checklist.key, sheet.stages, sheet.may_tick) == ("tuesday", [], True)
    decide(review, manager)
    decide(review, lead)
    assert review.status == Review.Status.APPROVED
    checklists.tick(review, by=lead, items=items_of("tuesday"))


def test_each_stage_of_level_3_waits_for_its_own_list():
    from tests.factories.approvals import assessed

    people = {role: voice(role) for role in ("marketing_manager", "department_head", "executive")}
    draft = assessed(rendered_draft(type="announcement"))
    review = reviews.submit(draft, by=draft.author)
    for role, name in zip(people, ("Marketing alignment", "Technical", "Publication"), strict=True):
        with pytest.raises(Invalid, match=f"waits for its list “{name}”"):
            decide(review, people[role])
        approve(review, people[role])
    assert review.status == Review.Status.APPROVED


def test_the_declaration_is_the_authors_and_opens_the_way_to_the_policys_signature():
    voice("editor", group="editor")
    draft = rendered_draft()
    DraftPiece.objects.create(draft=draft, revision=RevisionFactory(title="Calm"), position=1)
    review = reviews.submit(draft, by=draft.author)
    assert review.auto["failed"] == [
        "The author has not declared: Type and template are right, Required fields are filled in, "
        "Validation passed, Channels are right, The schedule is right and 1 more."
    ]
    reviews.withdraw(review, by=draft.author, reason="I forgot.")
    with pytest.raises(NotAllowed, match="the author's"):
        checklists.declare(draft, by=PersonFactory(group="viewer"), items=items_of("creation"))
    with pytest.raises(NotAllowed, match="Only people"):
        checklists.declare(draft, by=None, items=items_of("creation"))
    review = reviews.submit(declared(draft), by=draft.author)
    assert review.auto == {"signed": True, "row": "standard update", "failed": []}


def test_a_list_is_ticked_where_it_belongs(review, senior, draft):
    with pytest.raises(Invalid, match="ticked on the draft"):
        checklists.tick(review, by=senior, items=items_of("creation"))
    with pytest.raises(Invalid, match="creation list alone"):
        checklists.declare(draft, by=draft.author, items=items_of("editorial"))
    for items in ([], [10**9]):
        with pytest.raises(Invalid):
            checklists.tick(review, by=senior, items=items)
    with pytest.raises(Invalid, match="500 characters"):
        checklists.tick(review, by=senior, items=items_of("editorial"), evidence="x" * 501)
    reviews.withdraw(review, by=draft.author, reason="Later.")
    with pytest.raises(WrongState, match="withdrawn"):
        checklists.tick(review, by=senior, items=items_of("editorial"))


def test_items_are_changed_added_and_retired_by_those_who_change_the_policy(review, senior):
    manager = PersonFactory(group="marketing_manager")
    editorial = Checklist.objects.get(key="editorial")
    added = checklists.add_item(editorial, by=manager, text="Read it aloud")
    with pytest.raises(Invalid, match="Read it aloud"):
        decide(review, senior)
    checklists.change_item(added, by=manager, is_active=False)
    approve(review, senior)
    with pytest.raises(NotAllowed):
        checklists.change_item(added, by=senior, text="Other")
    with pytest.raises(Invalid):
        checklists.change_item(added, by=manager, text=" ")
