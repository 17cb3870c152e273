"""What a person posts herself: a state of its own, out only when she says so and where."""

import pytest
from django.test import Client
from django.urls import reverse

from halcytone.lib.errors import Invalid
from publishing.books import books, status
from publishing.models import Delivery
from publishing.services import accounts, deliveries, releases, sender
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(settings, tmp_path):
    settings.HALCYTONE_HOME, settings.OUTBOUND = tmp_path, "sandbox"
    settings.SANDBOX_PORTS = {}
    make_account("x", channel="task", endpoint="", profile_id="YouTube")
    releases.start(make_release("x", slot_wall=wall_now()))
    sender.work("w1")
    return Delivery.objects.get()


def release_of(row):
    row.release.refresh_from_db()
    return row.release


@pytest.fixture
def person():
    return PersonFactory(group="admin", is_staff=True)


def test_it_is_prepared_and_never_out_by_machine(row):
    sender.recover("w2")
    sender.work("w2")
    row.refresh_from_db()
    assert (row.state, row.confirmed_at, row.provider_id) == ("prepared", None, "")
    found = books(release_of(row))
    assert (found.prepared, found.confirmed, found.to_resolve) == (1, 0, 1)
    assert not found.is_balanced
    assert row.release.status == "incomplete"
    assert status(row.release, found) == "failed"  # nothing is confirmed


def test_a_person_says_where_it_is_and_the_release_is_done(row, person):
    with pytest.raises(Invalid):
        deliveries.settle(row, by=person, answer="live", reason="I posted it")
    link = "https://video.example/watch/abc"
    deliveries.settle(row, by=person, answer="live", reason="I posted it", url=link)
    row.refresh_from_db()
    assert (row.state, row.url, row.settled_by) == ("confirmed", link, person)
    assert release_of(row).status == "done"


def test_what_will_not_be_posted_is_given_up_with_the_reason(row, person):
    deliveries.settle(row, by=person, answer="failed", reason="The place is closed")
    row.refresh_from_db()
    assert row.state == "failed"
    assert row.events.get().detail == "The place is closed"


def test_what_is_prepared_again_is_prepared_once(row, person):
    deliveries.settle(row, by=person, answer="never_sent", reason="Not yet")
    sender.work("w2")
    row.refresh_from_db()
    assert (row.state, Delivery.objects.count()) == ("prepared", 1)


def test_the_desk_shows_the_texts_to_copy_and_asks_for_the_link(row, person):
    browser = Client()
    browser.force_login(person)
    html = browser.get(reverse("publishing:delivery", args=[row.pk])).content.decode()
    assert "it is yours to post on YouTube" in html
    for number in range(1, 8):
        assert f"Part {number}</textarea>" in html
    release = browser.get(reverse("publishing:release", args=[row.release_id])).content.decode()
    assert "To be done by hand" in release
    assert "1 prepared for hand-work" in release
    link = {"answer": "live", "url": "https://video.example/w/1", "reason": "Posted"}
    browser.post(reverse("publishing:delivery-settle", args=[row.pk]), link)
    row.refresh_from_db()
    assert row.state == "confirmed"


def test_an_account_of_hand_work_needs_no_server(row):
    assert accounts.problems(row.account) == []
