"""Deadlines computed back from the slot: working days, personal zones, holidays, spring and autumn."""
# ruff: noqa: DTZ001  (a slot is a wall clock, without a zone)

# ruff: noqa: DTZ001 - wall clocks

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import deadlines
from approvals.deadlines import Need, Worker

NY, PARIS = "America/New_York", "Europe/Paris"
SLOT = datetime(2026, 3, 10, 10)
MONDAY = date(2026, 3, 9)


def at(text, zone=NY):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def level_3(*workers):
    people = workers or (Worker(NY),) * 3
    return [Need(24, "working", [[each]]) for each in people]


def told(plan, zone=NY):
    return [
        f"{moment.astimezone(ZoneInfo(zone)):%a %H:%M}" for moment in (plan.submit_by, *plan.due)
    ]


def off(*days):
    return lambda day: day in days


def test_the_example_of_the_specification_comes_out():
    plan = deadlines.plan(SLOT, NY, 60, level_3())
    assert told(plan) == ["Thu 09:00", "Fri 09:00", "Mon 09:00", "Tue 09:00"]
    assert plan.due[2] == datetime(2026, 3, 10, 13, tzinfo=UTC)  # summer time since Sunday
    assert plan.due[0] == datetime(2026, 3, 6, 14, tzinfo=UTC)  # and winter time before


def test_a_holiday_on_monday_moves_everything_before_it():
    off_on_monday = Worker(NY, is_off=off(MONDAY))
    plan = deadlines.plan(SLOT, NY, 60, level_3(*[off_on_monday] * 3))
    assert told(plan) == ["Wed 09:00", "Thu 09:00", "Fri 09:00", "Tue 09:00"]


@pytest.mark.parametrize("who", [1, 2])
def test_a_holiday_of_the_department_head_or_the_executive_alone_does_too(who):
    people = [Worker(NY), Worker(NY), Worker(NY)]
    people[who] = Worker(NY, is_off=off(MONDAY))
    plan = deadlines.plan(SLOT, NY, 60, level_3(*people))
    assert told(plan) == ["Wed 09:00", "Thu 09:00", "Fri 09:00", "Tue 09:00"]


def test_an_absence_is_like_a_holiday_unless_somebody_else_of_the_role_works():
    away = Worker(NY, away=((MONDAY, MONDAY),))
    both = [Need(24, "working", [[away]]), Need(24, "working", [[away]])]
    assert told(deadlines.plan(SLOT, NY, 60, both))[1] == "Fri 09:00"
    covered = [Need(24, "working", [[away, Worker(NY)]])] * 2
    assert told(deadlines.plan(SLOT, NY, 60, covered))[1] == "Mon 09:00"


def test_a_delegate_works_for_her_on_the_days_of_the_delegation_only():
    away = Worker(NY, away=((MONDAY, MONDAY),))
    stand_in = Worker(NY, only=(MONDAY, MONDAY))
    needs = [Need(24, "working", [[away, stand_in]])] * 2
    assert told(deadlines.plan(SLOT, NY, 60, needs)) == ["Fri 09:00", "Mon 09:00", "Tue 09:00"]
    too_late = Worker(NY, only=(date(2026, 3, 10), date(2026, 3, 10)))
    needs = [Need(24, "working", [[away, too_late]])] * 2
    assert told(deadlines.plan(SLOT, NY, 60, needs))[1] == "Fri 09:00"


def test_an_approver_in_paris_sees_her_own_time():
    plan = deadlines.plan(SLOT, NY, 60, level_3(Worker(NY), Worker(PARIS), Worker(NY)))
    assert told(plan) == ["Thu 09:00", "Fri 09:00", "Mon 09:00", "Tue 09:00"]
    assert (
        f"{plan.due[1].astimezone(ZoneInfo(PARIS)):%a %H:%M}" == "Mon 14:00"
    )  # five hours for now
    assert f"{plan.due[0].astimezone(ZoneInfo(PARIS)):%a %H:%M}" == "Fri 15:00"  # and six before


