"""Delegations: the delegate decides while they are in force, with four eyes on both; absences are named."""

import json
from datetime import date

import pytest
import time_machine

from approvals.models import Decision, Delegation
from approvals.services import (
    calendars,
    delegations,
    eligibility,
    mandates,
    queue,
    reviews,
    sections,
)
from content.models import Authorship
from halcytone.lib.audit.models import Entry
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import approve, asked, rendered_draft, shown, voice
from tests.factories.people import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_a_friday")]
FRIDAY, MONDAY, NEXT_FRIDAY = date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 13)


@pytest.fixture
def _on_a_friday():
    with time_machine.travel("2026-03-06T15:00:00Z", tick=False):
        yield


@pytest.fixture
def draft():
    return rendered_draft(is_featured=True, slot_wall="2026-03-17T10:00")


@pytest.fixture
def stand_in():
    return PersonFactory(group="senior_editor", first_name="Paula", last_name="Ek")


def lend(person, delegate, **given):
    given = {"starts_on": FRIDAY, "ends_on": NEXT_FRIDAY, "by": person} | given
    return delegations.create(person, delegate, **given)


def codes(caught):
    return [problem.code for problem in caught.value.problems]


def test_the_delegate_decides_and_the_decision_names_both(draft, senior, manager, stand_in):
    lend(manager, stand_in)
    review = reviews.submit(draft, by=draft.author)
    assert queue.waiting_for(stand_in) == [review]
    decisions = approve(review, stand_in)
    assert {(each.person, each.delegate_of, each.role) for each in decisions} == {
        (stand_in, manager, "marketing_manager")
    }
    approve(review, senior)
    assert review.status == "approved"


def test_without_a_delegation_she_is_refused(draft, senior, manager, stand_in):
    review = reviews.submit(draft, by=draft.author)
    with pytest.raises(NotAllowed, match="which you are not"):
        approve(review, stand_in)
    assert queue.waiting_for(stand_in) == []


@pytest.mark.parametrize(
    "given",
    [
        {"starts_on": date(2026, 3, 7)},
        {"types": ["blog"]},
    ],
)
def test_a_delegation_holds_on_its_days_and_for_its_kinds_only(
    draft, senior, manager, stand_in, given
):
    lend(manager, stand_in, **given)
    review = reviews.submit(draft, by=draft.author)
    assert queue.waiting_for(stand_in) == []
    with pytest.raises(NotAllowed):
        approve(review, stand_in)


def test_a_delegation_gives_only_the_roles_it_names(draft, senior, stand_in):
    both = voice("marketing_manager")
    both.approval_roles.create(role="seo")
    lend(both, stand_in, roles=["seo"])
    reviews.submit(draft, by=draft.author)
    assert queue.waiting_for(stand_in) == []


def test_it_begins_and_ends_by_the_days_of_the_zone_of_whom_it_speaks_for(manager, stand_in):
    manager.zone = "Pacific/Auckland"
    manager.save()
    with time_machine.travel("2026-03-05T11:30:00Z", tick=False):  # Friday 00:30 in Auckland
        lend(manager, stand_in, starts_on=FRIDAY, ends_on=FRIDAY)
        assert [each.person for each in mandates.given_to(stand_in)] == [manager]
    with time_machine.travel("2026-03-06T10:59:00Z", tick=False):  # Friday 23:59
        assert mandates.given_to(stand_in)
    with time_machine.travel("2026-03-06T11:01:00Z", tick=False):  # Saturday
        assert mandates.given_to(stand_in) == []


def test_it_ends_when_somebody_ends_it(draft, senior, manager, stand_in):
    given = lend(manager, stand_in)
    review = reviews.submit(draft, by=draft.author)
    delegations.end(given, by=stand_in)
    assert queue.waiting_for(stand_in) == []
    with pytest.raises(NotAllowed):
        approve(review, stand_in)
    with pytest.raises(WrongState, match="is over"):
        delegations.end(given, by=manager)


def test_the_delegate_of_an_author_is_refused_and_told_why(draft, senior, manager, stand_in):
    draft.author.approval_roles.create(role="marketing_manager")
    lend(draft.author, stand_in)
    review = reviews.submit(draft, by=draft.author)
    assert queue.waiting_for(stand_in) == []
    with pytest.raises(NotAllowed, match=f"Four eyes: {draft.author}, for whom you act") as caught:
        approve(review, stand_in)
    assert caught.value.code == "four_eyes"
    assert "Mira Aas or Sena Orr can." in str(caught.value)


def test_the_delegate_of_somebody_who_edited_one_format_may_decide_about_the_others(
    draft, senior, manager, stand_in
):
    lend(manager, stand_in)
    Authorship.objects.create(draft=draft, person=manager, act="edited", format="linkedin")
    voice("marketing_coordinator")
    review = reviews.submit(draft, by=draft.author)
    decisions = approve(review, stand_in)
    assert {each.seal.format for each in decisions} == {"newsletter", "web"}
    with pytest.raises(NotAllowed, match="for whom you act, edited the LinkedIn text"):
        approve(review, stand_in, formats=["linkedin"])


