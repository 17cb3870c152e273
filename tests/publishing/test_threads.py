"""Threads: each part waits for the id of the one before; a lost answer is looked up, not repeated."""

from datetime import timedelta

import pytest
from django.utils import timezone

from publishing.books import books
from publishing.models import Delivery, ReleasePart
from publishing.services import deliveries, releases, sender
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now


def states():
    return list(Delivery.objects.order_by("part").values_list("state", flat=True))


@pytest.fixture
def editor(db):
    return PersonFactory(group="senior_editor")


def test_each_part_answers_the_one_before(press):
    releases.start(make_release("x", slot_wall=wall_now()))
    sender.work("w1")
    sent = press("our-x").messages
    assert [message.reply_to for message in sent] == [
        "",
        *(f"memory-{message.key}" for message in sent[:-1]),
    ]
    assert {message.parts for message in sent} == {7}


def test_a_lost_answer_on_part_three_is_found_and_the_thread_goes_on(press):
    release = make_release("x", slot_wall=wall_now())
    press("our-x").script += ["take", "take", "lose"]
    releases.start(release)
    sender.work("w1")
    release.refresh_from_db()
    assert states() == ["confirmed"] * 7
    assert set(press("our-x").asked.values()) == {1}
    assert release.status == "done"


def test_without_read_back_it_stops_as_uncertain(press):
    make_account("x", channel="blind")
    release = make_release("x", slot_wall=wall_now())
    press("our-x").script += ["take", "take", "lose"]
    releases.start(release)
    sender.work("w1")
    release.refresh_from_db()
    assert states() == ["confirmed", "confirmed", "uncertain"] + ["planned"] * 4
    assert (release.status, release.note) == ("incomplete", "Incomplete, 5 to resolve")


def test_it_is_out_says_a_person_and_the_thread_goes_on_behind_it(press, editor):
    make_account("x", channel="blind")
    release = make_release("x", slot_wall=wall_now())
    press("our-x").script += ["take", "take", "lose"]
    releases.start(release)
    sender.work("w1")
    third = Delivery.objects.get(state="uncertain")
    deliveries.settle(
        third, by=editor, answer="live", url="https://x.example/us/status/77", reason="I see it"
    )
    sender.work("w1")
    release.refresh_from_db()
    assert press("our-x").messages[3].reply_to == "77"
    assert (release.status, states()) == ("done", ["confirmed"] * 7)


def test_it_never_left_says_a_person_and_it_is_sent(press, editor):
    make_account("x", channel="blind")
    release = make_release("x", slot_wall=wall_now())
    press("our-x").script += ["take", "take", "drop"]
    releases.start(release)
    sender.work("w1")
    third = Delivery.objects.get(state="uncertain")
    deliveries.settle(third, by=editor, answer="never_sent", reason="It is not there")
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, len(press("our-x").taken)) == ("done", 7)


def test_a_part_surely_absent_is_planned_again(press):
    releases.start(make_release("x", slot_wall=wall_now()))
    press("our-x").script += ["take", "drop"]
    sender.work("w1")
    assert states() == ["confirmed"] + ["planned"] * 6
    Delivery.objects.filter(part=2).update(due_at=timezone.now() - timedelta(seconds=1))
    sender.work("w1")
    assert states() == ["confirmed"] * 7


def test_a_failed_part_leaves_half_a_thread_that_can_be_continued(press, editor):
    release = make_release("x", slot_wall=wall_now())
    press("our-x").script += ["take", "refuse"]
    releases.start(release)
    sender.work("w1")
    release.refresh_from_db()
    assert states() == ["confirmed", "failed"] + ["planned"] * 5
    assert release.status == "incomplete"
    deliveries.continue_part(ReleasePart.objects.get(), by=editor, reason="They had a bad hour")
    sender.work("w1")
    release.refresh_from_db()
    assert (release.status, states()) == ("done", ["confirmed"] * 7)
    assert [message.part for message in press("our-x").messages] == [1, 2, 3, 4, 5, 6, 7]


def test_a_failed_part_leaves_half_a_thread_that_can_be_withdrawn(press, editor):
    release = make_release("x", slot_wall=wall_now())
    press("our-x").script += ["take", "refuse"]
    releases.start(release)
    sender.work("w1")
    deliveries.withdraw_part(ReleasePart.objects.get(), by=editor, reason="It reads well so far")
    release.refresh_from_db()
    assert release.status == "done"
    assert books(release).by_reason == {"dependency_failed": 5}
    assert books(release).failed == 1
