"""Titles, subjects, preheaders and excerpts, where nobody wrote them; and the names of sections."""

from datetime import date

from content import markdown, plaintext
from content.formats import sentences
from content.formats.base import Edition, Piece
from content.formats.truncate import ELLIPSIS, truncate
from content.grammar.vocabulary import DEFAULT_AUTHOR

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SECTIONS = {
    "breathscape": "Breathscape updates",
    "hardware": "Hardware development",
    "tips": "Wellness tips",
    "vision": "Company vision",
    "community": "Community highlights",
}
SUBJECT_MAX, PREHEADER_MAX, EXCERPT_MAX = 100, 150, 200
_FIRST_TITLE = 30  # characters of the first title in the default subject
_BENEFIT = ("improve", "enhance", "better", "reduce", "increase")


def long_date(on: date) -> str:
    """Return `December 1, 2026`, in English whatever the machine's locale."""
    return f"{MONTHS[on.month - 1]} {on.day}, {on.year}"


def weekday(on: date) -> str:
    return DAYS[on.weekday()]


def when(piece: Piece) -> str:
    """Return the date of a piece, and its author if a person is named."""
    is_named = piece.author not in {"", DEFAULT_AUTHOR}
    return long_date(piece.on) + (f", by {piece.author}" if is_named else "")


def month_year(on: date) -> str:
    return f"{MONTHS[on.month - 1]} {on.year}"


def section(name: str) -> str:
    """Return the heading of a section; one that a team added is its own name."""
    return SECTIONS.get(name) or name.replace("_", " ").replace("-", " ").capitalize() or "More"


def lead(edition: Edition) -> Piece:
    """Return the piece that opens an edition: the first featured one, else the first."""
    return next((piece for piece in edition.pieces if piece.featured), edition.pieces[0])


def of(edition: Edition) -> str:
    """Return the title of an edition; of a single piece it is the piece's."""
    if edition.title:
        return edition.title
    if len(edition.pieces) == 1 and not edition.is_weekly:
        return edition.pieces[0].title
    word = "Weekly" if edition.is_weekly else edition.site.name
    return f"{word} Update: {lead(edition).title}"


def subject(edition: Edition) -> str:
    """Return the subject of a newsletter, at most 100 characters."""
    if edition.subject:
        return edition.subject
    first = lead(edition).title
    if edition.is_weekly:
        return truncate(f"Weekly Update: {first}", SUBJECT_MAX)
    single = len(edition.pieces) == 1 and edition.pieces[0].type != "update"
    if single and len(first) >= 10:
        return truncate(first, SUBJECT_MAX)
    month = MONTHS[edition.slot.month - 1]
    return f"{edition.site.name} {month} Update: {truncate(first, _FIRST_TITLE)}"


def preheader(edition: Edition) -> str:
    """Return the line that mail readers show beside the subject, at most 150 characters."""
    if edition.preheader:
        return edition.preheader
    first_of = {piece.section: piece.title for piece in reversed(edition.pieces)}
    sections = dict.fromkeys(piece.section for piece in edition.pieces)
    titles = [first_of[name] for name in sections][:2]
    if len(edition.pieces) == 1:
        return truncate(excerpt(edition.pieces[0]), PREHEADER_MAX)
    if len(titles) < 2:
        titles = [piece.title for piece in edition.pieces[:2]]
    return truncate(" | ".join(titles), PREHEADER_MAX)


def excerpt(piece: Piece) -> str:
    """Return what someone wrote as excerpt, else the first 200 characters of the body.

    Cut at the last space if that is past character 100, with an ellipsis.
    """
    if piece.excerpt:
        return piece.excerpt
    text = plaintext.on_one_line(markdown.to_prose(piece.content)[: 10 * EXCERPT_MAX])
    if len(text) <= EXCERPT_MAX:
        return text
    space = text.rfind(" ", 101, EXCERPT_MAX + 1)
    if space == -1:
        return truncate(text, EXCERPT_MAX)
    return text[:space].rstrip(" ,;:–—-") + ELLIPSIS


def benefits(text: str, count: int) -> list[str]:
    """Return up to `count` sentences that name a benefit."""
    stems = tuple(_BENEFIT)
    return [
        sentence
        for sentence in sentences.split(text)
        if any(word.lower().startswith(stems) for word in sentence.split())
    ][:count]
