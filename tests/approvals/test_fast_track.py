"""The short way: who may start it, stages side by side on running clocks, quorum with authority, its steps."""

import pytest
import time_machine
from django.utils import timezone

from approvals import signals
from approvals.models import Escalation
from approvals.services import fast_track, firing, queue, reviews
from halcytone.lib import zones
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import (
    approve,
    asked,
    assessed,
    rendered_draft,
    request_changes,
    voice,
)
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-03-10T12:00:00Z", tick=False) as traveller:  # Tuesday 08:00
        yield traveller


@pytest.fixture
def boss():
    return voice("marketing_manager", group="marketing_manager", last_name="Boss")


@pytest.fixture
def committee():
    return {role: voice(role, last_name=role) for role in ("ceo", "cmo", "cto", "legal")}


def critical(**settings):
    given = {"type": "blog", "priority": 1, "urgency": "critical", "slot_wall": "2026-03-10T11:00"}
    return assessed(rendered_draft(**given | settings))


def start(draft, by, matter="market"):
    return fast_track.start(draft, by=by, matter=matter, reason="The recall of a partner.")


def submitted(draft):
    return reviews.submit(draft, by=draft.author)


def steps(track):
    return {step.number: step for step in track.steps.all()}


@pytest.mark.parametrize("group", ["admin", "marketing_manager", "executive"])
def test_these_groups_may_start_it(group):
    assert start(critical(), PersonFactory(group=group)).started_by is not None


@pytest.mark.parametrize("group", ["senior_editor", "editor", "legal", "viewer", "service"])
def test_these_may_not(group):
    person = PersonFactory(group=group, is_service=group == "service")
    with pytest.raises(NotAllowed):
        start(critical(), person)


def test_only_what_is_urgent_goes_the_short_way(boss):
    with pytest.raises(Invalid, match="priority 3; the short way is for 1, 2 and critical"):
        start(rendered_draft(priority=3), boss)
    assert start(rendered_draft(priority=2), boss)
    with pytest.raises(Invalid) as caught:
        fast_track.start(critical(), by=boss, matter="weather", reason=" ")
    assert [each.code for each in caught.value.problems] == ["unknown_matter", "reason_missing"]


def test_it_is_started_once(boss):
    draft = critical()
    start(draft, boss)
    with pytest.raises(WrongState, match="already goes the short way"):
        start(draft, boss)


def test_the_level_does_not_fall_and_stages_run_side_by_side_on_running_clocks(boss, now):
    people = [boss, voice("department_head"), voice("executive", group="executive")]
    draft = assessed(rendered_draft(type="announcement", priority=1, slot_wall="2026-03-10T11:00"))
    track = start(draft, boss, matter="any")
    review = submitted(draft)
    assert review.level == 3
    assert {role for _, role in asked(review)} == {
        "marketing_manager",
        "department_head",
        "executive",
    }
    assert [(each.clock, each.sla_h, each.status) for each in review.stages.all()] == [
        ("running", 2.0, "active")
    ] * 3
    due = {f"{zones.local(each.due_at, 'America/New_York'):%H:%M}" for each in review.stages.all()}
    assert due == {"10:00"}  # two hours from now; the lead of an hour is not kept
    for person in reversed(people):
        assert queue.waiting_for(person) == [review]
        approve(review, person)
    assert review.status == "approved"
    track.refresh_from_db()
    assert [each["what"] for each in track.bypassed] == ["Marketing", "Department", "Executive"]
    assert track.bypassed[0]["usual"] == "24 h on the working clock, after the stages before it"


def test_two_of_the_committee_are_enough_when_one_has_authority(boss, committee):
    draft = critical()
    start(draft, boss)
    review = submitted(draft)
    assert review.level == 4
    approve(review, committee["legal"])
    approve(review, committee["cmo"])
    assert review.status == "approved"


@pytest.mark.parametrize(
    ("matter", "enough", "not_enough"),
    [
        ("any", "ceo", "cmo"),
        ("market", "cmo", "cto"),
        ("technology", "cto", "cmo"),
        ("community", "ceo", "cmo"),
    ],
)
def test_two_without_authority_for_the_matter_are_not(boss, committee, matter, enough, not_enough):
    draft = critical()
    start(draft, boss, matter)
    review = submitted(draft)
    approve(review, committee["legal"])
    approve(review, committee[not_enough])
    assert review.status == "open"
    approve(review, committee[enough])
    assert review.status == "approved"


def test_for_the_community_the_marketing_manager_has_authority(boss, committee):
    draft = critical()
    start(draft, boss, "community")
    review = submitted(draft)
    approve(review, boss)
    assert review.status == "open"
    approve(review, committee["cto"])
    assert review.status == "approved"