def test_whether_a_day_is_worked_is_asked_in_the_persons_own_zone():
    """Tuesday 09:00 in New York is Wednesday 02:00 in Auckland, where Tuesday the 10th is a holiday."""
    auckland = Worker("Pacific/Auckland", is_off=off(date(2026, 3, 10)))
    plan = deadlines.plan(SLOT, NY, 60, [Need(24, "working", [[auckland]])])
    assert told(plan) == ["Sun 09:00", "Tue 09:00"]  # Sunday in New York is Monday there


def test_two_days_and_half_a_day_run_in_working_days_and_working_hours():
    two_days = deadlines.plan(SLOT, NY, 60, [Need(48, "working", [[Worker(NY)]])])
    assert told(two_days)[0] == "Fri 09:00"
    four_hours = deadlines.plan(SLOT, NY, 60, [Need(4, "working", [[Worker(NY)]])])
    assert told(four_hours)[0] == "Mon 14:00"
    a_day_and_four = deadlines.plan(SLOT, NY, 60, [Need(28, "working", [[Worker(NY)]])])
    assert told(a_day_and_four)[0] == "Fri 14:00"


def test_working_hours_of_two_people_of_one_role_are_united():
    early, late = Worker(NY, start=time(7), end=time(11)), Worker(NY, start=time(10), end=time(14))
    plan = deadlines.plan(SLOT, NY, 60, [Need(8, "working", [[early, late]])])
    assert told(plan)[0] == "Mon 08:00"  # two hours on Tuesday from 7, six on Monday until 14


def test_each_group_gets_its_own_hours_and_the_earliest_begin_counts():
    needs = [Need(24, "working", [[Worker(NY)], [Worker(NY, days=frozenset({2}))]])]
    assert told(deadlines.plan(SLOT, NY, 60, needs))[0] == "Wed 09:00"


def test_the_running_clock_is_plain_time():
    plan = deadlines.plan(datetime(2026, 3, 8, 10), NY, 60, [Need(24, "running")])
    assert told(plan) == ["Sat 08:00", "Sun 09:00"]  # 23 hours by the clock on the wall in spring


def test_a_stage_beside_the_next_shares_its_deadline():
    needs = [Need(2, "running", is_beside=True), Need(1, "running", is_beside=True)]
    assert told(deadlines.plan(SLOT, NY, 60, needs)) == ["Tue 07:00", "Tue 09:00", "Tue 09:00"]


def test_a_clock_time_that_spring_skips_means_the_instant_after_and_comes_back_the_day_before():
    sunday = Worker(NY, days=frozenset(range(7)))
    needs = [Need(24, "working", [[sunday]])] * 2
    plan = deadlines.plan(datetime(2026, 3, 9, 3, 30), NY, 60, needs)
    assert told(plan) == ["Sat 02:30", "Sun 03:30", "Mon 02:30"]


def test_a_clock_time_that_autumn_repeats_means_its_first_occurrence():
    sunday = Worker(NY, days=frozenset(range(7)))
    needs = [Need(24, "working", [[sunday]])] * 2
    plan = deadlines.plan(datetime(2026, 11, 2, 2, 30), NY, 60, needs)
    assert told(plan) == ["Sat 01:30", "Sun 01:30", "Mon 01:30"]
    assert plan.due[0] == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_an_hour_before_a_slot_in_the_repeated_hour_is_an_hour():
    plan = deadlines.plan(datetime(2026, 11, 1, 2, 30), NY, 60, [Need(1, "running")])
    assert plan.due[0] in {
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    }


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from([NY, PARIS, "Asia/Kolkata", "Pacific/Auckland", "Australia/Lord_Howe"]),
    st.lists(st.sampled_from([2, 4, 8, 24, 28, 48, 72]), min_size=1, max_size=4),
    st.sampled_from(["working", "running"]),
)
def test_deadlines_stand_in_their_order_for_any_slot_and_zone(slot, zone, hours, clock):
    team = [[Worker(NY)], [Worker(PARIS), Worker("Asia/Tokyo")]]
    plan = deadlines.plan(slot, zone, 60, [Need(each, clock, team) for each in hours])
    moments = (plan.submit_by, *plan.due)
    assert all(first < second for first, second in pairwise(moments))
    assert len(plan.due) == len(hours)


