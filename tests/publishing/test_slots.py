"""Wall-clock turns and the instants they mean."""

from datetime import UTC, datetime, time

import pytest

from publishing import slots
from publishing.slots import Rhythm

TUESDAYS = Rhythm("America/New_York", 1, time(10), 1, time(14), 1, time(16))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "walls", "instants", "offsets"),
    [
        (
            "2026-03-01T00:00",
            ["2026-03-03T10:00", "2026-03-10T10:00"],
            ["2026-03-03T15:00", "2026-03-10T14:00"],
            ["-05:00", "-04:00"],
        ),
        (
            "2026-10-25T00:00",
            ["2026-10-27T10:00", "2026-11-03T10:00"],
            ["2026-10-27T14:00", "2026-11-03T15:00"],
            ["-04:00", "-05:00"],
        ),
    ],
)
def test_ten_in_new_york_stays_ten_over_a_clock_change(after, walls, instants, offsets):
    found = slots.next_turns(TUESDAYS, at(after), 2)
    assert [turn.wall for turn in found] == walls
    assert [turn.utc for turn in found] == [at(each) for each in instants]
    assert [turn.offset for turn in found] == offsets
    assert {turn.local.hour for turn in found} == {10}


def test_the_steps_of_a_turn_go_before_it_on_their_own_wall_clock():
    (turn,) = slots.next_turns(TUESDAYS, at("2026-11-28T00:00"), 1)
    assert (turn.read_at, turn.assemble_at) == (at("2026-11-30T19:00"), at("2026-11-30T21:00"))


def test_a_turn_at_this_very_instant_is_over():
    (turn,) = slots.next_turns(TUESDAYS, at("2026-12-01T15:00"), 1)
    assert turn.wall == "2026-12-08T10:00"


def test_five_turns_are_five_weeks():
    found = slots.next_turns(TUESDAYS, at("2026-11-28T00:00"), 5)
    assert [turn.wall[5:10] for turn in found] == ["12-01", "12-08", "12-15", "12-22", "12-29"]


def test_a_week_later_keeps_the_wall_clock():
    later = slots.same_time_next_week(
        "2026-10-27T10:00", "America/New_York", at("2026-11-10T20:00")
    )
    assert later == "2026-11-17T10:00"