def test_a_delegate_with_a_hand_in_it_is_refused_herself(draft, senior, manager, stand_in):
    lend(manager, stand_in)
    Authorship.objects.create(draft=draft, person=stand_in, act="edited", format="")
    review = reviews.submit(draft, by=draft.author)
    with pytest.raises(NotAllowed, match="Four eyes: you edited"):
        approve(review, stand_in)


def test_one_voice_is_not_given_twice_by_a_person_and_her_delegate(
    draft, senior, manager, stand_in
):
    lend(manager, stand_in)
    review = reviews.submit(draft, by=draft.author)
    approve(review, manager)
    with pytest.raises(WrongState, match="Mira Aas, for whom you act, already decided"):
        reviews.decide(review, by=stand_in, verdict="approve", formats=["web"], shown=shown(draft))
    assert Decision.objects.filter(person=stand_in).count() == 0


def test_nobody_decides_after_her_delegate_did(draft, senior, manager, stand_in):
    lend(manager, stand_in)
    review = reviews.submit(draft, by=draft.author)
    approve(review, stand_in)
    assert queue.waiting_for(manager) == []
    with pytest.raises(WrongState, match="already decided"):
        approve(review, manager)


def test_one_person_does_not_fill_two_roles_by_a_delegation(draft, senior, manager):
    lend(manager, senior)
    review = reviews.submit(draft, by=draft.author)
    approve(review, senior)
    with pytest.raises((NotAllowed, WrongState)):
        approve(review, senior)
    assert asked(review) == {
        (format, role)
        for format in ("newsletter", "web", "linkedin")
        for role in ("marketing_manager", "marketing_coordinator")
    }


def test_a_loop_is_refused(manager, senior):
    lend(manager, senior)
    with pytest.raises(Invalid, match="a loop") as caught:
        lend(senior, manager)
    assert codes(caught) == ["delegation_loop"]


def test_a_chain_is_refused_at_both_ends_and_only_on_the_same_days(manager, senior, stand_in):
    stand_in.approval_roles.create(role="seo")
    lend(manager, senior)
    for person, delegate in ((senior, stand_in), (stand_in, manager)):
        with pytest.raises(Invalid) as caught:
            lend(person, delegate)
        assert codes(caught) == ["delegation_chain"]
    later = date(2026, 3, 14)
    lend(senior, stand_in, starts_on=later, ends_on=later)


def test_what_cannot_be_delegated_is_named(manager, stand_in):
    nobody, viewer = PersonFactory(group="senior_editor"), PersonFactory(group="viewer")
    barred = voice("seo", group="viewer")
    cases = [
        (manager, manager, {}, ["delegate_self"]),
        (manager, viewer, {}, ["delegate_may_not"]),
        (nobody, stand_in, {}, ["no_role"]),
        (manager, stand_in, {"roles": ["legal"]}, ["role_not_held"]),
        (manager, stand_in, {"types": ["poem"]}, ["unknown_type"]),
        (manager, stand_in, {"ends_on": date(2026, 3, 5)}, ["dates"]),
        (
            manager,
            stand_in,
            {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 3, 2)},
            ["dates"],
        ),
    ]
    cases.append((barred, stand_in, {}, ["person_may_not"]))
    keeper = PersonFactory(group="admin")
    for person, delegate, given, wanted in cases:
        with pytest.raises(Invalid) as caught:
            lend(person, delegate, **{"by": keeper} | given)
        assert codes(caught) == wanted
    assert Delegation.objects.count() == 0


def test_nobody_delegates_the_voice_of_others_but_whoever_keeps_them(manager, senior, stand_in):
    with pytest.raises(NotAllowed, match="marketing manager"):
        lend(manager, stand_in, by=senior)
    assert lend(manager, stand_in, by=PersonFactory(group="admin")).created_by is not None


def test_the_rows_who_is_away_and_who_acts_are_named_where_it_waits(
    draft, senior, manager, stand_in
):
    reviews.submit(draft, by=draft.author)
    calendars.add_absence(manager, by=manager, starts_on=FRIDAY, ends_on=MONDAY)
    row = sections.read(senior).sections[0].rows[0]
    assert "Marketing manager (Mira Aas is away until 9 March)" in row.waits_for
    lend(manager, stand_in)
    row = sections.read(senior).sections[0].rows[0]
    assert "Marketing manager (Mira Aas is away until 9 March, Paula Ek acts)" in row.waits_for


def test_eligible_people_count_delegates(draft, senior, manager, stand_in):
    lend(manager, stand_in)
    review = reviews.submit(draft, by=draft.author)
    stage, rendition = review.stages.get(), draft.renditions.get(format="web")
    assert set(eligibility.eligible_people(stage, rendition)) == {senior, manager, stand_in}


def test_a_change_of_the_working_week_is_in_the_audit_chain(manager):
    week = calendars.set_week(manager, by=manager, days=[1, 2], country="us", subdivision="ny")
    calendars.clear_week(week, by=manager)
    changed, cleared = Entry.objects.filter(kind__startswith="week.").order_by("seq")
    assert (changed.kind, changed.actor_id, changed.subject_id) == (
        "week.changed",
        manager.pk,
        str(manager.pk),
    )
    said = json.loads(changed.data)
    assert (said["days"], said["hours"], said["country"]) == ([1, 2], "09:00-18:00", "US")
    assert (cleared.kind, cleared.subject_label) == ("week.cleared", str(manager))
