"""Releases, books and deliveries, over the API."""

import pytest

from publishing.models import Account, Cadence, Delivery, Release
from publishing.services import releases, sender
from tests.api import Api, problem
from tests.factories.publishing import approve, make_account, make_draft, make_release, wall_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def api():
    return Api.of("senior_editor")


@pytest.fixture
def sent(press):
    """A release of three mails: two lost their answers on the way."""
    release = make_release("newsletter", people=3, slot_wall=wall_now())
    press("our-newsletter").script += ["take", "lose", "drop"]
    releases.start(release)
    sender.work("w1")
    return release


def test_an_approved_draft_is_planned_once(press, api):
    make_account("web")
    draft = make_draft(["web"], slot_wall="2026-12-01T10:00")
    approve(draft)
    planned = api.post("releases", {"draft_id": str(draft.pk)})
    assert planned.status_code == 201
    body = planned.json()
    assert (body["status"], body["due_at"]) == ("planned", "2026-12-01T15:00:00Z")
    assert body["due_local"] == "2026-12-01T10:00:00-05:00"
    assert [part["format"] for part in body["parts"]] == ["web"]
    assert api.post("releases", {"draft_id": str(draft.pk)}).json()["id"] == body["id"]


def test_a_draft_that_nobody_can_see_cannot_be_planned(api):
    body = problem(api.post("releases", {"draft_id": "12345"}), 400, "invalid")
    assert body["errors"][0]["attr"] == "draft_id"


def test_books_balance_and_every_number_opens_its_rows(sent, api):
    books = api.get(f"releases/{sent.pk}/books").json()
    assert books["candidates"] == books["confirmed"] + books["uncertain"] == 3
    assert books["is_balanced"]
    assert books["status"] == "partial"
    for line in books["lines"]:
        for path in (f"releases/{sent.pk}/deliveries", "deliveries"):
            assert len(api.get(path, line["filters"]).json()["results"]) == line["count"]


def test_an_uncertain_delivery_is_settled_by_a_person(sent, api):
    row, other = Delivery.objects.filter(state="uncertain")
    path = f"deliveries/{row.pk}/settle"
    problem(api.post(path, {"answer": "live"}), 400, "invalid")
    settled = api.post(path, {"answer": "live", "reason": "She answered it"}).json()
    assert (settled["state"], settled["settled_by"]) == ("confirmed", api.person.username)
    problem(api.post(path, {"answer": "live", "reason": "Again"}), 409, "wrong_state")
    api.post(f"deliveries/{other.pk}/settle", {"answer": "failed", "reason": "It bounced"})
    assert api.get(f"releases/{sent.pk}").json()["status"] == "done"


def test_a_release_is_held_resumed_and_cancelled_with_reasons(press, api):
    path = f"releases/{make_release('web').pk}"
    problem(api.post(f"{path}/hold", {}), 400, "invalid")
    assert api.post(f"{path}/hold", {"reason": "A figure is wrong"}).json()["status"] == "held"
    problem(api.post(f"{path}/hold", {"reason": "Again"}), 409, "wrong_state")
    assert api.post(f"{path}/resume", {"reason": "It was right"}).json()["status"] == "planned"
    gone = api.post(f"{path}/cancel", {"reason": "Not this week"}).json()
    assert gone["status"] == "cancelled"
    assert [event["kind"] for event in gone["events"]] == [
        "planned",
        "held",
        "resumed",
        "cancelled",
    ]


def test_a_dry_run_holds_nothing(press, api):
    release = make_release("web")
    assert (
        api.post(f"releases/{release.pk}/hold?dry_run=true", {"reason": "Try"}).json()["status"]
        == "held"
    )
    release.refresh_from_db()
    assert release.status == Release.Status.PLANNED


@pytest.mark.parametrize(
    ("group", "act", "status"),
    [
        ("legal", "hold", 200),
        ("legal", "cancel", 403),
        ("viewer", "hold", 403),
        ("contributor", "hold", 403),
        ("social_manager", "cancel", 200),
    ],
)
def test_who_may_hold_and_cancel_follows_the_table(press, group, act, status):
    path = f"releases/{make_release('web').pk}/{act}"
    assert Api.of(group).post(path, {"reason": "Because"}).status_code == status


def test_a_late_release_is_decided_about(press, api):
    release = make_release("web", slot_wall="2026-01-06T10:00")
    releases.start(release)
    path = f"releases/{release.pk}/late-decision"
    problem(api.post(path, {"choice": "new_time"}), 400, "invalid")
    assert api.post(path, {"choice": "drop"}).json()["status"] == "cancelled"


def test_accounts_never_show_a_secret(api, settings):
    settings.CREDENTIALS = {"x_token": "a-secret-of-sixteen-chars"}
    make_account("web", credential="x_token")
    (shown,) = api.get("accounts").json()["results"]
    assert shown["has_credential"] is True
    assert "x_token" not in str(shown)
    problem(Api.of("viewer").get("accounts"), 403, "not_allowed")
    assert Account.objects.count() == 1


def test_a_cadence_shows_its_next_turns_with_their_offset(api):
    from content.models import Recipe

    recipe, _ = Recipe.objects.get_or_create(key="weekly", defaults={"name": "Weekly"})
    cadence = Cadence.objects.create(
        key="tuesday", name="Tuesday", zone="America/New_York", weekday=1, at="10:00", read_at="14:00",
        assemble_at="16:00", recipe=recipe, owner=api.person,
    )  # fmt: skip
    assert api.get(f"cadences/{cadence.pk}").json()["recipe"] == "weekly"
    cadence.refresh_from_db()
    turns = api.get(f"cadences/{cadence.pk}/next").json()["results"]
    assert len(turns) == 5
    assert all(turn["wall"].endswith("T10:00") for turn in turns)
    assert all(turn["offset"] in ("-05:00", "-04:00") for turn in turns)


def test_lists_of_deliveries_cost_a_constant_number_of_queries(
    sent, api, django_assert_max_num_queries
):
    with django_assert_max_num_queries(7):
        api.get(f"releases/{sent.pk}/deliveries")
