"""A release that begins with a few readers, and what their answers do."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from publishing import canary, tasks
from publishing.books import books
from publishing.models import Canary, Delivery, Event
from publishing.services import canary as canaries
from publishing.services import canary_watch, releases, rollouts, sender
from segmentation.models import Contact, Segment
from tests.api import Api
from tests.factories.people import PersonFactory
from tests.factories.publishing import approve, make_draft, make_release

AT_SLOT = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
PEOPLE = 400


def minutes(count):
    return timedelta(minutes=count)


@pytest.fixture
def clock():
    with time_machine.travel(AT_SLOT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def manager(db):
    return PersonFactory(group="marketing_manager")


@pytest.fixture
def started(press, clock, settings):
    settings.CANARY_FROM = 100
    return releases.start(make_release("newsletter", people=PEOPLE))


def another():
    """A second mail to the same readers."""
    draft = make_draft(["newsletter"], slot_wall="2026-12-01T10:00", segment=Segment.objects.get())
    approve(draft)
    return releases.plan(draft)


def out(press):
    return len(press("our-newsletter").taken)


def answers(kind, count):
    rows = Delivery.objects.filter(state="confirmed").order_by("pk")[:count]
    Event.objects.bulk_create(Event(delivery=row, kind=kind) for row in rows)


def test_steps_are_shares_of_the_keys_and_say_when():
    found = canary.steps(10_000, gap=minutes(10), mailboxes=3)
    assert [(step.name, step.after, step.rows) for step in found] == [
        ("own mailboxes", minutes(0), 3),
        ("1%", minutes(10), 100),
        ("10%", minutes(20), 900),
        ("all", minutes(30), 8_997),
    ]
    assert sum(step.rows for step in found) == 10_000
    assert [step.name for step in canary.steps(50, gap=minutes(10))] == ["1%", "10%", "all"]
    assert canary.boundary(0.5) == "80000000"


@pytest.mark.parametrize(
    ("kind", "count", "is_over"),
    [("bounced", 20, False), ("bounced", 21, True), ("complained", 1, False), ("complained", 2, True),
     ("deferred", 100, False), ("deferred", 101, True), ("unsubscribed", 10, False), ("unsubscribed", 11, True)],
)  # fmt: skip
def test_more_than_its_limit_stops(kind, count, is_over):
    assert bool(canary.alarms(1_000, {kind: count})) == is_over


def test_three_times_the_lists_own_history_stops():
    assert canary.alarms(1_000, {"bounced": 10}, {"bounced": 0.003}) == [
        "10 of 1000 (1.00%) bounced; this list has 0.30% otherwise."
    ]
    assert canary.alarms(1_000, {"bounced": 9}, {"bounced": 0.003}) == []
    assert canary.alarms(1_000, {"bounced": 2}, {"bounced": 0.0}) == [], "two say nothing"


def test_the_steps_go_out_ten_minutes_apart_and_the_same_rows_for_everybody(press, clock, started):
    dues = Delivery.objects.order_by("due_at").values_list("due_at", flat=True)
    assert sorted(set(dues)) == [AT_SLOT, AT_SLOT + minutes(10), AT_SLOT + minutes(20)]
    first = Delivery.objects.filter(due_at=AT_SLOT)
    assert all(row.idempotency_key < canary.boundary(0.01) for row in first)
    expected = [
        Delivery.objects.filter(idempotency_key__lt=canary.boundary(share)).count()
        for share in (0.01, 0.10)
    ] + [PEOPLE]
    for step, count in enumerate(expected):
        clock.move_to(AT_SLOT + minutes(10 * step))
        tasks.work()
        assert out(press) == count
    started.refresh_from_db()
    assert started.status == "done"
    assert [step["rows"] for step in canaries.of(started).steps] == [4, 36, 360]


def test_the_wait_of_the_last_step_is_known_before_approval(press, manager, settings):
    draft = make_draft(["newsletter"], slot_wall="2026-12-01T10:00")
    assert canaries.wait(draft, 5_000) == minutes(0)
    assert canaries.wait(draft, 5_001) == minutes(20)
    settings.TEST_MAILBOXES = ["own@halcytone.example"]
    assert canaries.wait(draft, 5_001) == minutes(30)
    rollouts.change(draft, by=manager, canary="off")
    assert canaries.wait(draft, 5_001) == minutes(0)


def test_few_readers_are_written_to_at_once_unless_somebody_wants_a_canary(press, clock, manager):
    release = make_release("newsletter", people=30)
    rollouts.change(release.draft, by=manager, canary="on")
    releases.start(release)
    assert Canary.objects.count() == 1
    releases.start(another())
    assert Canary.objects.count() == 1


def test_our_own_mailboxes_come_first(press, clock, settings):
    settings.CANARY_FROM, settings.TEST_MAILBOXES = 10, ["reader3@Halcytone.example"]
    releases.start(make_release("newsletter", people=40))
    first = Delivery.objects.get(due_at=AT_SLOT)
    assert first.contact == Contact.objects.get(email_key="reader3@halcytone.example")
    assert Delivery.objects.order_by("-due_at").first().due_at == AT_SLOT + minutes(30)


def test_five_percent_of_bounces_keep_the_rest_planned_and_a_person_decides(
    press, clock, started, manager
):
    clock.move_to(AT_SLOT + minutes(10))
    tasks.work()
    begun = out(press)
    assert begun < PEOPLE / 5
    answers("bounced", max(begun // 20, 1) + 1)
    clock.move_to(AT_SLOT + minutes(20))
    tasks.work()
    started.refresh_from_db()
    assert (started.status, out(press)) == ("held", begun)
    assert "bounced; the limit is 2.0%" in started.note
    assert books(started).planned == PEOPLE - begun
    told = started.draft.author.notifications.get(kind="no_go")
    assert "bounced" in told.text
    tasks.work()
    assert out(press) == begun
    with pytest.raises(NotAllowed):
        releases.resume(started, by=PersonFactory(group="viewer"), reason="Go")
    releases.resume(started, by=manager, reason="One provider only")
    tasks.work()
    started.refresh_from_db()
    assert (started.status, out(press)) == ("done", PEOPLE)
    assert canaries.of(started).status == "resumed"
    assert canaries.of(started).decided_by == manager


def test_the_rest_can_be_left_out_and_the_books_balance(press, clock, started, manager):
    tasks.work()
    begun = out(press)
    answers("complained", 1)
    clock.move_to(AT_SLOT + minutes(1))
    tasks.work()
    with pytest.raises(Invalid, match="Say why"):
        canary_watch.exclude_rest(started, by=manager, reason=" ")
    release = canary_watch.exclude_rest(started, by=manager, reason="A wrong list")
    found = books(release)
    assert (release.status, found.is_balanced) == ("done", True)
    assert found.by_reason == {"canary_stop": PEOPLE - begun}
    with pytest.raises(WrongState):
        canary_watch.exclude_rest(release, by=manager, reason="Again")


def test_what_the_other_side_puts_off_or_refuses_counts_too(press, clock, started):
    press("our-newsletter").script += ["wait:600", "refuse"]
    sender.work("w1")
    seen = canaries.seen(started.parts.get())
    assert (seen["deferred"], seen["bounced"]) == (1, 1)
    clock.move_to(AT_SLOT + minutes(1))
    tasks.work()
    started.refresh_from_db()
    assert started.status == "held"


def test_the_history_of_a_list_is_that_of_its_releases_before(press, clock, settings):
    before = releases.start(make_release("newsletter", people=50))
    sender.work("w1")
    answers("bounced", 5)
    before.refresh_from_db()
    assert before.status == "done"
    settings.CANARY_FROM = 10
    assert canaries.history_of(another().parts.get())["bounced"] == pytest.approx(0.1)


def test_the_desk_and_the_api_show_it_and_take_the_decision(press, clock, started, client):
    client.force_login(PersonFactory(group="admin", is_staff=True))
    tasks.work()
    answers("complained", 1)
    clock.move_to(AT_SLOT + minutes(1))
    tasks.work()
    page = client.get(f"/admin/releases/{started.pk}/").content.decode()
    assert "The first readers stop it" in page
    assert "Leave the rest out" in page
    api = Api.of("marketing_manager")
    shown = api.get(f"releases/{started.pk}").json()["canary"]
    assert (shown["status"], shown["seen"]["complained"]) == ("stopped", 1)
    client.post(f"/admin/releases/{started.pk}/exclude_rest/", {"reason": "A wrong list"})
    started.refresh_from_db()
    assert started.status == "done"
