from datetime import UTC, date, datetime, timedelta

import pytest

from content import advice
from content.formats.base import Edition, Piece, Site

SITE = Site("Halcytone", "https://halcytone.example", "1 Quiet Lane")
COMPLETE = {
    "session_id": "s-17",
    "session_duration": 1800,
    "participant_count": 12,
    "breathing_techniques": ["Box Breathing"],
    "average_hrv_improvement": 0.0,
    "session_date": "2026-11-20",
}


def session(**facts):
    piece = Piece("1", "Evening", "We sat.", "tips", date(2026, 11, 20), "session", fields=facts)
    return Edition("session", "", (piece,), datetime(2026, 11, 24, 10, tzinfo=UTC), SITE)


def codes(edition, formats=("newsletter",), priority=3):
    return [(finding.severity, finding.code) for finding in advice.of(edition, formats, priority)]


def test_a_complete_session_has_nothing_to_add():
    assert codes(session(**COMPLETE)) == []


def test_what_a_session_lacks_is_asked_for_in_one_sentence():
    [finding] = advice.of(session(session_id="s-17"), ["web"], 3)
    assert (finding.severity, finding.code, finding.piece) == ("warning", "session_incomplete", "1")
    assert "the number of participants" in finding.message
    assert "id" not in finding.message.split("lacks")[1].split(",")[0]


@pytest.mark.parametrize(
    "facts",
    [
        {"session_type": "live"},
        {"session_type": "workshop", "participant_count": 4},
        {"session_date": "2026-11-25"},
        {"session_date": str(date(2026, 11, 24) - timedelta(days=31))},
    ],
)
def test_a_session_that_contradicts_itself_is_stopped(facts):
    assert codes(session(**{**COMPLETE, **facts})) == [("error", "session_contradiction")]


@pytest.mark.parametrize(
    "facts",
    [
        {"session_type": "live", "instructor_name": "The instructor"},
        {"session_type": "workshop", "participant_count": 5},
        {"session_date": "2026-11-24"},
        {"session_date": str(date(2026, 11, 24) - timedelta(days=30))},
        {"session_date": "last Tuesday"},
    ],
)
def test_the_limits_themselves_are_allowed(facts):
    assert codes(session(**{**COMPLETE, **facts})) == []


@pytest.mark.parametrize(("priority", "formats", "warned"), [
    (2, ["x"], True), (3, ["x"], False), (1, ["x", "newsletter"], False),
])  # fmt: skip
def test_something_urgent_that_goes_to_no_mailbox_is_a_warning(priority, formats, warned):
    found = codes(session(**COMPLETE), formats, priority)
    assert found == ([("warning", "priority_without_email")] if warned else [])
