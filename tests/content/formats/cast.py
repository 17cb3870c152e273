"""Pieces and editions to render, and the documents of the samples as texts of this project."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from content.formats.base import Edition, Piece, Site
from content.formats.facebook import Facebook
from content.formats.instagram import Instagram
from content.formats.linkedin import LinkedIn
from content.formats.memory import Memory
from content.formats.newsletter import Newsletter
from content.formats.web import Web
from content.formats.x import X

SITE = Site("Halcytone", "https://halcytone.example", "Halcytone, 12 Example Street, Example Town")
SLOT = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("America/New_York"))
FORMATS = [Newsletter, Web, X, LinkedIn, Facebook, Instagram, Memory]
SECTIONS = ("breathscape", "hardware", "tips", "vision", "community")
BODY = "Sit, let your shoulders drop, breathe in for four counts and out for six. Repeat ten times."
TABLE = (
    "The space that saved sessions need:\n\n| Platform | Space for 10 sessions |\n| --- | ---: |\n"
    "| iOS | 88 MB |\n| Android | 91 MB |\n\nOld sessions are removed first."
)


def piece(number=1, **changes):
    made = Piece(
        key=str(number),
        title=f"Two minutes before meeting number {number}",
        content=BODY,
        section=SECTIONS[number % 5],
        on=date(2026, 11, 1 + number % 28),
        line=10 * number,
    )
    return replace(made, **changes)


def edition(*pieces, **changes):
    pieces = pieces or (piece(),)
    kind = "weekly" if len(pieces) > 1 else pieces[0].type
    made = Edition(type=kind, title="", pieces=pieces, slot=SLOT, site=SITE)
    return replace(made, **changes)


def weekly(count=7, **changes):
    return edition(*(piece(number, weekly=True) for number in range(1, count + 1)), **changes)


def codes(findings, *severities):
    return {
        finding.code for finding in findings if not severities or finding.severity in severities
    }


def blocking(findings):
    return {(finding.code, finding.where) for finding in findings if finding.blocks}
