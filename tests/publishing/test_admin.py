"""The admin's forms of accounts and cadences obey the services, and show the versions of a row."""

import pytest

from approvals.services import policies
from content.models import Recipe
from publishing.models import Account, Cadence
from publishing.services import accounts
from segmentation.services import segments
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account

pytestmark = pytest.mark.django_db
ACCOUNT = "/admin/publishing/account/"
CADENCE = "/admin/publishing/cadence/"
SITE = {
    "key": "site",
    "channel": "platform",
    "name": "Site",
    "format": "web",
    "endpoint": "https://platform.halcytone.example",
    "credential": "platform_key",
    "is_enabled": "on",
}


@pytest.fixture
def marketing():
    return PersonFactory(group="marketing_manager", is_staff=True)


@pytest.fixture
def browser(client, marketing):
    client.force_login(marketing)
    return client


@pytest.fixture
def rhythm():
    return {
        "key": "weekly", "name": "Weekly", "zone": "America/New_York", "weekday": "1", "at": "10:00",
        "read_days_before": "1", "read_at": "14:00", "assemble_days_before": "1", "assemble_at": "16:00",
        "grace_min": "15", "lateness": "ask", "recipe": Recipe.objects.get(key="weekly").pk,
        "owner": PersonFactory(group="editor").pk, "is_enabled": "on",
    }  # fmt: skip


def errors(response):
    assert response.status_code == 200
    return response.context["adminform"].form.errors


def test_an_account_is_added_and_changed_by_the_form_with_a_version_each(browser, marketing):
    assert browser.post(f"{ACCOUNT}add/", SITE).status_code == 302
    row = Account.objects.get()
    browser.post(f"{ACCOUNT}{row.pk}/change/", SITE | {"name": "Our site"})
    row.refresh_from_db()
    assert (row.name, row.version) == ("Our site", 2)
    assert list(row.history.values_list("history_user", flat=True)) == [marketing.pk] * 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"endpoint": "http://platform.halcytone.example"}, "endpoint"),
        ({"format": "newsletter"}, "format"),
        ({"channel": "pigeon"}, "channel"),
        ({"credential": "9f86d081884c7d659a2feaa0c55ad015"}, "credential"),
        ({"channel": "smtp", "format": "newsletter", "endpoint": "smtps://m.example"}, "from_email"),
    ],
)  # fmt: skip
def test_the_form_names_the_field_that_breaks_a_rule(browser, changes, field):
    assert list(errors(browser.post(f"{ACCOUNT}add/", SITE | changes))) == [field]
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    "path",
    ["publishing/account", "publishing/cadence", "content/recipe", "access/user", "approvals/roleholder"],
)  # fmt: skip
def test_every_form_of_rows_has_a_button_that_saves(admin_client, path):
    assert 'name="_save"' in admin_client.get(f"/admin/{path}/add/").content.decode()


def test_a_new_default_of_the_form_takes_the_place_of_the_old_one(browser, marketing):
    old = accounts.create(by=marketing, **SITE | {"is_enabled": True, "is_default": True})
    browser.post(f"{ACCOUNT}add/", SITE | {"key": "second", "is_default": "on"})
    old.refresh_from_db()
    assert not old.is_default
    assert Account.objects.get(is_default=True).key == "second"


def test_a_social_manager_may_change_networks_and_look_at_the_rest(client):
    client.force_login(PersonFactory(group="social_manager", is_staff=True))
    site = make_account("web", channel="platform", endpoint=SITE["endpoint"])
    profile = make_account("x", channel="x", endpoint="https://api.x.com")
    assert client.post(f"{ACCOUNT}{site.pk}/change/", SITE).status_code == 403
    values = {
        "key": "x",
        "name": "Ours",
        "channel": "x",
        "format": "x",
        "endpoint": "https://api.x.com",
    }
    assert client.post(f"{ACCOUNT}{profile.pk}/change/", values).status_code == 302
    refused = client.post(f"{ACCOUNT}add/", SITE, follow=True)
    assert "networks" in refused.content.decode()
    assert set(Account.objects.values_list("name", flat=True)) == {"Our web", "Ours"}


def test_the_list_of_accounts_leads_a_social_manager_to_networks_alone(client):
    client.force_login(PersonFactory(group="social_manager", is_staff=True))
    site, profile = make_account("web", channel="platform"), make_account("x", channel="x")
    assert f"{ACCOUNT}add/" in client.get("/admin/accounts/").content.decode()
    pages = [client.get(f"/admin/accounts/{one.pk}/").content.decode() for one in (profile, site)]
    assert f"{ACCOUNT}{profile.pk}/change/" in pages[0]
    assert f"{ACCOUNT}{site.pk}/change/" not in pages[1]


def test_nobody_deletes_an_account(admin_client):
    row = make_account("web", channel="platform")
    assert admin_client.post(f"{ACCOUNT}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_cadence_is_added_and_changed_by_the_form(browser, rhythm):
    assert browser.post(f"{CADENCE}add/", rhythm).status_code == 302
    row = Cadence.objects.get()
    browser.post(f"{CADENCE}{row.pk}/change/", rhythm | {"weekday": "3"})
    row.refresh_from_db()
    assert (row.weekday, row.version) == (3, 2)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"zone": "Europe/Atlantis"}, "zone"),
        ({"weekday": "9"}, "weekday"),
        ({"at": "25:00"}, "at"),
        ({"read_at": "18:00"}, "read_at"),
        ({"owner": ""}, "owner"),
    ],
)
def test_the_form_of_a_cadence_names_its_fields(browser, rhythm, changes, field):
    assert list(errors(browser.post(f"{CADENCE}add/", rhythm | changes))) == [field]
    assert not Cadence.objects.exists()


def test_the_versions_of_a_row_say_who_changed_what(browser, marketing):
    row = accounts.create(by=marketing, **SITE | {"is_enabled": True})
    accounts.change(row, by=marketing, endpoint="https://other.halcytone.example")
    assert (
        f"{ACCOUNT}{row.pk}/history/" in browser.get(f"{ACCOUNT}{row.pk}/change/").content.decode()
    )
    page = browser.get(f"{ACCOUNT}{row.pk}/history/").content.decode()
    assert "https://platform.halcytone.example → https://other.halcytone.example" in page
    assert str(marketing) in page


def test_every_kind_of_configuration_row_has_versions_to_read(browser, marketing):
    segment = segments.save(None, by=marketing, key="readers", name="Readers", rule={})
    segments.save(segment, by=marketing, name="All readers")
    policy = policies.active()
    rows = [segment, policy, policy.levels.first(), Recipe.objects.get(key="weekly")]
    for row in rows:
        path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/"
        assert browser.get(f"{path}change/").status_code == 200
        page = browser.get(f"{path}history/")
        assert page.status_code == 200, path
        assert ("Added" in page.content.decode()) == row.history.exists(), path
    assert "Readers → All readers" in browser.get(
        f"/admin/segmentation/segment/{segment.pk}/history/"
    ).content.decode()  # fmt: skip
    assert segment.history.first().history_user == marketing


def test_segments_and_policies_are_not_changed_here(admin_client):
    level = policies.active().levels.first()
    for path in (f"approvals/level/{level.pk}", f"approvals/policy/{level.policy_id}"):
        assert admin_client.post(f"/admin/{path}/change/", {"note": "x"}).status_code == 403
    assert admin_client.get("/admin/segmentation/segment/add/").status_code == 403
