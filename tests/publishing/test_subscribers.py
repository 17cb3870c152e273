"""The CRM's subscribers become a checked file of contacts, and contacts by a person's second click."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from halcytone.lib.errors import Invalid, NotAllowed, Unavailable
from publishing.services import subscribers
from segmentation.models import Consent, Contact, ImportRun
from segmentation.services import imports
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_account

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
WORDING = "Yes, send me the weekly newsletter."


@pytest.fixture
def account(sandbox_settings):
    for number in range(3):
        contact = {"email": f"reader{number}@halcytone.example", "first_name": "Reader"}
        contact |= {"last_name": str(number), "tags": ["breath"], "metadata": {}}
        sandbox_settings.ask("crm", "POST", "/api/v1/contacts", contact)
    left = {"email": "reader2@halcytone.example", "preferences": {}}
    sandbox_settings.ask("crm", "POST", "/api/v1/subscriptions/unsubscribe", left)
    return make_account("newsletter", channel="crm", endpoint="https://crm.halcytone.example")


@pytest.fixture
def manager():
    return PersonFactory(group="marketing_manager", is_staff=True)


def test_subscribers_are_checked_first_and_imported_by_a_second_click(account, manager):
    run = subscribers.fetch(account, by=manager, wording=WORDING)
    assert (run.report["counts"]["add"], Contact.objects.count()) == (2, 0)
    imports.run(run, by=manager)
    found = Contact.objects.order_by("email").values_list("email", "name")
    assert list(found) == [(f"reader{n}@halcytone.example", f"Reader {n}") for n in range(2)]
    consents = Consent.objects.all()
    assert {each.wording for each in consents} == {WORDING}
    assert len(consents) == 2
    again = subscribers.fetch(account, by=manager, wording=WORDING)
    assert again.report["counts"]["add"] == 0


def test_who_may_not_import_contacts_reads_nothing(account, sandbox_settings):
    with pytest.raises(NotAllowed):
        subscribers.fetch(account, by=PersonFactory(group="viewer"), wording=WORDING)
    assert not sandbox_settings.requests("crm", path="subscribers")


def test_a_crm_that_cannot_be_read_to_its_end_leaves_nothing(account, manager, sandbox_settings):
    sandbox_settings.fault("crm", "rate_limit:60", match={"path": "subscribers"}, times=None)
    with pytest.raises(Unavailable):
        subscribers.fetch(account, by=manager, wording=WORDING)
    assert not ImportRun.objects.exists()


def test_only_an_account_of_the_crm_has_subscribers(sandbox_settings, manager):
    other = make_account("newsletter", channel="smtp")
    with pytest.raises(Invalid):
        subscribers.fetch(other, by=manager, wording=WORDING)


def test_the_command_says_what_it_found(account, manager):
    out = StringIO()
    by = f"--by={manager.username}"
    call_command("fetch_subscribers", account.key, by, f"--wording={WORDING}", stdout=out)
    assert out.getvalue().startswith("2 subscribers: 2 new,")
    with pytest.raises(CommandError, match="no such account"):
        call_command("fetch_subscribers", "nobody", by, "--wording=x")
