"""Channels that take several messages in one call: every row still has an end of its own."""

from collections import Counter

import pytest

from publishing import books
from publishing.models import Delivery
from publishing.services import deliveries, releases, sender
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(press):
    make_account("newsletter", channel="batches")
    return press("our-newsletter")


def started(people=10):
    return releases.start(make_release("newsletter", slot_wall=wall_now(), people=people))


def states():
    return Counter(Delivery.objects.values_list("state", flat=True))


def test_ten_rows_leave_in_three_calls_and_each_is_confirmed(world):
    started()
    assert sender.work("w1") == 10
    assert world.calls == [4, 4, 2]
    assert states() == {"confirmed": 10}


def test_one_call_may_carry_more_than_what_is_marked_at_once_elsewhere(world, settings):
    settings.HAND_OVER_BATCH = 2
    started()
    sender.work("w1")
    assert world.calls == [4, 4, 2]


def test_each_row_of_a_call_ends_as_it_was_answered(world):
    started(people=4)
    world.script[:] = ["take", "refuse", "wait:7", "lose"]
    sender.work("w1")
    assert world.calls == [4]
    assert states() == {"confirmed": 1, "failed": 1, "planned": 1, "uncertain": 1}


def test_the_rows_of_a_lost_call_are_uncertain_and_settled_together(world):
    release = started(people=4)
    world.script[:] = ["lose"] * 4
    sender.work("w1")
    assert states() == {"uncertain": 4}
    rows = list(Delivery.objects.all())
    deliveries.settle_together(
        rows, by=PersonFactory(is_superuser=True), answer="live", reason="The log of the CRM"
    )
    assert books.books(release).confirmed == 4


def test_a_row_that_cannot_be_made_does_not_stop_the_others_of_its_call(world):
    started(people=4)
    bad = Delivery.objects.first()
    Delivery.objects.filter(pk=bad.pk).update(merge=[])
    sender.work("w1")
    assert states() == {"confirmed": 3, "failed": 1}
    assert world.calls == [3]


def test_rows_are_named_by_campaigns_that_cannot_hold_too_many(world, monkeypatch):
    monkeypatch.setattr("publishing.channels.memory.Memory.campaign_size", 4)
    started(people=10)
    sender.work("w1")
    campaigns = Counter(message.campaign for message in world.messages)
    assert max(campaigns.values()) <= 4
    assert len(campaigns) in (3, 4)
    release = Delivery.objects.first().release_id
    assert all(name.startswith(f"release-{release}-") for name in campaigns)
