"""What a piece asks for, as people read it."""

import pytest

from content import wishes

NY = "America/New_York"


@pytest.mark.parametrize(
    ("moment", "zone", "told"),
    [
        ("2026-03-10T14:00:00Z", NY, "Tue 10 Mar 2026 10:00 EDT = 14:00 UTC"),
        ("2026-03-10T10:00:00Z", NY, "Tue 10 Mar 2026 06:00 EDT = 10:00 UTC"),
        ("2026-03-05T02:30:00Z", NY, "Wed 4 Mar 2026 21:30 EST = Thu 5 Mar 02:30 UTC"),
        ("2026-07-01T08:00:00Z", "Europe/Berlin", "Wed 1 Jul 2026 10:00 CEST = 08:00 UTC"),
    ],
)
def test_a_time_is_told_on_the_clock_of_its_document_and_in_utc(moment, zone, told):
    assert wishes.clocks(moment, zone) == told


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({}, "Draft"),
        ({"published": False, "scheduled_for": "2026-03-10T14:00:00Z"}, "Draft"),
        ({"published": True, "dry_run": True}, "Preview"),
        ({"published": True, "scheduled_for": "2026-03-10T14:00:00Z"}, "Scheduled"),
        ({"published": True}, "Ready"),
    ],
)
def test_the_label_follows_from_the_wishes(fields, label):
    assert wishes.label(fields) == label


def test_what_is_set_is_told_and_nothing_else():
    fields = {
        "scheduled_for": "2026-03-10T14:00:00Z",
        "channels": ["email", "web"],
        "tags": ["calm", "office"],
        "template": "auto",
        "excerpt": "",
        "sources": None,
        "author": "Jo Roe",
    }
    assert wishes.told(fields, NY) == [
        ("Wishes to go out", "Tue 10 Mar 2026 10:00 EDT = 14:00 UTC"),
        ("Meant for", "e-mail, web"),
        ("Tags", "calm, office"),
        ("Author", "Jo Roe"),
    ]
