"""Accounts are changed through one door: rights, one default, a version for each change, and seals."""

import pytest

from approvals.models import Review
from approvals.services import reviews
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from publishing.models import Account, ReleasePart
from publishing.services import accounts, releases, sender
from tests.factories.approvals import BRIEF, approve, rendered_draft, voice
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account, make_release, wall_now

pytestmark = pytest.mark.django_db
SITE = {"key": "site", "channel": "page", "name": "Site", "format": "web"}
THREADS = {"key": "threads", "channel": "thread", "name": "Threads", "format": "x"}


@pytest.fixture
def marketing():
    return PersonFactory(group="marketing_manager")


@pytest.fixture
def approved(settings):
    """An approved draft with a newsletter and a page, for a slot to come."""
    settings.ACCOUNT_FACTS, settings.FORMATS = "publishing.accounts.facts", BRIEF
    make_account("newsletter", channel="mail")
    make_account("web", channel="page")
    draft = rendered_draft(formats=("newsletter", "web"), slot_wall="2031-01-07T10:00")
    people = [
        voice("editor"),
        voice("senior_editor"),
        voice("marketing_manager", group="marketing_manager"),
    ]
    review = reviews.submit(draft, by=draft.author)
    for person in people:
        if review.status == Review.Status.OPEN:
            approve(review, person)
            review.refresh_from_db()
    assert review.status == Review.Status.APPROVED
    return draft


def status(draft):
    return draft.reviews.get().status


def test_an_account_is_added_with_its_first_version_and_who_did_it(press, marketing):
    account = accounts.create(by=marketing, **SITE)
    version = account.history.get()
    assert (version.history_type, version.history_user) == ("+", marketing)
    assert (account.version, account.is_enabled) == (1, True)


def test_a_change_writes_a_version_and_the_same_again_none(press, marketing):
    account = accounts.create(by=marketing, **SITE)
    account = accounts.change(account, by=marketing, name=" Our site ")
    assert accounts.change(account, by=marketing, name="Our site").version == 2
    assert list(account.history.values_list("name", "version")) == [("Our site", 2), ("Site", 1)]


def test_who_was_slower_is_told(press, marketing):
    mine = accounts.create(by=marketing, **SITE)
    accounts.change(Account.objects.get(), by=marketing, name="Hers")
    with pytest.raises(WrongState) as told:
        accounts.change(mine, by=marketing, name="Mine")
    assert told.value.code == "version_mismatch"


def test_a_new_default_takes_the_place_of_the_old_one(press, marketing):
    old = accounts.create(by=marketing, **SITE, is_default=True)
    new = accounts.create(by=marketing, **SITE | {"key": "site-2"}, is_default=True)
    old.refresh_from_db()
    assert (old.is_default, new.is_default) == (False, True)
    assert old.history.first().history_user == marketing
    accounts.change(old, by=marketing, is_default=True)
    assert Account.objects.get(is_default=True) == old


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"format": "fax"}, "format"),
        ({"key": "taken"}, "key"),
        ({"password": "x"}, "password"),
        ({"credential": "9f86d081884c7d659a2feaa0c55ad015"}, "credential"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_field(press, marketing, changes, attr):
    accounts.create(by=marketing, **SITE | {"key": "taken"})
    with pytest.raises(Invalid) as refused:
        accounts.create(by=marketing, **SITE | changes)
    assert [problem.attr for problem in refused.value.problems] == [attr]
    assert Account.objects.count() == 1


def test_a_channel_publishes_only_its_own_formats(settings, marketing):
    with pytest.raises(Invalid, match="publishes web, not “newsletter”"):
        accounts.create(
            by=marketing, key="a", name="A", channel="platform", format="newsletter",
            endpoint="https://platform.halcytone.example",
        )  # fmt: skip


def test_social_managers_look_after_networks_alone(press, marketing):
    social = PersonFactory(group="social_manager")
    mine = accounts.create(by=social, **THREADS)
    site = accounts.create(by=marketing, **SITE)
    with pytest.raises(NotAllowed, match="marketing manager"):
        accounts.create(by=social, **SITE | {"key": "b"})
    with pytest.raises(NotAllowed, match="networks"):
        accounts.change(site, by=social, name="Mine")
    with pytest.raises(NotAllowed, match="networks"):
        accounts.change(mine, by=social, format="newsletter", channel="mail")
    assert accounts.change(mine, by=social, name="Our threads").name == "Our threads"


@pytest.mark.parametrize("group", ["editor", "viewer", "service", "legal"])
def test_others_change_no_account(press, group):
    account = make_account("x")
    with pytest.raises(NotAllowed, match="admin"):
        accounts.change(account, by=PersonFactory(group=group), name="Mine")


@pytest.mark.parametrize(
    "change",
    [
        {"from_email": "other@halcytone.example"},
        {"reply_to": "ask@halcytone.example"},
        {"endpoint": "elsewhere"},
        {"profile_id": "2002"},
        {"credential": "other_token"},
    ],
)
def test_another_sender_unseals_the_newsletter_and_nothing_else(press, approved, marketing, change):
    account = Account.objects.get(format="newsletter")
    accounts.change(account, by=marketing, **change)
    assert status(approved) == Review.Status.UNSEALED
    assert set(reviews.approved_seals(approved)) == {"web"}


def test_another_default_unseals_what_would_go_through_it(press, approved, marketing):
    accounts.create(by=marketing, **SITE, is_default=True)
    assert status(approved) == Review.Status.UNSEALED
    assert set(reviews.approved_seals(approved)) == {"newsletter"}


def test_what_a_seal_does_not_speak_of_unseals_nothing(press, approved, marketing):
    account = Account.objects.get(format="newsletter")
    accounts.change(account, by=marketing, name="Another name", can_read_back=False)
    assert status(approved) == Review.Status.APPROVED


def test_what_has_left_keeps_what_it_left_with(press, approved, marketing):
    type(approved).objects.filter(pk=approved.pk).update(slot_wall="2024-01-02T10:00")
    account = Account.objects.get(format="newsletter")
    accounts.change(account, by=marketing, from_email="other@halcytone.example")
    assert status(approved) == Review.Status.APPROVED


def test_the_publisher_refuses_a_newsletter_whose_sender_changed_and_sends_the_rest(
    press, marketing
):
    release = make_release("newsletter", "web", people=2, slot_wall=wall_now())
    account = Account.objects.get(format="newsletter")
    accounts.change(account, by=marketing, from_email="other@halcytone.example")
    releases.start(release)
    sender.work("w1")
    assert press("our-newsletter").taken == {}
    assert len(press("our-web").taken) == 1
    refused = ReleasePart.objects.get(format="newsletter").refusal
    assert "The header From changed from “press@halcytone.example”" in refused


@pytest.mark.django_db
def test_in_production_the_crm_asks_for_a_real_address_and_a_real_key(settings):
    account = make_account("newsletter", channel="crm", endpoint="http://localhost:8001")
    assert accounts.problems(account) == []
    settings.EMBEDDED = False
    found = [each.attr for each in accounts.problems(account) if each.code == "not_for_production"]
    assert found == ["endpoint", "credential"]
