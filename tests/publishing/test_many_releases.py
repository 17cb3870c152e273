"""Many releases at once: checked one by one, and no more statements than for a few."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.services import approved, reviews
from content.models import Draft, Rendition
from halcytone.lib.audit.models import Entry
from publishing.models import ClosedDay, Delivery, Release, Rollout
from publishing.services import preparation, presses, releases, sender, starting
from tests.factories.publishing import make_account, make_release, wall_now

AROUND = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")


def pages(count):
    """So many releases of one page each, on their way."""
    return [releases.start(one_page(number)) for number in range(count)]


def one_page(number):
    page = {
        "title": f"Page {number}",
        "html": "<p>Sit.</p>",
        "canonical": f"https://a.example/{number}",
    }
    return make_release("web", slot_wall=wall_now(), contents={"web": page})


def statements(act):
    with CaptureQueriesContext(connection) as asked:
        act()
    return [each["sql"] for each in asked.captured_queries if not each["sql"].startswith(AROUND)]


def ends():
    return sorted(Release.objects.values_list("status", "note"))


def test_twelve_releases_leave_and_end_in_as_many_statements_as_three(press):
    pages(3)
    few = statements(lambda: sender.work("w1"))
    pages(12)
    many = statements(lambda: sender.work("w1"))
    assert ends() == [("done", "")] * 15
    assert len(many) == len(few), set(many)
    assert Entry.objects.filter(kind="release.done").count() == 15
    assert all(release.events.get(kind="done") for release in Release.objects.all())


def test_of_many_releases_the_one_that_was_changed_is_refused_alone(press):
    _, changed, _ = pages(3)
    Rendition.objects.filter(draft=changed.draft).update(body='{"title": "Another page"}')
    sender.work("w1")
    assert [message.content["title"] for message in press("our-web").messages] == [
        "Page 0",
        "Page 2",
    ]
    assert ends() == [("done", ""), ("done", ""), ("incomplete", "Incomplete, 1 to resolve")]
    assert changed.parts.get().refusal
    assert changed.events.filter(kind="refused").count() == 1


def test_of_many_releases_the_one_whose_page_failed_says_so(press):
    pages(3)
    press("our-web").script += ["take", "refuse", "take"]
    sender.work("w1")
    assert [status for status, _ in ends()] == ["done"] * 3
    assert len([note for _, note in ends() if "failed" in note]) == 1
    assert Delivery.objects.filter(state="failed").count() == 1


def test_of_many_releases_the_one_that_is_under_way_goes_on(press):
    _, second = pages(2)
    Delivery.objects.filter(release=second).update(due_at="2100-01-01T00:00Z")
    sender.work("w1")
    assert [status for status, _ in ends()] == ["done", "releasing"]


@pytest.mark.parametrize("change", ["nothing", "body", "slot", "recalled", "reviewed"])
def test_what_is_approved_of_many_drafts_is_what_is_approved_of_each(press, change):
    released = [make_release("web", "x", slot_wall=wall_now()) for _ in range(3)]
    draft = released[1].draft
    if change == "body":
        draft.renditions.filter(format="x").update(body='{"parts": []}')
    if change == "slot":
        Draft.objects.filter(pk=draft.pk).update(slot_wall="2099-01-01T10:00")
    if change == "recalled":
        draft.reviews.update(status="recalled")
    if change == "reviewed":
        draft.reviews.update(auto={})
    drafts = list(Draft.objects.select_related("segment"))
    found = approved.of_all(drafts)
    for each in drafts:
        alone = {format: seal.sha256 for format, seal in reviews.approved_seals(each).items()}
        together = {format: one.sha256 for format, one in found.get(each.pk, {}).items()}
        assert together == alone
    assert len(found.get(draft.pk, {})) == {"nothing": 2, "body": 1}.get(change, 0)


def test_twelve_releases_start_in_as_many_statements_as_three(press):
    def start():
        releases.start_due(timezone.now())

    [one_page(number) for number in range(3)]
    few = statements(start)
    [one_page(number) for number in range(12)]
    many = statements(start)
    assert ends() == [("releasing", "")] * 15
    assert Delivery.objects.filter(state="planned", target="page").count() == 15
    assert len(many) == len(few), set(many)
    assert len({row.idempotency_key for row in Delivery.objects.all()}) == 15
    assert Entry.objects.filter(kind="release.started").count() == 15


def test_a_release_that_starts_with_others_is_as_one_that_starts_alone(press):
    one, other = one_page(1), one_page(2)
    releases.start(one)
    releases.start_due(timezone.now())
    other.refresh_from_db()
    assert other.prepared_at is not None
    left_out = ("id", "release_id", "part_of_id", "idempotency_key", "due_at", "changed_at")
    alone, together = (
        {k: v for k, v in row.items() if k not in left_out}
        for row in Delivery.objects.order_by("pk").values()
    )
    assert together == alone
    row = Delivery.objects.get(release=other)
    assert row.idempotency_key == preparation.key_of(row.part_of, "page", 1)
    assert row.due_at == other.prepared_at
    assert [event.kind for event in other.events.all()] == ["planned", "started"]


@pytest.mark.parametrize(
    "what", ["body", "account", "address", "thread", "mail", "rollout", "late", "stop", "closed"]
)
def test_what_needs_a_decision_is_not_started_together_with_the_others(press, what):
    plain, special = one_page(1), one_page(2)
    if what == "body":
        special.draft.renditions.update(body='{"title": "Another page"}')
    elif what == "account":
        other = make_account("web", key="another", is_default=False, is_enabled=False)
        special.parts.update(account=other)
    elif what == "address":
        page = {"title": "A page", "html": "<p>Sit.</p>", "slug": "same"}
        for _ in range(2):
            make_release("web", slot_wall=wall_now(), contents={"web": page})
        special.delete()
    elif what == "thread":
        special.delete()
        make_release("x", slot_wall=wall_now())
    elif what == "mail":
        special.delete()
        make_release("newsletter", slot_wall=wall_now(), people=1)
    elif what == "rollout":
        Rollout.objects.create(draft=special.draft, stagger_min=10)
    elif what == "late":
        Release.objects.filter(pk=special.pk).update(due_at="2020-01-01T00:00Z")
    elif what == "stop":
        presses.stop(by=None, reason="Look first", release=special)
    else:
        today = timezone.now().date()
        ClosedDay.objects.create(kind="blackout", name="Mourning", first=today, last=today)
    begun = starting.set_off(list(Release.objects.values_list("pk", flat=True)), timezone.now())
    assert [release.pk for release in begun] == ([] if what == "closed" else [plain.pk])
