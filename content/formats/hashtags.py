"""Which hashtags a post carries, and which its text already has."""

import regex

from content.formats.base import Piece

BASE = ("#Halcytone", "#BreathingWellness", "#HealthTech")
BY_SECTION = {
    "breathscape": ("#Breathscape", "#BreathingApp"),
    "hardware": ("#WellnessTech", "#Hardware"),
    "tips": ("#BreathingTips", "#Mindfulness"),
    "vision": ("#WellnessForAll", "#Mission"),
    "community": ("#BreathingCommunity", "#Community"),
}
VALID = regex.compile(r"#[A-Za-z0-9_]+")  # as this house writes them
# As the networks see them: letters of any script, and not digits alone.
_SEEN = regex.compile(
    r"(?<![\p{L}\p{Nd}&_/#＃])[#＃]([\p{L}\p{M}\p{Nd}_]*[\p{L}\p{M}_][\p{L}\p{M}\p{Nd}_]*)"
)


def seen(text: str) -> list[str]:
    """Return the hashtags in a text, in order."""
    return [f"#{name}" for name in _SEEN.findall(text)]


def spans(text: str) -> list[tuple[int, int]]:
    """Return where the hashtags of a text begin and end, in order."""
    return [match.span() for match in _SEEN.finditer(text)]


def choose(pieces: tuple[Piece, ...], text: str, count: int) -> list[str]:
    """Return up to `count` hashtags for these pieces, fewer by those that the text already has.

    The house's own first, then those of the leading section, then the rest of the base. A critical
    announcement has the house's own alone.
    """
    sections = dict.fromkeys(piece.section for piece in pieces)
    themed = [tag for section in sections for tag in BY_SECTION.get(section, ())]
    wanted = dict.fromkeys([BASE[0], *themed[:1], *BASE[1:], *themed[1:]])
    if any(piece.fields.get("urgency") == "critical" for piece in pieces):
        wanted, count = {BASE[0]: None}, min(1, count)  # a warning advertises nothing
    present = {tag.lower() for tag in seen(text)}
    room = max(0, count - len(present))
    return [tag for tag in wanted if tag.lower() not in present][:room]
