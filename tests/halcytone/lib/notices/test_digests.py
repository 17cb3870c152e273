"""08:30 on the person's own clock, whatever the clock does."""

from datetime import UTC, datetime

import pytest

from halcytone.lib.notices import digests

NY, PARIS = "America/New_York", "Europe/Paris"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "at"),
    [
        ("2026-11-30T08:00", PARIS, "2026-12-01T07:30"),  # 09:00 there: tomorrow
        ("2026-11-30T07:00", PARIS, "2026-11-30T07:30"),  # 08:00 there: today
        ("2026-11-30T07:30", PARIS, "2026-12-01T07:30"),  # never twice at one instant
        ("2026-03-07T14:00", NY, "2026-03-08T12:30"),  # the clock went forward that night
        ("2026-03-08T14:00", NY, "2026-03-09T12:30"),
        ("2026-10-31T13:00", NY, "2026-11-01T13:30"),  # the clock went back that night
        ("2026-11-30T23:00", "Pacific/Auckland", "2026-12-01T19:30"),
        ("2026-11-30T23:00", "Pacific/Kiritimati", "2026-12-01T18:30"),
    ],
)
def test_a_daily_digest_comes_at_the_next_half_past_eight(now, zone, at):
    assert digests.next_at(utc(now), zone, digests.DAILY) == utc(at)


@pytest.mark.parametrize(
    ("now", "at"),
    [
        ("2026-11-28T10:00", "2026-11-30T07:30"),  # Saturday → Monday
        ("2026-11-30T08:00", "2026-12-07T07:30"),  # Monday, after it
        ("2026-11-30T07:00", "2026-11-30T07:30"),  # Monday, before it
        ("2026-03-28T10:00", "2026-03-30T06:30"),  # over the change of Sunday
    ],
)
def test_a_weekly_one_on_monday(now, at):
    assert digests.next_at(utc(now), PARIS, digests.WEEKLY) == utc(at)
