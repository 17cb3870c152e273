"""What the pages about releases show of readers, and where their forms lead."""

import pytest
from django.test import Client
from django.urls import reverse

from publishing.channels.base import Receipt
from publishing.models import Delivery
from publishing.services import deliveries, outcomes, releases, sender
from tests.factories.people import PersonFactory
from tests.factories.publishing import make_release, wall_now

ADDRESS = "reader0@halcytone.example"


@pytest.fixture
def row(press):
    """One uncertain mail."""
    press("our-newsletter").script += ["lose"]
    releases.start(make_release("newsletter", people=1, slot_wall=wall_now()))
    sender.work("w1")
    return Delivery.objects.get(state="uncertain")


@pytest.fixture
def visitor(db):
    def visit(group):
        client = Client()
        client.force_login(PersonFactory(group=group, is_staff=True))
        return client

    return visit


@pytest.mark.parametrize(
    ("group", "is_shown"), [("viewer", False), ("social_manager", False), ("editor", True)]
)
def test_addresses_are_shown_to_those_who_may_see_contacts_alone(row, visitor, group, is_shown):
    row.contact.name = ""
    row.contact.save()
    client = visitor(group)
    for path in (
        reverse("publishing:ledger"),
        reverse("publishing:delivery", args=[row.pk]),
        reverse("publishing:release", args=[row.release_id]),
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert (ADDRESS in answer.content.decode()) == is_shown, path


@pytest.mark.parametrize(("group", "found"), [("viewer", 0), ("editor", 1)])
def test_the_ledger_is_searched_by_address_by_those_who_may_see_contacts_alone(
    row, visitor, group, found
):
    answer = visitor(group).get(reverse("publishing:ledger"), {"q": "reader0@"})
    assert answer.context["page"].paginator.count == found


@pytest.mark.parametrize("release", ["²", "9" * 40, "x", "1 or 1"])
def test_a_release_that_is_no_number_finds_no_row(row, visitor, release):
    answer = visitor("viewer").get(reverse("publishing:ledger"), {"release": release})
    assert answer.status_code == 200
    assert answer.context["page"].paginator.count == 0


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"],
)
def test_a_settled_row_leads_back_to_the_desk_and_nowhere_else(row, visitor, elsewhere):
    here = reverse("publishing:delivery", args=[row.pk])
    form = {"answer": "failed", "reason": "It bounced", "next": elsewhere}
    answer = visitor("senior_editor").post(f"{here}settle/", form)
    assert (answer.status_code, answer["Location"]) == (302, here)


def test_only_addresses_of_the_web_become_links(row):
    editor = PersonFactory(group="senior_editor")
    deliveries.settle(
        row, by=editor, answer="live", reason="Seen", url="javascript://x/%0aalert(1)"
    )
    assert (row.state, row.url) == ("confirmed", "")
    assert outcomes.taken(row, Receipt("id", "javascript:alert(1)")).url == ""
    assert outcomes.taken(row, Receipt("id", "https://a.example/p")).url == "https://a.example/p"
