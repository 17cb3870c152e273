"""Who may send from a database: the machine that holds it, and no copy."""

import shutil

import pytest
from django.utils import timezone

from halcytone.lib.errors import NotAllowed
from publishing.models import Delivery, Installation, Release
from publishing.services import cadences, installation, ledger, releases, sender
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now


@pytest.fixture
def administrator(db):
    return PersonFactory(group="admin")


@pytest.fixture
def elsewhere(tmp_path_factory, settings):
    """Go to another machine with the same rows."""

    def go():
        settings.HALCYTONE_HOME = tmp_path_factory.mktemp("other")

    return go


def test_an_empty_database_is_claimed_by_the_first_that_starts(press):
    assert installation.holds_lease()
    assert Installation.objects.get().epoch == 1


def test_a_database_with_releases_and_no_installation_is_not_claimed(press):
    make_release("web")
    Installation.objects.all().delete()
    assert not installation.holds_lease()


def test_a_copy_elsewhere_sends_nothing_and_says_why(press, elsewhere):
    release = make_release("web", slot_wall=wall_now())
    elsewhere()
    release = releases.start(release)
    assert release.status == "planned"
    assert "Another machine holds this installation" in release.note
    assert "admin" in release.note


def test_a_copy_elsewhere_claims_none_of_what_is_on_its_way(press, elsewhere):
    releases.start(make_release("newsletter", people=3, slot_wall=wall_now()))
    elsewhere()
    assert sender.work("w1") == 0
    account = Delivery.objects.first().account
    assert ledger.claim("w1", account) is None
    cadences.reconcile(timezone.now())
    assert press("our-newsletter").taken == {}


def test_a_copied_home_is_not_the_same_machine(press, settings, tmp_path):
    assert installation.holds_lease()
    copy = tmp_path.parent / f"{tmp_path.name}-copy"
    shutil.copytree(tmp_path, copy)
    settings.HALCYTONE_HOME = copy
    assert not installation.holds_lease()


def test_machines_that_work_together_share_an_id(press, settings, elsewhere):
    settings.INSTALLATION_ID = "press-1"
    assert installation.holds_lease()
    elsewhere()
    assert installation.holds_lease()


def test_the_page_of_a_copy_lists_what_is_overdue(press, elsewhere):
    late = make_release("web", slot_wall="2020-12-01T10:00")
    running = releases.start(make_release("x", slot_wall=wall_now()))
    elsewhere()
    found = installation.overdue()
    assert (found.planned, found.under_way, found.unsettled) == ([late], [running], 0)


def test_a_claim_raises_the_epoch_and_the_other_machine_stops(
    press, elsewhere, administrator, settings
):
    release = releases.start(make_release("newsletter", people=3, slot_wall=wall_now()))
    here = settings.HALCYTONE_HOME
    elsewhere()
    assert installation.claim(administrator).epoch == 2
    assert installation.holds_lease()
    settings.HALCYTONE_HOME = here
    assert not installation.may_send()
    release.refresh_from_db()
    assert release.status == "held"


def test_after_a_claim_what_was_due_is_asked_about_whatever_its_rule(
    press, elsewhere, administrator
):
    release = make_release("web", slot_wall="2020-12-01T10:00", lateness="send")
    elsewhere()
    installation.claim(administrator)
    cadences.reconcile(timezone.now())
    release.refresh_from_db()
    assert (release.status, release.note) == ("late", installation.CLAIMED_NOTE)
    assert press("our-web").taken == {}


def test_claiming_needs_the_right(press):
    with pytest.raises(NotAllowed):
        installation.claim(PersonFactory(group="marketing_manager"))


def test_a_hand_over_after_another_machine_has_claimed_lets_nothing_leave(press, elsewhere):
    releases.start(make_release("newsletter", people=3, slot_wall=wall_now()))
    claim = ledger.claim("w1", Delivery.objects.first().account)
    Installation.objects.update(fingerprint="0" * 64)
    assert sender.send("w1", claim) == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"planned"}
    assert Release.objects.get().status == "releasing"


def test_with_outbound_off_nothing_is_claimed(press, settings):
    make_account("web")
    releases.start(make_release("web", slot_wall=wall_now()))
    settings.OUTBOUND = "off"
    assert sender.work("w1") == 0
    assert installation.why_not() == "Outbound is off: nothing leaves this installation."
