"""A release from its plan to its end."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from publishing.books import books, status
from publishing.models import Account, Delivery, Release, ReleaseEvent
from publishing.services import releases, sender
from segmentation.models import Segment
from tests.factories.people import PersonFactory
from tests.factories.publishing import approve, make_account, make_draft, make_release
from tests.factories.segmentation import make_contact, make_suppression

SLOT = "2026-12-01T10:00"
AT_SLOT = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)  # 10:00 in New York


def kinds(release):
    return list(release.events.values_list("kind", flat=True))


@pytest.fixture
def at_slot():
    with time_machine.travel(AT_SLOT, tick=True) as traveller:
        yield traveller


@pytest.fixture
def manager(db):
    return PersonFactory(group="marketing_manager")


def test_an_approved_edition_leaves_everywhere_and_its_books_balance(press, at_slot):
    release = make_release("newsletter", "web", "x", people=120)
    releases.start(release)
    assert sender.work("w1") == 128
    release.refresh_from_db()
    assert (release.status, release.note) == ("done", "")
    found = books(release)
    assert (found.candidates, found.confirmed, found.is_balanced) == (128, 128, True)
    assert status(release, found) == "success"
    assert len(press("our-newsletter").taken) == 120
    assert [each.part for each in press("our-x").messages] == [1, 2, 3, 4, 5, 6, 7]


def test_the_plan_names_formats_that_are_left_out(press):
    make_account("x", is_enabled=False)
    make_account("web")
    draft = make_draft(["web", "x", "newsletter"], slot_wall=SLOT)
    approve(draft)
    release = releases.plan(draft)
    assert [part.format for part in release.parts.all()] == ["web"]
    assert release.left_out == {
        "x": "The account Our x is switched off.",
        "newsletter": "No account publishes it.",
    }


def test_an_approval_plans_one_release_for_its_slot(press):
    release = make_release("web")
    assert releases.plan(release.draft) == release
    assert Release.objects.count() == 1
    assert release.due_at == AT_SLOT


def test_a_draft_without_slot_cannot_be_planned(press):
    draft = make_draft(["web"], slot_wall="")
    with pytest.raises(Invalid, match="no slot"):
        releases.plan(draft)


def test_another_slot_than_the_approved_one_is_refused(press):
    draft = make_draft(["web"], slot_wall=SLOT)
    with pytest.raises(Invalid, match="approved again"):
        releases.plan(draft, slot_wall="2026-12-08T10:00")


def test_planning_at_another_slot_cancels_the_plan_before(press):
    old = make_release("web")
    old.draft.slot_wall = "2026-12-08T10:00"
    old.draft.save()
    old.draft.reviews.update(status="recalled")
    approve(old.draft)
    new = releases.plan(old.draft)
    old.refresh_from_db()
    assert old.status == "cancelled"
    assert "2026-12-08T10:00" in old.note
    assert new.status == "planned"


def test_nothing_leaves_before_the_slot(press, at_slot):
    release = make_release("web")
    at_slot.move_to(AT_SLOT - timedelta(seconds=1))
    assert releases.start(release).status == "planned"
    assert Delivery.objects.count() == 0


def test_the_instant_is_made_anew_from_the_wall_clock(press, at_slot):
    release = make_release("web")
    Release.objects.update(due_at=AT_SLOT - timedelta(days=1))
    release = releases.start(release)
    assert (release.due_at, release.status) == (AT_SLOT, "releasing")


def test_a_release_after_its_grace_asks_and_sends_nothing(press, at_slot):
    release = make_release("web")
    at_slot.move_to(AT_SLOT + timedelta(minutes=16))
    release = releases.start(release)
    assert (release.status, release.note) == ("late", releases.QUESTION)
    assert sender.work("w1") == 0
    assert kinds(release) == ["planned", "late"]


def test_a_release_within_its_grace_leaves(press, at_slot):
    release = make_release("web")
    at_slot.move_to(AT_SLOT + timedelta(minutes=14))
    assert releases.start(release).status == "releasing"


def test_the_rule_send_lets_a_late_release_go_marked(press, at_slot):
    release = make_release("web", lateness="send")
    at_slot.move_to(AT_SLOT + timedelta(hours=3))
    release = releases.start(release)
    assert (release.status, release.is_late) == ("releasing", True)


def test_the_rule_drop_excludes_every_row_as_late(press, at_slot):
    release = make_release("newsletter", people=3, lateness="drop")
    at_slot.move_to(AT_SLOT + timedelta(hours=3))
    release = releases.start(release)
    assert release.status == "cancelled"
    assert books(release).by_reason == {"late": 3}


def test_a_person_sends_a_late_release(press, at_slot, manager):
    release = make_release("web")
    at_slot.move_to(AT_SLOT + timedelta(hours=3))
    releases.start(release)
    release = releases.late_decision(release, by=manager, choice="send_now")
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, release.is_late) == ("done", True)
    assert ReleaseEvent.objects.get(release=release, kind="started").by == manager


def test_a_person_drops_a_late_release(press, at_slot, manager):
    release = make_release("newsletter", people=2)
    at_slot.move_to(AT_SLOT + timedelta(hours=3))
    releases.start(release)
    release = releases.late_decision(release, by=manager, choice="drop")
    assert release.status == "cancelled"
    assert books(release).by_reason == {"late": 2}


def test_the_next_slot_needs_a_new_approval(press, at_slot, manager):
    release = make_release("web", author=manager)
    at_slot.move_to(AT_SLOT + timedelta(hours=3))
    releases.start(release)
    release = releases.late_decision(release, by=manager, choice="next_slot")
    release.draft.refresh_from_db()
    assert release.status == "cancelled"
    assert release.draft.slot_wall == "2026-12-08T10:00"


@pytest.mark.parametrize(("choice", "attr"), [("now", "choice"), ("new_time", "slot_wall")])
def test_a_late_decision_names_what_is_wrong_with_it(press, manager, choice, attr):
    with pytest.raises(Invalid) as raised:
        releases.late_decision(make_release("web"), by=manager, choice=choice)
    assert raised.value.problems[0].attr == attr


def test_only_a_late_release_can_be_decided_about(press, manager):
    with pytest.raises(WrongState, match="not late"):
        releases.late_decision(make_release("web"), by=manager, choice="send_now")


@pytest.mark.parametrize("act", [releases.resume, releases.cancel])
def test_acts_on_releases_need_the_right(press, act):
    viewer = PersonFactory(group="viewer")
    with pytest.raises(NotAllowed, match="senior editor"):
        act(make_release("web"), by=viewer, reason="why")


def test_a_hold_needs_a_reason(press, manager):
    with pytest.raises(Invalid, match="Say why"):
        releases.hold(make_release("web"), by=manager, reason=" ")


def test_a_held_release_sends_nothing_until_it_is_resumed(press, at_slot, manager):
    release = make_release("newsletter", people=5)
    releases.start(release)
    release = releases.hold(release, by=manager, reason="A wrong figure")
    assert sender.work("w1") == 0
    release = releases.resume(release, by=manager, reason="The figure is right")
    assert sender.work("w1") == 5
    assert kinds(release) == ["planned", "started", "held", "resumed", "done"]


def test_cancelling_excludes_what_had_not_left(press, at_slot, manager):
    release = make_release("newsletter", people=5)
    releases.start(release)
    releases.hold(release, by=manager, reason="Stop")
    release = releases.cancel(release, by=manager, reason="Not this week")
    assert books(release).by_reason == {"withdrawn": 5}
    assert sender.work("w1") == 0


def test_a_dry_release_makes_its_rows_and_sends_none(press, at_slot, settings):
    settings.OUTBOUND = "off"
    release = make_release("newsletter", "x", people=3, is_dry=True)
    release = releases.start(release)
    settings.OUTBOUND = "sandbox"
    assert sender.work("w1") == 0
    assert release.status == "done"
    found = books(release)
    assert (found.planned, status(release, found)) == (10, "preview")
    assert press("our-newsletter").taken == {}


def test_with_outbound_off_a_release_waits_and_is_asked_about(press, at_slot, settings):
    settings.OUTBOUND = "off"
    release = releases.start(make_release("web"))
    assert release.status == "planned"
    assert "Outbound is off" in release.note
    at_slot.move_to(AT_SLOT + timedelta(minutes=16))
    release = releases.start(release)
    assert release.status == "late"
    assert "Outbound is off" in release.note


def test_people_who_may_not_be_written_to_are_rows_with_a_reason(press, at_slot):
    release = make_release("newsletter", people=3)
    make_contact("no@halcytone.example", answer=False)
    make_suppression("reader1@halcytone.example", reason="hard_bounce")
    releases.start(release)
    found = books(release)
    assert (found.candidates, found.planned) == (4, 2)
    assert found.by_reason == {"unsubscribed": 1, "bounced": 1}


def test_a_second_release_of_the_same_draft_writes_to_nobody_twice(press, at_slot, manager):
    release = make_release("newsletter", "x", people=4)
    press("our-newsletter").script += ["take", "take", "refuse", "take"]
    releases.start(release)
    sender.work("w1")
    Release.objects.update(status="cancelled")
    again = releases.plan(release.draft)
    releases.start(again)
    sender.work("w2")
    assert books(again).by_reason == {"past_recipient": 10}
    assert books(again).confirmed == 1
    assert len(press("our-newsletter").taken) == 4


def test_preparing_many_recipients_takes_as_many_queries_as_few(press, at_slot):
    counts = []
    for people, wall in ((5, "2026-12-01T10:00"), (200, "2026-12-01T09:59")):
        release = _with_people(people, wall)
        with CaptureQueriesContext(connection) as captured:
            releases.start(release)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def _with_people(people, wall):
    if Segment.objects.exists():
        for number in range(people):
            make_contact(f"more{number}@halcytone.example", answer=True)
        draft = make_draft(["newsletter"], slot_wall=wall, segment=Segment.objects.get())
        approve(draft)
        return releases.plan(draft)
    return make_release("newsletter", people=people, slot_wall=wall)


def test_an_account_switched_off_later_does_not_change_the_plan_in_silence(press):
    release = make_release("web")
    Account.objects.update(is_enabled=False)
    releases.plan(release.draft)
    release.refresh_from_db()
    assert release.left_out == {"web": "The account Our web is switched off."}
