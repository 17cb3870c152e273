"""The calendar: what goes out when, what is due before, and what a move to another slot costs."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Review, Stage
from approvals.services import calendar, reviews
from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from tests.factories.approvals import approve, rendered_draft
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
NY, PARIS = "America/New_York", "Europe/Paris"
MONDAY = date(2026, 11, 30)
SLOT = "2026-12-01T10:00"  # that Tuesday, as `rendered_draft` has it
TURN = {"cadence": 1, "name": "Weekly edition", "zone": NY, "draft": None}


def turns(since, until):
    """A rhythm of Tuesdays at 10:00 in New York."""
    found = []
    for day in (1, 8):
        at = datetime(2026, 12, day, 15, tzinfo=UTC)
        if since <= at < until:
            found.append({**TURN, "wall": f"2026-12-{day:02}T10:00", "at": at})
    return found


def results(drafts):
    return {}


def has_left(drafts):
    return {pk: {"status": "done"} for pk in drafts}


@pytest.fixture(autouse=True)
def _saturday_before():
    with time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC)):
        yield


@pytest.fixture(autouse=True)
def _publisher(settings):
    settings.CALENDAR_TURNS = "tests.approvals.test_calendar.turns"
    settings.REVIEW_RESULTS = "tests.approvals.test_calendar.results"


@pytest.fixture
def author():
    return PersonFactory(group="editor")


@pytest.fixture
def reader():
    return PersonFactory(group="viewer", is_staff=True, zone=PARIS)


def cell(lane, day):
    return next(one for one in lane.cells if one.day == day)


def test_a_draft_stands_in_the_lane_of_its_rhythm_on_the_day_of_its_slot(author, reader):
    edition = rendered_draft(author=author)
    other = rendered_draft(author=author, slot_wall="2026-12-03T23:30", zone=PARIS)
    rhythm, rest = calendar.lanes_by_rhythm(calendar.read(reader, MONDAY, 7))

    assert (rhythm.name, rest.name) == ("Weekly edition", "Other times")
    assert [one.draft for one in cell(rhythm, date(2026, 12, 1)).entries] == [edition]
    (late,) = cell(rest, date(2026, 12, 3)).entries
    assert (late.draft, late.clock) == (other, "17:30")
    assert [turn.is_free for turn in cell(rhythm, date(2026, 12, 1)).turns] == [False]
    (free,) = calendar.read(reader, MONDAY + timedelta(days=7), 7).turns
    assert (free.is_free, free.clock) == (True, "10:00")


def test_the_desk_s_day_counts_not_that_of_the_draft_s_zone(author, reader):
    rendered_draft(author=author, slot_wall="2026-12-07T02:00", zone=PARIS)  # Sunday in New York
    found = calendar.read(reader, MONDAY, 7)
    assert [one.day for one in found.within] == [date(2026, 12, 6)]
    assert calendar.read(reader, MONDAY + timedelta(days=7), 7).within == []


def test_lanes_by_format_show_a_draft_in_each_of_its_formats(author, reader):
    draft = rendered_draft(author=author, formats=("web", "linkedin"))
    lanes = calendar.lanes_by_format(calendar.read(reader, MONDAY, 7))
    assert [lane.name for lane in lanes] == ["Web page", "LinkedIn"]
    assert all(cell(lane, date(2026, 12, 1)).entries[0].draft == draft for lane in lanes)


def test_stages_are_drawn_back_from_a_slot_of_the_next_week(author, reader, senior, manager):
    draft = rendered_draft(author=author, is_featured=True, slot_wall="2026-12-08T10:00")
    review = reviews.submit(draft, by=author)
    due = datetime(2026, 12, 4, 14, tzinfo=UTC)
    Stage.objects.filter(review=review).update(due_at=due)

    found = calendar.read(reader, MONDAY, 7)
    assert found.within == []
    friday = next(one for one in calendar.days_of(found) if one.day == date(2026, 12, 4))
    ((stage, entry),) = friday.dues
    assert (stage.at, stage.light, entry.draft) == (due, "green", draft)

    approve(review, senior)
    approve(review, manager)
    assert all(not one.dues for one in calendar.days_of(calendar.read(reader, MONDAY, 7)))


def test_the_state_of_a_draft_is_that_of_its_review_and_then_of_its_release(
    author, reader, senior, manager, settings
):
    rendered_draft(author=author, slot_wall="2026-12-02T10:00")
    draft = rendered_draft(author=author, is_featured=True)
    review = reviews.submit(draft, by=author)
    states = [one.state for one in calendar.read(reader, MONDAY, 7).within]
    assert states == ["open", "draft"]
    approve(review, senior)
    approve(review, manager)
    assert calendar.read(reader, MONDAY, 7).within[0].state == "approved"
    settings.REVIEW_RESULTS = "tests.approvals.test_calendar.has_left"
    assert calendar.read(author, MONDAY, 7).within[0].state == "done"
    assert not calendar.read(author, MONDAY, 7).within[0].may_move


def test_each_sees_and_moves_what_the_services_let_her(author, reader):
    rendered_draft(author=author)
    contributor = PersonFactory(group="contributor")
    own = rendered_draft(author=contributor, slot_wall="")
    assert [one.may_move for one in calendar.read(author, MONDAY, 7).within] == [True]
    assert [one.may_move for one in calendar.read(reader, MONDAY, 7).within] == [False]
    seen = calendar.read(contributor, MONDAY, 7)
    assert (seen.within, list(seen.undated), seen.undated_count) == ([], [own], 1)
    with pytest.raises(NotAllowed):
        calendar.move(own, by=reader, wall="2027-01-05T10:00", zone=NY)


def test_a_move_names_the_approvals_that_it_costs_and_asks_for_them_again(author, senior, manager):
    draft = rendered_draft(author=author, is_featured=True)
    review = reviews.submit(draft, by=author)
    assert calendar.moved(draft, "2026-12-08T10:00", NY) == []
    approve(review, senior)
    assert calendar.moved(draft, SLOT, NY) == []
    assert calendar.moved(draft, "2026-12-08T10:00", NY) == [
        f"{senior} as senior editor: Newsletter, Web page, LinkedIn"
    ]
    approve(review, manager)
    calendar.move(draft, by=author, wall="2026-12-08T10:00", zone=NY, version=draft.version)
    review.refresh_from_db()
    assert review.status == Review.Status.UNSEALED
    draft.refresh_from_db()
    assert calendar.moved(draft, "2026-12-09T10:00", NY) == []


def test_nothing_moves_into_the_past_and_nothing_that_has_left(author, settings):
    draft = rendered_draft(author=author)
    with pytest.raises(Invalid, match="has passed"):
        calendar.move(draft, by=author, wall="2025-12-01T10:00", zone=NY)
    settings.REVIEW_RESULTS = "tests.approvals.test_calendar.has_left"
    with pytest.raises(WrongState, match="has left"):
        calendar.move(draft, by=author, wall="2027-01-05T10:00", zone=NY)


def test_a_day_keeps_the_clock_time_of_the_desk(author):
    assert calendar.on_day(rendered_draft(slot_wall=""), date(2027, 1, 5)) == "2027-01-05T10:00"
    there = rendered_draft(slot_wall="2026-12-01T16:30", zone=PARIS)
    assert calendar.on_day(there, date(2027, 3, 16)) == "2027-03-16T15:30"  # clocks differ by 5 h


def test_the_number_of_queries_does_not_grow_with_the_pieces(author, senior, manager):
    def asked_for(count):
        for _ in range(count):
            draft = rendered_draft(author=author, is_featured=True)
            reviews.submit(draft, by=author)
        with CaptureQueriesContext(connection) as asked:
            assert len(calendar.read(author, MONDAY, 7).within) >= count
        return len(asked)

    asked_for(1)
    assert asked_for(1) == asked_for(8) <= 8


def test_more_drafts_than_one_page_reads_are_told_and_offered(client, author, monkeypatch):
    monkeypatch.setattr(calendar, "MOST", 2)
    titles = [f"Piece at {hour}" for hour in (8, 9, 10)]
    for title in titles:
        clock = f"{int(title[9:]):02}:00"
        rendered_draft(author=author, title=title, slot_wall=f"2026-12-01T{clock}")
    author.is_staff = True
    author.save()
    client.force_login(author)
    first = client.get("/admin/calendar/", {"on": "2026-12-01", "view": "table"})
    page = first.content.decode()
    assert "Not everything is shown:" in page
    assert [title in page for title in titles] == [True, True, False]
    following = first.context["parts"]["after"]
    page = client.get(f"/admin/calendar/{following}").content.decode()
    assert [title in page for title in titles] == [False, False, True]
    assert "Earlier 2" in page
    assert "Next 2" not in page
    few = client.get("/admin/calendar/", {"on": "2027-03-01"}).content.decode()
    assert "Not everything is shown" not in few


def test_the_page_moves_a_draft_and_asks_before_it_breaks_a_seal(client, author, senior, manager):
    draft = rendered_draft(author=author, is_featured=True)
    approve(reviews.submit(draft, by=author), senior)
    type(author).objects.filter(pk=author.pk).update(is_staff=True)
    client.force_login(author)
    page, next_week = f"/admin/calendar/drafts/{draft.pk}/", "2026-12-08T10:00"

    words = client.get(page, {"wall": next_week}).content.decode()
    assert "Then it goes out" in words
    assert "This breaks its seals." in words
    assert str(senior) in words
    past = client.post(page, {"wall": "2025-12-01T10:00", "zone": NY, "version": 1})
    assert (past.status_code, "has passed" in past.content.decode()) == (422, True)
    asked = client.post(page, {"wall": next_week, "zone": NY, "version": draft.version})
    assert asked.status_code == 409
    draft.refresh_from_db()
    assert draft.slot_wall == SLOT

    values = {"wall": next_week, "zone": NY, "version": draft.version, "confirm": "1"}
    done = client.post(page, {**values, "next": "https://elsewhere.example/"})
    assert (done.status_code, done["Location"]) == (302, "/admin/calendar/")
    draft.refresh_from_db()
    assert draft.slot_wall == next_week
    assert client.post(page, {**values, "wall": "2026-12-09T10:00"}).status_code == 422  # stale


@pytest.mark.parametrize("view", ["week", "month", "table", "nonsense"])
def test_every_view_shows_the_piece_with_its_state_in_words(client, author, reader, view):
    rendered_draft(author=author, title="Quiet minutes")
    client.force_login(reader)
    page = client.get("/admin/calendar/", {"view": view, "on": "2026-12-01"}).content.decode()
    assert "Quiet minutes" in page
    assert "Draft" in page
    assert "Paris" in page
    assert client.get("/admin/calendar/", {"on": "tomorrow"}).status_code == 200


@pytest.mark.parametrize(
    ("day", "first", "days"),
    [(date(2026, 12, 1), date(2026, 11, 30), 35), (date(2027, 2, 28), date(2027, 2, 1), 28)],
)
def test_a_month_is_whole_weeks(day, first, days):
    from approvals.calendar_views import span

    assert span("month", day) == (first, days)
    assert span("week", day)[1] == 7


def test_days_before_today_are_past(reader):
    today = calendar.local_day(timezone.now())
    cells = calendar.days_of(calendar.read(reader, today - timedelta(days=1), 3))
    assert [(one.is_past, one.is_today) for one in cells] == [
        (True, False), (False, True), (False, False),
    ]  # fmt: skip