def test_without_the_short_way_a_committee_needs_all_four(committee):
    review = submitted(critical())
    for role in ("legal", "cmo", "cto"):
        approve(review, committee[role])
    assert review.status == "open"
    approve(review, committee["ceo"])
    assert review.status == "approved"


def test_two_people_are_enough_to_submit_in_an_emergency(boss):
    voice("cmo"), voice("legal")
    draft = critical()
    with pytest.raises(Invalid, match="nobody can decide as CEO"):
        submitted(draft)
    start(draft, boss)
    assert submitted(draft).status == "open"


def test_nobody_with_authority_is_not_enough_to_submit(boss):
    voice("cto"), voice("legal")
    draft = critical()
    start(draft, boss)
    with pytest.raises(Invalid, match="nobody can decide as"):
        submitted(draft)


def test_four_eyes_hold_on_the_short_way(boss, committee):
    draft = critical(author=PersonFactory(group="executive"))
    draft.author.approval_roles.create(role="cmo")
    start(draft, boss)
    review = submitted(draft)
    with pytest.raises(NotAllowed, match="Four eyes"):
        approve(review, draft.author)


def test_a_running_review_takes_the_short_way_at_once(boss, committee):
    draft = critical()
    review = submitted(draft)
    approve(review, committee["legal"])
    start(draft, boss)
    review.refresh_from_db()
    approve(review, committee["ceo"])
    assert review.status == "approved"


def test_a_new_round_stays_on_the_short_way(boss, committee):
    draft = critical()
    start(draft, boss)
    review = submitted(draft)
    request_changes(review, committee["legal"])
    assert review.status == "changes_requested"
    assert review.stages.get().is_beside


def test_seven_steps_have_their_clocks(boss, committee, now):
    draft = critical()
    track = start(draft, boss)
    assert [(each.name, each.limit_min) for each in track.steps.all()] == [*fast_track.STEPS]
    assert steps(track)[1].done_by == boss
    assert (steps(track)[2].due_at - timezone.now()).seconds == 30 * 60
    now.move_to("2026-03-10T12:10:00Z")
    fast_track.done(track, 2, by=boss)
    assert f"{steps(track)[3].due_at:%H:%M}" == "12:40"
    now.move_to("2026-03-10T12:30:00Z")
    review = submitted(draft)
    assert f"{steps(track)[4].due_at:%H:%M}" == "12:45"
    approve(review, committee["legal"])
    assert steps(track)[4].done_at is not None
    assert f"{steps(track)[5].due_at:%H:%M}" == "13:00"
    approve(review, committee["cmo"])
    assert f"{steps(track)[6].due_at:%H:%M}" == "12:35"
    with pytest.raises(WrongState, match="Every channel live is not done yet"):
        fast_track.done(track, 7, by=boss)
    fast_track.done(track, 6, by=boss, note="All five are out.")
    assert fast_track.of(draft) == track
    fast_track.done(track, 7, by=boss)
    assert fast_track.of(draft) is None
    with pytest.raises(WrongState, match="already done"):
        fast_track.done(track, 7, by=boss)
    with pytest.raises(Invalid, match="told by people"):
        fast_track.done(track, 5, by=boss)


def test_a_step_whose_time_is_over_is_told_once(boss, now):
    heard = []

    def hear(sender, step, people, **_):
        heard.append((step.number, set(people)))

    draft = critical()
    start(draft, boss)
    signals.fast_track_step_overdue.connect(hear)
    try:
        now.move_to("2026-03-10T12:29:00Z")
        firing.tick(timezone.now())
        now.move_to("2026-03-10T12:31:00Z")
        firing.tick(timezone.now())
        firing.tick(timezone.now())
    finally:
        signals.fast_track_step_overdue.disconnect(hear)
    assert heard == [(2, {boss, draft.author})]


def test_the_clock_of_the_short_way_escalates_after_two_hours(boss, committee, now):
    draft = critical(slot_wall="")
    start(draft, boss)
    submitted(draft)
    now.move_to("2026-03-10T14:00:00Z")
    firing.tick(timezone.now())
    assert Escalation.objects.count() == 1


def test_a_release_whose_books_balance_closes_the_step_of_the_channels(boss, committee):
    draft = critical()
    track = start(draft, boss)
    fast_track.released(draft)
    assert steps(track)[6].done_at is None  # nothing is signed yet
    review = submitted(draft)
    approve(review, committee["legal"])
    approve(review, committee["cmo"])
    fast_track.released(draft)
    assert steps(track)[6].done_at is not None
    assert steps(track)[7].due_at is not None
