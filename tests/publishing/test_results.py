"""What came of a release: rates with their rows, ranges, targets, and what is counted of whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from publishing.models import Delivery, Event, Kpi
from publishing.services import releases, results
from segmentation.models import Contact
from tests.api import Api
from tests.factories.publishing import CONTENTS, make_release
from tests.factories.segmentation import make_consent

NEWSLETTER = {
    **CONTENTS["newsletter"],
    "html": CONTENTS["newsletter"]["html"]
    + '<a href="https://n.example/a">a</a><a href="https://n.example/b">b</a>',
}


@pytest.fixture
def release(press):
    """Ten readers got it, four of whom agreed to be counted."""
    release = make_release("newsletter", people=10, contents={"newsletter": NEWSLETTER})
    for contact in Contact.objects.order_by("pk")[:4]:
        make_consent(contact, purpose="tracking")
    releases.start(release, now=release.due_at)
    now = timezone.now() - timedelta(hours=1)
    Delivery.objects.update(
        state="confirmed", provider_id="1", handed_over_at=now, confirmed_at=now
    )
    return release


def happened(kind, *numbers, actor="", link=None, **changes):
    rows = list(Delivery.objects.order_by("pk"))
    part = rows[0].part_of
    found = part.tracked_links.get(number=link) if link else None
    for number in numbers:
        delivery = None if number is None else rows[number]
        Event.objects.create(
            delivery=delivery, part_of=part, kind=kind, actor=actor, link=found, **changes
        )


def figures(release):
    return {one.name: one for one in results.of(release).figures}


def test_opens_and_clicks_are_a_range_of_readers_each_once(release):
    happened("opened", 0, 0, 1, actor="human")
    happened("opened", 1, 2, actor="unknown")
    happened("opened", 3, actor="machine")
    happened("clicked", 0, 0, actor="human", link=1)
    found = figures(release)
    assert (found["open"].count, found["open"].most_count, found["open"].of) == (2, 3, 4)
    assert (found["open"].rate, found["open"].most) == (50.0, 75.0)
    assert (found["click"].rate, found["click"].is_range) == (25.0, False)
    assert found["click_to_open"].rate == 50.0


def test_delivered_is_what_the_service_tells_and_where_it_tells_nothing_what_did_not_come_back(
    release,
):
    happened("bounced", 8)
    happened("soft_bounced", 8, 9)
    found = figures(release)
    assert (found["delivery"].count, found["bounce"].count) == (8, 2)
    assert not results.of(release).is_told
    happened("delivered", *range(7), 0)
    assert (figures(release)["delivery"].rate, results.of(release).is_told) == (70.0, True)


def test_targets_stand_beside_what_is_measured_and_people_change_them(release):
    happened("delivered", *range(10))
    happened("opened", 0, actor="human")
    found = figures(release)
    assert (found["delivery"].target, found["delivery"].is_met) == ("> 98 %", True)
    assert (found["open"].target, found["open"].is_met) == ("> 25 %", False)
    assert found["click_to_open"].is_met is None
    Kpi.objects.filter(key="open").update(value="20.5")
    assert (figures(release)["open"].target, figures(release)["open"].is_met) == ("> 20.5 %", True)
    Kpi.objects.filter(key="open").update(is_enabled=False)
    assert figures(release)["open"].target == ""


def test_nothing_to_divide_by_is_no_rate_and_reaches_nothing(release):
    Delivery.objects.update(merge={"name": "x"})  # nobody agreed
    found = figures(release)["open"]
    assert (found.rate, found.most, found.is_met) == (None, None, None)


def test_hits_of_nobody_in_particular_are_counted_beside_without_repeats(release):
    happened("opened", None, None, actor="human")
    happened("opened", None, actor="human", is_repeat=True)
    happened("clicked", None, actor="machine", link=1)
    found = results.of(release)
    assert found.hits["opened"] == {"human": 2, "machine": 0, "unknown": 0}
    assert found.hits["clicked"]["machine"] == 1
    assert found.privacy == {"off": 0, "aggregate": 6, "individual": 4}


def test_the_map_of_links_counts_people_and_leaves_the_decoy_out(release):
    happened("clicked", 0, 1, 1, actor="human", link=2)
    happened("clicked", None, actor="unknown", link=2)
    first, second = results.of(release).links
    assert (first.url, first.human, first.unknown, first.readers) == (
        "https://n.example/b",
        3,
        1,
        2,
    )
    assert (second.number, second.human) == (1, 0)


def test_a_release_without_mails_has_no_such_results(press):
    assert results.of(make_release("web")) is None


def test_page_and_api_show_them(release, client):
    happened("opened", 0, actor="human")
    api = Api.of("viewer", is_staff=True)
    found = api.get(f"analytics/releases/{release.pk}").json()
    assert found["sent"] == 10
    assert {one["name"] for one in found["figures"]} == set(results.DEFINITIONS)
    assert all(one["definition"] for one in found["figures"])
    assert api.get("kpis").json()["results"][0]["target"]
    assert api.get("analytics/releases/999999").status_code == 404
    client.force_login(api.person)
    page = client.get(f"/admin/releases/{release.pk}/").content.decode()
    assert "What came of it" in page
    assert "25.0&nbsp;%" in page


def test_what_they_cost_does_not_grow_with_what_happened(release, django_assert_max_num_queries):
    for _ in range(5):
        happened("opened", 0, 1, 2, actor="human")
    with django_assert_max_num_queries(7):
        results.of(release)
