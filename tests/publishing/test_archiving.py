"""A page that is out is taken out of readers' sight by a person, where its place can do that."""

import pytest
from django.test import Client
from django.utils import timezone

from halcytone.lib.audit.models import Entry
from halcytone.lib.errors import Refused, WrongState
from publishing.models import Delivery, Installation
from publishing.services import archiving, releases, sender
from tests.api import Api
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now
from tests.publishing.channels.test_site import PAGE
from tests.publishing.test_caches import cdn, press, use  # noqa: F401

WHY = {"reason": "It names a partner too early"}


@pytest.fixture
def page(settings, tmp_path, db):
    """A page that is out on our own site."""
    settings.HALCYTONE_HOME, settings.OUTBOUND = tmp_path, "sandbox"
    settings.SANDBOX_PORTS = {}
    make_account("web", channel="site", endpoint="", from_email="")
    return out()


def out():
    release = make_release("web", slot_wall=wall_now(), contents={"web": PAGE})
    releases.start(release, now=timezone.now())
    sender.work("w")
    return Delivery.objects.get()


def test_an_archived_page_answers_410_and_who_did_it_and_why_stays(page):
    person = PersonFactory(group="senior_editor", is_staff=True)
    client = Client()
    client.force_login(person)
    address = f"/admin/ledger/{page.pk}/"
    assert "Archive this page" in client.get(address).content.decode()
    assert client.get(PAGE["path"]).status_code == 200
    client.post(f"{address}archive/", {"reason": ""})
    assert client.get(PAGE["path"]).status_code == 200  # without a reason nothing happens
    client.post(f"{address}archive/", WHY)
    assert client.get(PAGE["path"]).status_code == 410
    assert "Archive this page" not in client.get(address).content.decode()
    kinds = list(page.events.filter(by=person).values_list("kind", flat=True))
    assert kinds == ["archive_asked", "archived"]
    row = Entry.objects.get(kind="delivery.archived")
    assert (row.actor_id, WHY["reason"] in row.data) == (person.pk, True)
    page.refresh_from_db()
    assert page.state == "confirmed"  # what went out went out


def test_the_right_is_asked_for_in_the_service(page):
    for group in ("editor", "viewer", "executive"):
        answer = Api(PersonFactory(group=group)).post(f"deliveries/{page.pk}/archive", WHY)
        assert answer.status_code == 403
    tried = Api(PersonFactory(group="admin")).post(
        f"deliveries/{page.pk}/archive?dry_run=true", WHY
    )
    assert tried.json()["code"] == "cannot_be_tried"
    assert Client().get(PAGE["path"]).status_code == 200
    done = Api(PersonFactory(group="admin")).post(f"deliveries/{page.pk}/archive", WHY)
    assert done.status_code == 200
    assert Client().get(PAGE["path"]).status_code == 410
    again = Api(PersonFactory(group="admin")).post(f"deliveries/{page.pk}/archive", WHY)
    assert again.status_code == 409


def test_what_the_place_refuses_is_written_down_and_may_be_asked_again(page):
    person = PersonFactory(group="admin")
    Delivery.objects.update(provider_id="7000")
    with pytest.raises(Refused):
        archiving.archive(Delivery.objects.get(), by=person, reason="Wrong")
    assert page.events.last().kind == "archive_failed"
    Delivery.objects.update(provider_id=page.provider_id)
    archiving.archive(Delivery.objects.get(), by=person, reason="Wrong")
    assert page.events.last().kind == "archived"


def test_a_place_that_archives_nothing_is_asked_for_nothing(press):  # noqa: F811
    row = out()
    with pytest.raises(WrongState, match="archives nothing"):
        archiving.archive(row, by=None, reason="Wrong")
    assert not row.events.exists()


def test_a_copy_that_may_not_send_archives_nothing(page):
    Installation.objects.update(fingerprint="f" * 64)
    with pytest.raises(WrongState, match="Another machine"):
        archiving.archive(page, by=None, reason="Wrong")
    assert not page.events.exists()
    assert Client().get(PAGE["path"]).status_code == 200


def test_caches_forget_an_archived_page(page, settings):
    use(settings, "cloudflare", zone="z1")
    archiving.archive(page, by=PersonFactory(group="admin"), reason="Wrong")
    asked = page.release.cache_orders.model.objects.get()
    assert (asked.origin, asked.reason) == ("corrected", "Archived: Wrong")