@given(st.dates(date(2025, 1, 1), date(2029, 1, 1)), st.integers(1, 5))
def test_so_many_days_back_skip_exactly_the_weekends(day, count):
    wall = datetime.combine(day, time(9))
    begin = deadlines.back(wall, NY, Need(24 * count, "working", [[Worker(NY)]]))
    worked = sum((begin + timedelta(days=n)).weekday() < 5 for n in range((wall - begin).days))
    assert worked == count
    assert begin.time() == time(9)


def test_somebody_who_never_works_does_not_hang_it():
    nobody = Worker(NY, days=frozenset())
    plan = deadlines.plan(SLOT, NY, 60, [Need(28, "working", [[nobody]])] * 2)
    assert plan.submit_by < plan.due[0] < plan.due[1]


def test_without_a_slot_an_sla_runs_forward():
    friday = at("2026-03-06T15:00")
    working, running = Need(24, "working", [[Worker(NY)]]), Need(24, "running")
    assert deadlines.forward(friday, NY, working) == at("2026-03-09T15:00")
    assert deadlines.forward(friday, NY, running) == at("2026-03-07T15:00")
    assert deadlines.forward(friday, NY, Need(4, "working", [[Worker(NY)]])) == at(
        "2026-03-09T10:00"
    )
    assert deadlines.forward(friday, NY, Need(None, "working")) == friday


@pytest.mark.parametrize(
    ("left", "colour"), [(59, "red"), (60, "amber"), (89, "amber"), (90, "green")]
)
def test_the_light_compares_what_is_left_with_the_median(left, colour):
    assert deadlines.light(timedelta(minutes=left), timedelta(hours=1)) == colour


def test_the_median_of_decisions_or_a_part_of_the_sla():
    assert deadlines.usual([60, 600, 120], 24) == timedelta(seconds=120)
    assert deadlines.usual([], 24) == timedelta(hours=6)
    assert deadlines.usual([], None) == timedelta(0)


def test_reminders_stand_at_half_at_four_fifths_and_an_hour_before():
    start = at("2026-03-09T09:00")
    found = deadlines.reminders(start, at("2026-03-10T09:00"))
    assert {name: f"{moment:%a %H:%M}" for name, moment in found.items()} == {
        "reminder_50": "Mon 21:00",
        "reminder_80": "Tue 04:12",
        "reminder_last": "Tue 08:00",
    }
    assert set(deadlines.reminders(start, start + timedelta(hours=2))) == {
        "reminder_50",
        "reminder_80",
    }
    assert deadlines.reminders(start, start) == {}


def test_the_weekly_edition_has_its_fixed_clock_in_new_york():
    marks = deadlines.weekly(at("2026-03-10T10:00"))
    assert [(each.kind, f"{each.at.astimezone(ZoneInfo(NY)):%a %H:%M}") for each in marks] == [
        ("weekly_submit", "Mon 16:30"),
        ("weekly_review_opens", "Mon 18:00"),
        ("weekly_review_closes", "Mon 19:00"),
        ("weekly_stakeholders", "Mon 19:00"),
        ("weekly_checklist", "Tue 08:00"),
        ("weekly_rehearsal", "Tue 08:30"),
        ("weekly_final", "Tue 09:00"),
        ("weekly_staged", "Tue 09:30"),
        ("weekly_out", "Tue 10:00"),
    ]
    assert deadlines.weekly(at("2026-03-11T10:00")) == ()
    assert deadlines.weekly(at("2026-03-10T11:00")) == ()
    assert deadlines.weekly(at("2026-03-10T15:00", PARIS)) != ()
