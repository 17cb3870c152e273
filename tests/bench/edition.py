"""The weekly editions that the benches render and send: every one says something of its own."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from content.formats.base import Edition, Piece, Site

SITE = Site("Halcytone", "https://halcytone.example", "Halcytone, 12 Example Street, Example Town")
SLOT = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("America/New_York"))
SECTIONS = ("breathscape", "hardware", "tips", "vision", "community")
BODIES = (
    "Sit, let your shoulders drop, **breathe in** for four counts and out for six. Repeat it ten "
    "times, which takes about two minutes.\n\n- At the window\n- On the way home\n",
    "Old sessions are removed first; [the notes](https://halcytone.example/notes) say which.\n\n"
    "| Platform | Space |\n| --- | ---: |\n| iOS | 88 MB |\n| Android | 91 MB |\n",
    "The ring slows down when the watch reports that you are *still settling*. Nothing else changes, "
    "and you can switch it off where you found it.",
)


def weekly(count, mark):
    """Return an edition of `count` pieces of which no text was ever seen before; `mark` says so."""
    pieces = tuple(
        Piece(
            key=str(number),
            title=f"Two quiet minutes, part {number} of {mark}",
            content=f"{BODIES[number % len(BODIES)]}\n\nThis is note {number} of {mark}.",
            section=SECTIONS[number % len(SECTIONS)],
            on=date(2026, 11, 1 + number % 28),
            weekly=True,
        )
        for number in range(count)
    )
    return Edition("weekly", "", pieces, SLOT, SITE, template="weekly_update")


def plain(count, mark):
    return replace(weekly(count, mark), template="plain")
